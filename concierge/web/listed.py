"""Which list of conversations an address shows (`show`), and how much of it (`rows`).

Both stand in the address, and every link between the pages of a list carries them on.
"""

from typing import Any

from flask import Flask, current_app, request

from concierge import listing
from concierge.web import guards

_PAGES = {"conversations.index", "conversations.list_changes"}
WORDS = {
    listing.ALL: "All",
    listing.WAITING: "Waiting",
    listing.MINE: "Mine",
    listing.UNLINKED: "Unlinked",
    listing.CLOSED: "Closed",
}


def init_app(app: Flask) -> None:
    """Links carry it on, and templates know what can be chosen."""
    app.url_defaults(_carry)
    app.jinja_env.globals.update(list_filters=WORDS, most_rows=listing.MOST_ROWS, more_rows=listing.ROWS)


def shown() -> listing.Listed:
    """What the address asks for; an odd address shows what is usual."""
    return listing.of(guards.me(), _show(), _rows())


def fingerprint(shown: listing.Listed, line_word: str) -> str:
    """Of the list as it stands on the page: an empty one says how WhatsApp is, too."""
    return shown.fingerprint if shown.rows else f"{shown.fingerprint}-{line_word.replace(' ', '-')}"


def _show() -> str:
    asked = request.args.get("show", "")
    return asked if asked in listing.FILTERS else listing.ALL


def _rows() -> int:
    asked = request.args.get("rows", listing.ROWS, int)
    return min(max(asked, listing.ROWS), listing.MOST_ROWS)


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint.startswith("api.") or not (endpoint in _PAGES or _is_of_a_thread(endpoint)):
        return
    if request and _show() != listing.ALL:
        values.setdefault("show", _show())
    if request and _rows() != listing.ROWS:
        values.setdefault("rows", _rows())


def _is_of_a_thread(endpoint: str) -> bool:
    return current_app.url_map.is_endpoint_expecting(endpoint, "conversation_id")
