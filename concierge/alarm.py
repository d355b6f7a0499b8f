"""Which guests ring at the desk, and from when their wait is a matter for the managers. Read only.

Both are a matter of time: each wait tells its times beforehand, and an open screen counts them by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from concierge.extensions import db
from concierge.models import Conversation, Guest, Hotel, Room, Stay

# Whoever waits behind these has been rung for by the same bell.
MOST = 20


@dataclass(frozen=True)
class Wait:
    """A guest who waits: rung for from `rings_from` on (None: somebody took it), a manager's from `escalates_at` on
    (None: managers are not called). `room` is None where the guest has none."""

    conversation_id: str
    room: str | None
    name: str
    since: datetime
    rings_from: datetime | None
    escalates_at: datetime | None


def waits(hotel: Hotel) -> tuple[Wait, ...]:
    """Who has waited longest first."""
    rows = db.session.execute(
        select(Conversation, Room.number, func.coalesce(Stay.guest_name, Guest.name, Guest.profile_name, ""))
        .join(Guest, Guest.id == Conversation.guest_id)
        .outerjoin(Stay, (Stay.id == Conversation.stay_id) & Stay.checked_out_at.is_(None))
        .outerjoin(Room, Room.id == Stay.room_id)
        .where(Conversation.hotel_id == hotel.id, Conversation.waiting_since.is_not(None))
        .where(Conversation.joined_into_id.is_(None))
        .order_by(Conversation.waiting_since, Conversation.id)
        .limit(MOST)
    ).all()
    return tuple(_wait(*row, hotel.escalate_minutes) for row in rows)


def _wait(conversation: Conversation, room: str | None, name: str, escalate_minutes: int) -> Wait:
    since = conversation.waiting_since
    assert since is not None
    rests_until = conversation.snoozed_until or since
    late_at = since + timedelta(minutes=escalate_minutes)
    # Nobody needs to be called to a guest to whom an answer is being written this moment.
    quiet_until = max(since, rests_until, conversation.answering_until or since)
    return Wait(
        conversation_id=conversation.id,
        room=room,
        name=name,
        since=since,
        rings_from=None if _is_taken(conversation) else quiet_until,
        escalates_at=max(late_at, rests_until) if escalate_minutes else None,
    )


def _is_taken(conversation: Conversation) -> bool:
    """Since this wait began: who took the conversation yesterday may be asleep."""
    taken_at, since = conversation.assigned_at, conversation.waiting_since
    if conversation.assigned_to_id is None or taken_at is None or since is None:
        return False
    return taken_at >= since
