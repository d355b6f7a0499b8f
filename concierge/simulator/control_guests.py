"""The guests' side of the switches: they write, read, react, edit, delete and call; and the hotel's own phone."""

from io import BytesIO

from flask import Blueprint, Response, send_file

from . import engine, ids, shapes
from .answers import network
from .contents import Content, Quoted, content_of
from .control import asked_for, only_from_here, unknown_switch
from .state import Guest, Message
from .switches import UnknownSwitch

bp = Blueprint("control_guests", __name__, url_prefix="/simulator")
bp.before_request(only_from_here)
bp.register_error_handler(UnknownSwitch, unknown_switch)


@bp.get("/guests")
def guests() -> list[dict]:
    with network().lock:
        return [_guest(guest) for guest in network().state.guests.values()]


@bp.post("/guests")
def new_guest() -> tuple[dict, int]:
    """{phone, name?}: someone with a phone who has not written yet."""
    asked = asked_for()
    phone = ids.digits(str(asked.get("phone", "")))
    if ids.phone_in(f"{phone}@c.us") is None:
        raise UnknownSwitch("A phone is 7 to 15 digits with the country first, such as 628123456789.")
    with network().lock:
        guest = network().state.guest_at(f"{phone}@c.us", _text(asked, "name"))
        network().notice()
        return _guest(guest), 201


@bp.post("/guests/<phone>/messages")
def guest_writes(phone: str) -> tuple[dict, int]:
    """{kind?, text or caption, name?, as_lid?, hides_phone?, timestamp? (s), id?, event?}; an unknown guest is made.

    kind: one of contents.KINDS. reply_to? (id), file? {data (base64), mimetype, filename}, filename?,
    location? {latitude, longitude, name, address, url}, contact? {name, phone}.
    event: message, message.any or both, instead of what the settings say.
    """
    asked = asked_for()
    guest, text = _find_or_make(phone, _text(asked, "name")), _words(asked)
    if asked.get("event") not in (None, "message", "message.any", "both"):
        raise UnknownSwitch("event is message, message.any or both.")
    facts = {"raw_id": _text(asked, "id"), "timestamp": _seconds(asked, "timestamp"), "content": _content(guest, asked)}
    hides_phone = bool(asked.get("hides_phone"))
    as_lid = hides_phone or bool(asked.get("as_lid"))
    event = asked.get("event")
    written = network().people.write(guest, text, as_lid=as_lid, hides_phone=hides_phone, event=event, **facts)
    return _ids(written), 201


@bp.post("/guests/<phone>/hotel-phone")
def hotel_writes_on_its_phone(phone: str) -> tuple[dict, int]:
    """As a guest's message, but from the hotel, past WAHA: {kind?, text, id?, reply_to?, …}."""
    asked = asked_for()
    guest, text = _find_or_make(phone, _text(asked, "name")), _words(asked)
    return _ids(network().people.write_for_hotel(guest, text, _content(guest, asked), _text(asked, "id"))), 201


@bp.post("/guests/<phone>/messages/<message_id>/again")
def deliver_again(phone: str, message_id: str) -> tuple[dict, int]:
    """{hides_phone?}: the same message under the guest's other address."""
    guest, message = _message(phone, message_id)
    hides_phone = bool(asked_for().get("hides_phone"))
    return {"id": network().people.deliver_again(message, guest, hides_phone=hides_phone)}, 201


@bp.put("/guests/<phone>/messages/<message_id>")
def edit(phone: str, message_id: str) -> dict:
    """{text}: by whoever wrote it; a message of the hotel is edited on the hotel's phone."""
    guest, message = _message(phone, message_id)
    network().people.edit(guest, message, _words(asked_for()))
    return _ids(message)


@bp.delete("/guests/<phone>/messages/<message_id>")
def delete(phone: str, message_id: str) -> Response:
    network().people.delete(*_message(phone, message_id))
    return Response(status=204)


@bp.post("/guests/<phone>/reactions")
def react(phone: str) -> tuple[dict, int]:
    """{message (id), emoji, as_lid?}; an empty emoji takes the reaction back."""
    asked = asked_for()
    guest, message = _message(phone, str(asked.get("message")))
    network().people.react(guest, message, _text(asked, "emoji") or "", as_lid=bool(asked.get("as_lid")))
    return _ids(message), 201


@bp.post("/guests/<phone>/calls")
def call(phone: str) -> tuple[dict, int]:
    """{is_video?, as_lid?}: rings, and is rejected after call_seconds (a setting)."""
    asked = asked_for()
    how = {name: bool(asked.get(name)) for name in ("is_video", "as_lid")}
    return {"id": network().people.call(_find_or_make(phone), **how)}, 201


@bp.post("/guests/<phone>/read")
def guest_reads(phone: str) -> dict:
    return {"read": network().people.read(_find_or_make(phone))}


@bp.get("/guests/<phone>/files/<message_id>")
def file(phone: str, message_id: str) -> Response:
    """What the guest's own phone holds, for this page: no key and no lifetime."""
    held = _message(phone, message_id)[1].content.file
    if held is None:
        raise UnknownSwitch("There is no file in this message.")
    answer = send_file(BytesIO(held.data), mimetype=held.mimetype.partition(";")[0], conditional=True)
    # A test may send a page of HTML as a picture.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _find_or_make(phone: str, name: str | None = None) -> Guest:
    """By digits, or by a whole address such as 99123@lid."""
    address = phone if "@" in phone else f"{ids.digits(phone)}@c.us"
    with network().lock:
        return network().state.guest_at(address, name)


def _message(phone: str, message_id: str) -> tuple[Guest, Message]:
    guest = _find_or_make(phone)
    return guest, _message_of(guest, message_id)


def _message_of(guest: Guest, message_id: str) -> Message:
    """By full id, under any of the guest's addresses, or by raw id."""
    raw_id = message_id.split("_")[2] if message_id.count("_") >= 2 else message_id
    found = next((message for message in guest.messages if message.raw_id == raw_id), None)
    if found is None:
        raise UnknownSwitch("This guest has no message of this id.")
    return found


def _content(guest: Guest, asked: dict) -> Content:
    target_id = _text(asked, "reply_to")
    quoted = _quoted(_message_of(guest, target_id)) if target_id else None
    return content_of(asked, quoted)


def _quoted(message: Message) -> Quoted:
    writer = shapes.ME["id"] if message.is_from_hotel else message.address
    return Quoted(message.raw_id, str(writer), engine.body(message), engine.message(message) or {})


def _words(asked: dict) -> str:
    """Only what is nothing but text needs one."""
    words = _text(asked, "text")
    words = _text(asked, "caption") if words is None else words
    if words is None and (asked.get("kind") or "text") in ("text", "reply"):
        raise UnknownSwitch("A message needs a text.")
    return words or ""


def _text(asked: dict, name: str) -> str | None:
    value = asked.get(name)
    if value is not None and not isinstance(value, str):
        raise UnknownSwitch(f"{name} is a text.")
    return value


def _seconds(asked: dict, name: str) -> int | None:
    value = asked.get(name)
    if value is not None and (type(value) is not int or not 0 <= value < 10**10):
        raise UnknownSwitch(f"{name} is in whole seconds. Anything else can be posted under /simulator/webhooks.")
    return value


def _ids(message: Message) -> dict:
    ids_of = {"id": message.full_id, "raw_id": message.raw_id}
    return {**ids_of, "chatId": message.address, "timestamp": message.timestamp}


def _guest(guest: Guest) -> dict:
    names = ("address", "phone", "name", "lid", "unread")
    return {name: getattr(guest, name) for name in names}
