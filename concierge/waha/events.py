"""WAHA's webhooks: is it authentic, and what does it say. Every engine's shapes, old servers' too; stdlib only.

Facts are from WAHA's documentation and from requests captured from real servers (see docs/waha.md).
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from concierge.waha.content import PLACEHOLDERS, content_of, profile_name_of
from concierge.waha.values import LONGEST_NAME, Chat, chat_of, clean, inner, moment, raw_id_of

LONGEST_PHONE = 15  # E.164
SESSION_STATUS = "session.status"


class Unreadable(ValueError):
    """An authentic body that says nothing we understand; the text says why, without a guest's words."""


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
    kind, text, details = content_of(payload)
    return MessageReceived(
        chat=chat,
        also=_other_name(payload, chat),
        raw_id=raw_id_of(payload.get("id")) or _made_up_id(payload),
        is_from_us=is_from_us,
        is_from_api=payload.get("source") == "api",
        kind=kind,
        text=text,
        sent_at=moment(payload.get("timestamp")),
        profile_name=profile_name_of(payload),
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
    data = inner(payload, "_data")
    key, info = inner(data, "key"), inner(data, "Info")
    for value in (key.get("remoteJidAlt"), info.get("SenderAlt"), info.get("RecipientAlt")):
        other = chat_of(value)
        if other and other.kind != chat.kind:
            return other
    return None


def _ack(payload: dict[str, Any]) -> Parsed:
    if payload.get("fromMe") is False:
        return Ignored("ack of a guest's message")
    if reason := _not_a_guest(_chat_id(payload, is_from_us=True)):
        return Ignored(reason)
    raw_id = raw_id_of(payload.get("id"))
    if raw_id is None:
        return Ignored("ack without a message")
    code = clean(inner(payload, "error").get("code")) or None
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
    is_phone = phone is not None and len(phone.digits) <= LONGEST_PHONE
    return SessionChanged(status[:40], phone.digits if phone and is_phone else None, lid.digits if lid else None)


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
        payload.get("editedMessageId") or payload.get("revokedMessageId") or inner(payload, "reaction").get("messageId")
    )
    chat = _chat_id(payload, payload.get("fromMe") is True) or clean(inner(payload, "after").get("from"))
    if reason := _not_a_guest(chat):
        return Ignored(reason)
    raw_id = raw_id_of(target)
    return MessageChanged(raw_id) if raw_id else Ignored("change without a message")


_READERS = {
    "message": _message,
    "message.any": _message,
    "message.ack": _ack,
    "message.edited": _change,
    "message.revoked": _change,
    "message.reaction": _change,
    SESSION_STATUS: _session_status,
    "call.received": _call,
}
