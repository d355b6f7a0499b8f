"""What all of WAHA's endpoints share: the key, the line's status, JSON bodies, errors in WAHA's words.

Trouble that meets every call is here too; the trouble of sending is in api_sending.py.
"""

import contextlib
import hmac
import json
import socket
import time
from typing import NoReturn

from flask import Flask, Response, abort, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from . import shapes
from .network import Network


def network() -> Network:
    return current_app.extensions["simulator"]


def register(app: Flask) -> None:
    for status in (404, 405):
        app.register_error_handler(status, unknown_route)
    app.register_error_handler(413, too_large)


def admit() -> Response | None:
    """Before every call to WAHA: trouble first, then the key."""
    waha = network()
    time.sleep(waha.trouble.slow)
    if waha.trouble.down:
        if request.path.startswith("/api/send"):
            waha.faults.add("down_before")
        return drop_connection()
    if request.path == "/ping":
        return None
    given = request.headers.get("X-Api-Key", "").encode()
    is_known = waha.api_key is None or hmac.compare_digest(given, waha.api_key.encode())
    if waha.trouble.refusing or not is_known:
        return unauthorized()
    return None


def unauthorized() -> Response:
    response = jsonify({"message": "Unauthorized", "statusCode": 401})
    response.status_code = 401
    return response


def drop_connection() -> Response:
    """The caller gets no answer at all; what we return meets a closed socket."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):  # the caller may have gone first
            connection.shutdown(socket.SHUT_RDWR)
    return Response(status=502)


def body() -> dict:
    """The JSON object sent; WAHA takes an empty body for {}."""
    try:
        sent = json.loads(request.get_data() or b"{}")
    except (ValueError, RecursionError):
        text = request.get_data(as_text=True)
        refuse(400, f"Unexpected token '{text[:1]}', \"{text[:20]}\" is not valid JSON")
    return sent if isinstance(sent, dict) else {}


def refuse(status: int, message: str | list[str]) -> NoReturn:
    answer(shapes.error(status, message), status)


def fail(exception: str, name: str = "Error") -> NoReturn:
    """500 with a stack and the request echoed, as WAHA does."""
    asked = {"path": request.path, "method": request.method, "body": body(), "query": request.args.to_dict()}
    answer(shapes.engine_failure(exception, name, asked), 500)


def answer(content: dict, status: int) -> NoReturn:
    response = jsonify(content)
    response.status_code = status
    abort(response)


def need_session(name: str) -> None:
    """422 for a session that does not exist."""
    if name != network().session:
        refuse(422, f'Session "{name}" does not exist')


def need_line(status: str = "WORKING") -> None:
    """Waits for the line as WAHA does (only shorter: session_wait_seconds), then 422."""
    waha = network()
    if not waha.wait_for_line(status):
        answer(shapes.wrong_status(waha.session, waha.line.status, status), 422)


def need_store(session: str) -> None:
    """400 without NOWEB's store, in which chats and hidden ids are kept."""
    need_session(session)
    if network().trouble.store_off:
        names = '"config.noweb.store.enabled=True" and "config.noweb.store.full_sync=True"'
        refuse(400, f"Enable NOWEB store {names} when starting a new session.")
    need_line()


def number(name: str, otherwise: int = 0) -> int:
    """A whole number of the query."""
    text = request.args.get(name, str(otherwise))
    if not text.isdecimal():
        refuse(400, [f"{name} must be a number conforming to the specified constraints"])
    return int(text)


def unknown_route(error: HTTPException) -> Response | tuple[dict, int]:
    # Without the key even an unknown address is only "Unauthorized".
    if request.path.startswith("/api/") and (refused := admit()):
        return refused
    return shapes.error(404, f"Cannot {request.method} {request.full_path.rstrip('?')}"), 404


def too_large(error: HTTPException) -> tuple[dict, int]:
    return {"message": "request entity too large", "error": "Payload Too Large", "statusCode": 413}, 413
