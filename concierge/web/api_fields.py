"""The fields of a registration by a program: checked here, each fault named at its field."""

from datetime import date
from typing import Any

from concierge import clock, phone
from concierge.models import Hotel
from concierge.models.hotel import LANGUAGES
from concierge.stays import Arrival
from concierge.waha.values import clean
from concierge.web.errors import ApiError

LONGEST_NAME, LONGEST_EMAIL = 200, 254


def arrival_of(given: dict[str, Any], hotel: Hotel) -> Arrival:
    """What the desk would have typed. Raises ApiError 422 naming every wrong field."""
    faults: dict[str, str] = {}
    name = _text(given, "full_name", faults, most=LONGEST_NAME)
    _text(given, "room_number", faults, most=20)
    number = _phone(given, hotel, faults)
    checkin_date = _date(given, "checkin_date", faults)
    checkout_date = _date(given, "checkout_date", faults, required=False)
    email = _email(given, faults)
    language = given.get("language")
    if language not in (None, *LANGUAGES):
        faults["language"] = f"One of: {', '.join(LANGUAGES)}."
    if checkin_date and checkin_date > clock.today(hotel.time_zone):
        faults["checkin_date"] = "This is in the future: check the guest in when he is here."
    if checkin_date and checkout_date and checkout_date < checkin_date:
        faults["checkout_date"] = "Check-out is before check-in."
    if faults or checkin_date is None:
        raise ApiError(422, "invalid", "Some fields are missing or wrong.", faults)
    return Arrival(
        name=name,
        phone=number,
        checkin_date=checkin_date,
        checkout_date=checkout_date,
        email=email,
        language=language,
    )


def room_number_of(given: dict[str, Any]) -> str:
    """As rooms are looked up: without what no database takes."""
    return clean(given.get("room_number")).strip()


def _text(given: dict[str, Any], field: str, faults: dict[str, str], *, most: int) -> str:
    text = clean(given.get(field)).strip()
    if not text:
        faults[field] = "This field is required, as text."
    elif len(text) > most:
        faults[field] = f"At most {most} characters."
    return text


def _phone(given: dict[str, Any], hotel: Hotel, faults: dict[str, str]) -> str:
    typed = _text(given, "phone_number", faults, most=phone.LONGEST)
    try:
        return phone.parse(typed, hotel.country)
    except phone.ImpossiblePhone as fault:
        faults.setdefault("phone_number", str(fault))
        return ""


def _date(given: dict[str, Any], field: str, faults: dict[str, str], *, required: bool = True) -> date | None:
    value = given.get(field)
    if value in (None, "") and not required:
        return None
    try:
        return date.fromisoformat(value or "")  # anything else than text raises
    except (TypeError, ValueError):
        faults[field] = "A date such as 2026-11-22."
        return None


def _email(given: dict[str, Any], faults: dict[str, str]) -> str | None:
    value = given.get("email")
    if value in (None, ""):
        return None
    text = clean(value).strip()
    local, at, domain = text.partition("@")
    if not (local and at and "." in domain) or len(text) > LONGEST_EMAIL or any(c.isspace() for c in text):
        faults["email"] = "This is no e-mail address."
    return text
