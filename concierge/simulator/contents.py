"""What a message can hold: a file, a place, a contact card, a poll, a quotation.

A small file of each kind lies in files/."""

import base64
import binascii
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .switches import UnknownSwitch

FILES = Path(__file__).parent / "files"
# kind: (built-in file, its type as WhatsApp says it, seconds)
BUILT_IN = {
    "image": ("photo.jpg", "image/jpeg", None),
    "video": ("clip.mp4", "video/mp4", 1),
    "voice": ("voice.oga", "audio/ogg; codecs=opus", 2),
    "audio": ("song.mp3", "audio/mpeg", 2),
    "document": ("voucher.pdf", "application/pdf", None),
    "sticker": ("sticker.webp", "image/webp", None),
}
KINDS = ("text", "reply", *BUILT_IN, "location", "contact", "poll", "unsupported")
# WAHA takes the extension from the type, by the list of Node's mime-types.
EXTENSIONS = {"image/jpeg": "jpeg", "audio/ogg": "oga", "audio/mpeg": "mpga"}

Asked = dict[str, Any]


@dataclass(frozen=True)
class File:
    data: bytes
    mimetype: str  # what the sender says it is
    filename: str | None = None
    seconds: int | None = None

    @property
    def extension(self) -> str:
        plain = self.mimetype.partition(";")[0].strip().lower()
        return EXTENSIONS.get(plain) or (mimetypes.guess_extension(plain) or ".bin")[1:]


@dataclass(frozen=True)
class Quoted:
    raw_id: str
    participant: str
    body: str | None
    engine_message: dict


@dataclass(frozen=True)
class Content:
    kind: str = "text"
    file: File | None = None
    place: dict | None = None
    card: str | None = None  # a vCard
    card_name: str = ""
    quoted: Quoted | None = None


def content_of(asked: Asked, quoted: Quoted | None) -> Content:
    """From what the switches ask. Raises UnknownSwitch."""
    kind = asked.get("kind") or "text"
    if kind not in KINDS:
        raise UnknownSwitch(f"kind is one of {', '.join(KINDS)}.")
    if kind == "reply":
        kind = "text"
        if quoted is None:
            raise UnknownSwitch("A reply needs reply_to, the id of the message it answers.")
    return Content(
        kind, **_HELD.get(kind, lambda _: {})(asked), **(_file(kind, asked) if kind in BUILT_IN else {}), quoted=quoted
    )


@cache
def built_in(name: str) -> bytes:
    return (FILES / name).read_bytes()


def _file(kind: str, asked: Asked) -> dict:
    """file? {data (base64), mimetype, filename} replaces the built-in one: a test may lie about the type."""
    given = asked.get("file") or {}
    name, mimetype, seconds = BUILT_IN[kind]
    try:
        data = base64.b64decode(given["data"], validate=True) if "data" in given else built_in(name)
    except (TypeError, ValueError, binascii.Error) as error:
        raise UnknownSwitch("file.data is base64.") from error
    filename = given.get("filename") or asked.get("filename")
    if kind == "document":
        filename = filename or "Voucher.pdf"
    return {"file": File(data, str(given.get("mimetype") or mimetype), filename, seconds)}


def _place(asked: Asked) -> dict:
    given = asked.get("location") or {}
    try:
        latitude, longitude = float(given.get("latitude", -6.2087634)), float(given.get("longitude", 106.845599))
    except (TypeError, ValueError) as error:
        raise UnknownSwitch("location is {latitude, longitude, name?, address?}.") from error
    names = {"name": "Stasiun Gambir", "address": "Jl. Medan Merdeka Tim. No.1"} if not given else {}
    place = {"latitude": latitude, "longitude": longitude, **names}
    return {"place": place | {name: given[name] for name in ("name", "address", "url") if name in given}}


def _card(asked: Asked) -> dict:
    given = asked.get("contact") or {}
    name, phone = str(given.get("name", "Dewi Anggraini")), str(given.get("phone", "+62 813-9000-0002"))
    digits = "".join(letter for letter in phone if letter.isdigit())
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"N:;{name};;;",
        f"FN:{name}",
        f"TEL;type=CELL;waid={digits}:{phone}",
        "END:VCARD",
    ]
    return {"card": "\n".join(lines), "card_name": name}


_HELD: dict[str, Callable[[Asked], dict]] = {"location": _place, "contact": _card}
