"""WAHA's endpoints that do something in a chat: send, seen, typing, reaction. The trouble of sending lives here."""

import time

from flask import Blueprint, Response

from . import ids, shapes, trouble
from .answers import admit, body, drop_connection, fail, need_line, need_session, network, refuse

bp = Blueprint("api_sending", __name__)
bp.before_request(admit)


@bp.get("/api/<session>/new-message-id")
def new_message_id(session: str) -> dict:
    need_session(session)
    need_line()
    return {"id": ids.raw_message_id()}


@bp.post("/api/sendText")
def send_text() -> Response | tuple[dict, int]:
    asked = _asked()
    _need_text(asked)
    if refused := _trouble_before(asked["chatId"]):
        return refused
    message = network().hotel_sends(asked["chatId"], asked["text"], asked.get("id"))
    if refused := _trouble_after(asked["chatId"]):
        return refused
    return shapes.sent(message), 201


@bp.post("/api/sendSeen")
def send_seen() -> tuple[dict, int]:
    address = _address(_asked())
    _hang_typing()
    return {"ids": network().hotel_has_seen(address)}, 201


@bp.post("/api/startTyping")
def start_typing() -> tuple[dict, int]:
    return _typing(True)


@bp.post("/api/stopTyping")
def stop_typing() -> tuple[dict, int]:
    return _typing(False)


@bp.post("/api/<session>/presence")
def presence(session: str) -> Response:
    need_session(session)
    need_line()
    _hang_typing()
    asked = body()
    if asked.get("presence") in ("typing", "paused"):
        network().hotel_types(_address(asked), asked["presence"] == "typing")
    return Response(status=201)


@bp.put("/api/reaction")
def reaction() -> dict:
    asked = _asked()
    full_id, emoji = str(asked.get("messageId")), str(asked.get("reaction") or "")
    is_ours, address, raw_id = _parts(full_id)
    network().hotel_reacts(full_id, address, emoji)
    return shapes.reaction_sent(ids.raw_message_id(), address, (is_ours, raw_id), emoji)


def _asked() -> dict:
    """The body, once its session is known and working."""
    asked = body()
    if not asked.get("session"):
        refuse(400, "Session name is required")
    need_session(str(asked["session"]))
    need_line()
    return asked


def _need_text(asked: dict) -> None:
    """WAHA checks nothing: what is missing ends as a TypeError deep in its engine."""
    for field, reads in (("chatId", "includes"), ("text", "match")):
        if asked.get(field) is None:
            kind = "null" if field in asked else "undefined"
            fail(f"Cannot read properties of {kind} (reading '{reads}')", "TypeError")
        if not isinstance(asked[field], str):
            fail(f"{field}.{reads} is not a function", "TypeError")
    if asked.get("reply_to"):
        _parts(str(asked["reply_to"]))


def _parts(full_id: str) -> tuple[bool, str, str]:
    """From us or not, chat, raw id."""
    parts = full_id.split("_")
    if len(parts) not in (3, 4):
        fail("Message id be in format false_11111111111@c.us_AAAAAAAAAAAAAAAAAAAA[_participant]")
    return parts[0] == "true", parts[1], parts[2]


def _address(asked: dict) -> str:
    if not isinstance(asked.get("chatId"), str):
        fail("Cannot read properties of undefined (reading 'includes')", "TypeError")
    return ids.chat_address(asked["chatId"])


def _typing(is_typing: bool) -> tuple[dict, int]:
    address = _address(_asked())
    _hang_typing()
    network().hotel_types(address, is_typing)
    return {"result": True}, 201


def _hang_typing() -> None:
    if network().trouble.hang_typing:
        network().hang()


def _trouble_before(chat_id: str) -> Response | None:
    waha, special = network(), _number_trouble(chat_id)
    if special == trouble.SLOW:
        time.sleep(trouble.SLOW_SECONDS)
    if special == trouble.NO_LID:
        fail(f"no LID found for {ids.jid(ids.chat_address(chat_id))} from server")
    if waha.is_restricted_towards(chat_id):
        fail("server returned error 463")
    if _strikes("500_before", chat_id, waha.trouble.error_500_before):
        fail("Connection Closed")
    is_lost = _strikes("drop_before", chat_id, waha.trouble.drop_before)
    if not is_lost and _strikes("hang_before", chat_id, waha.trouble.hang or special == trouble.HANGS):
        is_lost = not waha.hang()
    is_lost = is_lost or _strikes("down_before", chat_id, waha.trouble.down)
    return drop_connection() if is_lost else None


def _trouble_after(chat_id: str) -> Response | None:
    switches, special = network().trouble, _number_trouble(chat_id)
    if _strikes("hang_after", chat_id, switches.hang_after):
        network().hang()
    if _strikes("500_after", chat_id, switches.error_500_after):
        fail("Connection Closed")
    is_dropped = _strikes("drop_after", chat_id, switches.drop_after or special == trouble.DROPS_AFTER)
    is_dropped = is_dropped or _strikes("down_after", chat_id, switches.down)
    return drop_connection() if is_dropped else None


def _strikes(kind: str, chat_id: str, is_certain: bool) -> bool:
    """By switch, by number or by chance; counted under /simulator/faults."""
    waha = network()
    chance = getattr(waha.settings, f"chance_{kind}", 0)
    strikes = is_certain or (chance > 0 and waha.dice.roll(f"{kind} {ids.chat_address(chat_id)}") < chance)
    if strikes:
        waha.faults.add(kind)
    return strikes


def _number_trouble(chat_id: str) -> str | None:
    address = ids.chat_address(chat_id)
    guest = network().state.find_guest(address)
    return trouble.of_phone(guest.phone if guest else ids.phone_in(address))
