"""The doors that answer browsers, WAHA and programs."""

from flask import Flask, Response, request

from concierge import extensions
from concierge.web import (
    api,
    assets,
    attention,
    auth,
    call_list,
    composing,
    contents,
    conversations,
    errors,
    filters,
    front_desk,
    health_page,
    history,
    linking,
    listed,
    media,
    notes,
    polling,
    preferences,
    screen,
    search,
    settings,
    thread_parts,
    webhook,
)

SIGN_IN = "auth.sign_in"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self';"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def init_app(app: Flask) -> None:
    """Register every blueprint."""
    errors.init_app(app)
    assets.init_app(app)
    filters.init_app(app)
    listed.init_app(app)
    contents.init_app(app)
    thread_parts.init_app(app)
    screen.init_app(app)
    app.before_request(_say_whether_it_writes)
    app.before_request(polling.answer_unchanged)
    app.after_request(_protect)
    for module in (
        auth,
        conversations,
        attention,
        composing,
        notes,
        call_list,
        linking,
        media,
        front_desk,
        settings,
        history,
        search,
        preferences,
        api,
        webhook,
        health_page,
    ):
        app.register_blueprint(module.bp)


def _say_whether_it_writes() -> None:
    """A POST writes from its first statement on; signing in reads first, because the password check is slow."""
    extensions.is_writing(request.method not in SAFE_METHODS and request.endpoint != SIGN_IN)


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
