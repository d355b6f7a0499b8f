"""The JSON twin of the front desk, for programs: property systems, kiosks, scripts."""

import json
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from concierge import desk, lines, stays, tokens
from concierge.extensions import csrf, db
from concierge.models import Conversation, Hotel, IdempotentAnswer, Message
from concierge.web import contents, guards
from concierge.web.api_fields import arrival_of, room_number_of
from concierge.web.errors import ApiError
from concierge.web.forms import is_uuid

LONGEST_KEY = 200
MOST_A_PAGE = 100
LONGEST_CURSOR = 36

bp = Blueprint("api", __name__, url_prefix="/api/v1")
csrf.exempt(bp)


@bp.before_request
def _enter() -> None:
    """A token of one hotel; in development a program on this very computer needs none."""
    request.get_data()  # a slow sender must not hold the database
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        known = tokens.find(token.strip())
        if known is None:
            raise ApiError(401, "unauthorized", "This token is not known.")
        if request.method == "POST":
            tokens.note_use(known)
        g.hotel, g.caller = known.hotel, known.id
        return
    if not (guards.settings().is_development and _is_loopback()):
        raise ApiError(401, "unauthorized", "Send a token: Authorization: Bearer <token>. See `flask create-token`.")
    g.hotel, g.caller = lines.first().hotel, "development"


@bp.post("/guests/register")
def register() -> tuple[Response, int]:
    """Check a guest in. 201 with the ids of what was made."""
    body = request.get_data()
    return _once(body, lambda: _register(g.hotel, _object(body)))


@bp.get("/guests/rooms/available")
def available_rooms() -> Response:
    """The rooms a guest can be checked in to now."""
    rooms = stays.free_rooms(g.hotel)
    return jsonify(
        {
            "rooms": [
                {"room_number": room.number, "type": room.type, "cleaning_state": room.cleaning_state} for room in rooms
            ]
        }
    )


@bp.get("/conversations")
def conversations() -> Response:
    """The hotel's conversations, the latest first; `cursor` of the answer's `next` pages on."""
    found, cursor = desk.page_of_conversations(g.hotel, _cursor(is_uuid), _limit())
    return jsonify({"conversations": [_conversation(one) for one in found], "next": cursor})


@bp.get("/conversations/<conversation_id>/messages")
def messages(conversation_id: str) -> Response:
    """One conversation's messages, the oldest first."""
    conversation = desk.find_conversation(g.hotel, conversation_id) if is_uuid(conversation_id) else None
    if conversation is None:
        raise ApiError(404, "unknown_conversation", "There is no such conversation.")
    while conversation.joined_into_id:  # two guests were one: its messages are there now
        conversation = db.session.get_one(Conversation, conversation.joined_into_id)
    found, cursor = desk.page_of_messages(conversation, _cursor(str.isdecimal), _limit())
    return jsonify({"messages": [_message(one) for one in found], "next": cursor})


def _once(body: bytes, act: Callable[[], dict[str, Any]]) -> tuple[Response, int]:
    """Act once per Idempotency-Key: the answer is stored in the commit of the effect."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY:
        raise ApiError(
            422, "invalid", "The Idempotency-Key is too long.", {"Idempotency-Key": "at most 200 characters"}
        )
    known = _open_answer(key, body) if key else None
    if known and tokens.is_answered(known):
        status, answer = known.status, known.answer
    else:
        status, answer = 201, act()
        if known:
            tokens.keep_answer(known, status, answer)
    db.session.commit()
    return jsonify(answer), status


def _open_answer(key: str, body: bytes) -> IdempotentAnswer:
    try:
        return tokens.open_answer(g.caller, key, body)
    except tokens.OtherBody as fault:
        raise ApiError(422, "idempotency_key_reused", str(fault)) from fault


def _register(hotel: Hotel, given: dict[str, Any]) -> dict[str, Any]:
    arrival, room_number = arrival_of(given, hotel), room_number_of(given)
    room = desk.find_room(hotel, room_number)
    if room is None:
        raise ApiError(404, "unknown_room", "There is no such room.", {"room_number": "There is no such room."})
    try:
        made = stays.check_in(hotel, room, arrival)
    except stays.RoomOccupied as fault:
        raise ApiError(409, "room_occupied", str(fault), {"room_number": str(fault)}) from fault
    return {
        "user_id": made.stay.guest_id,
        "checkin_id": made.stay.id,
        "session_id": made.conversation.id,
        "message_id": made.welcome.id,
        "full_name": arrival.name,
        "room_number": room.number,
        "checkin_date": arrival.checkin_date.isoformat(),
        "checkout_date": arrival.checkout_date.isoformat() if arrival.checkout_date else None,
        "email": arrival.email,
        "phone_number": given["phone_number"],
        "phone_e164": arrival.phone,
    }


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise ApiError(400, "not_json", "The body is not JSON.") from fault
    if not isinstance(given, dict):
        raise ApiError(400, "not_an_object", "The body must be a JSON object.")
    return given


def _limit() -> int:
    asked = request.args.get("limit", "50")
    if not asked.isdecimal() or not 0 < int(asked[:4]) <= MOST_A_PAGE:
        raise ApiError(422, "invalid", f"limit must be from 1 to {MOST_A_PAGE}.", {"limit": f"1 to {MOST_A_PAGE}"})
    return int(asked)


def _cursor(is_one: Callable[[str], bool]) -> str | None:
    given = request.args.get("cursor") or None
    if given and not (is_one(given) and len(given) <= LONGEST_CURSOR):
        raise ApiError(422, "invalid", "This cursor was not given by us.", {"cursor": "The `next` of an answer."})
    return given


def _is_loopback() -> bool:
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _conversation(conversation: Conversation) -> dict[str, Any]:
    stay = conversation.stay
    return {
        "id": conversation.id,
        "user_id": conversation.guest_id,
        "guest_name": conversation.guest.shown_name,
        "checkin_id": conversation.stay_id,
        "room_number": stay.room.number if stay else None,
        "is_active": conversation.is_active,
        "waiting_since": _told(conversation.waiting_since),
        "last_message_at": _told(conversation.last_message_at),
    }


def _message(message: Message) -> dict[str, Any]:
    """`text` is what stands there now; what was deleted does not."""
    return {
        "id": message.id,
        "role": message.role,
        "origin": message.origin,
        "kind": message.kind,
        "text": contents.words_now(message),
        "is_deleted": message.revoked_at is not None,
        "deleted_at": _told(message.revoked_at),
        "is_edited": message.edited_at is not None,
        "edited_at": _told(message.edited_at),
        "status": message.status,
        "failure": message.failure,
        "sent_at": message.sent_at.isoformat(),
        "created_at": message.created_at.isoformat(),
    }


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
