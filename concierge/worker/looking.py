"""Looking for one message of unknown fate: by its own id, and by its words in the chat."""

import logging
from datetime import timedelta

from sqlalchemy import select

from concierge import intake, lines, outbox
from concierge.config import Config
from concierge.extensions import db, writing
from concierge.models import Line, Message
from concierge.models.message import HOTEL
from concierge.waha.client import NotSentNow, OwnMessage, WahaClient

logger = logging.getLogger(__name__)

# WAHA's clock and ours may differ by a little; a message cannot have left before the call.
EARLIER = timedelta(seconds=10)


def look_for_one(config: Config) -> bool:
    """Look for the next message of unknown fate. False when none is due."""
    is_due = outbox.is_look_due()
    db.session.rollback()
    if not is_due:
        return False
    with writing():
        message = outbox.claim_look()
        search = _Search(message, config) if message else None
        db.session.commit()
    if search is None:
        return False
    search.run()
    with writing():
        _record(search)
        db.session.commit()
    logger.info("message %s is looked for: %s", search.message_id, "found" if search.found else "not found")
    return True


class _Search:
    """What is looked for, and what was found."""

    def __init__(self, message: Message, config: Config) -> None:
        line = db.session.get_one(Line, message.line_id)
        self.message_id, self.line_id, self.claim = message.id, message.line_id, message.claims
        self.text, self.chosen_id = message.text, message.chosen_id
        self.since = (message.tried_at or message.created_at) - EARLIER
        self.chat_id = message.address.chat_id if message.address else ""
        self.client = WahaClient(**vars(lines.connection_of(line, config)))
        self.found: str | None = None
        self.is_absent = False
        self.candidates: list[OwnMessage] = []

    def run(self) -> None:
        """Ask WAHA; no transaction is open here."""
        session = self.client.look()
        if isinstance(session, NotSentNow) or session.status != lines.WORKING:
            return
        if self.chosen_id:
            has_it = self.client.has_message(self.chat_id, self.chosen_id)
            self.found = self.chosen_id if has_it else None
            self.is_absent = has_it is False
        if self.found is None:
            own = self.client.recent_own(self.chat_id, self.since)
            self.is_absent = self.is_absent and own is not None  # a chat that cannot be read proves nothing
            self.candidates = [one for one in own or [] if one.text == self.text and self._is_in_time(one)]

    def _is_in_time(self, one: OwnMessage) -> bool:
        return one.sent_at is None or one.sent_at >= self.since


def _record(search: _Search) -> None:
    search.found = search.found or _unclaimed(search)
    line = db.session.get_one(Line, search.line_id)
    if search.found:
        intake.apply_waiting(line, outbox.record_accepted(search.message_id, search.found))
    elif search.is_absent:
        outbox.record_absent(search.message_id, search.claim, line)
    else:
        outbox.record_unseen(search.message_id, search.claim)


def _unclaimed(search: _Search) -> str | None:
    """The earliest message with the same words that no row of ours has as its own."""
    ids = [one.raw_id for one in search.candidates]
    if not ids:
        return None
    taken = set(
        db.session.scalars(
            select(Message.raw_id).where(
                Message.line_id == search.line_id, Message.role == HOTEL, Message.raw_id.in_(ids)
            )
        )
    )
    return next((raw_id for raw_id in reversed(ids) if raw_id not in taken), None)
