"""Where WAHA posts. Authentic bodies enter the journal and take effect in one commit; no call leaves from here."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import RequestEntityTooLarge

from concierge import extensions, intake, lines, plain_words
from concierge.config import Config
from concierge.extensions import csrf, db
from concierge.models import Line
from concierge.models.event import APPLIED
from concierge.waha import events
from concierge.web import guards
from concierge.web.errors import as_json
from concierge.web.forms import is_uuid

logger = logging.getLogger(__name__)

LARGEST_BODY = 10 * 1024 * 1024
_turn = threading.Lock()


@dataclass(frozen=True)
class KnownDoor:
    """A line and its lock, as they were when a webhook was last let in the long way."""

    line: plain_words.KnownLine
    hmac_key: str = field(repr=False)
    has_token: bool


bp = Blueprint("webhook", __name__, url_prefix="/api/v1/waha")
bp.before_request(guards.anyone)
csrf.exempt(bp)


@bp.post("/webhook")
@bp.post("/webhook/<key>")
def receive(key: str | None = None) -> tuple[Response, int]:
    """`key` is a line's id, or its secret token for servers too old to sign; without it, the first line."""
    body = _body()
    config = guards.settings()
    door = _known_doors().get(key)
    if door and _is_authentic(door.hmac_key, body, door.has_token, config) and _went_the_short_way(door.line, body):
        return jsonify({"status": APPLIED}), 200
    return _go_the_long_way(key, body, config)


def _go_the_long_way(key: str | None, body: bytes, config: Config) -> tuple[Response, int]:
    """Looked at as a reader: whoever is not let in has kept nobody from writing."""
    extensions.is_writing(False)
    line, has_token = _line(key, config)
    if line is None:
        return as_json(404, "unknown_line", "No line has this webhook address.")
    hmac_key = lines.hmac_key_of(line, config)
    if not _is_authentic(hmac_key, body, has_token, config):
        logger.warning("a webhook from %s was refused: not signed as the line's key asks", request.remote_addr)
        return as_json(401, "unauthorized", "The webhook is not signed with the line's key.")
    extensions.start_writing()
    try:
        event = intake.take_in(line, body)
    except events.Unreadable as fault:
        db.session.commit()
        return as_json(400, "unreadable", f"Nothing was done: {fault}.")
    outcome = event.outcome if event else "known"  # read now: after the commit it would be fetched again
    _known_doors()[key] = KnownDoor(plain_words.KnownLine.of(line), hmac_key, has_token)
    db.session.commit()
    return jsonify({"status": outcome}), 200


def _went_the_short_way(line: plain_words.KnownLine, body: bytes) -> bool:
    """The common case, committed. Whatever else it is, nothing has happened and the long way takes it."""
    told = intake.plain_words_of(line, body)
    if told is None:
        return False
    with _in_turn(), db.engine.connect() as connection:
        try:
            is_in = plain_words.receive(connection, line, told)
        except OperationalError:
            raise  # the database is busy or away: the sender tries again
        except Exception:  # the long way keeps the body, whatever it is
            logger.exception("a guest's message could not go the short way")
            return False
        if is_in:
            connection.commit()
        return is_in


@contextmanager
def _in_turn() -> Iterator[None]:
    """Where SQLite is busy it sleeps and tries again, and whoever comes late may be lucky: threads queue up here.

    Not for ever: where whoever is first waits in vain, the others must not do so one after the other.
    """
    has_turn = db.engine.dialect.name == "sqlite" and _turn.acquire(timeout=extensions.BUSY_SECONDS)
    try:
        yield
    finally:
        if has_turn:
            _turn.release()


def _known_doors() -> dict[str | None, KnownDoor]:
    """By what stands in the path; only what was authentic gets in here."""
    doors: dict[str | None, KnownDoor] = current_app.extensions.setdefault("concierge_doors", {})
    return doors


def _body() -> bytes:
    """A body of unknown length is cut off at the limit without a word: one byte more shows that it was longer."""
    request.max_content_length = LARGEST_BODY + 1
    try:
        body = request.get_data(cache=False)
        if len(body) > LARGEST_BODY:
            raise RequestEntityTooLarge
    except RequestEntityTooLarge:
        logger.error("a webhook of more than %d bytes was refused: its message is lost here", LARGEST_BODY)
        raise
    return body


def _line(key: str | None, config: Config) -> tuple[Line | None, bool]:
    """The line, and whether its secret token was in the path."""
    if key is None:
        return lines.first(), False
    if line := lines.by_token(key, config):
        return line, True
    return (db.session.get(Line, key) if is_uuid(key) else None), False


def _is_authentic(hmac_key: str, body: bytes, has_token: bool, config: Config) -> bool:
    """Signed with the line's key, or posted to its secret path; unsigned only in development, from nearby."""
    given, algorithm = request.headers.get("X-Webhook-Hmac"), request.headers.get("X-Webhook-Hmac-Algorithm")
    if hmac_key and (given or not has_token):
        return events.is_signed(hmac_key, body, given, algorithm)
    if has_token:
        return True
    return config.is_development and _is_allowed_peer(config)


def _is_allowed_peer(config: Config) -> bool:
    """By the socket's peer: no header that a sender could write is believed."""
    try:
        peer = ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return any(peer in network for network in config.webhook_allow)
