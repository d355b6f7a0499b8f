"""What people and stays do with a message: post it, take it back, send it again, say that it arrived."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select, update

from concierge import clock, failures, threads
from concierge.extensions import db, wake_worker
from concierge.models import Conversation, Message, Staff
from concierge.models.base import new_id
from concierge.models.message import (
    ACCEPTED,
    AUTOMATIC,
    CANCELLED,
    DELIVERED,
    FAILED,
    GUEST,
    HOTEL,
    NEEDS_A_PERSON,
    PRIORITIES,
    QUEUED,
    REACHED_WHATSAPP,
    STAFF,
    UNCONFIRMED,
)
from concierge.outbox.rows import TooLate, locked, set_status

# Later than this the words would be nonsense. A welcome is good until check-out, which takes it back itself.
SHELF_LIFE = {STAFF: timedelta(hours=2), AUTOMATIC: timedelta(minutes=10)}


def post(
    conversation: Conversation,
    text: str,
    *,
    origin: str,
    author: Staff | None = None,
    message_id: str | None = None,
    hold: timedelta = timedelta(),
) -> Message:
    """Leave a message in the outbox, due after `hold`. A second post of the same id gives back the first."""
    if message_id and (first := db.session.get(Message, message_id)):
        return first
    if origin == STAFF:
        _clear_the_way(conversation)
    message = _row(conversation, text, origin, hold)
    message.id = message_id or new_id()
    message.author_id = author.id if author else None
    db.session.add(message)
    conversation.last_message_at = message.created_at
    if origin == STAFF and conversation.address_id:
        conversation.waiting_since = None
        conversation.auto_reply_at = None
    db.session.flush()
    wake_worker(db.session())
    return message


def note_guest_wrote(conversation_id: str) -> None:
    """What waits for this guest is an answer now, and no cap on first contacts holds it."""
    db.session.execute(
        update(Message)
        .where(Message.conversation_id == conversation_id, Message.status == QUEUED, Message.is_first_contact)
        .values(is_first_contact=False)
        .execution_options(synchronize_session="fetch")
    )


def retry(message: Message) -> None:
    """A person decided: send it (again), as the same row. Raises TooLate when it is on its way or done."""
    message = locked(message.id)
    has_expired = message.status == CANCELLED and message.failure == failures.EXPIRED
    if message.status not in NEEDS_A_PERSON and not has_expired:
        raise TooLate("This message is on its way already.")
    conversation = message.conversation
    if conversation.address_id is None:
        raise TooLate("There is no number to send it to. Correct the phone first.")
    message.address_id = conversation.address_id
    message.attempts = 0
    message.due_at = clock.now()
    message.chosen_id = message.tried_at = None
    message.expires_at = _expiry(message.origin, timedelta())
    set_status(message, QUEUED)
    wake_worker(db.session())


def confirm(message: Message, person: Staff) -> None:
    """A person says that it arrived. Raises TooLate when nobody asked."""
    message = locked(message.id)
    if message.status != UNCONFIRMED:
        raise TooLate("This message needs no confirmation any more.")
    set_status(message, DELIVERED)
    message.details = {**(message.details or {}), "confirmed_by": person.name}


def cancel(message: Message, reason: str = failures.TAKEN_BACK) -> None:
    """Take back what is still queued. Raises TooLate otherwise."""
    message = locked(message.id)
    if message.status != QUEUED:
        raise TooLate("Too late: this message is on its way already.")
    set_status(message, CANCELLED, reason)


def cancel_queued(conversation_id: str, reason: str, origin: str | None = None) -> None:
    """Take back everything that still waits in a conversation, or only what is of one origin."""
    waiting = select(Message).where(Message.conversation_id == conversation_id, Message.status == QUEUED)
    if origin:
        waiting = waiting.where(Message.origin == origin)
    for message in db.session.scalars(waiting).all():
        cancel(message, reason)


def _row(conversation: Conversation, text: str, origin: str, hold: timedelta) -> Message:
    numbers = threads.number_message(conversation.id)
    now = clock.now()
    has_address = conversation.address_id is not None
    return Message(
        conversation_id=numbers.conversation_id,
        line_id=conversation.line_id,
        address_id=conversation.address_id,
        role=HOTEL,
        origin=origin,
        text=text,
        seq=numbers.seq,
        revision=numbers.revision,
        sent_at=now,
        created_at=now,
        status=QUEUED if has_address else FAILED,
        failure=None if has_address else failures.NO_ADDRESS,
        due_at=now + hold,
        priority=PRIORITIES[origin],
        is_first_contact=has_address and _is_first_contact(conversation),
        expires_at=_expiry(origin, hold),
        status_at=now,
    )


def _clear_the_way(conversation: Conversation) -> None:
    """A person answers: the automatic answer has nothing to add, and what waits for a better moment goes now."""
    threads.number_change(conversation.id)
    cancel_queued(conversation.id, failures.PERSON_ANSWERED, origin=AUTOMATIC)
    db.session.execute(
        update(Message)
        .where(
            Message.conversation_id == conversation.id,
            Message.status == QUEUED,
            Message.origin != STAFF,  # what staff typed a moment ago is held so that it can be taken back
            Message.due_at > clock.now(),
        )
        .values(due_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def _is_first_contact(conversation: Conversation) -> bool:
    """We write first: the guest has not written in this thread, and nothing of ours has reached WhatsApp in it."""
    spoke = exists().where(
        Message.conversation_id == conversation.id,
        (Message.role == GUEST) | Message.status.in_((ACCEPTED, *REACHED_WHATSAPP)),
    )
    return not db.session.scalar(select(spoke))


def _expiry(origin: str, hold: timedelta) -> datetime | None:
    life = SHELF_LIFE.get(origin)
    return clock.now() + hold + life if life else None
