"""Who is answering a guest just now, and the stop for two who would answer at once."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from concierge import clock, threads
from concierge.extensions import db
from concierge.models import Conversation, Message, Staff
from concierge.models.message import CANCELLED, FAILED, GUEST, PHONE, STAFF

LEASE = timedelta(seconds=60)


class Overtaken(Exception):
    """The guest or somebody at the desk wrote since the writing began: `news`, in reading order; `seq` is the last."""

    def __init__(self, news: Sequence[Message], seq: int) -> None:
        super().__init__("Somebody wrote since you began.")
        self.news, self.seq = news, seq


def begin(conversation: Conversation, person: Staff) -> None:
    """This person types: said to the others for a minute, unless a colleague was first."""
    conversation = hold(conversation)
    if is_held(conversation) and conversation.answering_by_id != person.id:
        return
    conversation.answering_by_id, conversation.answering_until = person.id, clock.now() + LEASE


def end(conversation: Conversation, person: Staff) -> None:
    """This person sent it, or thought better of it."""
    if conversation.answering_by_id == person.id:
        threads.number_change(conversation.id)
        conversation.answering_by_id = conversation.answering_until = None


def is_held(conversation: Conversation) -> bool:
    """Somebody is answering now."""
    return conversation.answering_until is not None and conversation.answering_until > clock.now()


def hold(conversation: Conversation) -> Conversation:
    """Lock the thread in which this one goes on, and read it anew: nobody writes in it until the commit."""
    numbers = threads.lock(conversation.id)
    return db.session.get_one(Conversation, numbers.conversation_id, populate_existing=True)


def refuse_overtaken(conversation: Conversation, seq: int) -> None:
    """Of a thread that is held: raises Overtaken when a person wrote after the message `seq`.

    Also when it was the same person: two screens may share one login. What went wrong or was taken back is no news.
    """
    news = db.session.scalars(
        select(Message)
        .options(joinedload(Message.author))
        .where(Message.conversation_id == conversation.id, Message.seq > seq)
        .where((Message.role == GUEST) | Message.origin.in_((STAFF, PHONE)))
        .where(Message.status.is_(None) | Message.status.not_in((CANCELLED, FAILED)))
        .order_by(Message.seq)
    ).all()
    if news:
        raise Overtaken(news, conversation.seq)
