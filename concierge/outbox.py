"""A message's life, in order: posted, claimed, then accepted, refused or unknown, then acked; retried or cancelled.

Functions here only change rows; whoever calls them commits.
"""

import logging
from datetime import timedelta

from sqlalchemy import Select, exists, or_, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningUpdate

from concierge import clock, failures, lines, threads
from concierge.extensions import database_now, db, wake_worker
from concierge.models import Conversation, Line, Message, Staff
from concierge.models.base import new_id
from concierge.models.message import (
    ACCEPTED,
    CANCELLED,
    DELIVERED,
    FAILED,
    HOTEL,
    IN_FLIGHT,
    LADDER,
    NEEDS_A_PERSON,
    QUEUED,
    READ,
    SENDING,
    SENT,
    STAFF,
    UNCONFIRMED,
)

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
MOST_FAULTS_OF_OURS = 5

# WAHA docs, message.ack: 1 SERVER, 2 DEVICE, 3 READ, 4 PLAYED (a voice note; counts as read).
STATUS_OF_ACK = {1: SENT, 2: DELIVERED, 3: READ, 4: READ}


_CANDIDATE, _EARLIER = aliased(Message), aliased(Message)


# Both statements are built here, once, while a single thread imports this module. Built by several senders at once
# they came out wrong: aliases are not safe to share before their columns were first asked for.
_IS_BEHIND = exists().where(
    _EARLIER.conversation_id == _CANDIDATE.conversation_id,
    _EARLIER.seq < _CANDIDATE.seq,
    _EARLIER.status.in_(IN_FLIGHT),
)
_NEXT_DUE: Select[str] = (
    select(_CANDIDATE.id)
    .join(Line, Line.id == _CANDIDATE.line_id)
    .where(_CANDIDATE.status == QUEUED, _CANDIDATE.due_at <= database_now(), ~_IS_BEHIND)
    .where(or_(Line.paused_since.is_(None), Line.probe_at <= database_now()))
    .order_by(_CANDIDATE.due_at, _CANDIDATE.created_at)
    .limit(1)
)
_CLAIM: ReturningUpdate[Message] = (
    update(Message)
    .where(Message.id == _NEXT_DUE.with_for_update(skip_locked=True, of=_CANDIDATE).scalar_subquery())
    .values(status=SENDING, due_at=database_now(LEASE), claims=Message.claims + 1, attempts=Message.attempts + 1)
    .returning(Message)
    .execution_options(synchronize_session=False, populate_existing=True)
)


class TooLate(Exception):
    """The message is past the state in which this could be done; the text may be shown to staff."""


def post(
    conversation: Conversation, text: str, *, origin: str, author: Staff | None = None, message_id: str | None = None
) -> Message:
    """Leave a message in the outbox, due now. With `message_id`, a second post of the same id gives back the first."""
    if message_id and (first := db.session.get(Message, message_id)):
        return first
    numbers = threads.number_message(conversation.id)
    now = clock.now()
    message = Message(
        id=message_id or new_id(),
        conversation_id=conversation.id,
        line_id=conversation.line_id,
        address_id=conversation.address_id,
        author_id=author.id if author else None,
        role=HOTEL,
        origin=origin,
        text=text,
        seq=numbers.seq,
        revision=numbers.revision,
        sent_at=now,
        created_at=now,
        status=QUEUED if conversation.address_id else FAILED,
        failure=None if conversation.address_id else failures.NO_ADDRESS,
        due_at=now,
        status_at=now,
    )
    db.session.add(message)
    conversation.last_message_at = now
    if origin == STAFF and conversation.address_id:
        conversation.waiting_since = None
        conversation.auto_reply_at = None
    db.session.flush()
    wake_worker(db.session())
    return message


def claim_next() -> Message | None:
    """Take the next message that may go out, under a lease; None when there is none.

    One statement on both databases; PostgreSQL's workers skip what another one holds. A paused line lets one
    message through when its probe falls due. Messages of one conversation go out in order, one at a time.
    """
    message = db.session.execute(_CLAIM).scalar_one_or_none()
    if message and not lines.may_send(message.line_id):
        db.session.rollback()
        return None
    return message


def is_something_due() -> bool:
    """A reader's look, so that idle workers do not take the write lock."""
    return db.session.execute(_NEXT_DUE).first() is not None


def record_accepted(message_id: str, raw_id: str | None) -> Message:
    """WAHA took it. Late is fine: it is evidence, whatever we thought meanwhile."""
    message = _locked(message_id)
    if message.status == FAILED and raw_id and raw_id == message.raw_id:
        return message  # its echo and WhatsApp's refusal overtook this answer
    if raw_id and raw_id != message.raw_id:
        _give_up_raw_id(message.line_id, raw_id)
        message.raw_id = raw_id
    if message.status not in LADDER:
        _set_status(message, ACCEPTED)
        message.accepted_at = clock.now()
    lines.resume(message.line_id)
    return message


def record_refused_by_line(message_id: str, claim: int, reason: str, status: str | None = None) -> None:
    """Certainly not sent, and the line's fault: the line pauses, the message waits on and no attempt is spent."""
    message = _locked(message_id)
    lines.pause(message.line_id, reason, status)
    if _is_still_ours(message, claim):
        message.status = QUEUED
        message.due_at = message.created_at
        message.attempts -= 1


def record_refused(message_id: str, claim: int, failure: str) -> None:
    """Certainly not sent, and the message's fault: it failed, with the reason."""
    message = _locked(message_id)
    if _is_still_ours(message, claim):
        _set_status(message, FAILED, failure)


def record_unknown(message_id: str, claim: int, failure: str) -> None:
    """WAHA may have sent it, and often has: it is never sent again by itself."""
    message = _locked(message_id)
    if _is_still_ours(message, claim):
        _set_status(message, UNCONFIRMED, failure)


def record_fault_of_ours(message_id: str, claim: int) -> None:
    """We stumbled before the call. Tried again, but not for ever: it must not hold the queue."""
    message = _locked(message_id)
    if not _is_still_ours(message, claim):
        return
    if message.attempts >= MOST_FAULTS_OF_OURS:
        _set_status(message, FAILED, failures.OUR_FAULT)
    else:
        message.status = QUEUED
        message.due_at = clock.now() + timedelta(seconds=2**message.attempts)


def record_ack(line_id: str, raw_id: str, level: int, failure: str | None = None) -> bool:
    """An ack of WhatsApp. It only climbs, heals what we thought lost, and an error counts before the first tick.

    False when no message of ours has this id (yet).
    """
    message_id = db.session.scalar(
        select(Message.id).where(Message.line_id == line_id, Message.raw_id == raw_id, Message.role == HOTEL)
    )
    if message_id is None:
        return False
    message = _locked(message_id)
    status = STATUS_OF_ACK.get(level)
    if level < 0 and message.status not in (SENT, DELIVERED, READ, FAILED):
        _set_status(message, FAILED, failure or failures.REFUSED_BY_WHATSAPP)
    elif status and _is_higher(status, message.status):
        _set_status(message, status)
    return True


def expire_leases() -> int:
    """Messages whose sender died in the middle: nobody knows, so they become unconfirmed. How many there were."""
    expired = db.session.execute(
        select(Message.id, Message.claims).where(Message.status == SENDING, Message.due_at < database_now())
    ).all()
    for message_id, claim in expired:
        record_unknown(message_id, claim, failures.WORKER_DIED)
    return len(expired)


def retry(message: Message) -> None:
    """A person decided: send it again, as the same row. Raises TooLate when it is not failed or unconfirmed."""
    message = _locked(message.id)
    if message.status not in NEEDS_A_PERSON:
        raise TooLate("This message is on its way already.")
    conversation = message.conversation
    if conversation.address_id is None:
        raise TooLate("There is no number to send it to. Correct the phone first.")
    message.address_id = conversation.address_id
    message.attempts = 0
    message.due_at = clock.now()
    _set_status(message, QUEUED)
    if message.origin == STAFF:
        threads.restore_waiting(conversation.id)
    wake_worker(db.session())


def confirm(message: Message, person: Staff) -> None:
    """A person says that it arrived. Raises TooLate when nobody asked."""
    message = _locked(message.id)
    if message.status != UNCONFIRMED:
        raise TooLate("This message needs no confirmation any more.")
    _set_status(message, DELIVERED)
    message.details = {**(message.details or {}), "confirmed_by": person.name}


def cancel(message: Message, reason: str = failures.TAKEN_BACK) -> None:
    """Take back what is still queued. Raises TooLate otherwise."""
    message = _locked(message.id)
    if message.status != QUEUED:
        raise TooLate("Too late: this message is on its way already.")
    _set_status(message, CANCELLED, reason)


def cancel_queued(conversation_id: str, reason: str, origin: str | None = None) -> None:
    """Take back everything that still waits in a conversation, or only what is of one origin."""
    waiting = select(Message).where(Message.conversation_id == conversation_id, Message.status == QUEUED)
    if origin:
        waiting = waiting.where(Message.origin == origin)
    for message in db.session.scalars(waiting).all():
        cancel(message, reason)


def _locked(message_id: str) -> Message:
    """The message, its conversation locked first and its revision taken: everything that changes here is visible."""
    conversation_id = db.session.scalar(select(Message.conversation_id).where(Message.id == message_id))
    if conversation_id is None:
        raise LookupError(message_id)
    revision = threads.number_change(conversation_id)
    message = db.session.get_one(Message, message_id, with_for_update=True, populate_existing=True)
    message.revision = revision
    return message


def _is_still_ours(message: Message, claim: int) -> bool:
    return message.status == SENDING and message.claims == claim


def _is_higher(status: str, than: str | None) -> bool:
    return than not in LADDER or LADDER.index(status) > LADDER.index(than)


def _set_status(message: Message, status: str, failure: str | None = None) -> None:
    was_lost = message.status in (FAILED, CANCELLED)
    message.status = status
    message.failure = failure
    message.status_at = clock.now()
    if message.origin == STAFF and (was_lost or status in (FAILED, CANCELLED)):
        threads.restore_waiting(message.conversation_id)


def _give_up_raw_id(line_id: str, raw_id: str) -> None:
    """An echo that came first may have made a bubble of its own: it gives its id to the row that sent it."""
    other = db.session.scalar(
        select(Message).where(Message.line_id == line_id, Message.raw_id == raw_id, Message.role == HOTEL)
    )
    if other:
        other.raw_id = None
        _set_status(other, CANCELLED, failures.SAME_MESSAGE)
        db.session.flush()
