"""Speaks to one WAHA session over HTTP. Every send ends in one of four ways, and they are never confused."""

import json
import re
import time
from dataclasses import dataclass
from typing import Any

import requests
from requests.exceptions import ConnectTimeout, RequestException
from urllib3.exceptions import NewConnectionError

from concierge.waha.values import chat_of, raw_id_of

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

    def send_text(self, chat_id: str, text: str) -> Outcome:
        """POST the message. Never raises for what WAHA or the network does."""
        body = {"session": self.waha_session, "chatId": chat_id, "text": text}
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
