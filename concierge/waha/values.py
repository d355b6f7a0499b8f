"""The small parts of WAHA's events: texts, ids, times and chats, as every engine writes them. Stdlib only."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

LONGEST_NAME = 200
_CHAT = re.compile(r"\+?(\d{1,20})(?::\d+)?@(c\.us|s\.whatsapp\.net|lid)\Z")
_EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)  # WhatsApp's first year: what is older is no time


@dataclass(frozen=True)
class Chat:
    """Who a chat is with: `phone` with digits of the international number, or `lid`."""

    kind: str
    digits: str


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


def inner(value: Any, name: str) -> dict[str, Any]:
    inner = value.get(name) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}
