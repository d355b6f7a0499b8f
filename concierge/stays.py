"""What happens to a stay: check-in, check-out, and setting right whom the phone belongs to."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from concierge import clock, conversations, failures, guests, identity, lines, outbox, scheduling, texts
from concierge.extensions import db
from concierge.guests import PHONE, Reach
from concierge.models import Address, Conversation, Guest, Hotel, Message, Room, Staff, Stay
from concierge.models.base import new_id
from concierge.models.message import WELCOME


class RoomOccupied(Exception):
    """The room was taken, perhaps this very moment; the text may be shown to staff."""


class RoomOutOfOrder(RoomOccupied):
    """Nobody may sleep in it; the text may be shown to staff."""


class PhoneInUse(Exception):
    """The phone cannot move to somebody else now; the text may be shown to staff."""


@dataclass(frozen=True)
class Arrival:
    """What the desk says at check-in. `phone` is E.164; `stay_id` makes the same form sent twice one stay."""

    name: str
    phone: str
    checkin_date: date
    checkout_date: date | None = None
    email: str | None = None
    language: str | None = None
    stay_id: str | None = None


@dataclass(frozen=True)
class CheckedIn:
    """What a check-in made."""

    stay: Stay
    conversation: Conversation
    welcome: Message


def check_in(hotel: Hotel, room: Room, arrival: Arrival, by: Staff | None = None) -> CheckedIn:
    """Open the stay, book the room, open or join the conversation and queue the welcome: all or nothing.

    Raises RoomOccupied. An arrival whose stay_id is known gives back what the first one made.
    """
    if arrival.stay_id and (again := _made_before(hotel, arrival.stay_id)):
        return again
    if room.cleaning_state == "out_of_order":
        raise RoomOutOfOrder(f"Room {room.number} is out of order. Choose another one.")
    address = guests.meet(hotel.id, Reach(PHONE, arrival.phone))
    guest = _greeted(identity.owner(address), arrival)
    try:
        stay = _open(hotel, room, guest, arrival, by)
    except RoomOccupied:
        if arrival.stay_id and (again := _made_before(hotel, arrival.stay_id)):
            return again  # the same form, sent twice at once
        raise
    conversation = conversations.for_stay(stay, lines.of_hotel(hotel.id), address)
    return CheckedIn(stay, conversation, _send_welcome(stay, conversation))


def check_out(stay: Stay, by: Staff | None = None) -> None:
    """Close the stay, free the room, and end the conversation with the guest's last open stay. Twice is once."""
    if not stay.is_open:
        return
    stay.checked_out_at = clock.now()
    stay.checked_out_by_id = by.id if by else None
    stay.room.is_booked = False
    stay.room.cleaning_state = "dirty"
    db.session.flush()
    _leave(stay)


def correct_phone(stay: Stay, phone: str, by: Staff | None = None) -> Message:
    """The number was wrong: the old one is given up, and the welcome goes to the new one as a new message."""
    hotel = db.session.get_one(Hotel, stay.hotel_id)
    old = conversation_of(stay)
    known = guests.find_address(hotel.id, Reach(PHONE, phone))
    if known:
        identity.owner(known)
    if old and (known is None or known.guest_id != stay.guest_id):
        _give_up_phone(stay, old)
    if known and known.guest_id != stay.guest_id:
        _move_to(stay, known.guest)
    address = known or guests.give(stay.guest, Reach(PHONE, phone))
    stay.guest.mobile_phone = phone
    return _send_welcome(stay, conversations.for_stay(stay, lines.of_hotel(hotel.id), address))


def wrong_person(stay: Stay) -> None:
    """Somebody else is behind the address: nothing more about the stay goes there.

    The thread so far goes with that person, without a stay; the stay gets a fresh one that has no address yet.
    """
    old = conversation_of(stay)
    if old is None:
        return
    outbox.cancel_queued(old.id, failures.WRONG_PERSON)
    scheduling.cancel_all(old.id)
    stranger = Guest(hotel_id=stay.hotel_id, language=stay.guest.language)
    db.session.add(stranger)
    db.session.flush()
    for address in _addresses_used_in(old):
        guests.release(address)
        moved = guests.give(stranger, Reach(address.kind, address.value))
        if address.id == old.address_id:
            old.address_id = moved.id
    old.guest, old.stay = stranger, None
    stay.guest.mobile_phone = None
    db.session.flush()
    conversations.for_stay(stay, lines.of_hotel(stay.hotel_id), None)


def is_same_person(stay: Stay) -> None:
    """The desk says: the same guest under another name. The guest's name stays, the stay keeps the new one."""
    stay.is_name_asked = False


def is_someone_else(stay: Stay) -> None:
    """The desk says: another person has this phone now. Guest, phone and thread of the stay become theirs.

    Raises PhoneInUse while the person known before is still in the house with it.
    """
    before = stay.guest
    if len(_open_stays(before)) > 1:
        raise PhoneInUse(
            f"{before.shown_name} is still in the house with this phone. Give {stay.guest_name} another number."
        )
    guest = Guest(hotel_id=stay.hotel_id, name=stay.guest_name, email=before.email, language=stay.language)
    db.session.add(guest)
    db.session.flush()
    conversation = conversation_of(stay)
    for address in db.session.scalars(
        select(Address).where(Address.guest_id == before.id, Address.released_at.is_(None))
    ).all():
        moved = guests.give(guest, Reach(address.kind, address.value))
        if conversation and conversation.address_id == address.id:
            conversation.address_id = moved.id
    if conversation:
        conversation.guest = guest
    stay.guest, stay.is_name_asked = guest, False
    db.session.flush()


def conversation_of(stay: Stay) -> Conversation | None:
    """The thread of a stay: the one linked to it, else the one its guest's other room opened."""
    linked = db.session.scalar(
        select(Conversation).where(Conversation.stay_id == stay.id).order_by(Conversation.start.desc()).limit(1)
    )
    return linked or conversations.active(stay.guest_id, lines.of_hotel(stay.hotel_id).id)


def free_rooms(hotel: Hotel) -> list[Room]:
    """Rooms that nobody is in and that are fit for use, by number."""
    rooms = db.session.scalars(
        select(Room).where(
            Room.hotel_id == hotel.id,
            Room.deleted_at.is_(None),
            Room.is_booked.is_(False),
            Room.cleaning_state != "out_of_order",
        )
    ).all()
    return sorted(rooms, key=lambda room: (len(room.number), room.number))


def _made_before(hotel: Hotel, stay_id: str) -> CheckedIn | None:
    stay = db.session.get(Stay, stay_id)
    if stay is None or stay.hotel_id != hotel.id:
        return None
    conversation = conversation_of(stay)
    welcome = (
        db.session.scalar(
            select(Message)
            .where(Message.conversation_id == conversation.id, Message.origin == WELCOME)
            .order_by(Message.seq.desc())
            .limit(1)
        )
        if conversation
        else None
    )
    return CheckedIn(stay, conversation, welcome) if conversation and welcome else None


def _greeted(guest: Guest, arrival: Arrival) -> Guest:
    guest.name = guest.name or arrival.name
    guest.email = arrival.email or guest.email
    guest.language = arrival.language or guest.language
    guest.mobile_phone = arrival.phone
    return guest


def _open(hotel: Hotel, room: Room, guest: Guest, arrival: Arrival, by: Staff | None) -> Stay:
    stay = Stay(
        id=arrival.stay_id or new_id(),
        hotel_id=hotel.id,
        guest=guest,
        room=room,
        guest_name=arrival.name,
        language=texts.language_for(hotel, arrival.language or guest.language),
        checkin_date=arrival.checkin_date,
        checkout_date=arrival.checkout_date,
        checked_in_at=clock.now(),
        checked_in_by_id=by.id if by else None,
        is_name_asked=not guests.is_same_name(guest.name, arrival.name),
    )
    try:
        with db.session.begin_nested():
            room.is_booked = True
            db.session.add(stay)
            db.session.flush()
    except IntegrityError as fault:
        raise RoomOccupied(f"Room {room.number} was taken a moment ago. Choose another one.") from fault
    return stay


def _send_welcome(stay: Stay, conversation: Conversation) -> Message:
    hotel = db.session.get_one(Hotel, stay.hotel_id)
    text = texts.welcome(hotel, name=stay.guest_name, room=stay.room.number, language=stay.language)
    return outbox.post(conversation, text, origin=WELCOME)


def _leave(stay: Stay) -> None:
    conversation = conversation_of(stay)
    if conversation is None or not conversation.is_active:
        return
    others = _open_stays(stay.guest)
    if others:
        if conversation.stay_id == stay.id:
            conversation.stay = others[0]
        return
    outbox.cancel_queued(conversation.id, failures.CHECKED_OUT, origin=WELCOME)
    conversations.end(conversation)


def _open_stays(guest: Guest) -> list[Stay]:
    return list(
        db.session.scalars(
            select(Stay)
            .where(Stay.guest_id == guest.id, Stay.checked_in_at.is_not(None), Stay.checked_out_at.is_(None))
            .order_by(Stay.checked_in_at)
        )
    )


def _give_up_phone(stay: Stay, conversation: Conversation) -> None:
    outbox.cancel_queued(conversation.id, failures.WRONG_PERSON)
    for address in db.session.scalars(
        select(Address).where(Address.guest_id == stay.guest_id, Address.kind == PHONE, Address.released_at.is_(None))
    ).all():
        guests.release(address)
    conversation.address_id = None


def _move_to(stay: Stay, guest: Guest) -> None:
    """The right number is somebody we know: the stay is theirs, and whether the name is right is asked."""
    old = conversation_of(stay)
    stay.guest = guest
    stay.is_name_asked = not guests.is_same_name(guest.name, stay.guest_name)
    db.session.flush()
    if old and old.is_active:
        old.stay = None
        conversations.end(old)


def _addresses_used_in(conversation: Conversation) -> list[Address]:
    used = select(Message.address_id).where(Message.conversation_id == conversation.id)
    return list(
        db.session.scalars(
            select(Address).where(
                (Address.id == conversation.address_id) | Address.id.in_(used), Address.released_at.is_(None)
            )
        )
    )
