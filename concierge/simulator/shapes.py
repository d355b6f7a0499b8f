"""The JSON that WAHA speaks with the NOWEB engine: messages, acks, webhook envelopes, errors. It keeps nothing."""

from datetime import UTC, datetime

from . import engine, ids
from .state import Guest, Message

VERSION = "2026.9.1"
ENVIRONMENT = {
    "version": VERSION,
    "engine": "NOWEB",
    "tier": "CORE",
    "browser": None,
    "platform": "linux/x64",
    "worker": {"id": "simulator"},
}
ME = {"id": "628110009999@c.us", "pushName": "Hotel Melati", "lid": "99110000000009@lid"}
ACK_NAMES = {-1: "ERROR", 0: "PENDING", 1: "SERVER", 2: "DEVICE", 3: "READ", 4: "PLAYED"}


def sent(message: Message) -> dict:
    """The answer to sendText: the raw Baileys message; its id is key.id."""
    return {
        "key": _key(message),
        "message": {"extendedTextMessage": {"text": message.text}},
        "messageTimestamp": str(message.timestamp),
        "status": "PENDING",
    }


def wa_message(message: Message, guest: Guest, media: dict | None = None) -> dict:
    """A message as webhooks and chat reads show it; media is the payload's, once downloaded."""
    content = message.content
    has_file = content.file is not None and not message.is_deleted
    return {
        "id": message.full_id,
        "timestamp": message.timestamp,
        "from": message.address,
        "fromMe": message.is_from_hotel,
        "source": "api" if message.is_from_hotel and not message.is_from_phone else "app",
        "body": engine.body(message),
        "hasMedia": has_file,
        "media": media if has_file else None,
        "ack": message.ack,
        "ackName": ACK_NAMES[message.ack],
        "location": engine.location(content) if content.place and not message.is_deleted else None,
        "vCards": [content.card] if content.card and not message.is_deleted else None,
        "replyTo": engine.reply_to(content.quoted) if content.quoted else None,
        "_data": _data(message, guest),
    }


def ack(message: Message) -> dict:
    return {
        "id": message.full_id,
        "from": message.address,
        "fromMe": True,
        "ack": message.ack,
        "ackName": ACK_NAMES[message.ack],
    }


def reaction_sent(raw_id: str, address: str, target: tuple[bool, str], emoji: str) -> dict:
    at = ids.now_ms()
    key = {"remoteJid": ids.jid(address), "fromMe": target[0], "id": target[1]}
    return {
        "key": {"remoteJid": ids.jid(address), "fromMe": True, "id": raw_id},
        "message": {"reactionMessage": {"key": key, "text": emoji, "senderTimestampMs": str(at)}},
        "messageTimestamp": str(at // 1000),
        "status": "PENDING",
    }


def envelope(event: str, payload: dict, *, session: str, me: dict | None) -> dict:
    """Key order as captured from a real WAHA."""
    return {
        "id": ids.event_id(),
        "timestamp": ids.now_ms(),
        "event": event,
        "session": session,
        "metadata": {},
        "me": me,
        "payload": payload,
        "engine": "NOWEB",
        "environment": ENVIRONMENT,
    }


def timelock(until: int) -> dict:
    """WAHA 2026.8.1: is this account kept from writing to new chats?"""
    is_active = until > ids.now_ms() // 1000
    return {"enforcementType": "DEFAULT", "isActive": is_active, "timeEnforcementEnds": until if is_active else None}


def capping() -> dict:
    return {"cappingStatus": "NONE", "totalQuota": -1, "usedQuota": 0, "cycleStart": None, "cycleEnd": None}


def error(status: int, message: str | list[str]) -> dict:
    names = {400: "Bad Request", 404: "Not Found", 422: "Unprocessable Entity"}
    return {"message": message, "error": names[status], "statusCode": status}


def wrong_status(session: str, status: str, expected: str) -> dict:
    """422 of a line in the wrong status: this one has neither message nor statusCode."""
    text = "Session status is not as expected. Try again later or restart the session"
    return {"error": text, "session": session, "status": status, "expected": [expected]}


def engine_failure(exception: str, name: str, request: dict) -> dict:
    """A 500: as on the real one it echoes the whole request, guest's words included."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    place = "WhatsappSessionNoWebCore.sendText (/app/dist/core/engines/noweb/session.noweb.core.js:614:26)"
    stack = f"{name}: {exception}\n    at {place}"
    return {
        "statusCode": 500,
        "timestamp": moment,
        "exception": {"message": exception, "name": name, "stack": stack},
        "request": request,
        "version": ENVIRONMENT,
    }


def _key(message: Message) -> dict:
    return {"remoteJid": ids.jid(message.address), "fromMe": message.is_from_hotel, "id": message.raw_id}


def _data(message: Message, guest: Guest) -> dict:
    if message.is_from_hotel and not message.is_from_phone:
        gone = {"message": None} if message.is_deleted else {}
        return sent(message) | gone | {"status": message.ack + 1 if message.ack else "PENDING"}
    name = ME["pushName"] if message.is_from_hotel else guest.name
    return {
        "key": _key(message) | ({} if message.is_from_hotel else _other_address(message, guest)),
        "messageTimestamp": message.timestamp,
        **({"pushName": name} if name else {}),
        "broadcast": False,
        "message": engine.message(message),
        "status": message.ack + 1 if message.is_from_hotel else 3,
    }


def _other_address(message: Message, guest: Guest) -> dict:
    if message.address.endswith("@lid"):
        is_told = guest.phone and not message.hides_phone
        phone = {"remoteJidAlt": f"{guest.phone}@s.whatsapp.net"} if is_told else {}
        return phone | {"addressingMode": "lid"}
    return {"remoteJidAlt": guest.lid, "addressingMode": "pn"} if guest.lid else {}
