"""What WAHA can be asked about: which phone a LID is, and what stands in the chats."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests
from requests.exceptions import RequestException

from concierge.waha.client import LOOK_SECONDS, WahaClient
from concierge.waha.values import chat_of, clean, moment, raw_id_of

READ_SECONDS = 20
STORE_OFF, NOT_SUPPORTED = "store_off", "not_supported"
# Engines that read every chat at once under the chat id "all" (WAHA docs, chats).
_READ_ALL = {"NOWEB", "GOWS"}


class NoAnswer(Exception):
    """WAHA was not there, or not ready: nothing is known."""


class CannotTell(NoAnswer):
    """This server cannot: NOWEB's store is off (400), the endpoint is too new for it, or our key may not ask (403)."""


@dataclass(frozen=True)
class RecentChat:
    """A direct chat and when something was last written in it, where WAHA tells."""

    chat_id: str
    last_at: datetime | None


@dataclass(frozen=True)
class Found:
    """A message read back from a chat, as the webhook would have brought it; `ack` is how far one of ours came."""

    raw_id: str
    is_from_us: bool
    sent_at: datetime | None
    payload: dict[str, Any]
    ack: int = 0


class Reader(WahaClient):
    """One WAHA session, asked. Nothing here sends; everything raises NoAnswer or CannotTell."""

    def phone_of_lid(self, lid: str) -> str | None:
        """E.164 of the phone behind a LID; None where WAHA does not know it (yet)."""
        answer = self._ask(f"/api/{self.waha_session}/lids/{quote(f'{lid}@lid')}")
        phone = chat_of(_field(answer, "pn"))
        return f"+{phone.digits}" if phone and phone.kind == "phone" else None

    def lid_of_phone(self, phone: str) -> str | None:
        """Digits of the LID of a phone (E.164); None where WAHA does not know it (yet)."""
        answer = self._ask(f"/api/{self.waha_session}/lids/pn/{quote(phone.lstrip('+'))}")
        lid = chat_of(_field(answer, "lid"))
        return lid.digits if lid and lid.kind == "lid" else None

    def reads_all_chats_at_once(self) -> bool:
        """Whether messages() may be asked for the chat "all". A server that does not say is asked chat by chat."""
        try:
            version = self._ask("/api/server/version")
        except CannotTell:
            return False
        return str(_field(version, "engine")).upper() in _READ_ALL

    def recent_chats(self, limit: int, offset: int) -> list[RecentChat]:
        """Direct chats, the latest first, with None for what is no guest's; an empty page is the end."""
        page = self._ask(f"/api/{self.waha_session}/chats/overview?limit={limit}&offset={offset}")
        return [_recent(item) for item in _rows(page)]

    def messages(self, chat_id: str, since: datetime, limit: int, offset: int) -> list[Found]:
        """A page of a chat's messages since then, the oldest first; empty pages are the end, short ones are not."""
        page = self._ask(
            f"/api/{self.waha_session}/chats/{quote(chat_id)}/messages?limit={limit}&offset={offset}"
            f"&downloadMedia=false&sortOrder=asc&filter.timestamp.gte={int(since.timestamp())}",
        )
        return sorted((_found(item) for item in _rows(page)), key=lambda each: each.sent_at or since)

    def _ask(self, path: str) -> Any:
        """The answer to a GET."""
        seconds = READ_SECONDS if "/chats/" in path else LOOK_SECONDS
        try:
            status, answer = self._call("GET", path, read_seconds=seconds)
        except RequestException as fault:
            raise NoAnswer("unreachable") from fault
        if status == requests.codes.ok and answer is not None:
            return answer
        if status in {400, 403, 404, 501}:
            raise CannotTell(STORE_OFF if "store" in json.dumps(answer).lower() else NOT_SUPPORTED)
        raise NoAnswer(f"status {status}")


def as_event(event_id: str, waha_session: str, payload: dict[str, Any]) -> bytes:
    """The body of the webhook that would have brought this message."""
    envelope = {"id": event_id, "event": "message.any", "session": waha_session, "payload": payload}
    return json.dumps(envelope, ensure_ascii=True, separators=(",", ":")).encode()


def _rows(page: Any) -> list[dict[str, Any]]:
    if not isinstance(page, list):
        raise NoAnswer("odd answer")
    return [item for item in page if isinstance(item, dict)]


def _field(answer: Any, name: str) -> Any:
    return answer.get(name) if isinstance(answer, dict) else None


def _recent(item: dict[str, Any]) -> RecentChat:
    address = item.get("id")
    chat_id = clean(address.get("_serialized") if isinstance(address, dict) else address)
    last = item.get("lastMessage")
    return RecentChat(chat_id if chat_of(chat_id) else "", moment(_field(last, "timestamp")))


def _found(item: dict[str, Any]) -> Found:
    """`raw_id` is empty for what is no guest's: groups, status and channels are in the chats too."""
    parts = clean(item.get("id")).split("_")
    is_direct = len(parts) >= 3 and chat_of(parts[1]) is not None
    raw_id = raw_id_of(item.get("id")) if is_direct else None
    is_from_us, ack = item.get("fromMe") is True, item.get("ack")
    level = ack if is_from_us and isinstance(ack, int) else 0
    return Found(raw_id or "", is_from_us, moment(item.get("timestamp")), item, level)
