"""What happens in the hotel, said in a line: for tests that begin in the middle of a story."""

import time
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from concierge import clock, conversations, guests, inbox, lines, outbox, stays
from concierge.guests import PHONE, Reach
from concierge.models import Conversation, Room, Staff, Stay
from concierge.models.message import STAFF
from tests.database import Look, arranging
from tests.people import Employee

AYUS_PHONE = "+6281234567890"


def add_rooms(app: Flask, *numbers: str, hotel_id: str | None = None) -> None:
    """Clean, free rooms."""
    with arranging(app) as session:
        hotel_id = hotel_id or lines.first().hotel_id
        session.add_all(Room(hotel_id=hotel_id, number=number, type="Standard") for number in numbers)


def check_in(app: Flask, room: str = "101", name: str = "Ayu Lestari", phone: str = AYUS_PHONE, **more: Any) -> Stay:
    """A guest arrives at our hotel; the room is made where there is none. The stay, detached."""
    with arranging(app) as session:
        hotel = lines.first().hotel
        found = session.scalar(select(Room).where(Room.hotel_id == hotel.id, Room.number == room))
        if found is None:
            found = Room(hotel_id=hotel.id, number=room, type="Standard")
            session.add(found)
        arrival = stays.Arrival(name, phone, more.pop("checkin_date", clock.today(hotel.time_zone)), **more)
        made = stays.check_in(hotel, found, arrival)
        session.flush()
        stay_id = made.stay.id
    return look(app, Stay, stay_id)


def guest_writes(app: Flask, text: str, phone: str = AYUS_PHONE, raw_id: str | None = None, **more: Any) -> str | None:
    """A guest's message comes in on our line; its id, or None when it was here already."""
    with arranging(app):
        incoming = inbox.Incoming(
            reach=Reach(PHONE, phone), raw_id=raw_id or f"3EB0{abs(hash((text, phone))):X}"[:22], text=text, **more
        )
        message = inbox.receive(lines.first(), incoming)
        return message.id if message else None


def staff_writes(app: Flask, text: str, by: Employee, phone: str = AYUS_PHONE) -> str:
    """A member of staff answers the guest with this phone; the message's id."""
    with arranging(app) as session:
        conversation = conversation_with(phone)
        return outbox.post(conversation, text, origin=STAFF, author=session.get(Staff, by.id)).id


def conversation_with(phone: str = AYUS_PHONE) -> Conversation:
    """The active thread with a phone, opened where there is none; inside an `arranging`."""
    line = lines.first()
    address = guests.meet(line.hotel_id, Reach(PHONE, phone))
    conversation = conversations.for_writer(address.guest, line)
    conversation.address_id = address.id
    return conversation


def give_up_looking(app: Flask) -> None:
    """Two minutes later nobody has found the message of unknown fate: a person has to decide."""
    clock.shift(timedelta(minutes=2))
    try:
        for _ in range(100):
            with arranging(app):
                if message := outbox.claim_look():
                    outbox.record_unseen(message.id, message.claims)
                    return
            time.sleep(0.1)
    finally:
        clock.reset()
    raise AssertionError("nothing is looked for")


def look(app: Flask, model: Any, row_id: str) -> Any:
    """One committed row, detached."""
    return Look(app).one(select(model).where(model.id == row_id))
