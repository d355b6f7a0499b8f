"""Doing one errand: asking WAHA who is who. Beats: claim (commit), call, record (commit)."""

import logging

from concierge import errands, identity, lines
from concierge.config import Config
from concierge.extensions import db, writing
from concierge.guests import LID, PHONE, Reach
from concierge.models import Errand, Line
from concierge.models.errand import PHONE_OF_LID
from concierge.waha.lookups import CannotTell, NoAnswer, Reader

logger = logging.getLogger(__name__)


def run_one_errand(config: Config) -> bool:
    """Do the next errand that is due. False when there is none."""
    is_due = errands.is_something_due()
    db.session.rollback()
    if not is_due:
        return False
    with writing():
        errand = errands.claim_next()
        job = _Job(errand, config) if errand else None
        db.session.commit()
    if job is None:
        return False
    job.run()
    with writing():
        job.record()
        db.session.commit()
    logger.info("errand %s (%s): %s", job.errand_id, job.kind, job.outcome)
    return True


class _Job:
    """What has to be asked, and what came of it."""

    def __init__(self, errand: Errand, config: Config) -> None:
        line = db.session.get_one(Line, errand.line_id)
        self.errand_id, self.kind, self.subject, self.claim = errand.id, errand.kind, errand.subject, errand.claims
        self.hotel_id = line.hotel_id
        self.reader = Reader(**vars(lines.connection_of(line, config)))
        self.answer = errand.answer
        self.outcome = "not known"

    def run(self) -> None:
        """Ask WAHA what is not known already; no transaction is open here."""
        if self.answer:
            self.outcome = "known"
            return
        ask = self.reader.phone_of_lid if self.kind == PHONE_OF_LID else self.reader.lid_of_phone
        try:
            self.answer = ask(self.subject)
        except CannotTell as fault:
            self.outcome = str(fault)
        except NoAnswer:
            self.outcome = "no answer"
        else:
            self.outcome = "known" if self.answer else "not known"

    def record(self) -> None:
        if self.answer:
            if errands.record_known(self.errand_id, self.claim, self.answer):
                self._learn(self.answer)
        elif self.outcome == "no answer":
            errands.record_no_answer(self.errand_id, self.claim)
        else:
            errands.record_unknown(self.errand_id, self.claim)

    def _learn(self, answer: str) -> None:
        asked, told = (LID, PHONE) if self.kind == PHONE_OF_LID else (PHONE, LID)
        identity.same_person(self.hotel_id, Reach(asked, self.subject), Reach(told, answer))
