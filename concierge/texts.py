"""What the hotel says by itself: its texts per language, with the shipped ones until a manager words them anew."""

import re

from sqlalchemy import select

from concierge.extensions import db
from concierge.models import Guest, Hotel, Template
from concierge.models.hotel import LANGUAGES

WELCOME, AUTO_REPLY = "welcome", "auto_reply"
LONGEST = 4000
VARIABLES = {
    WELCOME: {"name": "the guest's name", "room": "the room number", "hotel": "the hotel's name"},
    AUTO_REPLY: {"hotel": "the hotel's name"},
}
_VARIABLE = re.compile(r"\{([^{}]*)\}")

SHIPPED = {
    (WELCOME, "id"): (
        "Halo {name}, selamat datang di {hotel}. Kamar Anda nomor {room}."
        " Perlu sesuatu? Tulis saja di sini, kapan pun: resepsionis membacanya."
    ),
    (WELCOME, "en"): (
        "Hello {name}, welcome to {hotel}. Your room is {room}."
        " Need anything? Just write here, at any time: the front desk reads it."
    ),
    (AUTO_REPLY, "id"): (
        "Terima kasih, pesan Bapak/Ibu sudah kami terima. Resepsionis {hotel} akan segera membalas."
        " Jika mendesak, silakan hubungi resepsionis lewat telepon kamar."
    ),
    (AUTO_REPLY, "en"): (
        "Thank you, we have your message. The front desk of {hotel} will answer shortly."
        " If it is urgent, please call the front desk from your room."
    ),
}


class UnknownVariable(ValueError):
    """The text holds a {word} that nothing fills in; the text of this error may be shown to staff."""


def language_for(hotel: Hotel, language: str | None) -> str:
    """The language a guest is written to in: theirs where we have texts in it, else the hotel's, else English."""
    for wanted in (language, hotel.language):
        if wanted in LANGUAGES:
            return wanted
    return "en"


def body(hotel: Hotel, kind: str, language: str) -> str:
    """The hotel's own wording, else the shipped one, with its variables still in it."""
    own = db.session.scalar(
        select(Template.body).where(Template.hotel_id == hotel.id, Template.kind == kind, Template.language == language)
    )
    return own or SHIPPED[kind, language]


def welcome(hotel: Hotel, *, name: str, room: str, language: str | None) -> str:
    """The welcome as this guest gets it."""
    text = body(hotel, WELCOME, language_for(hotel, language))
    return fill(text, {"name": name, "room": room, "hotel": hotel.name})


def auto_reply(hotel: Hotel, guest: Guest) -> str:
    """The automatic answer as this guest gets it."""
    text = body(hotel, AUTO_REPLY, language_for(hotel, guest.language))
    return fill(text, {"hotel": hotel.name})


def fill(text: str, values: dict[str, str]) -> str:
    """Put values in; a name that looks like a variable is never filled in a second time."""
    return _VARIABLE.sub(lambda found: values.get(found[1].strip(), found[0]), text)


def check(kind: str, text: str) -> None:
    """Raise UnknownVariable, naming it, before a text is kept that would reach guests with a hole in it."""
    known = VARIABLES[kind]
    for found in _VARIABLE.findall(text):
        if found.strip() not in known:
            listed = ", ".join(f"{{{name}}}" for name in known)
            raise UnknownVariable(f"{{{found}}} is not known here. You can use {listed}.")


def reword(hotel: Hotel, kind: str, language: str, text: str) -> None:
    """Keep the hotel's own wording. Raises UnknownVariable."""
    check(kind, text)
    own = db.session.scalar(
        select(Template).where(Template.hotel_id == hotel.id, Template.kind == kind, Template.language == language)
    )
    if own is None:
        db.session.add(Template(hotel_id=hotel.id, kind=kind, language=language, body=text))
    else:
        own.body = text
