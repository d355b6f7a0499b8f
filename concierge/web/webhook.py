"""Where WAHA posts. Authentic bodies enter the journal and take effect in one commit; no call leaves from here."""

import logging
from ipaddress import ip_address

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from concierge import intake, lines
from concierge.config import Config
from concierge.extensions import csrf, db
from concierge.models import Line
from concierge.waha import events
from concierge.web import guards
from concierge.web.errors import as_json
from concierge.web.forms import is_uuid

logger = logging.getLogger(__name__)

LARGEST_BODY = 10 * 1024 * 1024

bp = Blueprint("webhook", __name__, url_prefix="/api/v1/waha")
bp.before_request(guards.anyone)
csrf.exempt(bp)


@bp.post("/webhook")
@bp.post("/webhook/<key>")
def receive(key: str | None = None) -> tuple[Response, int]:
    """`key` is a line's id, or its secret token for servers too old to sign; without it, the first line."""
    body = _body()
    config = guards.settings()
    line, has_token = _line(key, config)
    if line is None:
        return as_json(404, "unknown_line", "No line has this webhook address.")
    if not _is_authentic(line, body, has_token, config):
        logger.warning("a webhook from %s was refused: not signed as the line's key asks", request.remote_addr)
        return as_json(401, "unauthorized", "The webhook is not signed with the line's key.")
    return _take_in(line, body)


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


def _take_in(line: Line, body: bytes) -> tuple[Response, int]:
    try:
        event = intake.take_in(line, body)
    except events.Unreadable as fault:
        db.session.commit()
        return as_json(400, "unreadable", f"Nothing was done: {fault}.")
    outcome = event.outcome if event else "known"  # read now: after the commit it would be fetched again
    db.session.commit()
    return jsonify({"status": outcome}), 200


def _line(key: str | None, config: Config) -> tuple[Line | None, bool]:
    """The line, and whether its secret token was in the path."""
    if key is None:
        return lines.first(), False
    if line := lines.by_token(key, config):
        return line, True
    return (db.session.get(Line, key) if is_uuid(key) else None), False


def _is_authentic(line: Line, body: bytes, has_token: bool, config: Config) -> bool:
    """Signed with the line's key, or posted to its secret path; unsigned only in development, from nearby."""
    given, algorithm = request.headers.get("X-Webhook-Hmac"), request.headers.get("X-Webhook-Hmac-Algorithm")
    hmac_key = lines.hmac_key_of(line, config)
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
