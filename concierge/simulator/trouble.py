"""Phones that are always in trouble, told by their last four digits: a demo or a test dials what it wants."""

NO_WHATSAPP = "9001"
NO_LID = "9002"
HANGS = "9003"
DROPS_AFTER = "9004"
SLOW = "9005"
ACK_ERROR = "9006"

SLOW_SECONDS = 3.0

TROUBLED_NUMBERS = {
    NO_WHATSAPP: "has no WhatsApp: accepted, one tick, never delivered",
    NO_LID: "WAHA answers 500 “no LID found”, nothing is sent",
    HANGS: "WAHA never answers; the message leaves when released",
    DROPS_AFTER: "the message is sent, but the connection breaks before the answer",
    SLOW: "WAHA answers after 3 seconds",
    ACK_ERROR: "accepted, then WhatsApp refuses it (ack ERROR)",
}


def of_phone(phone: str | None) -> str | None:
    """The trouble of this number: one of the constants above, or None."""
    ending = (phone or "")[-4:]
    return ending if ending in TROUBLED_NUMBERS else None
