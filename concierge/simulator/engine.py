"""What NOWEB keeps of a message under `_data.message`, and what WAHA makes of it, as captured from a real server."""

import base64

from . import ids
from .contents import Content, Quoted
from .state import Message

NAMES = {
    "image": "imageMessage",
    "video": "videoMessage",
    "voice": "audioMessage",
    "audio": "audioMessage",
    "document": "documentMessage",
    "sticker": "stickerMessage",
}
# The first bytes of a picture: enough to be seen as a thumbnail's place.
THUMBNAIL = b"\xff\xd8\xff"
POLL = {
    "name": "Sarapan jam?",
    "options": [{"optionName": "07:00"}, {"optionName": "08:00"}],
    "selectableOptionsCount": 1,
}


def body(message: Message) -> str | None:
    """None where there are no words: media without caption, places, cards, polls, what was deleted."""
    if message.is_deleted or message.content.kind in ("location", "contact", "poll", "unsupported"):
        return None
    return message.text if message.content.kind == "text" else message.text or None


def message(message: Message) -> dict | None:
    content = message.content
    if message.is_deleted:
        return None
    if content.kind == "text":
        said = _text(message)
    elif content.kind == "poll":
        said = {"pollCreationMessageV3": POLL, "messageContextInfo": {"messageSecret": _buffer(b"s" * 32)}}
    elif content.kind == "unsupported":
        said = {"orderMessage": {"orderId": "1", "itemCount": 2, "status": 1}}
    else:
        said = _held(message)
    return {"editedMessage": {"message": said}} if message.is_edited else said


def location(content: Content) -> dict:
    """Latitude and longitude are texts here."""
    place = content.place or {}
    numbers = {name: str(place[name]) for name in ("latitude", "longitude")}
    names = {name: place[name] for name in ("name", "address", "url") if name in place}
    return {"live": False, **numbers, **names, "thumbnail": base64.b64encode(THUMBNAIL).decode()}


def reply_to(quoted: Quoted) -> dict:
    facts = {"id": quoted.raw_id, "participant": quoted.participant, "body": quoted.body}
    return facts | {"_data": quoted.engine_message}


def edit(target: Message, text: str) -> dict:
    """The message that changes another one."""
    said = {NAMES[target.content.kind]: {"caption": text}} if target.content.file else {"conversation": text}
    protocol = {"key": key(target), "type": 14, "editedMessage": said, "timestampMs": str(ids.now_ms())}
    return {"editedMessage": {"message": {"protocolMessage": protocol}}}


def revocation(target: Message) -> dict:
    return {"protocolMessage": {"key": key(target), "type": 0}}


def key(message: Message) -> dict:
    return {"remoteJid": ids.jid(message.address), "fromMe": message.is_from_hotel, "id": message.raw_id}


def _text(message: Message) -> dict:
    quoted = message.content.quoted
    if quoted is None:
        return {"conversation": message.text}
    return {"extendedTextMessage": {"text": message.text, **_context(quoted)}}


def _context(quoted: Quoted | None) -> dict:
    if quoted is None:
        return {}
    facts = {"stanzaId": quoted.raw_id, "participant": ids.jid(quoted.participant)}
    return {"contextInfo": facts | {"quotedMessage": quoted.engine_message}}


def _held(message: Message) -> dict:
    content, context = message.content, _context(message.content.quoted)
    if content.place is not None:
        place = dict(content.place)
        degrees = {"degreesLatitude": place.pop("latitude"), "degreesLongitude": place.pop("longitude")}
        return {"locationMessage": degrees | place | {"jpegThumbnail": _buffer(THUMBNAIL), **context}}
    if content.card is not None:
        return {"contactMessage": {"displayName": content.card_name, "vcard": content.card, **context}}
    return {NAMES[content.kind]: _file(message) | context}


def _file(message: Message) -> dict:
    file, kind = message.content.file, message.content.kind
    assert file is not None
    facts = {
        "url": "https://mmg.whatsapp.net/v/t62.7118-24/x",
        "mimetype": file.mimetype,
        "fileSha256": _buffer(b"a" * 32),
        "fileLength": str(len(file.data)),
        "mediaKey": _buffer(b"k" * 32),
        "fileEncSha256": _buffer(b"e" * 32),
        "directPath": "/v/t62.7118-24/x",
        "mediaKeyTimestamp": str(message.timestamp),
    }
    own: dict[str, dict] = {
        "image": {"height": 160, "width": 240, "jpegThumbnail": _buffer(THUMBNAIL)},
        "video": {"seconds": file.seconds, "gifPlayback": False},
        "voice": {"seconds": file.seconds, "ptt": True},
        "audio": {"seconds": file.seconds, "ptt": False},
        "document": {"fileName": file.filename, "title": (file.filename or "").partition(".")[0], "pageCount": 1},
        "sticker": {"isAnimated": False},
    }
    return facts | ({"caption": message.text} if message.text else {}) | own[kind]


def _buffer(data: bytes) -> dict:
    return {"type": "Buffer", "data": list(data)}
