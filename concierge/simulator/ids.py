"""Ids and addresses as WAHA and WhatsApp write them. Nothing here remembers anything."""

import hashlib
import re
import secrets
import time

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def raw_message_id() -> str:
    """Upper-case hex starting 3EB0, 22 characters, as NOWEB makes them."""
    return "3EB0" + secrets.token_hex(9).upper()


def event_id() -> str:
    """`evt_` and a lower-case ULID."""
    number = (now_ms() << 80) | secrets.randbits(80)
    return "evt_" + "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def request_id() -> str:
    return "".join(secrets.choice(BASE36) for _ in range(17))


def now_ms() -> int:
    return int(time.time() * 1000)


def lid_of(phone: str) -> str:
    """The same phone has the same hidden id in every run, and its digits tell nothing of the phone."""
    number = int(hashlib.sha256(phone.encode()).hexdigest(), 16) % 10**13
    return f"99{number:013d}@lid"


def chat_address(chat_id: str) -> str:
    """Where WAHA sends for any chatId: it adds a suffix where none is, and checks nothing."""
    address = chat_id if "@" in chat_id else f"{chat_id}@c.us"
    return address.replace("@s.whatsapp.net", "@c.us")


def jid(address: str) -> str:
    return address.replace("@c.us", "@s.whatsapp.net")


def phone_in(address: str) -> str | None:
    """The phone's digits when the address is one that WhatsApp could have, otherwise None."""
    match = re.fullmatch(r"([1-9][0-9]{6,14})@c\.us", address)
    return match.group(1) if match else None


def digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)
