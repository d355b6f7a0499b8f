"""Phone numbers: any way people write them in, one stored form (E.164) out, and back as people write it."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

LONGEST = 60
_WHATSAPP = re.compile(r"(\d{5,15})(?::\d+)?@(?:c\.us|s\.whatsapp\.net)\Z")


class ImpossiblePhone(ValueError):
    """Not a number that can be called; the text may be shown to staff."""


def parse(typed: str, country: str) -> str:
    """E.164 (`+6281234567890`) of what somebody typed or WAHA sent.

    A number without country code belongs to `country` (ISO 3166, two letters); `+` and `00` mean that it has one.
    A WhatsApp address (`6281234567890@c.us`) always has one. Raises ImpossiblePhone.
    """
    text = typed.strip()
    if len(text) > LONGEST:
        raise ImpossiblePhone("This is too long for a phone number.")
    if whatsapp := _WHATSAPP.match(text):
        return _checked("+" + whatsapp[1], None)
    if text.startswith("00"):
        text = "+" + text[2:]
    try:
        return _checked(text, country)
    except ImpossiblePhone:
        digits = re.sub(r"[\s().\-/]", "", text)
        if _starts_with_code_of(country, digits):
            return _checked("+" + digits, None)
        raise


def show(e164: str) -> str:
    """As people write it, with its country code: `+62 812-3456-7890`. What is no number is shown as it is."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(e164, None), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return e164


def country_of(e164: str) -> str | None:
    """The two-letter country of an E.164 number, where it can be told."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164, None))
    except NumberParseException:
        return None


def _starts_with_code_of(country: str, digits: str) -> bool:
    """People leave the plus out: 6281234567890 in Indonesia is +62 812…, never a local number."""
    return digits.isdigit() and digits.startswith(str(phonenumbers.country_code_for_region(country)))


def _checked(text: str, country: str | None) -> str:
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException as fault:
        raise ImpossiblePhone("This is not a phone number.") from fault
    if number.extension:
        raise ImpossiblePhone("WhatsApp numbers have no extension: leave it out.")
    if not phonenumbers.is_valid_number(number):
        raise ImpossiblePhone(
            "No such phone number exists. Write it with its country code, for example +62 812-3456-7890."
        )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
