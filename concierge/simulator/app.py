"""Puts the simulator together as one Flask application."""

from typing import Any

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider

from . import answers, api_chats, api_files, api_lids, api_sending, api_sessions, control, control_guests, page
from .network import Network


class CompactJson(DefaultJSONProvider):
    """As WAHA writes it: no blanks, keys in the order given, letters as they are."""

    compact, ensure_ascii, sort_keys = True, False, False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        # Half of an emoji is no UTF-8; as \ud83d it is still JSON.
        return super().dumps(obj, **kwargs).encode("utf-8", "backslashreplace").decode()


def create_simulator(
    *,
    api_key: str | None = None,
    webhook_url: str | None = None,
    hmac_key: str | None = None,
    session: str = "default",
    settings: dict | None = None,
) -> Flask:
    """settings: any of switches.Settings by name, such as {"server_ack_seconds": 0}."""
    app = Flask("concierge.simulator", static_url_path="/simulator/static")
    # WAHA's own limit.
    app.config["MAX_CONTENT_LENGTH"] = 50 * 1024 * 1024
    app.json = CompactJson(app)
    first = {"webhook_url": webhook_url, "hmac_key": hmac_key, **(settings or {})}
    app.extensions["simulator"] = Network(session, api_key, **first)
    app.before_request(read_body)
    app.after_request(identify)
    waha = (api_sessions.bp, api_sending.bp, api_chats.bp, api_files.bp, api_lids.bp)
    for blueprint in (*waha, control.bp, control_guests.bp, page.bp):
        app.register_blueprint(blueprint)
    answers.register(app)
    return app


def read_body() -> None:
    """An unread body would be taken for the next request on a connection that is kept alive."""
    request.get_data()


def identify(response: Response) -> Response:
    response.headers["X-Concierge-Simulator"] = "1"
    return response
