"""Messages for later: planned by a person, shown in the thread, posted into the outbox at their time."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select, update
from sqlalchemy.orm import joinedload

from concierge import clock, outbox, threads
from concierge.extensions import database_now, db
from concierge.models import Conversation, Hotel, Message, ScheduledMessage, Staff
from concierge.models.message import STAFF

MOST_DAYS = 90
SOON = timedelta(minutes=30)
MORNING = time(8)
_IS_WAITING = ScheduledMessage.posted_at.is_(None) & ScheduledMessage.cancelled_at.is_(None)


class BadTime(ValueError):
    """No time at which this can be sent; the text may be shown to staff."""


class TooLate(Exception):
    """It is posted or cancelled already; the text may be shown to staff."""


def soon() -> datetime:
    """In half an hour."""
    return clock.now() + SOON


def tomorrow_morning(zone: ZoneInfo) -> datetime:
    """The hotel's next day at eight."""
    return at(datetime.combine(clock.today(zone.key) + timedelta(days=1), MORNING), zone)


def at(shown: datetime, zone: ZoneInfo) -> datetime:
    """A time as the hotel's clock shows it."""
    return shown.replace(tzinfo=zone).astimezone(UTC)


def plan(conversation: Conversation, author: Staff, text: str, send_at: datetime, row_id: str) -> ScheduledMessage:
    """Keep a message for later. Raises BadTime. A second one of the same id gives back the first."""
    if first := db.session.get(ScheduledMessage, row_id):
        return first
    if send_at <= clock.now():
        raise BadTime("This time is over already. Choose a later one.")
    if send_at > clock.now() + timedelta(days=MOST_DAYS):
        raise BadTime(f"Choose a time within {MOST_DAYS} days.")
    numbers = threads.lock(conversation.id)
    planned = ScheduledMessage(
        id=row_id,
        conversation_id=numbers.conversation_id,
        author_id=author.id,
        text=text,
        send_at=send_at,
        revision=numbers.revision,
    )
    db.session.add(planned)
    db.session.flush()
    return planned


def waiting(conversation: Conversation) -> Sequence[ScheduledMessage]:
    """What will be said in this thread, the next one first."""
    return db.session.scalars(
        select(ScheduledMessage)
        .options(joinedload(ScheduledMessage.author))
        .where(ScheduledMessage.conversation_id == conversation.id, _IS_WAITING)
        .order_by(ScheduledMessage.send_at, ScheduledMessage.created_at)
    ).all()


def find(hotel: Hotel, row_id: str) -> ScheduledMessage | None:
    """A planned message of this hotel."""
    return db.session.scalar(
        select(ScheduledMessage)
        .join(Conversation)
        .where(ScheduledMessage.id == row_id, Conversation.hotel_id == hotel.id)
    )


def cancel(planned: ScheduledMessage) -> None:
    """Say it not. Raises TooLate when it is said already."""
    revision = _lock(planned)
    if planned.posted_at:
        raise TooLate("Too late: this message is sent already.")
    planned.cancelled_at = planned.cancelled_at or clock.now()
    planned.revision = revision


def cancel_all(conversation_id: str) -> None:
    """Nothing of it must be said here any more."""
    for planned in db.session.scalars(
        select(ScheduledMessage).where(ScheduledMessage.conversation_id == conversation_id, _IS_WAITING)
    ).all():
        cancel(planned)


def send_now(planned: ScheduledMessage, hold: timedelta = timedelta()) -> Message:
    """A person wants it said now. Raises TooLate when it is said or cancelled already."""
    revision = _lock(planned)
    if planned.posted_at or planned.cancelled_at:
        raise TooLate("This message is sent or cancelled already.")
    planned.revision = revision
    return _post(planned, hold)


def is_something_due() -> bool:
    """A reader's look, so that idle workers do not take the write lock."""
    return db.session.scalar(_next_due()) is not None


def post_next() -> bool:
    """Post the next one that is due; False when there was none, or another worker was faster.

    The conversation is locked first, as everywhere; whoever comes second finds it posted. It grows stale from the
    time for which it was planned: after a night without a worker it asks a person first.
    """
    found = db.session.scalar(_next_due())
    planned = db.session.get(ScheduledMessage, found) if found else None
    if planned is None:
        return False
    revision = _lock(planned)
    if planned.posted_at or planned.cancelled_at:
        return False
    planned.revision = revision
    conversation = db.session.get_one(Conversation, planned.conversation_id)
    waits_since, auto_reply_at = conversation.waiting_since, conversation.auto_reply_at
    message = _post(planned, timedelta())
    if message.expires_at:
        message.expires_at -= clock.now() - planned.send_at
    if waits_since and waits_since > planned.created_at:  # asked after these words were written: they answer nothing
        conversation.waiting_since, conversation.auto_reply_at = waits_since, auto_reply_at
    return True


def move(younger_id: str, older_id: str, revision: int) -> None:
    """Two threads became one."""
    db.session.execute(
        update(ScheduledMessage)
        .where(ScheduledMessage.conversation_id == younger_id)
        .values(conversation_id=older_id, revision=revision)
        .execution_options(synchronize_session=False)
    )


def _lock(planned: ScheduledMessage) -> int:
    """Conversation first, then the row, read anew; the revision of what changes now."""
    revision = threads.number_change(planned.conversation_id)
    db.session.refresh(planned, with_for_update=True)
    return revision


def _post(planned: ScheduledMessage, hold: timedelta) -> Message:
    planned.posted_at = clock.now()
    return outbox.post(
        db.session.get_one(Conversation, planned.conversation_id),
        planned.text,
        origin=STAFF,
        author=planned.author,
        message_id=planned.id,
        hold=hold,
    )


def _next_due() -> Select[str]:
    return (
        select(ScheduledMessage.id)
        .where(_IS_WAITING, ScheduledMessage.send_at <= database_now())
        .order_by(ScheduledMessage.send_at)
        .limit(1)
    )
