"""The counters of a conversation, and whether its guest waits. Here the conversation's row is locked, always first."""

from dataclasses import dataclass

from sqlalchemy import func, select, update

from concierge import clock
from concierge.extensions import db
from concierge.models import Conversation, Message
from concierge.models.message import ANSWERED_CALL, CANCELLED, FAILED, GUEST, HOTEL, PHONE, STAFF


@dataclass(frozen=True)
class Numbers:
    """What a new or changed message is numbered with, and the conversation in which it is.

    That is another than asked for where its guest was joined with another one this moment.
    """

    seq: int
    revision: int
    conversation_id: str


def number_message(conversation_id: str) -> Numbers:
    """Lock the conversation and take the numbers of its next message."""
    return _raise(conversation_id, by=1)


def lock(conversation_id: str) -> Numbers:
    """Lock the conversation, and take the revision of a change: for whoever has to know where the thread is now."""
    return _raise(conversation_id, by=0)


def number_change(conversation_id: str) -> int:
    """Lock the conversation and take the revision of something visible that changed in it."""
    return _raise(conversation_id, by=0).revision


def restore_waiting(conversation_id: str) -> None:
    """After an answer failed or was taken back: the guest waits since the first message no person answered.

    What somebody said needs no reply (`settled_seq`) is not waited for.
    """
    answered = (
        select(func.coalesce(func.max(Message.seq), 0))
        .where(Message.conversation_id == conversation_id, Message.role == HOTEL)
        .where(Message.origin.in_((STAFF, PHONE)), Message.status.not_in((FAILED, CANCELLED)))
        .scalar_subquery()
    )
    settled = select(Conversation.settled_seq).where(Conversation.id == conversation_id).scalar_subquery()
    waiting_since = (
        select(func.min(Message.created_at))
        .where(Message.conversation_id == conversation_id, Message.role == GUEST, Message.seq > answered)
        .where(Message.kind != ANSWERED_CALL, Message.seq > settled)
        .scalar_subquery()
    )
    db.session.flush()
    db.session.execute(
        update(Conversation).where(Conversation.id == conversation_id).values(waiting_since=waiting_since)
    )


def _raise(conversation_id: str, by: int) -> Numbers:
    db.session.flush()
    row = db.session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(seq=Conversation.seq + by, revision=Conversation.revision + 1, updated_at=clock.now())
        .returning(Conversation.seq, Conversation.revision, Conversation.joined_into_id)
        .execution_options(synchronize_session="fetch")
    ).one()
    if row.joined_into_id:
        return _raise(row.joined_into_id, by)  # its messages are there now
    return Numbers(row.seq, row.revision, conversation_id)
