"""Places and contact cards, out of what a guest's phone made of them."""

import math
import re
from typing import Any

from concierge.waha.values import LONGEST_NAME, clean

MOST_CONTACTS, MOST_PHONES = 20, 10
_ESCAPED = re.compile(r"\\([,;:\\nN])")


def place_of(location: dict[str, Any]) -> dict[str, Any]:
    """Latitude and longitude only where both are places on earth; WAHA writes them as text."""
    place: dict[str, Any] = {
        name: text[:LONGEST_NAME] for name in ("name", "address") if (text := clean(location.get(name)))
    }
    if "name" not in place and (told := clean(location.get("description")).strip()):
        place["name"] = told.splitlines()[0][:LONGEST_NAME]  # WEBJS: name and address in one
    latitude, longitude = _degrees(location.get("latitude"), 90), _degrees(location.get("longitude"), 180)
    if latitude is not None and longitude is not None:
        place |= {"latitude": latitude, "longitude": longitude}
    if location.get("live") is True:
        place["is_live"] = True
    return place


def contacts_of(cards: Any) -> list[dict[str, Any]]:
    """Name and phones of each vCard, as text."""
    given = cards if isinstance(cards, list) else []
    return [_contact(clean(card)) for card in given[:MOST_CONTACTS]]


def _degrees(value: Any, most: int) -> float | None:
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if abs(number) <= most else None  # NaN is not


def _contact(card: str) -> dict[str, Any]:
    name = ""
    phones: list[str] = []
    for line in re.sub(r"\r?\n[ \t]", "", card[:20_000]).splitlines():
        label, _, value = line.partition(":")
        # item1.TEL;type=CELL;waid=6281390000002:+62 813-9000-0002
        what = label.partition(";")[0].rpartition(".")[2].upper()
        text = _ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], value).strip()[:LONGEST_NAME]
        if what == "FN":
            name = name or text
        elif what == "TEL" and text and len(phones) < MOST_PHONES:
            phones.append(text.removeprefix("tel:"))
    return {"name": name, "phones": phones}
