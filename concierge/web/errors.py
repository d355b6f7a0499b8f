"""What a fault looks like: a page for people, `{"error": {"code", "message", "fields"}}` for programs."""

import logging

from flask import Flask, Response, current_app, jsonify, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from concierge.extensions import db

logger = logging.getLogger(__name__)

BUSY_AGAIN_SECONDS = 2
_WORDS = {
    400: ("bad_request", "This request cannot be understood."),
    401: ("unauthorized", "Please sign in."),
    403: ("forbidden", "Your role may not open this page. Ask a manager."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take such a request."),
    413: ("too_large", "This is too large."),
    503: ("busy", "The database is busy. Please try again in a moment."),
}
_OUR_FAULT = ("our_fault", "Something went wrong here. It was noted; nothing that you saved before is lost.")


class ApiError(Exception):
    """A fault to be told to a program. `fields` maps a field's name to its words."""

    def __init__(self, status: int, code: str, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.fields = status, code, message, fields or {}


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(ApiError, _api_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(Exception, _unexpected)


def as_json(status: int, code: str, message: str, fields: dict[str, str] | None = None) -> tuple[Response, int]:
    """The body every program gets."""
    return jsonify({"error": {"code": code, "message": message, "fields": fields or {}}}), status


def _api_error(fault: ApiError) -> tuple[Response, int]:
    db.session.rollback()
    return as_json(fault.status, fault.code, fault.message, fault.fields)


def _csrf_error(fault: CSRFError) -> tuple[Response | str, int]:
    if request.headers.get("HX-Request") and not current_user.is_authenticated:
        return _answer(401, *_WORDS[401])  # the token ended with the login, and the page can say that
    return _answer(400, "stale_form", "This page was open for too long. Reload it and try again.")


def _http_error(fault: HTTPException) -> Response | tuple[Response | str, int]:
    if fault.code is None or fault.code < 400:
        return fault.get_response()  # type: ignore[return-value]
    return _answer(fault.code, *_WORDS.get(fault.code, ("error", fault.name)))


def _database_error(fault: OperationalError) -> tuple[Response | str, int, dict[str, str]]:
    """SQLite was busy for longer than a writer waits, or the server is away: try again, nothing is half-stored."""
    db.session.rollback()
    logger.warning("the database did not answer: %s", type(fault.orig).__name__)
    body, status = _answer(503, *_WORDS[503])
    return body, status, {"Retry-After": str(BUSY_AGAIN_SECONDS)}


def _unexpected(fault: Exception) -> tuple[Response | str, int]:
    db.session.rollback()
    logger.error("a request failed: %s %s", request.method, request.url_rule, exc_info=fault)
    return _answer(500, *_OUR_FAULT)


def _answer(status: int, code: str, message: str) -> tuple[Response | str, int]:
    if request.path.startswith("/api/"):
        return as_json(status, code, message)
    if request.headers.get("HX-Request"):
        return message, status
    # Not by render_template: the context processors ask the database who is signed in, and it may be what failed.
    return current_app.jinja_env.get_template("error.html").render(status=status, message=message), status
