"""WAHA's webhooks: is it authentic, and what does it say. Every engine's shapes, old servers' too; stdlib only.

Facts are from WAHA's documentation and from requests captured from real servers (see docs/waha.md).
"""

import hashlib
import hmac
import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

LONGEST_NAME = 200
_CHAT = re.compile(r"\+?(\d{1,20})(?::\d+)?@(c\.us|s\.whatsapp\.net|lid)\Z")
_EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)  # WhatsApp's first year: what is older is no time


class Unreadable(ValueError):
    """An authentic body that says nothing we understand; the text says why, without a guest's words."""


@dataclass(frozen=True)
class Chat:
    """Who a chat is with: `phone` with digits of the international number, or `lid`."""

    kind: str
    digits: str


@dataclass(frozen=True)
class MessageReceived:
    """A message of a direct chat: from the guest, or (from_us) from the hotel's own number."""

    chat: Chat
    also: Chat | None
    raw_id: str
    is_from_us: bool
    is_from_api: bool
    kind: str
    text: str
    sent_at: datetime | None
    profile_name: str | None
    ack: int
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MessageAcked:
    """How far a message of ours came: -1 error, 0 pending, 1 server, 2 device, 3 read, 4 played."""

    raw_id: str
    level: int
    error_code: str | None = None


@dataclass(frozen=True)
class MessageChanged:
    """An edit, a deletion or a reaction: an effect on the message with this raw id."""

    raw_id: str


@dataclass(frozen=True)
class SessionChanged:
    """What WAHA says of its session, and who we are on WhatsApp."""

    status: str
    own_phone: str | None = None
    own_lid: str | None = None


@dataclass(frozen=True)
class Ignored:
    """Understood, and none of a front desk's business; `reason` is counted."""

    reason: str


Parsed = MessageReceived | MessageAcked | MessageChanged | SessionChanged | Ignored


@dataclass(frozen=True)
class Envelope:
    """What surrounds every event. `id` is the same on WAHA's retries; servers before 2025 send none."""

    id: str | None
    name: str
    session: str | None
    payload: dict[str, Any]


def signature(key: str, body: bytes) -> str:
    """What WAHA puts into X-Webhook-Hmac: HMAC-SHA512 over the raw body, lower-case hex."""
    return hmac.new(key.encode(), body, hashlib.sha512).hexdigest()


def is_signed(key: str, body: bytes, given: str | None, algorithm: str | None) -> bool:
    """Constant time. Another algorithm than sha512, or capitals, is somebody else's signature."""
    if not given or (algorithm or "sha512") != "sha512":
        return False
    return hmac.compare_digest(signature(key, body).encode(), given.encode("utf-8", "replace"))


def open_envelope(body: bytes) -> Envelope:
    """Raises Unreadable when this is no JSON object."""
    try:
        event = json.loads(body.decode("utf-8", "replace"), parse_int=_integer, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as fault:
        raise Unreadable("the body is not JSON") from fault
    if not isinstance(event, dict):
        raise Unreadable("the body is not a JSON object")
    payload = event.get("payload")
    return Envelope(
        id=clean(event["id"])[:LONGEST_NAME] if isinstance(event.get("id"), str) else None,
        name=clean(event.get("event"))[:60] or "unnamed",
        session=clean(event.get("session")) or None,
        payload=(payload if isinstance(payload, dict) else {}) | _me(event),
    )


def parse(envelope: Envelope) -> Parsed:
    """What an event says. Unknown events are Ignored; raises Unreadable where a message has no sender."""
    reader = _READERS.get(envelope.name)
    return reader(envelope.payload) if reader else Ignored("unknown event")


def clean(value: Any) -> str:
    """Text that both databases take: no NUL, no half of a surrogate pair. What is no text is empty."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def raw_id_of(value: Any) -> str | None:
    """WhatsApp's own id: the third part of `false_<chat>_<raw>[_<participant>]`, else what is given as it is."""
    if isinstance(value, dict):
        value = value.get("_serialized") or value.get("id")
    text = clean(value)
    parts = text.split("_")
    if len(parts) >= 3 and parts[0] in {"true", "false"}:
        text = parts[2]
    return text[:LONGEST_NAME] or None


def moment(value: Any) -> datetime | None:
    """Seconds, or milliseconds where the number is that large; None for what is no believable time."""
    number = float(value) if isinstance(value, str) and re.fullmatch(r"\d{1,16}", value) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        return None
    seconds = number / 1000 if number > 100_000_000_000 else number
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at > _EARLIEST else None


def chat_of(value: Any) -> Chat | None:
    """The person behind `6281…@c.us`, `…@s.whatsapp.net` (perhaps with `:device`) or `…@lid`."""
    found = _CHAT.match(clean(value))
    return Chat("lid" if found[2] == "lid" else "phone", found[1]) if found else None


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) < 20 else None


def _me(event: dict[str, Any]) -> dict[str, Any]:
    me = event.get("me")
    return {"_me": me if isinstance(me, dict) else {}}


def _message(payload: dict[str, Any]) -> Parsed:
    is_from_us = payload.get("fromMe") is True
    address = _chat_id(payload, is_from_us)
    if reason := _not_a_guest(address):
        return Ignored(reason)
    chat = chat_of(address)
    if chat is None:
        raise Unreadable("a message without a sender")
    kind, text, details = _content(payload)
    return MessageReceived(
        chat=chat,
        also=_other_name(payload, chat),
        raw_id=raw_id_of(payload.get("id")) or _made_up_id(payload),
        is_from_us=is_from_us,
        is_from_api=payload.get("source") == "api",
        kind=kind,
        text=text,
        sent_at=moment(payload.get("timestamp")),
        profile_name=_profile_name(payload),
        ack=_level(payload),
        details=details,
    )


def _chat_id(payload: dict[str, Any], is_from_us: bool) -> str:
    """The full message id is the only place where every engine puts the chat: `to` and `from` change sides."""
    parts = clean(payload.get("id")).split("_")
    if len(parts) >= 3 and "@" in parts[1]:
        return parts[1]
    if is_from_us and payload.get("to"):
        return clean(payload.get("to"))
    return clean(payload.get("from"))


def _not_a_guest(chat_id: str) -> str | None:
    """Groups, status, channels and broadcast lists arrive like any message."""
    if chat_id.startswith("status@"):
        return "status"
    for suffix, reason in (("@g.us", "group"), ("@newsletter", "channel"), ("@broadcast", "broadcast list")):
        if chat_id.endswith(suffix):
            return reason
    return None


def _made_up_id(payload: dict[str, Any]) -> str:
    """A message without an id still has to be stored once: its sender, time and words stand for it."""
    facts = json.dumps([payload.get(name) for name in ("from", "to", "timestamp", "body")], default=str)
    return "hash:" + hashlib.sha256(facts.encode("utf-8", "replace")).hexdigest()


def _other_name(payload: dict[str, Any], chat: Chat) -> Chat | None:
    """The phone beside a LID (or the reverse): NOWEB in the message key, GOWS in Info."""
    data = _inner(payload, "_data")
    key, info = _inner(data, "key"), _inner(data, "Info")
    for value in (key.get("remoteJidAlt"), info.get("SenderAlt"), info.get("RecipientAlt")):
        other = chat_of(value)
        if other and other.kind != chat.kind:
            return other
    return None


def _profile_name(payload: dict[str, Any]) -> str | None:
    """What the guest calls himself: chosen by him, so cut and stripped of marks that turn text around."""
    data = _inner(payload, "_data")
    name = data.get("pushName") or data.get("notifyName") or _inner(data, "Info").get("PushName")
    text = re.sub(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x1f]", "", clean(name)).strip()
    return text[:LONGEST_NAME] or None


def _content(payload: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Kind, text and details. What has no words of its own gets an honest placeholder."""
    kind = _kind(payload)
    text = clean(payload.get("body"))
    details: dict[str, Any] = {}
    if kind != "text" and not text:
        text, details["is_placeholder"] = PLACEHOLDERS[kind], True
    if kind == "document" and (name := clean(_inner(payload, "media").get("filename"))):
        details["filename"] = name[:LONGEST_NAME]
    return kind, text, details


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


def _kind(payload: dict[str, Any]) -> str:
    if payload.get("location"):
        return "location"
    if payload.get("vCards"):
        return "contact"
    if payload.get("hasMedia") or payload.get("media"):
        return _media_kind(payload)
    return "text" if clean(payload.get("body")) else "unsupported"


def _media_kind(payload: dict[str, Any]) -> str:
    mimetype = clean(_inner(payload, "media").get("mimetype"))
    inner = _inner(_inner(payload, "_data"), "message")
    if mimetype in {"image/webp", "application/was"} or "stickerMessage" in inner:
        return "sticker"
    if mimetype.startswith("audio/"):
        is_voice = _inner(inner, "audioMessage").get("ptt") is True or "ogg" in mimetype
        return "voice" if is_voice else "audio"
    top = mimetype.partition("/")[0]
    return top if top in {"image", "video"} else "document"


def _ack(payload: dict[str, Any]) -> Parsed:
    if payload.get("fromMe") is False:
        return Ignored("ack of a guest's message")
    if reason := _not_a_guest(_chat_id(payload, is_from_us=True)):
        return Ignored(reason)
    raw_id = raw_id_of(payload.get("id"))
    if raw_id is None:
        return Ignored("ack without a message")
    code = clean(_inner(payload, "error").get("code")) or None
    return MessageAcked(raw_id, _level(payload), code)


def _level(payload: dict[str, Any]) -> int:
    level = payload.get("ack")
    return level if isinstance(level, int) and -1 <= level <= 4 else 0


def _session_status(payload: dict[str, Any]) -> Parsed:
    status = clean(payload.get("status"))
    if not status:
        return Ignored("status without a word")
    me = payload["_me"]
    phone, lid = chat_of(me.get("id")), chat_of(me.get("lid"))
    return SessionChanged(status[:40], phone.digits if phone else None, lid.digits if lid else None)


def _call(payload: dict[str, Any]) -> Parsed:
    """A call that came in: shown as missed, because nobody can take it here."""
    address = clean(payload.get("from"))
    if payload.get("isGroup") is True or _not_a_guest(address):
        return Ignored("group call")
    chat = chat_of(address)
    if chat is None:
        raise Unreadable("a call without a caller")
    return MessageReceived(
        chat=chat,
        also=None,
        raw_id=raw_id_of(payload.get("id")) or _made_up_id(payload),
        is_from_us=False,
        is_from_api=False,
        kind="call",
        text="Missed video call" if payload.get("isVideo") is True else PLACEHOLDERS["call"],
        sent_at=moment(payload.get("timestamp")),
        profile_name=None,
        ack=0,
        details={"is_placeholder": True},
    )


def _change(payload: dict[str, Any]) -> Parsed:
    """An edit, a deletion or a reaction names its message by raw or full id, each in a field of its own."""
    target = (
        payload.get("editedMessageId")
        or payload.get("revokedMessageId")
        or _inner(payload, "reaction").get("messageId")
    )
    chat = _chat_id(payload, payload.get("fromMe") is True) or clean(_inner(payload, "after").get("from"))
    if reason := _not_a_guest(chat):
        return Ignored(reason)
    raw_id = raw_id_of(target)
    return MessageChanged(raw_id) if raw_id else Ignored("change without a message")


def _inner(value: Any, name: str) -> dict[str, Any]:
    inner = value.get(name) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


_READERS = {
    "message": _message,
    "message.any": _message,
    "message.ack": _ack,
    "message.edited": _change,
    "message.revoked": _change,
    "message.reaction": _change,
    "session.status": _session_status,
    "call.received": _call,
}
