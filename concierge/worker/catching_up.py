"""Reading back the chats of one line, and handing on what no webhook brought."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime

from concierge import catching_up, clock, intake, journal, lines, outbox
from concierge.config import Config
from concierge.extensions import db, writing
from concierge.models import Line
from concierge.waha import events
from concierge.waha.lookups import CannotTell, Found, NoAnswer, Reader, as_event

logger = logging.getLogger(__name__)

PAGE = 20
MOST_PAGES = 500  # a guard against a server that never comes to an end
MOST_ROUNDS = 5  # in a busy hotel somebody always writes; what comes now comes by webhook
EVERY_CHAT = "all"


def ask_to_catch_up() -> bool:
    """A worker starts: all lines are due."""
    with writing():
        catching_up.request_all()
        db.session.commit()
    return True


def catch_up_one(config: Config, is_stopping: Callable[[], bool] = lambda: False) -> bool:
    """Read back the next line that is due. False when there is none. A worker that stops does not finish the pass."""
    is_due = catching_up.is_something_due()
    db.session.rollback()
    if not is_due:
        return False
    with writing():
        line = catching_up.claim_next()
        job = _Pass(line, config, is_stopping) if line else None
        db.session.commit()
    if job is None:
        return False
    job.run()
    return True


class _Pass:
    """One reading of all chats of a line in which something was written since the last one."""

    def __init__(self, line: Line, config: Config, is_stopping: Callable[[], bool]) -> None:
        self.line_id, self.waha_session = line.id, line.waha_session
        self.since, self.began_at = catching_up.begins_at(line), clock.now()
        self.reader = Reader(**vars(lines.connection_of(line, config)))
        self.is_stopping, self.found = is_stopping, 0

    def run(self) -> None:
        """Page by page: the call with no transaction open, then each message in a commit of its own."""
        try:
            for chat_id in self._chats():
                for page in self._pages(chat_id):
                    self._take_in(page)
                    if self.is_stopping():
                        raise NoAnswer("the worker stops")
        except CannotTell as fault:
            self._end(str(fault))
        except NoAnswer as fault:
            logger.warning("line %s could not be read back: %s", self.line_id, fault)
            self._end(None)
        else:
            with writing():
                catching_up.finish(self.line_id, self.began_at)
                db.session.commit()
        if self.found:
            logger.warning("line %s: %d messages were read back that no webhook had brought", self.line_id, self.found)

    def _chats(self) -> Iterator[str]:
        if self.reader.reads_all_chats_at_once():
            yield EVERY_CHAT
            return
        since, is_first = self.since, True
        for _ in range(MOST_ROUNDS):
            began_at = clock.now()
            chats = self._recent(since, is_first)
            if not chats:
                return
            yield from chats
            since, is_first = began_at, False

    def _recent(self, since: datetime, is_first: bool) -> list[str]:
        """All ids before any chat is read; those that move up meanwhile, past the pages, are in the next round's."""
        ids: list[str] = []
        for number in range(MOST_PAGES):
            chats = self.reader.recent_chats(PAGE, number * PAGE)
            recent = [chat for chat in chats if (is_first if chat.last_at is None else chat.last_at >= since)]
            ids += [chat.chat_id for chat in recent if chat.chat_id]
            if not recent:
                break
        return list(dict.fromkeys(ids))

    def _pages(self, chat_id: str) -> Iterator[list[Found]]:
        for number in range(MOST_PAGES):
            # The offset grows by the limit even where fewer come back (WAHA docs, chats).
            page = self.reader.messages(chat_id, self.since, PAGE, number * PAGE)
            if not page:
                return
            yield [one for one in page if one.raw_id and (one.sent_at is None or one.sent_at >= self.since)]
        raise NoAnswer("too many pages")

    def _take_in(self, page: list[Found]) -> None:
        known = catching_up.known(self.line_id, [one.raw_id for one in page])
        db.session.rollback()
        for one in page:
            who = one.raw_id, one.is_from_us
            if who not in known:
                self._take_in_one(one)
            elif one.is_from_us and catching_up.is_news(one.ack, known[who]):
                self._note_ack(one)
        with writing():
            catching_up.renew(self.line_id)
            db.session.commit()

    def _take_in_one(self, one: Found) -> None:
        """The same door as the webhook's, but no sign that webhooks come: `last_event_at` stays as it is."""
        key = catching_up.event_key(one.raw_id, is_from_us=one.is_from_us)
        body = as_event(key, self.waha_session, one.payload)
        with writing():
            line = db.session.get_one(Line, self.line_id)
            envelope = events.open_envelope(body)
            event = journal.enter(line, envelope.id, envelope.name, body)
            if event:
                intake.apply(line, event, envelope)
                self.found += 1
            db.session.commit()

    def _note_ack(self, one: Found) -> None:
        """A message of ours came further than we know: its tick was lost, and staff would call for nothing."""
        with writing():
            outbox.record_ack(self.line_id, one.raw_id, one.ack)
            db.session.commit()

    def _end(self, hint: str | None) -> None:
        with writing():
            catching_up.give_up(self.line_id, hint)
            db.session.commit()
