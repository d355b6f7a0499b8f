"""What a message of WAHA holds: its kind, its words or an honest placeholder, and who the writer says they are."""

import re
from typing import Any

from concierge.waha.values import LONGEST_NAME, clean, inner

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


def content_of(payload: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Kind, text and details. What has no words of its own gets an honest placeholder."""
    kind = _kind(payload)
    text = clean(payload.get("body"))
    details: dict[str, Any] = {}
    if kind != "text" and not text:
        text, details["is_placeholder"] = PLACEHOLDERS[kind], True
    if kind == "document" and (name := clean(inner(payload, "media").get("filename"))):
        details["filename"] = name[:LONGEST_NAME]
    return kind, text, details


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
    if payload.get("hasMedia") or payload.get("media"):
        return _media_kind(payload)
    return "text" if clean(payload.get("body")) else "unsupported"


def _media_kind(payload: dict[str, Any]) -> str:
    mimetype = clean(inner(payload, "media").get("mimetype"))
    parts = inner(inner(payload, "_data"), "message")
    if mimetype in {"image/webp", "application/was"} or "stickerMessage" in parts:
        return "sticker"
    if mimetype.startswith("audio/"):
        is_voice = inner(parts, "audioMessage").get("ptt") is True or "ogg" in mimetype
        return "voice" if is_voice else "audio"
    top = mimetype.partition("/")[0]
    return top if top in {"image", "video"} else "document"
