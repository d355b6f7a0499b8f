"""Speaks to one WAHA session over HTTP. Every send ends in one of four ways, and they are never confused."""

import json
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests
from requests.exceptions import ConnectTimeout, RequestException
from urllib3.exceptions import NewConnectionError

from concierge.waha.values import chat_of, clean, moment, raw_id_of

CONNECT_SECONDS = 3
SEND_SECONDS = 40
LOOK_SECONDS = 5
WALL_SECONDS = 60
LARGEST_ANSWER = 1024 * 1024


@dataclass(frozen=True)
class Accepted:
    """WAHA took the message. Some engines tell its id, some do not."""

    raw_id: str | None


@dataclass(frozen=True)
class NotSentNow:
    """Certainly not sent, and the line's fault. `status` is WAHA's word for its session, where it said one."""

    reason: str
    status: str | None = None


@dataclass(frozen=True)
class NotSentEver:
    """Certainly not sent, and the message's fault."""

    reason: str


@dataclass(frozen=True)
class Unknown:
    """WAHA may have sent it, and often has."""

    reason: str


@dataclass(frozen=True)
class OwnMessage:
    """One of our own messages, read back from a chat."""

    raw_id: str
    text: str
    sent_at: datetime | None


Outcome = Accepted | NotSentNow | NotSentEver | Unknown


@dataclass(frozen=True)
class Session:
    """What WAHA says of the session; `status` is None when this server does not tell."""

    status: str | None
    own_phone: str | None = None
    own_lid: str | None = None


# Texts inside a 500 that prove that nothing was sent (WAHA issues 1714, 2094, 2214, 1881: the number has no
# WhatsApp id; 1992, 2050, 2219: the account may not open new chats).
_REFUSALS = (
    (re.compile(r"no LID found for\b.*\bfrom server", re.IGNORECASE | re.DOTALL), "no_whatsapp"),
    (re.compile(r"No LID for user", re.IGNORECASE), "no_whatsapp"),
    (re.compile(r"server returned error 463"), "restricted"),
)


class WahaClient:
    """One WAHA session. No call is ever repeated here: WAHA keeps no idempotency, a second POST is a second message."""

    def __init__(self, host: str, api_path: str, waha_session: str, api_key: str) -> None:
        self.host = host
        self.api_path = api_path
        self.waha_session = waha_session
        self.headers = {"X-Api-Key": api_key} if api_key else {}

    def choose_id(self) -> str | None:
        """An id that WAHA will use for our next message; None where the server cannot choose one beforehand, empty
        where it did not this time.

        WAHA docs, new-message-id: since 2026.4.3; NOWEB and GOWS honour it, the browser engines ignore it.
        """
        try:
            status, answer = self._call("GET", f"/api/{self.waha_session}/new-message-id", read_seconds=LOOK_SECONDS)
        except RequestException:
            return ""
        if status in {requests.codes.not_found, requests.codes.not_implemented}:
            return None
        chosen = answer.get("id") if status == requests.codes.ok and isinstance(answer, dict) else None
        return raw_id_of(chosen) or ""

    def act_human(self, chat_id: str, typing_seconds: float) -> None:
        """Seen, then typing for a while: skippable, so whatever goes wrong here is passed over."""
        chat = {"session": self.waha_session, "chatId": chat_id}
        with suppress(RequestException):
            self._call("POST", "/api/sendSeen", body=chat, read_seconds=LOOK_SECONDS)
            self._call("POST", "/api/startTyping", body=chat, read_seconds=LOOK_SECONDS)
            time.sleep(typing_seconds)
            self._call("POST", "/api/stopTyping", body=chat, read_seconds=LOOK_SECONDS)

    def send_text(self, chat_id: str, text: str, chosen_id: str | None = None) -> Outcome:
        """POST the message. Never raises for what WAHA or the network does."""
        body = {"session": self.waha_session, "chatId": chat_id, "text": text}
        if chosen_id:
            body["id"] = chosen_id
        try:
            status, answer = self._call("POST", self.api_path, body=body, read_seconds=SEND_SECONDS)
        except ConnectTimeout:
            return NotSentNow("unreachable")
        except RequestException as fault:
            return NotSentNow("unreachable") if _never_connected(fault) else Unknown("no_answer")
        return _outcome(status, answer)

    def look(self) -> Session | NotSentNow:
        """How the session is, without sending anything."""
        try:
            status, answer = self._call("GET", f"/api/sessions/{self.waha_session}", read_seconds=LOOK_SECONDS)
        except RequestException:
            return NotSentNow("unreachable")
        if status in {401, 403}:
            return NotSentNow("key_refused")
        if status != requests.codes.ok or not isinstance(answer, dict) or not isinstance(answer.get("status"), str):
            return Session(None)
        me = answer["me"] if isinstance(answer.get("me"), dict) else {}
        phone, lid = chat_of(me.get("id")), chat_of(me.get("lid"))
        return Session(answer["status"][:40], phone.digits if phone else None, lid.digits if lid else None)

    def restricted_until(self) -> datetime | None:
        """Until when WhatsApp lets this account open no new chats; None where nobody says.

        WAHA docs, timelock: since 2026.8.1, `timeEnforcementEnds` in seconds.
        """
        try:
            status, answer = self._call("GET", f"/api/sessions/{self.waha_session}/timelock", read_seconds=LOOK_SECONDS)
        except RequestException:
            return None
        is_told = status == requests.codes.ok and isinstance(answer, dict) and answer.get("isActive")
        return moment(answer.get("timeEnforcementEnds")) if is_told else None

    def has_message(self, chat_id: str, raw_id: str) -> bool | None:
        """Whether WAHA knows a message of this id in this chat; None when it cannot tell."""
        path = f"/api/{self.waha_session}/chats/{quote(chat_id)}/messages/{quote(f'true_{chat_id}_{raw_id}')}"
        try:
            status, answer = self._call("GET", f"{path}?downloadMedia=false", read_seconds=LOOK_SECONDS)
        except RequestException:
            return None
        if status == requests.codes.ok and isinstance(answer, dict):
            return raw_id_of(answer.get("id")) == raw_id
        is_absent = status == requests.codes.not_found and isinstance(answer, dict)
        return False if is_absent and answer.get("message") == "Message not found" else None

    def recent_own(self, chat_id: str, since: datetime) -> list[OwnMessage] | None:
        """What the hotel sent in this chat since then, the newest first; None when the chat cannot be read."""
        path = (
            f"/api/{self.waha_session}/chats/{quote(chat_id)}/messages?limit=20&downloadMedia=false"
            f"&filter.fromMe=true&filter.timestamp.gte={int(since.timestamp())}"
        )
        try:
            status, answer = self._call("GET", path, read_seconds=LOOK_SECONDS)
        except RequestException:
            return None
        if status != requests.codes.ok or not isinstance(answer, list):
            return None
        return [own for item in answer if (own := _own_message(item))]

    def _call(
        self, method: str, path: str, *, read_seconds: int, body: dict[str, Any] | None = None
    ) -> tuple[int, Any]:
        """Status and parsed body (None where it is no JSON). One connection per call: a kept one that went stale
        would turn a message that never left into one of unknown fate. Redirects are not followed."""
        deadline = time.monotonic() + WALL_SECONDS
        with requests.Session() as http:
            http.trust_env = False
            response = http.request(
                method,
                self.host + path,
                json=body,
                headers={**self.headers, "Connection": "close"},
                timeout=(CONNECT_SECONDS, read_seconds),
                allow_redirects=False,
                stream=True,
            )
            return response.status_code, _json(response, deadline)


def _json(response: requests.Response, deadline: float) -> Any:
    """The body, as far as it comes in time; time-outs of requests are per read, so a trickle needs this."""
    content = b""
    try:
        for chunk in response.iter_content(64 * 1024):
            content += chunk
            if len(content) > LARGEST_ANSWER or time.monotonic() > deadline:
                break
    except RequestException:
        if response.ok:
            return None  # the status line said yes before the connection broke
        raise
    try:
        return json.loads(content)
    except ValueError:
        return None


def _outcome(status: int, answer: Any) -> Outcome:
    if 200 <= status < 300:
        return Accepted(_raw_id(answer))
    if status in _LINES_FAULT:
        return NotSentNow(_LINES_FAULT[status])
    if status == requests.codes.unprocessable:
        return _not_working(answer)
    if status < 500:
        return NotSentNow("odd_answer") if status < 400 else NotSentEver("refused")
    return _server_error(answer)


_LINES_FAULT = {
    401: "key_refused",
    403: "key_refused",
    404: "odd_answer",
    405: "odd_answer",
    429: "too_fast",
    501: "odd_answer",
}


def _not_working(answer: Any) -> Outcome:
    status = answer.get("status") if isinstance(answer, dict) else None
    return NotSentNow("not_working", status[:40]) if isinstance(status, str) else NotSentNow("unknown_session")


def _server_error(answer: Any) -> Outcome:
    """A 500 echoes the guest's words and a stack: only the exception's message is looked at, and nothing is logged."""
    exception = answer.get("exception") if isinstance(answer, dict) else None
    message = exception.get("message") if isinstance(exception, dict) else None
    for pattern, reason in _REFUSALS:
        if isinstance(message, str) and pattern.search(message):
            return NotSentEver(reason)
    return Unknown("server_error")


def _raw_id(answer: Any) -> str | None:
    """NOWEB answers key.id, GOWS and WPP a string, WEBJS an object, or nothing at all (WAHA issues 407, 760, 1083)."""
    if not isinstance(answer, dict):
        return None
    key = answer.get("key")
    if isinstance(key, dict) and key.get("id"):
        return raw_id_of(key["id"])
    data = answer.get("_data")
    return raw_id_of(answer.get("id")) or raw_id_of(data.get("id") if isinstance(data, dict) else None)


def _own_message(item: Any) -> OwnMessage | None:
    if not isinstance(item, dict) or item.get("fromMe") is not True:
        return None
    raw_id = raw_id_of(item.get("id"))
    return OwnMessage(raw_id, clean(item.get("body")), moment(item.get("timestamp"))) if raw_id else None


def _never_connected(fault: RequestException) -> bool:
    """The connection was refused or the name unknown: nothing of the message left this machine."""
    seen: BaseException | None = fault
    while seen is not None:
        reason = getattr(seen, "reason", None)
        if isinstance(seen, NewConnectionError) or isinstance(reason, NewConnectionError):
            return True
        if seen.args and isinstance(seen.args[0], BaseException) and seen.args[0] is not seen:
            seen = seen.args[0]
        else:
            return False
    return False
