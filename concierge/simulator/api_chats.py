"""WAHA's endpoints that read: contacts, chats, messages, hidden ids. NOWEB's store is on."""

from collections.abc import Callable

from flask import Blueprint, request

from . import ids, shapes, trouble
from .answers import admit, need_line, need_session, network, refuse
from .state import Guest, Message

bp = Blueprint("api_chats", __name__)
bp.before_request(admit)


@bp.get("/api/contacts/check-exists")
def check_exists() -> dict:
    _need_store(request.args.get("session", network().session))
    address = f"{ids.digits(request.args.get('phone', ''))}@c.us"
    phone = ids.phone_in(address)
    if phone is None or trouble.of_phone(phone) == trouble.NO_WHATSAPP:
        return {"numberExists": False}
    return {"numberExists": True, "chatId": address}


@bp.get("/api/<session>/chats")
def chats(session: str) -> list[dict]:
    return [_chat(guest) for guest in _page_of_chats(session)]


@bp.get("/api/<session>/chats/overview")
def chats_overview(session: str) -> list[dict]:
    return [
        {
            "id": guest.address,
            "name": guest.name or None,
            "picture": None,
            "lastMessage": shapes.wa_message(guest.messages[-1], guest),
            "_chat": _chat(guest),
        }
        for guest in _page_of_chats(session)
    ]


@bp.get("/api/<session>/chats/<chat>/messages")
def messages(session: str, chat: str) -> list[dict]:
    """downloadMedia is taken and changes nothing: nobody sends media here."""
    _need_store(session)
    limit, offset = _number("limit", 10), _number("offset", 0)
    with network().lock:
        wants = _filters()
        pairs = network().state.messages(_chat_address(chat))
        found = [pair for pair in pairs if all(wanted(pair[0]) for wanted in wants)]
        found.sort(key=lambda pair: (pair[0].timestamp, pair[0].order), reverse=_is_newest_first())
        return [shapes.wa_message(*pair) for pair in found[offset : offset + limit]]


@bp.get("/api/<session>/chats/<chat>/messages/<message_id>")
def message(session: str, chat: str, message_id: str) -> dict:
    _need_store(session)
    with network().lock:
        found = network().state.find_message(_chat_address(chat), message_id.replace("@s.whatsapp.net", "@c.us"))
        return shapes.wa_message(*found) if found else refuse(404, "Message not found")


@bp.get("/api/<session>/lids")
def lids(session: str) -> list[dict]:
    _need_store(session)
    limit, offset = _number("limit", 100), _number("offset", 0)
    return [_pair(guest) for guest in _known()][offset : offset + limit]


@bp.get("/api/<session>/lids/count")
def lids_count(session: str) -> dict:
    _need_store(session)
    return {"count": len(_known())}


@bp.get("/api/<session>/lids/<lid>")
def phone_of_lid(session: str, lid: str) -> dict:
    _need_store(session)
    lid = lid if "@" in lid else f"{lid}@lid"
    return next((_pair(guest) for guest in _known() if guest.lid == lid), {"lid": lid, "pn": None})


@bp.get("/api/<session>/lids/pn/<phone>")
def lid_of_phone(session: str, phone: str) -> dict:
    _need_store(session)
    address = ids.chat_address(phone)
    return next((_pair(guest) for guest in _known() if guest.address == address), {"lid": None, "pn": address})


def _need_store(session: str) -> None:
    need_session(session)
    need_line()


def _chat_address(chat: str) -> str:
    return chat if chat == "all" else ids.chat_address(chat)


def _page_of_chats(session: str) -> list[Guest]:
    _need_store(session)
    limit, offset = _number("limit", 100), _number("offset", 0)
    with network().lock:
        guests = [guest for guest in network().state.guests.values() if guest.messages]
    guests.sort(key=lambda guest: guest.messages[-1].order, reverse=_is_newest_first())
    return guests[offset : offset + limit]


def _chat(guest: Guest) -> dict:
    unseen = sum(1 for message in guest.messages if not message.is_from_hotel and message.ack < 3)
    return {
        "id": guest.address,
        "name": guest.name or None,
        "conversationTimestamp": guest.messages[-1].timestamp,
        "unreadCount": unseen,
    }


def _known() -> list[Guest]:
    """WAHA learns which phone a hidden id belongs to from traffic only."""
    with network().lock:
        guests = list(network().state.guests.values())
    return [guest for guest in guests if guest.phone and guest.messages and guest.has_whatsapp]


def _pair(guest: Guest) -> dict:
    return {"lid": guest.lid, "pn": guest.address}


def _filters() -> list[Callable[[Message], bool]]:
    wants: list[Callable[[Message], bool]] = []
    if "filter.timestamp.gte" in request.args:
        gte = _number("filter.timestamp.gte")
        wants.append(lambda message: message.timestamp >= gte)
    if "filter.timestamp.lte" in request.args:
        lte = _number("filter.timestamp.lte")
        wants.append(lambda message: message.timestamp <= lte)
    if (from_us := request.args.get("filter.fromMe")) is not None:
        wants.append(lambda message: message.is_from_hotel == (from_us == "true"))
    if (ack := request.args.get("filter.ack")) is not None:
        wants.append(lambda message: shapes.ACK_NAMES[message.ack] == ack)
    return wants


def _number(name: str, otherwise: int = 0) -> int:
    text = request.args.get(name, str(otherwise))
    if not text.isdecimal():
        refuse(400, [f"{name} must be a number conforming to the specified constraints"])
    return int(text)


def _is_newest_first() -> bool:
    return request.args.get("sortOrder", "desc") != "asc"
