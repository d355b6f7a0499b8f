"""Who is behind an address: finding a guest, making one, and moving an address from one person to another."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

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
    return db.session.scalar(
        select(Address).where(
            Address.hotel_id == hotel_id,
            Address.kind == reach.kind,
            Address.value == reach.value,
            Address.released_at.is_(None),
        )
    )


def meet(hotel_id: str, reach: Reach, also: Reach | None = None) -> Address:
    """The address of this reach, with its guest; both are made when nobody has it.

    `also` is another reach of the same person (the phone beside a LID): it finds the guest too, and is learnt.
    """
    address = find_address(hotel_id, reach)
    other = find_address(hotel_id, also) if also else None
    if address is None:
        guest = other.guest if other else None
        address = _add(hotel_id, reach, guest)
    if also and other is None:
        _learn(address.guest, also)
    return address


def give(guest: Guest, reach: Reach) -> Address:
    """This reach belongs to this guest from now on; whoever had it has it no more."""
    address = find_address(guest.hotel_id, reach)
    if address and address.guest_id == guest.id:
        return address
    if address:
        release(address)
    return _insert(guest, reach)


def release(address: Address) -> None:
    """Close the door: nothing more is sent there, and the next one who writes from there is somebody else."""
    address.released_at = clock.now()
    db.session.flush()


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


def _learn(guest: Guest, reach: Reach) -> None:
    try:
        with db.session.begin_nested():
            _insert(guest, reach)
    except IntegrityError:
        return  # somebody else learnt it first; two guests that turn out to be one are joined elsewhere


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


__all__ = ["LID", "PHONE", "Reach", "find_address", "give", "is_same_name", "meet", "release"]
