"""What arrives: a guest's message, once; and what the hotel itself wrote somewhere else."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import IntegrityError

from concierge import auto_reply, clock, conversations, identity, journal, media, outbox, threads
from concierge.extensions import db
from concierge.guests import Reach
from concierge.models import Address, Conversation, Guest, Line, Message
from concierge.models.message import (
    ACCEPTED,
    CALL,
    GUEST,
    GUEST_WROTE,
    HOTEL,
    IN_FLIGHT,
    PHONE,
    SENDING,
    UNCONFIRMED,
)

# An echo is of a send of ours only while that send can still be under way.
ECHO_WITHIN = timedelta(hours=1)
# What arrives later than this after it was sent may have been overtaken by what was sent after it.
LATE = timedelta(minutes=1)


@dataclass(frozen=True)
class Incoming:
    """A message as it came. `reach` is the guest's, `also` another reach of the same guest where WAHA tells it.

    `sent_at` is the sender's own time where it was believable. `ack` is what WAHA says of our own messages.
    `is_caught_up`: no webhook brought it, it was read back from the chat.
    `file` is what came with it, still to be fetched; `quoted_raw_id` is of the message that it answers.
    """

    reach: Reach
    raw_id: str
    text: str
    kind: str = "text"
    also: Reach | None = None
    sent_at: datetime | None = None
    profile_name: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    is_from_api: bool = False
    is_caught_up: bool = False
    ack: int = 0
    file: media.Told | None = None
    quoted_raw_id: str | None = None


def receive(line: Line, incoming: Incoming) -> Message | None:
    """Store what a guest sent and let the conversation wait for an answer. None when it is here already.

    What comes back says whether something waits for it in the journal (`is_awaited`): asked in the same question.
    """
    is_known, is_awaited = db.session.execute(
        select(_known(line, incoming.raw_id, GUEST).exists(), journal.is_awaited(line.id, incoming.raw_id))
    ).one()
    if is_known:
        _same_again(line, incoming, GUEST)
        return None
    address = identity.meet(line, incoming.reach, incoming.also)
    _note_profile(address.guest, incoming.profile_name)
    conversation = conversations.for_writer(address.guest, line)
    message = _store(conversation, address, incoming, role=GUEST, origin=GUEST_WROTE, status=None)
    if message is None:
        return None
    conversation = _as_it_is_now(message.conversation)
    if conversation.waiting_since is None:
        conversation.waiting_since = message.created_at
        outbox.note_guest_wrote(conversation.id)
    conversation.address_id, conversation.snoozed_until = address.id, None
    if incoming.kind != CALL:
        auto_reply.expect(conversation, message.sent_at, is_caught_up=incoming.is_caught_up)
    message.is_awaited = is_awaited
    return message


def receive_own(line: Line, incoming: Incoming) -> Message | None:
    """What the hotel sent, as WAHA tells it: the echo of our own send, or words typed on the hotel's phone.

    An echo belongs to the row that sent it. Words from the phone are an answer of a person.
    """
    if _is_known(line, incoming.raw_id, HOTEL):
        _same_again(line, incoming, HOTEL)
        return None
    if named := _named_beforehand(line, incoming):
        return outbox.record_accepted(named.id, incoming.raw_id)
    address = identity.meet(line, incoming.reach, incoming.also)
    conversation = conversations.for_writer(address.guest, line)
    if sender := _sender_of(conversation, incoming):
        return outbox.record_accepted(sender.id, incoming.raw_id)
    status = outbox.STATUS_OF_ACK.get(incoming.ack, ACCEPTED)
    message = _store(conversation, address, incoming, role=HOTEL, origin=PHONE, status=status)
    if message and not incoming.is_from_api:
        _end_wait(message)
    return message


def _as_it_is_now(conversation: Conversation) -> Conversation:
    """Its row is locked since the message was numbered: what staff did while we waited for that counts."""
    db.session.refresh(conversation, ["waiting_since", "auto_reply_at", "address_id"])
    return conversation


def _end_wait(answer: Message) -> None:
    """A person answered. Where we hear of it late, the guest waits on for what he wrote after it."""
    conversation, waits_since = _as_it_is_now(answer.conversation), None
    if conversation.waiting_since and answer.created_at - answer.sent_at > LATE:
        waits_since = db.session.scalar(
            select(func.min(Message.created_at))
            .where(Message.conversation_id == conversation.id, Message.role == GUEST)
            .where(Message.sent_at > answer.sent_at, Message.seq > conversation.settled_seq)
        )
    conversation.waiting_since = waits_since
    if waits_since is None:
        conversation.auto_reply_at = None


def _same_again(line: Line, incoming: Incoming, role: str) -> None:
    """WhatsApp's twin of a message, one under the phone and one under the LID, says that both are one person."""
    known = db.session.execute(
        select(Address.kind, Address.value)
        .join(Message, Message.address_id == Address.id)
        .where(Message.line_id == line.id, Message.raw_id == incoming.raw_id, Message.role == role)
    ).first()
    if known and known.kind != incoming.reach.kind:
        identity.same_person(line.hotel_id, Reach(known.kind, known.value), incoming.reach)


def _is_known(line: Line, raw_id: str, role: str) -> bool:
    """A polite look; that a message is stored once is decided by the constraint."""
    return db.session.scalar(_known(line, raw_id, role)) is not None


def _known(line: Line, raw_id: str, role: str) -> Select[str]:
    return select(Message.id).where(Message.line_id == line.id, Message.raw_id == raw_id, Message.role == role)


def _note_profile(guest: Guest, profile_name: str | None) -> None:
    if profile_name and profile_name != guest.profile_name:
        guest.profile_name = profile_name[:200]


def _store(
    conversation: Conversation, address: Address, incoming: Incoming, *, role: str, origin: str, status: str | None
) -> Message | None:
    now = clock.now()
    try:
        with db.session.begin_nested():
            numbers = threads.number_message(conversation.id)
            message = Message(
                conversation_id=numbers.conversation_id,
                line_id=conversation.line_id,
                address_id=address.id,
                role=role,
                origin=origin,
                status=status,
                kind=incoming.kind,
                text=incoming.text,
                details=incoming.details or None,
                raw_id=incoming.raw_id,
                quoted_raw_id=incoming.quoted_raw_id,
                sent_at=min(incoming.sent_at or now, now),
                created_at=now,
                seq=numbers.seq,
                revision=numbers.revision,
            )
            db.session.add(message)
            if incoming.file:
                media.want(message, conversation.hotel_id, incoming.file)
            db.session.flush()
    except IntegrityError:
        if _is_known(conversation.line, incoming.raw_id, role):
            _same_again(conversation.line, incoming, role)
            return None  # WAHA's second try, this very moment
        raise
    message.conversation.last_message_at = now
    return message


def _named_beforehand(line: Line, incoming: Incoming) -> Message | None:
    """The row for which this very id was chosen: its echo may come under another address of the same guest."""
    found = db.session.scalar(
        select(Message).where(
            Message.line_id == line.id,
            Message.role == HOTEL,
            Message.raw_id.is_(None),
            Message.chosen_id == incoming.raw_id,
        )
    )
    if found and found.address and found.address.kind != incoming.reach.kind:
        identity.same_person(line.hotel_id, Reach(found.address.kind, found.address.value), incoming.reach)
    return found


def _sender_of(conversation: Conversation, incoming: Incoming) -> Message | None:
    """The row whose echo this may be: the same words, under way or of unknown fate, without an id of this send."""
    return db.session.scalar(
        select(Message)
        .where(
            Message.conversation_id == conversation.id,
            Message.role == HOTEL,
            # One that is sent again has the id of its first try still.
            or_(Message.raw_id.is_(None), Message.status.in_((SENDING, UNCONFIRMED))),
            Message.text == incoming.text,
            Message.status.in_((*IN_FLIGHT, ACCEPTED, UNCONFIRMED)),
            Message.attempts > 0,
            func.coalesce(Message.tried_at, Message.created_at) > clock.now() - ECHO_WITHIN,
        )
        .order_by((Message.status == SENDING).desc(), Message.seq)
        .limit(1)
    )
