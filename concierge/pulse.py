"""Has anything changed that an open screen shows? One question to the database, asked with who asks. Read only.

A counter of the hotel would say it, too, but every webhook would have to wait for the one before it to raise it.
"""

import hashlib
from dataclasses import dataclass
from typing import cast as cast_type

from sqlalchemy import ColumnElement, Row, Select, String, cast, func, select

from concierge import health
from concierge.extensions import Prepared
from concierge.models import Conversation, Event, Guest, Hotel, Line, Room, Staff, Stay, WorkerReport
from concierge.models.event import UNREADABLE

# The times of change of so many conversations: two that commit in the wrong order both show, however close they are.
LATEST = 20


@dataclass(frozen=True)
class Pulse:
    """`staff_id` and `password_hash` are of who asks; `version` is another one when a page would look different."""

    staff_id: str
    password_hash: str
    version: str


def take(staff_id: str, conversation_id: str | None = None) -> Pulse | None:
    """The pulse of a person's hotel, and of the thread that is open. None when nobody of this id may sign in."""
    if conversation_id:
        row = _OF_A_THREAD.first(staff=staff_id, thread=conversation_id)
    else:
        row = _OF_THE_HOUSE.first(staff=staff_id)
    return Pulse(row.staff_id, row.password_hash, _version(row)) if row else None


def _version(row: Row[tuple[object, ...]]) -> str:
    """Faults are partly a matter of time: they are worked out anew each time."""
    faults = health.faults(row.worker_seen_at, cast_type(Line, row))  # it has every column that this looks at
    shown = (*(value for name, value in row._mapping.items() if name not in _UNSEEN), faults)
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def _of_the_house(staff: ColumnElement[str]) -> Select[tuple[object, ...]]:
    changes = (
        select(Conversation.updated_at.label("at"))
        .where(Conversation.hotel_id == Staff.hotel_id)
        .order_by(Conversation.updated_at.desc())
        .limit(LATEST)
        .correlate(Staff)
        .subquery()
    )
    seen_at = select(func.max(WorkerReport.seen_at)).where(WorkerReport.stopped_at.is_(None))
    unread = select(func.count()).where(Event.line_id == Line.id, Event.outcome == UNREADABLE).correlate(Line)
    return (
        select(
            Staff.id.label("staff_id"),
            Staff.password_hash,
            Staff.updated_at.label("staff_at"),
            Hotel.updated_at.label("hotel_at"),
            select(func.aggregate_strings(cast(changes.c.at, String), ",")).scalar_subquery().label("changes"),
            seen_at.scalar_subquery().label("worker_seen_at"),
            unread.scalar_subquery().label("unread"),
            *(getattr(Line, name) for name in health.OF_A_LINE),
        )
        .join(Hotel, Hotel.id == Staff.hotel_id)
        .join(Line, Line.hotel_id == Hotel.id)
        .where(Staff.id == staff, Staff.is_active, Staff.deleted_at.is_(None))
        .order_by(Line.position)
        .limit(1)
    )


def _of_a_thread(staff: ColumnElement[str], thread: ColumnElement[str]) -> Select[tuple[object, ...]]:
    """Its own counter, and what stands in its header and beside it."""
    return (
        _of_the_house(staff)
        .add_columns(
            Conversation.revision,
            Conversation.updated_at.label("thread_at"),
            Guest.updated_at.label("guest_at"),
            Stay.updated_at.label("stay_at"),
            Room.updated_at.label("room_at"),
        )
        .join(Conversation, (Conversation.id == thread) & (Conversation.hotel_id == Hotel.id))
        .join(Guest, Guest.id == Conversation.guest_id)
        .outerjoin(Stay, Stay.id == Conversation.stay_id)
        .outerjoin(Room, Room.id == Stay.room_id)
    )


# Not shown as they are: these times change all the while, and become faults; the hash only tells who asks.
_UNSEEN = {*health.OF_A_LINE, "worker_seen_at", "password_hash"} - {"status"}
# Built once, while a single thread imports this module.
_OF_THE_HOUSE = Prepared("pulse_of_the_house", ("staff",), _of_the_house)
_OF_A_THREAD = Prepared("pulse_of_a_thread", ("staff", "thread"), _of_a_thread)
