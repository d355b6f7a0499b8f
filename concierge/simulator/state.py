"""What the simulated WhatsApp remembers: guests, their messages, what was transmitted.

In memory, read and changed under the lock of network.py.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import ids, trouble
from .contents import Content


@dataclass
class Message:
    raw_id: str
    address: str  # as it was written: <phone>@c.us or <id>@lid
    text: str  # or the caption
    is_from_hotel: bool
    timestamp: int  # seconds
    ack: int
    order: int
    content: Content = field(default_factory=Content)
    hides_phone: bool = False  # under the hidden id, and nothing beside it tells the phone
    is_from_phone: bool = False  # of the hotel, typed on its own phone
    is_edited: bool = False
    is_deleted: bool = False
    reaction: str = ""  # the hotel's
    guest_reaction: str = ""

    @property
    def full_id(self) -> str:
        return f"{str(self.is_from_hotel).lower()}_{self.address}_{self.raw_id}"


@dataclass
class Guest:
    address: str
    name: str  # empty while nobody has said it
    phone: str | None = None
    lid: str | None = None
    messages: list[Message] = field(default_factory=list)
    unread: int = 0
    is_typed_to: bool = False

    @property
    def is_pair_known(self) -> bool:
        """Has anything travelled that tells WAHA which phone belongs to the hidden id?"""
        return self.phone is not None and any(not message.hides_phone for message in self.messages)

    @property
    def has_written(self) -> bool:
        return any(not message.is_from_hotel for message in self.messages)

    @property
    def has_whatsapp(self) -> bool:
        is_known = self.phone is not None or self.address.endswith("@lid")
        return is_known and trouble.of_phone(self.phone) != trouble.NO_WHATSAPP


@dataclass(frozen=True)
class Transmission:
    chatId: str
    text: str
    id: str
    at: int  # ms


class State:
    def __init__(self, keep_at_most: int) -> None:
        self.keep_at_most = keep_at_most
        self.guests: dict[str, Guest] = {}
        self.transmissions: list[Transmission] = []
        self.count = 0
        self.count_by_chat: Counter[str] = Counter()
        self._order = itertools.count(1)

    def guest_at(self, address: str, name: str | None = None) -> Guest:
        """The guest behind a phone, a hidden id or any other address; a new one when nobody is there yet."""
        guest = self.find_guest(address)
        if guest is None:
            guest = self._new_guest(address, name)
        elif name:
            guest.name = name
        return guest

    def find_guest(self, address: str) -> Guest | None:
        if address in self.guests:
            return self.guests[address]
        return next((guest for guest in self.guests.values() if guest.lid == address), None)

    def add_message(self, guest: Guest, **facts: Any) -> Message:
        message = Message(order=next(self._order), **facts)
        # Two posts with one id travel twice, but a phone shows one bubble.
        if all(known.raw_id != message.raw_id for known in guest.messages):
            guest.messages.append(message)
            guest.unread += message.is_from_hotel
        del guest.messages[: -self.keep_at_most]
        return message

    def add_transmission(self, message: Message) -> None:
        self.count += 1
        self.count_by_chat[message.address] += 1
        self.transmissions.append(Transmission(message.address, message.text, message.raw_id, ids.now_ms()))
        del self.transmissions[: -self.keep_at_most]

    def messages(self, address: str) -> Iterator[tuple[Message, Guest]]:
        """Of one chat, whichever of its addresses is named, or of `all`."""
        guest = self.find_guest(address)
        guests = list(self.guests.values()) if address == "all" else [guest] if guest else []
        return ((message, guest) for guest in guests for message in guest.messages)

    def find_message(self, address: str, message_id: str) -> tuple[Message, Guest] | None:
        """By full id or raw id."""
        found = (pair for pair in self.messages(address) if message_id in (pair[0].raw_id, pair[0].full_id))
        return next(found, None)

    def _new_guest(self, address: str, name: str | None) -> Guest:
        phone = ids.phone_in(address)
        lid = ids.lid_of(phone) if phone else address if address.endswith("@lid") else None
        guest = Guest(address, name or "", phone, lid)
        self.guests[address] = guest
        return guest
