"""Who is calling? One hotel's guests by room, by part of a name, or by any spelling of a phone. Read only."""

import re
from dataclasses import dataclass
from typing import Any

import phonenumbers
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from concierge import failures
from concierge.extensions import db
from concierge.models import Address, Conversation, Guest, Hotel, Message, Room, Stay
from concierge.models.address import PHONE

MOST = 8
LAST_WORDS = 3
LONGEST = 80
# Read before they are ranked: enough to hold whoever is meant, few enough to be quick.
_CANDIDATES = 60
_MOST_WORDS = 5
# So many digits in the middle of a number mean that number; the last four are what people say.
_INSIDE, _AT_THE_END = 6, 4
_PHONE = re.compile(r"[\d\s().\-/+]+\Z")
_ESCAPED = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


@dataclass(frozen=True)
class Found:
    """A guest, where to read on, the stays that are open (else the last one), and the last words, oldest first."""

    guest: Guest
    conversation: Conversation
    stays: list[Stay]
    last: list[Message]


def find(hotel: Hotel, typed: str, most: int = MOST) -> list[Found]:
    """Who is meant, the likeliest first: the room, then who is in the house, then who was here last."""
    words = " ".join(typed.split())[:LONGEST]
    if not words:
        return []
    in_room = _in_room(hotel, words)
    others = [*_of_phone(hotel, words), *_of_name(hotel, words)]
    guest_ids = list(dict.fromkeys([*in_room, *others]))
    return _ranked(guest_ids, set(in_room), most)


def _in_room(hotel: Hotel, words: str) -> list[str]:
    """Who is in this room, then in rooms that begin so; nobody there: who left it last."""
    number = words.casefold()
    is_open = and_(Stay.checked_in_at.is_not(None), Stay.checked_out_at.is_(None))
    of_room = select(Stay.guest_id).join(Room).where(Room.hotel_id == hotel.id, Room.deleted_at.is_(None))
    begins = of_room.where(is_open, Room.number.ilike(f"{number.translate(_ESCAPED)}%", escape="\\"))
    found = _ids(begins.order_by(func.length(Room.number), Room.number))
    left = of_room.where(func.lower(Room.number) == number, Stay.checked_out_at.is_not(None))
    return found or list(db.session.scalars(left.order_by(Stay.checked_out_at.desc()).limit(1)))


def _of_phone(hotel: Hotel, words: str) -> list[str]:
    if not _PHONE.match(words):
        return []
    patterns = _patterns(words, hotel.country)
    if not patterns:
        return []
    of_phone = select(Address.guest_id).where(
        Address.hotel_id == hotel.id, Address.kind == PHONE, or_(*(Address.value.like(each) for each in patterns))
    )
    return _ids(of_phone.order_by(Address.released_at.is_not(None), Address.created_at.desc()))


def _patterns(words: str, country: str) -> list[str]:
    """`+62 812`, `0062 812`, `0812`, `62812`, `812` all mean +62812… at a hotel in Indonesia."""
    digits = re.sub(r"\D", "", words)
    if len(digits) < _AT_THE_END - 1:
        return []
    if words.startswith("+") or digits.startswith("00"):
        return [f"+{digits.removeprefix('00')}%"]
    code = phonenumbers.country_code_for_region(country)
    patterns = [f"+{code}{digits.removeprefix('0')}%"]
    bare = digits.lstrip("0")
    if not digits.startswith("0"):
        patterns.append(f"+{digits}%")
    if len(bare) >= _INSIDE:
        patterns.append(f"%{bare}%")
    return [*patterns, f"%{digits}"] if len(digits) >= _AT_THE_END else patterns


def _of_name(hotel: Hotel, words: str) -> list[str]:
    parts = words.split()[:_MOST_WORDS]
    if len(max(parts, key=len)) < 2 or words.isdigit():
        return []
    of_guest = select(Guest.id).where(Guest.hotel_id == hotel.id, Guest.joined_into_id.is_(None))
    of_stay = select(Stay.guest_id).where(Stay.hotel_id == hotel.id, _holds(parts, Stay.guest_name))
    named = of_guest.where(_holds(parts, Guest.name) | _holds(parts, Guest.profile_name))
    return [*_ids(of_stay.order_by(Stay.checked_in_at.desc())), *_ids(named.order_by(Guest.updated_at.desc()))]


def _holds(parts: list[str], column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Every word, in any order."""
    return and_(
        *(or_(*(column.ilike(f"%{way.translate(_ESCAPED)}%", escape="\\") for way in _ways(part))) for part in parts)
    )


def _ways(part: str) -> list[str]:
    """SQLite knows small and capital letters of English only: é is tried in every size."""
    return [part] if part.isascii() else sorted({part, part.lower(), part.upper(), part.title()})


def _ids(query: Select[str]) -> list[str]:
    return list(dict.fromkeys(db.session.scalars(query.limit(_CANDIDATES))))


def _ranked(guest_ids: list[str], in_room: set[str], most: int) -> list[Found]:
    threads = _threads(guest_ids)
    stays = _stays(list(threads))
    at_home = {guest_id for guest_id, found in stays.items() if any(stay.is_open for stay in found)}
    # Sorting keeps the order of equals: that of the questions above.
    known = [each for each in guest_ids if each in threads]
    order = sorted(known, key=lambda one: (one not in in_room, one not in at_home))
    return [
        Found(threads[each].guest, threads[each], _worth_showing(stays.get(each, [])), _last_words(threads[each]))
        for each in order[:most]
    ]


def _threads(guest_ids: list[str]) -> dict[str, Conversation]:
    """Each guest's active thread, else the latest."""
    rows = db.session.scalars(
        select(Conversation)
        .where(Conversation.guest_id.in_(guest_ids), Conversation.joined_into_id.is_(None))
        .options(joinedload(Conversation.guest), joinedload(Conversation.stay))
        .order_by(Conversation.is_active, Conversation.start)
    )
    return {each.guest_id: each for each in rows}


def _stays(guest_ids: list[str]) -> dict[str, list[Stay]]:
    rows = db.session.scalars(
        select(Stay)
        .where(Stay.guest_id.in_(guest_ids), Stay.checked_in_at.is_not(None))
        .options(joinedload(Stay.room))
        .order_by(Stay.checked_in_at)
    )
    found: dict[str, list[Stay]] = {}
    for stay in rows:
        found.setdefault(stay.guest_id, []).append(stay)
    return found


def _worth_showing(stays: list[Stay]) -> list[Stay]:
    return [stay for stay in stays if stay.is_open] or stays[-1:]


def _last_words(conversation: Conversation) -> list[Message]:
    newest_first = (
        select(Message)
        .where(Message.conversation_id == conversation.id)
        .where(func.coalesce(Message.failure, "") != failures.SAME_MESSAGE)  # its words stand in the thread already
        .options(joinedload(Message.author))
        .order_by(Message.sent_at.desc(), Message.seq.desc())
    )
    return list(db.session.scalars(newest_first.limit(LAST_WORDS)))[::-1]
