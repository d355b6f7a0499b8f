"""How a message's row is locked and how its status changes: beneath every other step of its life."""

from sqlalchemy import ColumnElement, literal, select

from concierge import clock, threads
from concierge.extensions import db
from concierge.models import Message
from concierge.models.message import CANCELLED, FAILED, LADDER, SENDING, STAFF


class TooLate(Exception):
    """The message is past the state in which this could be done; the text may be shown to staff."""


def has_status(message: type[Message], *statuses: str) -> ColumnElement[bool]:
    """Written out, not as parameters: only so SQLite uses the partial indexes of these statuses."""
    written = [literal(status, literal_execute=True) for status in statuses]
    return message.status == written[0] if len(written) == 1 else message.status.in_(written)


def locked(message_id: str) -> Message:
    """The message, its conversation locked first and its revision taken: everything that changes here is visible.

    Raises LookupError.
    """
    conversation_id = db.session.scalar(select(Message.conversation_id).where(Message.id == message_id))
    if conversation_id is None:
        raise LookupError(message_id)
    revision = threads.number_change(conversation_id)
    message = db.session.get_one(Message, message_id, with_for_update=True, populate_existing=True)
    message.revision = revision
    return message


def is_still_ours(message: Message, claim: int) -> bool:
    """Whether the claim of this number still holds: nobody else took the row, and nothing was heard meanwhile."""
    return message.status == SENDING and message.claims == claim


def is_higher(status: str, than: str | None) -> bool:
    """Acks only climb; every rung is above what was lost."""
    return than not in LADDER or LADDER.index(status) > LADDER.index(than)


def set_status(message: Message, status: str, failure: str | None = None) -> None:
    """The one place where a status changes. A person's answer that is lost lets the guest wait again."""
    was_lost = message.status in (FAILED, CANCELLED)
    message.status = status
    message.failure = failure
    message.status_at = clock.now()
    message.flagged_at = None
    if status != SENDING:
        message.looking_since = None
    if message.origin == STAFF and (was_lost or status in (FAILED, CANCELLED)):
        threads.restore_waiting(message.conversation_id)
