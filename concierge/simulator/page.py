"""The guest's phone in the browser, on /. It shows what /simulator/phone says, asked every second."""

from collections.abc import Iterable

from flask import Blueprint, Response, make_response, render_template, request

from . import trouble
from .answers import network
from .contents import Content
from .control import only_from_here
from .state import Guest, Message

bp = Blueprint("page", __name__)
bp.before_request(only_from_here)

SHOWN_WEBHOOKS = 12
NAMES = {
    "text": "Text",
    "image": "Photo",
    "video": "Video",
    "voice": "Voice note",
    "audio": "Music",
    "document": "Document",
    "sticker": "Sticker",
    "location": "Location",
    "contact": "Contact card",
    "poll": "Poll",
    "unsupported": "An order: a kind the hotel cannot show",
}
REACTIONS = ("👍", "❤️", "🙏", "😂", "😮")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@bp.get("/")
def phone() -> Response:
    response = make_response(
        render_template("phone.html", numbers=trouble.TROUBLED_NUMBERS, kinds=NAMES, reactions=REACTIONS)
    )
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.get("/simulator/phone")
def phone_now() -> dict | Response:
    """All that the page shows, with the thread of ?guest=address; 204 when nothing is newer than ?revision."""
    waha = network()
    with waha.lock:
        revision = f"{waha.started_at}.{waha.changes}.{waha.sender.changes}"
        if request.args.get("revision") == revision:
            return Response(status=204)
        guest = waha.state.guests.get(request.args.get("guest", ""))
        return {
            "revision": revision,
            "line": waha.line.status,
            "control_url": waha.control_url,
            "webhook_url": waha.settings.webhook_url,
            "trouble": waha.trouble.as_dict(),
            "hanging": waha.hanging_count,
            "guests": [_row(known) for known in _by_last_message(waha.state.guests.values())],
            "thread": _thread(guest, waha.waiting_ids) if guest else None,
            "webhooks": [one.as_dict() for one in list(waha.sender.log)[: -SHOWN_WEBHOOKS - 1 : -1]],
        }


def _by_last_message(guests: Iterable[Guest]) -> list[Guest]:
    return sorted(guests, key=lambda guest: guest.messages[-1].order if guest.messages else 0, reverse=True)


def _shown_name(guest: Guest) -> str:
    return guest.name or (f"+{guest.phone}" if guest.phone else guest.address)


def _row(guest: Guest) -> dict:
    last = guest.messages[-1] if guest.messages else None
    return {
        "address": guest.address,
        "name": _shown_name(guest),
        "phone": guest.phone,
        "unread": guest.unread,
        "preview": _preview(last) if last else "No messages yet",
        "timestamp": last.timestamp if last else None,
    }


def _preview(message: Message) -> str:
    kind = NAMES[message.content.kind]
    words = "Deleted" if message.is_deleted else message.text[:80] or kind
    return ("" if message.is_from_hotel else "You: ") + words


def _thread(guest: Guest, waiting: set[str]) -> dict:
    return {
        "address": guest.address,
        "name": _shown_name(guest),
        "phone": guest.phone,
        "lid": guest.lid,
        "is_typed_to": guest.is_typed_to,
        "has_whatsapp": guest.has_whatsapp,
        "trouble": trouble.TROUBLED_NUMBERS.get(trouble.of_phone(guest.phone) or ""),
        "messages": [_bubble(message, guest, waiting) for message in sorted(guest.messages, key=_sent_order)],
    }


def _sent_order(message: Message) -> tuple[int, int]:
    return message.timestamp, message.order


def _bubble(message: Message, guest: Guest, waiting: set[str]) -> dict:
    names = "raw_id text is_from_hotel is_from_phone timestamp ack reaction guest_reaction is_edited is_deleted"
    facts = {name: getattr(message, name) for name in names.split()}
    held = {} if message.is_deleted else _held(message.content, f"guests/{guest.address}/files/{message.raw_id}")
    return {**facts, **held, "kind": message.content.kind, "is_waiting": message.full_id in waiting}


def _held(content: Content, file_path: str) -> dict:
    """What the bubble shows beside its words."""
    file, quoted, place = content.file, content.quoted, content.place
    shown = {
        "file": file and f"/simulator/{file_path}",
        "title": (file.filename if file else None) or content.card_name or (place or {}).get("name"),
        "quote": quoted and (quoted.body or "a message without words"),
    }
    if place:
        shown["title"] = shown["title"] or f"{place['latitude']}, {place['longitude']}"
    return shown | ({"said": NAMES[content.kind]} if content.kind != "text" else {})
