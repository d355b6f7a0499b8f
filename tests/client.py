"""A test client that is as honest as a browser, and no more powerful."""

import hashlib
import hmac
import json
import secrets
from typing import Any

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from concierge.extensions import is_writing
from tests.people import Employee

SIGN_IN = "/login"
WEBHOOK = "/api/v1/waha/webhook"


class HonestClient(FlaskClient):
    """Sends the CSRF token of its session with every POST, as app.js does for htmx; the protection itself stays on.

    A test about the protection uses `app.test_client(carries_token=False)`.
    """

    def __init__(self, *args: Any, carries_token: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.carries_token = carries_token

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """As in Flask, but never inside an open application context.

        A context held open shares its database session with the request, and a view that forgot to commit would
        look as if it had not: each request begins and ends with a session of its own.
        """
        assert not has_app_context(), "close the application context before asking the client"
        if self.carries_token and kwargs.get("method") == "POST":
            kwargs["headers"] = Headers(kwargs.get("headers"))
            kwargs["headers"].setdefault("X-CSRFToken", self.token())
        try:
            return super().open(*args, **kwargs)
        finally:
            # The request was served by this thread, whose next look at the rows must not take SQLite's write lock.
            is_writing(False)

    def token(self) -> str:
        """What a form of this browser session would hold."""
        with self.session_transaction() as browser_session:
            raw = browser_session.setdefault("csrf_token", secrets.token_hex(20))
        return URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token").dumps(raw)

    def post_webhook(self, body: Any, path: str = WEBHOOK, **headers: str) -> TestResponse:
        """Deliver an event as WAHA does, signed; `body` is an object, or the raw bytes."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = {"X-Webhook-Hmac": sign(self.application, raw), "X-Webhook-Hmac-Algorithm": "sha512"}
        return self.post(path, data=raw, headers=signed | headers, content_type="application/json")


def sign(app: Flask, raw: bytes) -> str:
    """WAHA's signature: HMAC-SHA512 over the raw body, lower-case hex."""
    return hmac.new(app.config["CONCIERGE"].waha_hmac_key.encode(), raw, hashlib.sha512).hexdigest()


def sign_in(client: FlaskClient, person: Employee) -> FlaskClient:
    """Through the door, with the password."""
    answer = client.post(SIGN_IN, data={"email": person.email, "password": person.password})
    assert answer.status_code in {302, 303}, f"{person.name} could not sign in: {answer.status}"
    return client
