"""What a message of WAHA holds: its kind, its words or an honest placeholder, its file, place or card."""

import re
from dataclasses import dataclass, field
from typing import Any

from concierge.waha import cards
from concierge.waha.values import LONGEST_NAME, Chat, chat_of, clean, inner, raw_id_of

PLACEHOLDERS = {
    "image": "Photo",
    "video": "Video",
    "voice": "Voice message",
    "audio": "Audio",
    "sticker": "Sticker",
    "document": "Document",
    "location": "Location",
    "contact": "Contact card",
    "call": "Missed call",
    "unsupported": "A message of a kind that cannot be shown here. Look at the hotel's phone.",
}
LONGEST_QUOTE = 300

# What the engines call a file inside `_data`: NOWEB and GOWS by the part's name, WEBJS by its type.
_PARTS = {
    "imageMessage": "image",
    "videoMessage": "video",
    "ptvMessage": "video",
    "stickerMessage": "sticker",
    "lottieStickerMessage": "sticker",
    "documentMessage": "document",
}
_TYPES = {"image": "image", "video": "video", "ptt": "voice", "audio": "audio", "sticker": "sticker"}
_WRAPPERS = ("ephemeralMessage", "viewOnceMessage", "viewOnceMessageV2", "documentWithCaptionMessage")
# WEBJS puts the picture of the map into a location's body, and the card itself into a contact's.
_NO_WORDS = re.compile(r"BEGIN:VCARD|/9j/|[A-Za-z0-9+/=\s]{400,}\Z")


@dataclass(frozen=True)
class File:
    """What WAHA tells of a file. `url` is None where it did not fetch it; nothing of this is to be believed."""

    url: str | None
    mimetype: str | None
    filename: str | None


@dataclass(frozen=True)
class Content:
    """`quoted_raw_id` is the id of the message that this one answers."""

    kind: str
    text: str
    details: dict[str, Any] = field(default_factory=dict)
    file: File | None = None
    quoted_raw_id: str | None = None


def content_of(payload: dict[str, Any]) -> Content:
    """What has no words of its own gets an honest placeholder."""
    kind, text = _kind(payload), clean(payload.get("body"))
    details: dict[str, Any] = {}
    if kind in {"location", "contact"} and _NO_WORDS.match(text):
        text = ""
    if kind != "text" and not text:
        text, details["is_placeholder"] = PLACEHOLDERS[kind], True
    if kind == "location":
        details["location"] = cards.place_of(inner(payload, "location"))
    if kind == "contact":
        details["contacts"] = cards.contacts_of(payload.get("vCards"))
    if _is_forwarded(payload):
        details["is_forwarded"] = True
    quoted_raw_id = None
    if reply_to := inner(payload, "replyTo"):
        quoted_raw_id, details["quoted"] = _quoted(payload, reply_to)
    return Content(kind, text, details, _file(payload), quoted_raw_id)


def profile_name_of(payload: dict[str, Any]) -> str | None:
    """What the guest calls himself: chosen by him, so cut and stripped of marks that turn text around."""
    data = inner(payload, "_data")
    name = data.get("pushName") or data.get("notifyName") or inner(data, "Info").get("PushName")
    text = re.sub(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x1f]", "", clean(name)).strip()
    return text[:LONGEST_NAME] or None


def _kind(payload: dict[str, Any]) -> str:
    if payload.get("location"):
        return "location"
    if payload.get("vCards"):
        return "contact"
    if _has_file(payload):
        return _file_kind(payload)
    return "text" if clean(payload.get("body")) else "unsupported"


def _has_file(payload: dict[str, Any]) -> bool:
    return bool(payload.get("hasMedia") or payload.get("media"))


def _file(payload: dict[str, Any]) -> File | None:
    if not _has_file(payload):
        return None
    media = inner(payload, "media")
    return File(
        url=clean(media.get("url"))[:4000] or None,
        mimetype=clean(media.get("mimetype"))[:LONGEST_NAME] or None,
        filename=clean(media.get("filename"))[:LONGEST_NAME] or None,
    )


def _file_kind(payload: dict[str, Any]) -> str:
    """By what the engine calls it, else by the type it told."""
    mimetype, parts = clean(inner(payload, "media").get("mimetype")), _parts(payload)
    told = _TYPES.get(clean(inner(payload, "_data").get("type")))
    if "audioMessage" in parts or told in {"voice", "audio"} or mimetype.startswith("audio/"):
        audio = inner(parts, "audioMessage")
        is_voice = audio.get("ptt") is True or audio.get("PTT") is True or told == "voice" or "ogg" in mimetype
        return "voice" if is_voice else "audio"
    if kind := next((_PARTS[part] for part in parts if part in _PARTS), told):
        return kind
    if mimetype in {"image/webp", "application/was"}:
        return "sticker"
    top = mimetype.partition("/")[0]
    return top if top in {"image", "video"} else "document"


def _parts(payload: dict[str, Any]) -> dict[str, Any]:
    """The engine's own message, out of what it is wrapped in."""
    data = inner(payload, "_data")
    parts = inner(data, "message") or inner(data, "Message")
    for wrapper in _WRAPPERS:
        parts = inner(inner(parts, wrapper), "message") or parts
    return parts


def _is_forwarded(payload: dict[str, Any]) -> bool:
    if inner(payload, "_data").get("isForwarded") is True:
        return True
    contexts = (inner(part, "contextInfo") for part in _parts(payload).values())
    return any(context.get("isForwarded") is True for context in contexts)


def _quoted(payload: dict[str, Any], reply_to: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """The id, and what WAHA tells of the words, for where we do not have the message ourselves."""
    text = clean(reply_to.get("body"))[:LONGEST_QUOTE]
    if not text and _has_file(reply_to):
        text = PLACEHOLDERS[_file_kind(reply_to)]
    quoted: dict[str, Any] = {"text": text}
    writer, guest = chat_of(reply_to.get("participant")), _guest(payload)
    if writer and guest and writer.kind == guest.kind:
        quoted["is_guest"] = writer == guest
    return raw_id_of(reply_to.get("id")), quoted


def _guest(payload: dict[str, Any]) -> Chat | None:
    parts = clean(payload.get("id")).split("_")
    return chat_of(parts[1] if len(parts) >= 3 else payload.get("from"))
