"""WAHA's webhooks: is it authentic, and what does it say. Every engine's shapes, old servers' too; stdlib only.

Facts are from WAHA's documentation and from requests captured from real servers (see docs/waha.md).
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from concierge.waha.content import PLACEHOLDERS, content_of, profile_name_of
from concierge.waha.happenings import (
    CallEnded,
    Edited,
    Ignored,
    MessageAcked,
    MessageReceived,
    Parsed,
    Reacted,
    Revoked,
    SessionChanged,
)
from concierge.waha.values import LONGEST_NAME, Chat, chat_of, clean, inner, moment, raw_id_of

LONGEST_PHONE = 15  # E.164
LONGEST_EMOJI = 40
SESSION_STATUS = "session.status"
MESSAGES = ("message", "message.any")


class Unreadable(ValueError):
    """An authentic body that says nothing we understand; the text says why, without a guest's words."""


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
        payload=(payload if isinstance(payload, dict) else {}) | _around(event),
    )


def parse(envelope: Envelope) -> Parsed:
    """What an event says. Unknown events are Ignored; raises Unreadable where a message has no sender."""
    reader = _READERS.get(envelope.name)
    return reader(envelope.payload) if reader else Ignored("unknown event")


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) < 20 else None


def _around(event: dict[str, Any]) -> dict[str, Any]:
    me = event.get("me")
    return {"_me": me if isinstance(me, dict) else {}, "_told_at": moment(event.get("timestamp"))}


def _message(payload: dict[str, Any]) -> Parsed:
    is_from_us = payload.get("fromMe") is True
    address = _chat_id(payload, is_from_us)
    if reason := _not_a_guest(address):
        return Ignored(reason)
    chat = chat_of(address)
    if chat is None:
        raise Unreadable("a message without a sender")
    content, raw_id = content_of(payload), raw_id_of(payload.get("id")) or _made_up_id(payload)
    return MessageReceived(
        chat=chat,
        also=_other_name(payload, chat),
        raw_id=raw_id,
        is_from_us=is_from_us,
        is_from_api=payload.get("source") == "api",
        kind=content.kind,
        text=content.text,
        sent_at=moment(payload.get("timestamp")),
        profile_name=profile_name_of(payload),
        ack=_level(payload),
        details=content.details,
        told_id=f"{'true' if is_from_us else 'false'}_{address}_{raw_id}",
        file=content.file,
        quoted_raw_id=content.quoted_raw_id,
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


def _edit(payload: dict[str, Any]) -> Parsed:
    raw_id = raw_id_of(payload.get("editedMessageId"))
    if reason := _no_target(payload, raw_id):
        return Ignored(reason)
    return Edited(raw_id or "", payload.get("fromMe") is True, clean(payload.get("body")), _own_time(payload, payload))


def _revocation(payload: dict[str, Any]) -> Parsed:
    """NOWEB tells the deletion in `after`; WEBJS the message itself, and perhaps as it was before."""
    after = inner(payload, "after") or inner(payload, "before") or payload
    raw_id = raw_id_of(payload.get("revokedMessageId")) or raw_id_of(inner(payload, "before").get("id"))
    if reason := _no_target(after, raw_id):
        return Ignored(reason)
    return Revoked(raw_id or "", after.get("fromMe") is True, _own_time(after, payload))


def _reaction(payload: dict[str, Any]) -> Parsed:
    reaction = inner(payload, "reaction")
    target = clean(reaction.get("messageId"))
    raw_id = raw_id_of(target)
    if reason := _no_target(payload, raw_id):
        return Ignored(reason)
    is_on_ours = {"true": True, "false": False}.get(target.partition("_")[0])
    emoji = clean(reaction.get("text"))[:LONGEST_EMOJI]
    return Reacted(raw_id or "", payload.get("fromMe") is True, is_on_ours, emoji, _own_time(payload, payload))


def _call_end(payload: dict[str, Any], was_answered: bool) -> Parsed:
    raw_id = raw_id_of(payload.get("id"))
    if payload.get("isGroup") is True:
        return Ignored("group call")
    return CallEnded(raw_id, was_answered) if raw_id else Ignored("end of a call without an id")


def _no_target(payload: dict[str, Any], raw_id: str | None) -> str | None:
    chat = _chat_id(payload, payload.get("fromMe") is True)
    return _not_a_guest(chat) or (None if raw_id else "change without a message")


def _own_time(payload: dict[str, Any], event: dict[str, Any]) -> datetime | None:
    """The writer's second; within it, events keep the order in which WAHA told them."""
    at, told_at = moment(payload.get("timestamp")), event["_told_at"]
    if at is None or told_at is None:
        return at
    return at + min(max(told_at - at, timedelta()), timedelta(milliseconds=999))


_READERS: dict[str, Callable[[dict[str, Any]], Parsed]] = {
    "message": _message,
    "message.any": _message,
    "message.ack": _ack,
    "message.edited": _edit,
    "message.revoked": _revocation,
    "message.reaction": _reaction,
    SESSION_STATUS: _session_status,
    "call.received": _call,
    "call.rejected": partial(_call_end, was_answered=False),
    "call.accepted": partial(_call_end, was_answered=True),
}
