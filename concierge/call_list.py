"""Guests whom a message did not reach: who should be called, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, not_, or_, select
from sqlalchemy.orm import aliased, joinedload

from concierge import clock, failures, threads
from concierge.extensions import db
from concierge.models import Conversation, Hotel, Line, Message, Staff, Stay
from concierge.models.message import (
    CALL_OUTCOMES,
    GUEST,
    IS_TROUBLE,
    NEEDS_A_PERSON,
    NO_ANSWER,
    REACHED_WHATSAPP,
    STAFF,
    WELCOME,
)

MOST = 200


@dataclass(frozen=True)
class Call:
    """One guest to call: the message that did not reach him, and how many more there are."""

    message: Message
    more: int

    @property
    def conversation(self) -> Conversation:
        """Where to read the rest."""
        return self.message.conversation


def calls(hotel: Hotel) -> list[Call]:
    """Guests to call, the most important first: unanswered people, then welcomes; who did not answer goes last.

    A guest who wrote since, or whom a later message reached, need not be called.
    """
    messages = db.session.scalars(
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.hotel_id == hotel.id, *_is_trouble(), not_(_was_heard_since()))
        .options(
            joinedload(Message.conversation).joinedload(Conversation.guest),
            joinedload(Message.conversation).joinedload(Conversation.stay).joinedload(Stay.room),
            joinedload(Message.address),
            joinedload(Message.called_by),
        )
        .order_by(Message.priority, Message.created_at)
        .limit(MOST)
    ).all()
    return sorted(_one_per_guest(messages), key=lambda call: call.message.call_outcome == NO_ANSWER)


def count(hotel: Hotel) -> int:
    """How many guests nobody has tried to call yet."""
    query = (
        select(func.count(func.distinct(Message.conversation_id)))
        # Word for word the condition of an index: every screen asks this all the while.
        .where(Message.line_id.in_(select(Line.id).where(Line.hotel_id == hotel.id)), IS_TROUBLE)
        .where(Message.origin.in_((STAFF, WELCOME)), not_(_was_heard_since()))
    )
    return db.session.scalar(query) or 0


def note_outcome(message: Message, outcome: str, by: Staff) -> None:
    """What came of the call, for this message and every other one that did not reach this guest.

    Raises ValueError for an outcome we do not know.
    """
    if outcome not in CALL_OUTCOMES:
        raise ValueError(outcome)
    revision = threads.number_change(message.conversation_id)
    others = select(Message).where(Message.conversation_id == message.conversation_id, *_is_trouble())
    for lost in db.session.scalars(others.with_for_update()):
        lost.call_outcome, lost.call_outcome_at, lost.call_outcome_by_id = outcome, clock.now(), by.id
        lost.revision = revision


def _is_trouble() -> tuple[ColumnElement[bool], ...]:
    return (
        or_(Message.call_outcome.is_(None), Message.call_outcome == NO_ANSWER),
        or_(Message.status.in_(NEEDS_A_PERSON), Message.failure == failures.EXPIRED, Message.flagged_at.is_not(None)),
        Message.origin.in_((STAFF, WELCOME)),
    )


def _was_heard_since() -> ColumnElement[bool]:
    later = aliased(Message)
    return exists().where(
        later.conversation_id == Message.conversation_id,
        later.seq > Message.seq,
        or_(later.role == GUEST, later.status.in_(REACHED_WHATSAPP)),
    )


def _one_per_guest(messages: Sequence[Message]) -> list[Call]:
    by_thread: dict[str, list[Message]] = {}
    for message in messages:
        by_thread.setdefault(message.conversation_id, []).append(message)
    return [Call(lost[0], len(lost) - 1) for lost in by_thread.values()]
