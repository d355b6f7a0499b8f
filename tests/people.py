"""The people of the tests: Wayan at the desk, Made his manager, Charlie who may see nothing of ours, Ayu the guest."""

from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from concierge.models import Address, Guest, Hotel, Line, Staff
from tests.database import arranging

PASSWORD = "rice fields at dawn"
# The weakest parameters: hundreds of tests sign in, and argon2 reads its parameters from the hash that it checks.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True)
class Employee:
    """Somebody who may sign in."""

    id: str
    hotel_id: str
    email: str
    name: str
    password: str = PASSWORD


@dataclass(frozen=True)
class Visitor:
    """A guest who is known by phone and has neither stay nor conversation yet."""

    id: str
    address_id: str
    phone: str
    chat_id: str
    name: str


def hire(app: Flask, name: str, role: str, hotel_id: str | None = None) -> Employee:
    """A member of staff, of our hotel unless another is named."""
    email = f"{name.partition(' ')[0].lower()}@hotel.example"
    with arranging(app) as session:
        hotel_id = hotel_id or our_hotel(session).id
        staff = Staff(hotel_id=hotel_id, email=email, name=name, role=role, password_hash=PASSWORD_HASH)
        session.add(staff)
        session.flush()
        return Employee(staff.id, hotel_id, email, name)


def meet(app: Flask, name: str, phone: str, language: str = "en", hotel_id: str | None = None) -> Visitor:
    """A guest known by this phone (E.164)."""
    with arranging(app) as session:
        hotel_id = hotel_id or our_hotel(session).id
        guest = Guest(hotel_id=hotel_id, name=name, mobile_phone=phone, language=language)
        session.add(guest)
        session.flush()
        address = Address(hotel_id=hotel_id, guest_id=guest.id, kind="phone", value=phone)
        session.add(address)
        session.flush()
        return Visitor(guest.id, address.id, phone, address.chat_id, name)


def found_hotel(app: Flask, name: str) -> str:
    """Another hotel, with a line of its own; its id."""
    with arranging(app) as session:
        hotel = Hotel(name=name)
        session.add(hotel)
        session.flush()
        session.add(Line(hotel_id=hotel.id, position=1, waha_session="elsewhere"))
        return hotel.id


def our_hotel(session: Any) -> Hotel:
    """The hotel that the migrations make."""
    return session.scalars(select(Hotel).join(Line).where(Line.position == 0)).one()
