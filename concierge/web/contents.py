"""How templates show what a bubble holds: places, cards, files, and what became of the words."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Flask

from concierge import media
from concierge.models import Media
from concierge.models.message import Message
from concierge.web import filters

LATE = timedelta(minutes=10)
DELETED = "Deleted message"
_CALLED = {"image": "Photo", "video": "Video", "voice": "Voice message", "audio": "Audio", "sticker": "Sticker"}
_PHONE = re.compile(r"\+?[\d\s().-]{3,25}\Z")


def held(message: Message, name: str) -> object:
    """A detail of the message, if it has it."""
    return (message.details or {}).get(name)


def called(message: Message) -> str:
    """What sort of file it is, in a word."""
    return _CALLED.get(message.kind, "File")


def words_now(message: Message) -> str:
    """What the list shows: never what was deleted."""
    return DELETED if message.revoked_at else message.text


def map_url(place: dict[str, float]) -> str | None:
    """Where the guest is, on a map; None where no place was told."""
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if latitude is None or longitude is None:
        return None
    point = f"{latitude:.6f}", f"{longitude:.6f}"
    return f"https://www.openstreetmap.org/?mlat={point[0]}&mlon={point[1]}#map=17/{point[0]}/{point[1]}"


def dialled(number: str) -> str | None:
    """For a tel: link; None for what is no number."""
    return re.sub(r"[^\d+]", "", number) if _PHONE.match(number) else None


def came_late(message: Message, zone: ZoneInfo) -> str | None:
    """When it was written, where it came more than ten minutes after."""
    return filters.moment(message.sent_at, zone) if message.created_at - message.sent_at > LATE else None


def why_not_here(wanted: Media) -> str:
    """Why a file could not be fetched, and what to do."""
    return media.words(wanted)


def weight(size: int) -> str:
    """`12 kB`, `3.4 MB`."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} kB"


def init_app(app: Flask) -> None:
    """Make all of them known to the templates."""
    shown = (held, called, words_now, map_url, dialled, came_late, why_not_here, weight)
    app.jinja_env.filters.update({show.__name__: show for show in shown})
