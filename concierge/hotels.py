"""Hotels of a chain: adding one with its line, and finding one by its name."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from sqlalchemy import func, select

from concierge import vault
from concierge.extensions import db
from concierge.models import Hotel, Line
from concierge.models.hotel import LANGUAGES

LONGEST_NAME = 120


class BadHotel(ValueError):
    """The text says which part of it cannot be."""


def named(name: str | None) -> Hotel:
    """The hotel of this name; without one, the only hotel. Raises BadHotel."""
    found = db.session.scalars(select(Hotel).where(Hotel.name == name) if name else select(Hotel)).all()
    if len(found) == 1:
        return found[0]
    if name:
        raise BadHotel(f"There is no hotel named {name!r}." if not found else f"Several hotels are named {name!r}.")
    raise BadHotel("There are several hotels: say which with --hotel NAME.")


def create(
    name: str,
    *,
    waha_host: str,
    waha_session: str,
    time_zone: str,
    country: str,
    language: str,
    api_key: str,
    hmac_key: str,
    secret_key: str,
) -> Line:
    """A hotel and its line; the line's keys are kept encrypted. Raises BadHotel."""
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise BadHotel(f"The hotel's name must have 1 to {LONGEST_NAME} letters.")
    if db.session.scalar(select(Hotel.id).where(Hotel.name == name.strip())):
        raise BadHotel(f"There is a hotel named {name.strip()!r} already.")
    check_time_zone(time_zone)
    check_country(country)
    if language not in LANGUAGES:
        raise BadHotel(f"{language!r} is no language of ours: {', '.join(LANGUAGES)}.")
    if not waha_host.startswith(("http://", "https://")):
        raise BadHotel("The WAHA server's address begins with http:// or https://.")
    if not hmac_key or not secret_key:
        raise BadHotel("LINE_HMAC_KEY (the key WAHA signs webhooks with) and SECRET_KEY must be set.")
    hotel = Hotel(name=name.strip(), time_zone=time_zone, country=country, language=language)
    db.session.add(hotel)
    db.session.flush()
    line = Line(
        hotel_id=hotel.id,
        position=(db.session.scalar(select(func.max(Line.position))) or 0) + 1,
        host=waha_host.rstrip("/"),
        waha_session=waha_session,
        api_key_encrypted=vault.encrypt(secret_key, api_key) if api_key else None,
        hmac_key_encrypted=vault.encrypt(secret_key, hmac_key),
    )
    db.session.add(line)
    db.session.flush()
    return line


def check_time_zone(name: str) -> None:
    """Raise BadHotel for what is no IANA zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise BadHotel(f"{name!r} is no time zone. Write it like Asia/Jakarta.") from fault


def check_country(code: str) -> None:
    """Raise BadHotel for what is no country with phone numbers."""
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise BadHotel(f"{code!r} is no country. Write its two letters, like ID.")
