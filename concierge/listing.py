"""The list of conversations: which of them, in which order, and what each row says. Read only.

A question must not grow with the hotel: who waits is read from one index and the rest from another, as many as are
shown; of a thread only the last messages are looked at.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    TextClause,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import joinedload

from concierge import attention, clock, failures
from concierge.extensions import db
from concierge.models import Conversation, Draft, Guest, Hotel, Message, Reading, Staff, Stay
from concierge.models.message import FAILED, GUEST, NEEDS_A_PERSON, UNCONFIRMED

ROWS = 30
MOST_ROWS = 510
# Counts beyond these are not told apart on a screen.
MOST_COUNTED, MOST_UNREAD = 100, 10
# Unread and undelivered are looked for among so many messages at the end of a thread.
RECENT = 60

WAITING, MINE, ALL, UNLINKED, CLOSED = FILTERS = ("waiting", "mine", "all", "unlinked", "closed")
NOT_SENT, NOT_SURE, NO_TICK = TROUBLES = ("failed", "unconfirmed", "flagged")


@dataclass(frozen=True)
class ListRow:
    """One conversation as the list shows it to one person.

    `unread` and `is_marked_unread` are that person's, as is the draft; `trouble` is the worst of TROUBLES that nobody
    has dealt with.
    """

    conversation: Conversation
    last: Message | None
    trouble: str | None
    unread: int
    is_marked_unread: bool
    has_draft: bool

    @property
    def guest(self) -> Guest:
        """Whose conversation it is."""
        return self.conversation.guest

    @property
    def room_number(self) -> str | None:
        """Where the guest is; None when he is in no room of ours."""
        stay = self.conversation.stay
        return stay.room.number if stay and stay.is_open else None

    @property
    def fingerprint(self) -> tuple[Any, ...]:
        """Whatever is visible; minutes and the end of "is answering" are counted by the screen itself."""
        each = self.conversation
        own = (self.unread, self.is_marked_unread, self.has_draft)
        return each.id, each.revision, each.is_active, each.needs_reply, each.answering_until, self.room_number, own


@dataclass(frozen=True)
class Listed:
    """A list, longest waiting first; `fingerprint` changes when anything visible in it does.

    `counts` are of the filters that are counted, at most MOST_COUNTED.
    """

    show: str
    rows: list[ListRow]
    counts: dict[str, int]
    last_message_at: datetime | None
    has_more: bool

    @property
    def fingerprint(self) -> str:
        """When the last message came counts where it is what the list proves."""
        proof = None if self.rows else self.last_message_at
        shown = ([row.fingerprint for row in self.rows], self.counts, self.has_more, proof)
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]


def of(person: Staff, show: str = ALL, rows: int = ROWS) -> Listed:
    """The list of this person's hotel, as this person sees it."""
    found = _conversations(person, show, rows + 1)
    *counts, last_message_at = db.session.execute(_figures(person)).one()
    return Listed(
        show=show,
        rows=_with_last_words(found[:rows]),
        counts=dict(zip((WAITING, MINE, UNLINKED), counts, strict=True)),
        last_message_at=last_message_at,
        has_more=len(found) > rows,
    )


def count_waiting(hotel: Hotel) -> int:
    """How many guests wait for an answer of a person, at most MOST_COUNTED."""
    return db.session.scalar(select(_count(Conversation.hotel_id == hotel.id, attention.needs_reply()))) or 0


def next_awakening(hotel_id: str) -> datetime | None:
    """When the next rest of this hotel ends: the list is another one then, though no row has changed."""
    return db.session.scalar(
        select(func.min(Conversation.snoozed_until)).where(
            Conversation.hotel_id == hotel_id, Conversation.snoozed_until > clock.now()
        )
    )


def _conversations(person: Staff, show: str, most: int) -> list[Any]:
    """Who waits stands first, then comes what changed last."""
    question = _question(person).where(*_is_shown(person, show))
    first = question.where(attention.needs_reply()).order_by(Conversation.waiting_since, Conversation.id)
    found = list(db.session.execute(first.limit(most)))
    if show == WAITING or len(found) == most:
        return found
    rest = question.where(~attention.needs_reply()).order_by(*_LAST_CHANGED_FIRST)
    return found + list(db.session.execute(rest.limit(most - len(found))))


# PostgreSQL has what was never written in at this end of its index; SQLite is told to.
_LAST_CHANGED_FIRST = (Conversation.last_message_at.desc().nulls_first(), Conversation.id)


def _is_shown(person: Staff, show: str) -> tuple[ColumnElement[bool] | TextClause, ...]:
    ours = (Conversation.hotel_id == person.hotel_id, Conversation.joined_into_id.is_(None))
    if show == MINE:
        return *ours, Conversation.assigned_to_id == person.id
    if show == UNLINKED:
        return *ours, *_IS_UNLINKED
    return (*ours, _IS_CLOSED) if show == CLOSED else ours


# In the words of their indexes: SQLite does not know that "IS 0" is meant.
_IS_CLOSED = text("sessions.is_active = false")
_IS_UNLINKED = (Conversation.stay_id.is_(None), text("sessions.is_active = true"))


def _question(person: Staff) -> Select[*tuple[Any, ...]]:
    """A row for each conversation; what is asked about its messages is asked of the end of its thread."""
    mine = (Reading.conversation_id == Conversation.id) & (Reading.staff_id == person.id)
    draft = exists().where(Draft.conversation_id == Conversation.id, Draft.staff_id == person.id)
    return (
        select(
            Conversation,
            _last_words().label("last_id"),
            _trouble().label("trouble"),
            _unread().label("unread"),
            func.coalesce(Reading.is_marked_unread, false()).label("is_marked_unread"),
            draft.label("has_draft"),
        )
        .outerjoin(Reading, mine)
        .options(
            joinedload(Conversation.guest),
            joinedload(Conversation.stay).joinedload(Stay.room),
            joinedload(Conversation.assigned_to),
            joinedload(Conversation.answering_by),
        )
    )


def _last_words() -> ScalarSelect[str]:
    """Of a message and its twin, the one that stands for both."""
    is_twin = Message.failure == failures.SAME_MESSAGE
    return (
        select(Message.id)
        .where(Message.conversation_id == Conversation.id, or_(Message.failure.is_(None), ~is_twin))
        .order_by(Message.seq.desc())
        .limit(1)
        .correlate(Conversation)
        .scalar_subquery()
    )


def _trouble() -> ScalarSelect[str | None]:
    """As a number of TROUBLES, the worst first."""
    worst = case((Message.status == FAILED, 0), (Message.status == UNCONFIRMED, 1), else_=2)
    return (
        select(func.min(worst))
        .where(*_is_recent(), Message.call_outcome.is_(None))
        .where(or_(Message.status.in_(NEEDS_A_PERSON), Message.flagged_at.is_not(None)))
        .correlate(Conversation)
        .scalar_subquery()
    )


def _unread() -> ScalarSelect[int]:
    """Since this person looked; of a thread that he never opened, what waits for an answer."""
    is_new = or_(
        Message.seq > Reading.seq, and_(Reading.id.is_(None), Message.created_at >= Conversation.waiting_since)
    )
    return (
        select(func.count())
        .where(*_is_recent(), Message.role == GUEST, is_new)
        .correlate(Conversation, Reading)
        .scalar_subquery()
    )


def _is_recent() -> tuple[ColumnElement[bool], ...]:
    return Message.conversation_id == Conversation.id, Message.seq > Conversation.seq - RECENT


def _with_last_words(found: Sequence[Any]) -> list[ListRow]:
    wanted = select(Message).where(Message.id.in_([row.last_id for row in found if row.last_id]))
    last = {each.id: each for each in db.session.scalars(wanted.options(joinedload(Message.author)))}
    return [
        ListRow(
            conversation=row.Conversation,
            last=last.get(row.last_id),
            trouble=None if row.trouble is None else TROUBLES[row.trouble],
            unread=row.unread,
            is_marked_unread=bool(row.is_marked_unread),
            has_draft=row.has_draft,
        )
        for row in found
    ]


def _figures(person: Staff) -> Select[*tuple[Any, ...]]:
    """What stands beside the filters, and when the hotel was last written to or wrote."""
    ours = Conversation.hotel_id == person.hotel_id
    latest = select(func.max(Conversation.last_message_at)).where(ours)
    return select(
        _count(ours, attention.needs_reply()),
        _count(ours, Conversation.assigned_to_id == person.id),
        _count(ours, *_IS_UNLINKED, Conversation.joined_into_id.is_(None)),
        latest.scalar_subquery(),
    )


def _count(*conditions: ColumnElement[bool] | TextClause) -> ScalarSelect[int]:
    """Not further than anybody looks."""
    found = select(Conversation.id).where(*conditions).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(found).scalar_subquery()
