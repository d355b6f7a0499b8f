"""Who is behind an address: finding a guest, making one, and moving an address from one person to another."""

from dataclasses import dataclass

from sqlalchemy import and_, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from concierge import clock
from concierge.extensions import db
from concierge.models import Address, Guest
from concierge.models.address import LID, PHONE


@dataclass(frozen=True)
class Reach:
    """One way to reach somebody: kind phone (E.164) or lid (bare digits)."""

    kind: str
    value: str


def find_address(hotel_id: str, reach: Reach) -> Address | None:
    """The address in use, if anybody has it."""
    return find_addresses(hotel_id, reach).get(reach)


def find_addresses(hotel_id: str, *reaches: Reach) -> dict[Reach, Address]:
    """Those of the addresses that somebody uses, with their guests, in one question."""
    found = db.session.scalars(
        select(Address)
        .where(Address.hotel_id == hotel_id, Address.released_at.is_(None))
        .where(or_(*(and_(Address.kind == reach.kind, Address.value == reach.value) for reach in reaches)))
        .options(joinedload(Address.guest))
    )
    return {Reach(address.kind, address.value): address for address in found}


def meet(hotel_id: str, reach: Reach, also: Reach | None = None) -> Address:
    """The address of this reach, with its guest; both are made when nobody has it.

    `also` is another reach of the same person (the phone beside a LID): it finds the guest too, and is learnt.
    Where the two belong to two guests nothing is decided here: identity.meet joins them.
    """
    return meet_both(hotel_id, reach, also)[0]


def meet_both(hotel_id: str, reach: Reach, also: Reach | None) -> tuple[Address, Address | None]:
    """The same, with the address of `also` beside it."""
    found = find_addresses(hotel_id, reach, *([also] if also else []))
    address, other = found.get(reach), found.get(also) if also else None
    if address is None:
        address = _add(hotel_id, reach, other.guest if other else None)
    if also:
        other = other or _learn(address.guest, also)
        pair(address, other)
    return address, other


def pair(one: Address, other: Address) -> None:
    """WhatsApp says that this LID and this phone are one account; it is noted at the LID."""
    lid, phone = (one, other) if one.kind == LID else (other, one)
    if (lid.kind, phone.kind) == (LID, PHONE) and lid.lid_of != phone.value:
        lid.lid_of = phone.value


def learn(guest: Guest, reach: Reach) -> Address:
    """This reach is this guest's too, unless somebody has it already: then theirs comes back."""
    return find_address(guest.hotel_id, reach) or _learn(guest, reach)


def give(guest: Guest, reach: Reach) -> Address:
    """This reach belongs to this guest from now on; whoever had it has it no more."""
    address = find_address(guest.hotel_id, reach)
    if address and address.guest_id == guest.id:
        return address
    if address:
        release(address)
    return _insert(guest, reach)


def release(address: Address) -> None:
    """Close the door: nothing more is sent there, and the next one who writes from there is somebody else.

    With a phone goes the LID of the same account: it would lead whoever has the phone back to this guest.
    """
    address.released_at = clock.now()
    db.session.flush()
    if address.kind == PHONE:
        db.session.execute(
            update(Address)
            .where(Address.guest_id == address.guest_id, Address.lid_of == address.value)
            .where(Address.kind == LID, Address.released_at.is_(None))
            .values(released_at=address.released_at)
            .execution_options(synchronize_session="fetch")
        )


def is_same_name(one: str | None, other: str) -> bool:
    """Names differ only where the words do, not in capitals or spaces."""
    return " ".join((one or "").split()).casefold() == " ".join(other.split()).casefold()


def _add(hotel_id: str, reach: Reach, guest: Guest | None) -> Address:
    try:
        with db.session.begin_nested():
            return _insert(guest or _new_guest(hotel_id, reach), reach)
    except IntegrityError:
        address = find_address(hotel_id, reach)
        if address is None:
            raise
        return address


def _learn(guest: Guest, reach: Reach) -> Address:
    try:
        with db.session.begin_nested():
            return _insert(guest, reach)
    except IntegrityError:
        address = find_address(guest.hotel_id, reach)  # somebody else learnt it first
        if address is None:
            raise
        return address


def _new_guest(hotel_id: str, reach: Reach) -> Guest:
    guest = Guest(hotel_id=hotel_id, mobile_phone=reach.value if reach.kind == PHONE else None)
    db.session.add(guest)
    db.session.flush()
    return guest


def _insert(guest: Guest, reach: Reach) -> Address:
    address = Address(hotel_id=guest.hotel_id, guest_id=guest.id, kind=reach.kind, value=reach.value)
    db.session.add(address)
    if reach.kind == PHONE and not guest.mobile_phone:
        guest.mobile_phone = reach.value
    db.session.flush()
    return address


__all__ = [
    "LID",
    "PHONE",
    "Reach",
    "find_address",
    "find_addresses",
    "give",
    "is_same_name",
    "learn",
    "meet",
    "meet_both",
    "pair",
    "release",
]
