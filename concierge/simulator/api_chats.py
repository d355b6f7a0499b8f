"""WAHA's endpoints that read: contacts, chats, messages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, request

from . import ids, shapes, trouble
from .answers import admit, need_line, need_session, need_store, network, number, refuse
from .state import Guest, Message


@dataclass
class Chat:
    """One conversation as WAHA lists it."""

    address: str
    guest: Guest
    messages: list[Message]

    def as_dict(self) -> dict:
        unseen = sum(1 for message in self.messages if not message.is_from_hotel and message.ack < 3)
        return {
            "id": self.address,
            "name": self.guest.name or None,
            "conversationTimestamp": self.messages[-1].timestamp,
            "unreadCount": unseen,
        }


bp = Blueprint("api_chats", __name__)
bp.before_request(admit)


@bp.get("/api/contacts/check-exists")
def check_exists() -> dict:
    need_session(request.args.get("session", network().session))
    need_line()
    address = f"{ids.digits(request.args.get('phone', ''))}@c.us"
    phone = ids.phone_in(address)
    if phone is None or trouble.of_phone(phone) == trouble.NO_WHATSAPP:
        return {"numberExists": False}
    return {"numberExists": True, "chatId": address}


@bp.get("/api/<session>/chats")
def chats(session: str) -> list[dict]:
    return [chat.as_dict() for chat in _page_of_chats(session)]


@bp.get("/api/<session>/chats/overview")
def chats_overview(session: str) -> list[dict]:
    return [
        {
            "id": chat.address,
            "name": chat.guest.name or None,
            "picture": None,
            "lastMessage": network().shown(chat.messages[-1], chat.guest, is_downloaded=False),
            "_chat": chat.as_dict(),
        }
        for chat in _page_of_chats(session)
    ]


@bp.get("/api/<session>/chats/<chat>/messages")
def messages(session: str, chat: str) -> list[dict]:
    """Media is downloaded again unless downloadMedia=false."""
    need_store(session)
    limit, offset = number("limit", 10), number("offset", 0)
    with network().lock:
        wants = _filters()
        found = [pair for pair in _messages_of(chat) if all(wanted(pair[0]) for wanted in wants)]
        found.sort(key=lambda pair: (pair[0].timestamp, pair[0].order), reverse=_is_newest_first())
        return [network().shown(*pair, is_downloaded=_downloads()) for pair in found[offset : offset + limit]]


@bp.get("/api/<session>/chats/<chat>/messages/<message_id>")
def message(session: str, chat: str, message_id: str) -> dict:
    need_store(session)
    with network().lock:
        found = network().state.find_message(_chat_address(chat), message_id.replace("@s.whatsapp.net", "@c.us"))
        return network().shown(*found, is_downloaded=_downloads()) if found else refuse(404, "Message not found")


def _chat_address(chat: str) -> str:
    return chat if chat == "all" else ids.chat_address(chat)


def _messages_of(chat: str) -> Iterator[tuple[Message, Guest]]:
    """Two addresses are one chat for WAHA as soon as it knows that they are one person."""
    address = _chat_address(chat)
    for message, guest in network().state.messages(address):
        if address == "all" or _is_merged(guest) or message.address == address:
            yield message, guest


def _is_merged(guest: Guest) -> bool:
    return guest.is_pair_known and not network().trouble.lids_unknown


def _page_of_chats(session: str) -> list[Chat]:
    need_store(session)
    limit, offset = number("limit", 100), number("offset", 0)
    with network().lock:
        found = [chat for guest in network().state.guests.values() for chat in _chats_of(guest)]
    found.sort(key=lambda chat: chat.messages[-1].order, reverse=_is_newest_first())
    return found[offset : offset + limit]


def _chats_of(guest: Guest) -> list[Chat]:
    if _is_merged(guest):
        return [Chat(guest.address, guest, list(guest.messages))]
    by_address = sorted(guest.messages, key=lambda message: message.address)
    return [Chat(address, guest, list(some)) for address, some in groupby(by_address, lambda one: one.address)]


def _filters() -> list[Callable[[Message], bool]]:
    wants: list[Callable[[Message], bool]] = []
    if "filter.timestamp.gte" in request.args:
        gte = number("filter.timestamp.gte")
        wants.append(lambda message: message.timestamp >= gte)
    if "filter.timestamp.lte" in request.args:
        lte = number("filter.timestamp.lte")
        wants.append(lambda message: message.timestamp <= lte)
    if (from_us := request.args.get("filter.fromMe")) is not None:
        wants.append(lambda message: message.is_from_hotel == (from_us == "true"))
    if (ack := request.args.get("filter.ack")) is not None:
        wants.append(lambda message: shapes.ACK_NAMES[message.ack] == ack)
    return wants


def _is_newest_first() -> bool:
    return request.args.get("sortOrder", "desc") != "asc"


def _downloads() -> bool:
    return request.args.get("downloadMedia", "true") != "false"
