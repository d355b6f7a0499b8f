"""The automatic answer: when it falls due, and when it stays silent."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from concierge import clock, outbox, texts
from concierge.extensions import database_now, db
from concierge.models import Conversation, Hotel, Message
from concierge.models.message import AUTOMATIC, CANCELLED, FAILED, HOTEL, PHONE, STAFF

QUIET_FOR = timedelta(seconds=5)
WINDOW = timedelta(minutes=30)
DAY = timedelta(hours=24)
MOST_A_DAY = 3
# What was read back from the chats after we were away gets an automatic answer only while it is as young as this.
FRESH = timedelta(minutes=2)


def expect(conversation: Conversation, sent_at: datetime, *, is_caught_up: bool = False) -> None:
    """The guest wrote: answer when he has been quiet for a moment, so that a burst gets one answer."""
    if is_caught_up and sent_at < clock.now() - FRESH:
        return
    conversation.auto_reply_at = clock.now() + QUIET_FOR


def claim_next() -> Conversation | None:
    """Take a conversation whose answer is due. Only one worker gets it: claiming clears what was due."""
    due = (
        select(Conversation.id)
        .where(Conversation.auto_reply_at <= database_now())
        .order_by(Conversation.auto_reply_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return db.session.execute(
        update(Conversation)
        .where(Conversation.id == due.scalar_subquery())
        .values(auto_reply_at=None)
        .returning(Conversation)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).scalar_one_or_none()


def is_something_due() -> bool:
    """A reader's look, so that idle workers do not take the write lock."""
    return bool(db.session.scalar(select(Conversation.id).where(Conversation.auto_reply_at <= database_now()).limit(1)))


def answer(conversation: Conversation) -> Message | None:
    """Post the answer, unless a person was faster or enough was said."""
    if conversation.waiting_since is None or not _may_speak(conversation):
        return None
    hotel = db.session.get_one(Hotel, conversation.hotel_id)
    return outbox.post(conversation, texts.auto_reply(hotel, conversation.guest), origin=AUTOMATIC)


def _may_speak(conversation: Conversation) -> bool:
    """Once in a quiet window, three times a day, and not where a person answered in that window."""
    now = clock.now()
    said = select(func.count(), func.max(Message.created_at)).where(
        Message.conversation_id == conversation.id,
        Message.role == HOTEL,
        Message.created_at > now - DAY,
        Message.status.not_in((FAILED, CANCELLED)),
    )
    times, last = db.session.execute(said.where(Message.origin == AUTOMATIC)).one()
    _, person = db.session.execute(said.where(Message.origin.in_((STAFF, PHONE)))).one()
    is_quiet = all(moment is None or moment <= now - WINDOW for moment in (last, person))
    return is_quiet and times < MOST_A_DAY
