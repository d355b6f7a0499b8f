"""What was between a guest and the hotel before: stays, conversations, and where in the thread they are. Read only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from concierge.extensions import db
from concierge.models import Conversation, Message, Stay

MOST = 10


@dataclass(frozen=True)
class Past:
    """A stay that is over, or (`room` is None) a conversation without one; its last words were said by `until`."""

    room: str | None
    begun: date | datetime
    ended: date | datetime
    until: datetime


def past(conversation: Conversation, shown: Collection[str] = ()) -> list[Past]:
    """The guest's earlier stays and conversations, the latest first; without the stays that are shown anyway."""
    stays = db.session.scalars(
        select(Stay)
        .where(Stay.guest_id == conversation.guest_id, Stay.checked_out_at.is_not(None), Stay.id.not_in(shown))
        .options(joinedload(Stay.room))
        .order_by(Stay.checked_out_at.desc())
        .limit(MOST)
    )
    threads = db.session.scalars(
        select(Conversation)
        .where(Conversation.guest_id == conversation.guest_id, Conversation.line_id == conversation.line_id)
        .where(Conversation.stay_id.is_(None), Conversation.joined_into_id.is_(None), Conversation.seq > 0)
        .where(Conversation.id != conversation.id, Conversation.last_message_at.is_not(None))
        .order_by(Conversation.last_message_at.desc())
        .limit(MOST)
    )
    found = [*(_of_stay(stay) for stay in stays), *(_of_thread(thread) for thread in threads)]
    return sorted(found, key=lambda one: one.until, reverse=True)[:MOST]


def last_until(conversation: Conversation, moment: datetime) -> Message | None:
    """The last message of the guest's whole story that was written by then."""
    return db.session.scalar(
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.guest_id == conversation.guest_id, Conversation.line_id == conversation.line_id)
        .where(Message.sent_at <= moment)
        .order_by(Message.sent_at.desc(), Message.created_at.desc(), Message.seq.desc())
        .limit(1)
    )


def _of_stay(stay: Stay) -> Past:
    assert stay.checked_out_at is not None
    return Past(stay.room.number, stay.checkin_date, stay.checked_out_at, stay.checked_out_at)


def _of_thread(thread: Conversation) -> Past:
    assert thread.last_message_at is not None
    return Past(None, thread.start, thread.last_message_at, thread.last_message_at)
