"""Answers that are written again and again: worded by managers, filled in for a guest, chosen by staff."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select

from concierge import clock, texts
from concierge.extensions import db
from concierge.models import CannedReply, Conversation, Hotel
from concierge.models.hotel import LANGUAGES

VARIABLES = {"name": "the guest's name", "room": "the room number", "hotel": "the hotel's name"}
LONGEST = 4000
_SHORTCUT = re.compile(r"[a-z0-9-]{1,40}")
_VARIABLE = re.compile(r"\{([^{}]*)\}")


class BadShortcut(ValueError):
    """Not one that can be typed, or another reply has it; the text may be shown to staff."""


@dataclass(frozen=True)
class Wording:
    """One reply in one language."""

    title: str
    body: str


@dataclass(frozen=True)
class Offer:
    """A reply as one guest would read it; `missing` are the variables that are empty for this guest."""

    shortcut: str
    language: str
    title: str
    text: str
    missing: tuple[str, ...]


def of_hotel(hotel: Hotel) -> dict[str, dict[str, CannedReply]]:
    """By shortcut, then by language."""
    found: dict[str, dict[str, CannedReply]] = {}
    for reply in db.session.scalars(_kept(hotel).order_by(CannedReply.shortcut)):
        found.setdefault(reply.shortcut, {})[reply.language] = reply
    return found


def offers(conversation: Conversation, hotel: Hotel) -> list[Offer]:
    """Every reply, filled in for this guest: those in the guest's own language first, then by shortcut."""
    stay = conversation.stay
    wanted = texts.language_for(hotel, stay.language if stay else conversation.guest.language)
    values = _values(conversation, hotel)
    replies = db.session.scalars(_kept(hotel).order_by(CannedReply.shortcut, CannedReply.language)).all()
    return [_offer(reply, values) for reply in sorted(replies, key=lambda reply: reply.language != wanted)]


def keep(hotel: Hotel, shortcut: str, wordings: Mapping[str, Wording], *, instead_of: str | None = None) -> None:
    """Keep a reply in these languages, and in no others; `instead_of` is the shortcut that it had.

    Raises BadShortcut, or UnknownVariable for a hole that nothing would fill.
    """
    if not _SHORTCUT.fullmatch(shortcut):
        raise BadShortcut("Use small letters, digits and dashes, at most 40: they are typed after the slash.")
    if shortcut != instead_of and _of(hotel, shortcut):
        raise BadShortcut(f"/{shortcut} is there already. Choose another one, or change that one.")
    for wording in wordings.values():
        check(wording.body)
    before = {reply.language: reply for reply in _of(hotel, instead_of or shortcut)}
    for language in LANGUAGES:
        _keep_one(hotel, shortcut, language, before.get(language), wordings.get(language))


def remove(hotel: Hotel, shortcut: str) -> None:
    """Nobody is offered it any more."""
    for reply in _of(hotel, shortcut):
        reply.deleted_at = clock.now()


def check(body: str) -> None:
    """Raise UnknownVariable, naming it, before words are kept that would reach guests with a hole in them."""
    for found in _VARIABLE.findall(body):
        if found.strip() not in VARIABLES:
            listed = ", ".join(f"{{{name}}}" for name in VARIABLES)
            raise texts.UnknownVariable(f"{{{found}}} is not known here. You can use {listed}.")


def _kept(hotel: Hotel) -> Select[CannedReply]:
    return select(CannedReply).where(CannedReply.hotel_id == hotel.id, CannedReply.deleted_at.is_(None))


def _of(hotel: Hotel, shortcut: str) -> Sequence[CannedReply]:
    return db.session.scalars(_kept(hotel).where(CannedReply.shortcut == shortcut)).all()


def _keep_one(hotel: Hotel, shortcut: str, language: str, reply: CannedReply | None, wording: Wording | None) -> None:
    if wording is None:
        if reply:
            reply.deleted_at = clock.now()
    elif reply:
        reply.shortcut, reply.title, reply.body = shortcut, wording.title, wording.body
    else:
        db.session.add(
            CannedReply(hotel_id=hotel.id, shortcut=shortcut, language=language, title=wording.title, body=wording.body)
        )


def _values(conversation: Conversation, hotel: Hotel) -> dict[str, str]:
    """A room is the guest's only while the stay is open; what WhatsApp calls somebody is not a name to write."""
    stay = conversation.stay
    return {
        "name": (stay.guest_name if stay else conversation.guest.name) or "",
        "room": stay.room.number if stay and stay.is_open else "",
        "hotel": hotel.name,
    }


def _offer(reply: CannedReply, values: dict[str, str]) -> Offer:
    used = [name.strip() for name in _VARIABLE.findall(reply.body)]
    missing = tuple(name for name in VARIABLES if name in used and not values[name].strip())
    filled = {name: value or f"{{{name}}}" for name, value in values.items()}
    return Offer(reply.shortcut, reply.language, reply.title, texts.fill(reply.body, filled), missing)
