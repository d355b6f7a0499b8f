"""What came of a send: WAHA's answer, and WhatsApp's acks. Late words are evidence, never leave to send again."""

from datetime import timedelta

from sqlalchemy import select

from concierge import clock, errands, failures, lines
from concierge.extensions import db
from concierge.models import Message
from concierge.models.message import (
    ACCEPTED,
    CANCELLED,
    DELIVERED,
    FAILED,
    HOTEL,
    IN_FLIGHT,
    LADDER,
    QUEUED,
    REACHED_WHATSAPP,
    READ,
    SENT,
)
from concierge.outbox.rows import is_higher, is_still_ours, locked, set_status
from concierge.outbox.searching import start_looking

MOST_FAULTS_OF_OURS = 5

# WAHA docs, message.ack: 1 SERVER, 2 DEVICE, 3 READ, 4 PLAYED (a voice note; counts as read).
STATUS_OF_ACK = {1: SENT, 2: DELIVERED, 3: READ, 4: READ}


def record_accepted(message_id: str, raw_id: str | None) -> Message:
    """WAHA took it. Late is fine: it is evidence, whatever we thought meanwhile."""
    message = locked(message_id)
    if message.status == FAILED and raw_id and raw_id == message.raw_id:
        return message  # its echo and WhatsApp's refusal overtook this answer
    raw_id = raw_id or message.chosen_id
    twin = _take_raw_id(message, raw_id) if raw_id and raw_id != message.raw_id else None
    if message.status not in LADDER:
        set_status(message, ACCEPTED)
        message.accepted_at = clock.now()
        if message.is_first_contact and message.address:
            errands.ask_lid(message.line_id, message.address)
    if twin:
        _go_on_as(message, *twin)
    lines.resume(message.line_id)
    return message


def record_refused_by_line(message_id: str, claim: int, reason: str, status: str | None = None) -> None:
    """Certainly not sent, and the line's fault: the line pauses, the message waits on and no attempt is spent."""
    message = locked(message_id)
    lines.pause(message.line_id, reason, status)
    if is_still_ours(message, claim):
        message.status = QUEUED
        message.due_at = message.created_at
        message.attempts -= 1


def record_refused(message_id: str, claim: int, failure: str) -> None:
    """Certainly not sent, and the message's fault: it failed, with the reason."""
    message = locked(message_id)
    if is_still_ours(message, claim):
        set_status(message, FAILED, failure)


def record_unknown(message_id: str, claim: int, failure: str) -> None:
    """WAHA may have sent it, and often has: from now on it is looked for."""
    message = locked(message_id)
    if is_still_ours(message, claim):
        start_looking(message, failure)


def record_fault_of_ours(message_id: str, claim: int) -> None:
    """We stumbled before the call. Tried again, but not for ever: it must not hold the queue."""
    message = locked(message_id)
    if not is_still_ours(message, claim):
        return
    if message.attempts >= MOST_FAULTS_OF_OURS:
        set_status(message, FAILED, failures.OUR_FAULT)
    else:
        message.status = QUEUED
        message.due_at = clock.now() + timedelta(seconds=2**message.attempts)


def record_ack(line_id: str, raw_id: str, level: int, failure: str | None = None) -> bool:
    """An ack of WhatsApp. It only climbs, heals what we thought lost, and an error counts before the first tick.

    False when no message of ours has this id (yet).
    """
    message_id = _named(line_id, raw_id)
    if message_id is None:
        return False
    message = locked(message_id)
    if level < 0 and message.raw_id == raw_id and message.status in IN_FLIGHT:
        return True  # of the first try, which a person has sent again since
    if message.raw_id is None:
        _take_raw_id(message, raw_id)
    status = STATUS_OF_ACK.get(level)
    if level < 0 and message.status not in (SENT, DELIVERED, READ, FAILED):
        set_status(message, FAILED, failure or failures.REFUSED_BY_WHATSAPP)
    elif status and is_higher(status, message.status):
        set_status(message, status)
        message.accepted_at = message.accepted_at or clock.now()
    return True


def _named(line_id: str, raw_id: str) -> str | None:
    """The row that asked for this id, before the one that has it: that may be the bubble that its echo made."""
    ours = select(Message.id).where(Message.line_id == line_id, Message.role == HOTEL)
    asked = ours.where(Message.raw_id.is_(None), Message.chosen_id == raw_id)
    return db.session.scalar(asked) or db.session.scalar(ours.where(Message.raw_id == raw_id))


def _take_raw_id(message: Message, raw_id: str) -> tuple[str | None, str | None] | None:
    """An echo that came first may have made a bubble of its own: it gives its id to the row that sent it.

    Where it came under the hidden number, that is the number of whom we wrote to. What comes back is how far that
    bubble had come, and its failure.
    """
    other = db.session.scalar(
        select(Message).where(Message.line_id == message.line_id, Message.raw_id == raw_id, Message.role == HOTEL)
    )
    reached = (other.status, other.failure) if other else None
    if other:
        if message.address and other.address:
            errands.note_pair(message.line_id, message.address, other.address)
        other.raw_id = None
        set_status(other, CANCELLED, failures.SAME_MESSAGE)
        db.session.flush()
    message.raw_id = raw_id
    return reached


def _go_on_as(message: Message, status: str | None, failure: str | None) -> None:
    """WhatsApp's words about the bubble of the echo were about this row."""
    if status == FAILED and message.status == ACCEPTED:
        set_status(message, FAILED, failure)
    elif status in REACHED_WHATSAPP and is_higher(status, message.status):
        set_status(message, status)
