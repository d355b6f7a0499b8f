"""Sending one message. Beats: claim (commit), name (commit), call, record (commit).

Whatever kills a sender in between leaves a lease that runs out.
"""

import logging
import time
from collections.abc import Collection
from datetime import datetime

from concierge import failures, intake, lines, outbox
from concierge.config import Config
from concierge.extensions import db, writing
from concierge.models import Line, Message
from concierge.waha.client import Accepted, NotSentEver, NotSentNow, Outcome, Unknown, WahaClient
from concierge.worker import naming

logger = logging.getLogger(__name__)

# How fast a person types, for the time that "typing…" is shown before a message.
CHARACTERS_A_SECOND = 40
TYPING_SECONDS = (0.5, 4.0)


def deliver_one(config: Config) -> bool:
    """Take the next message that is due and send it. False when there was none."""
    job = take_one(config)
    if job:
        send(job)
    return job is not None


def take_one(config: Config, except_lines: Collection[str] = ()) -> "Job | None":
    """Claim the next message that is due, under a lease; what cannot be prepared is put aside."""
    while True:
        is_due = outbox.is_something_due(except_lines)
        db.session.rollback()
        if not is_due:
            return None
        with writing():
            message = outbox.claim_next(except_lines)
            if message is None:
                db.session.rollback()
                return None
            job = _prepare(message, config)
            db.session.commit()
        if job:
            return job


def send(job: "Job") -> None:
    """Name, call, record: the lease runs meanwhile."""
    began = time.monotonic()
    outcome = _attempt(job)
    with writing():
        _record(job, outcome)
        db.session.commit()
    level = logging.INFO if isinstance(outcome, Accepted) else logging.WARNING
    milliseconds = int((time.monotonic() - began) * 1000)
    logger.log(level, "message %s attempt %s: %s, %d ms", job.message_id, job.attempt, outcome, milliseconds)


class Job:
    """What a sender needs once the transaction is closed."""

    def __init__(self, message: Message, config: Config) -> None:
        line = db.session.get_one(Line, message.line_id)
        is_open = message.address is not None and message.address.released_at is None
        self.message_id, self.line_id, self.claim = message.id, message.line_id, message.claims
        self.attempt, self.text, self.chosen_id = message.attempts, message.text, message.chosen_id
        self.chat_id = message.address.chat_id if message.address and is_open else ""
        self.client = WahaClient(**vars(lines.connection_of(line, config)))
        self.restricted_until: datetime | None = None
        self.must_look, self.is_typing_shown = line.paused_since is not None, line.is_typing_shown


def _prepare(message: Message, config: Config) -> Job | None:
    """A fault of ours before the call must neither hold the queue nor lose the message."""
    try:
        return Job(message, config)
    except Exception:
        logger.exception("message %s could not be prepared", message.id)
        outbox.record_fault_of_ours(message.id, message.claims)
        return None


def _attempt(job: Job) -> Outcome:
    """No transaction is open during the calls. A probing message first asks whether the session works: a send would
    wait inside WAHA, and perhaps go out later."""
    if not job.chat_id:
        return NotSentEver("no_address")
    if job.must_look:
        session = job.client.look()
        if isinstance(session, NotSentNow):
            return session
        if session.status not in (None, lines.WORKING):
            return NotSentNow("not_working", session.status)
    if not _name(job):
        return Unknown("worker_died")
    if job.is_typing_shown:
        shortest, longest = TYPING_SECONDS
        job.client.act_human(job.chat_id, min(max(len(job.text) / CHARACTERS_A_SECOND, shortest), longest))
    outcome = job.client.send_text(job.chat_id, job.text, job.chosen_id)
    if outcome == NotSentEver(failures.RESTRICTED):
        job.restricted_until = job.client.restricted_until()
    return outcome


def _name(job: Job) -> bool:
    """Have the id chosen and kept before the call, where the server can; False when the claim was lost meanwhile."""
    if job.chosen_id is None:
        job.chosen_id = naming.choose_id(job.line_id, job.client)
    if job.chosen_id is None:
        return True
    with writing():
        is_kept = outbox.record_name(job.message_id, job.claim, job.chosen_id)
        db.session.commit()
    return is_kept


def _record(job: Job, outcome: Outcome) -> None:
    match outcome:
        case Accepted(raw_id):
            message = outbox.record_accepted(job.message_id, raw_id)
            intake.apply_waiting(db.session.get_one(Line, job.line_id), message)
        case NotSentNow(reason, status):
            outbox.record_refused_by_line(job.message_id, job.claim, reason, status)
        case NotSentEver(reason):
            outbox.record_refused(job.message_id, job.claim, reason)
            if reason == failures.RESTRICTED:
                lines.restrict(job.line_id, job.restricted_until)
        case Unknown(reason):
            outbox.record_unknown(job.message_id, job.claim, reason)
