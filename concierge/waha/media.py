"""Fetching a file from WAHA: from the line's own host alone, whatever host the payload names. Bytes, never believed."""

import time
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote, unquote, urlsplit

import requests
from requests.exceptions import RequestException

from concierge.waha.client import CONNECT_SECONDS, WahaClient
from concierge.waha.values import clean, inner

READ_SECONDS = 20
# WAHA downloads from WhatsApp, and may ask the guest's phone, before it answers.
ASK_SECONDS = 55
FETCH_SECONDS = 60
CHUNK = 64 * 1024
FILES = "/api/files/"


@dataclass(frozen=True)
class Fetched:
    """How much came, and how it begins."""

    size: int
    beginning: bytes


@dataclass(frozen=True)
class Gone:
    """The link is dead: WAHA keeps files for three minutes by default."""


@dataclass(frozen=True)
class NotFetched:
    """Why not; words for it are the story's."""

    reason: str


class MediaClient(WahaClient):
    """The files of one WAHA session."""

    def fetch(self, url: str, into: BinaryIO, most: int) -> Fetched | Gone | NotFetched:
        """Write the file behind `url` into `into`, as long as it is no larger than `most` bytes. Never raises for
        what WAHA or the network does. Redirects are not followed: our key would go with them."""
        place = self.place_of(url)
        if place is None:
            return NotFetched("foreign_host")
        headers = self.headers if place.startswith(FILES) else {}
        try:
            with requests.Session() as http:
                http.trust_env = False
                response = http.get(
                    self.host + place,
                    headers={**headers, "Connection": "close", "Accept-Encoding": "identity"},
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                    allow_redirects=False,
                    stream=True,
                )
                return _received(response, into, most)
        except RequestException:
            return NotFetched("unreachable")

    def find_url(self, told_id: str) -> str | Gone | NotFetched:
        """Ask WAHA to download the file of a message once more; where it lies now.

        WAHA docs, messages by id: downloadMedia=true fetches it again while WhatsApp still has it.
        """
        chat_id = told_id.split("_")[1] if told_id.count("_") >= 2 else "all"
        # A guest's phone makes up the id: a slash in it must lead nowhere else.
        chat, message = quote(chat_id, safe=""), quote(told_id, safe="")
        path = f"/api/{self.waha_session}/chats/{chat}/messages/{message}?downloadMedia=true"
        try:
            status, answer = self._call("GET", path, read_seconds=ASK_SECONDS)
        except RequestException:
            return NotFetched("unreachable")
        if status != requests.codes.ok:
            return _refused(status)
        return clean(inner(answer, "media").get("url")) or Gone()

    def place_of(self, url: str) -> str | None:
        """Path (and query) on the line's own host; None where the file lies somewhere else.

        WAHA's own files are taken from our host even where WAHA calls itself localhost (its default).
        """
        try:
            parts, host = urlsplit(url), urlsplit(self.host)
            is_here = (parts.scheme, parts.netloc) == (host.scheme, host.netloc)
        except ValueError:
            return None
        if "\\" in url or not set(unquote(unquote(parts.path)).split("/")).isdisjoint({".", ".."}):
            return None
        if FILES in parts.path:
            return FILES + quote(parts.path.partition(FILES)[2], safe="/%@")
        if not is_here or parts.path.startswith("/api/"):
            return None
        path = parts.path.removeprefix(host.path)
        return f"{path}?{parts.query}" if parts.query else path


def _received(response: requests.Response, into: BinaryIO, most: int) -> Fetched | Gone | NotFetched:
    """The size told beforehand spares a transfer; only the size counted while it comes is believed."""
    if response.status_code != requests.codes.ok:
        return _refused(response.status_code)
    if (told := response.headers.get("Content-Length", "")).isdecimal() and int(told) > most:
        return NotFetched("too_large")
    deadline, size, beginning = time.monotonic() + FETCH_SECONDS, 0, b""
    for chunk in response.iter_content(CHUNK):
        size += len(chunk)
        if size > most:
            return NotFetched("too_large")
        if time.monotonic() > deadline:
            return NotFetched("unreachable")
        beginning = beginning or chunk
        into.write(chunk)
    return Fetched(size, beginning[:32]) if size else NotFetched("odd_answer")


def _refused(status: int) -> Gone | NotFetched:
    if status in {404, 410}:
        return Gone()
    return NotFetched("key_refused" if status in {401, 403} else "odd_answer")
