"""What the tests of the wire share: a WAHA that signs with the key of the captured requests."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from concierge import conversations, create_app, guests, outbox
from concierge.config import Config
from concierge.extensions import db
from concierge.guests import PHONE, Reach
from concierge.models import Line
from concierge.models.message import STAFF
from tests.client import HonestClient
from tests.wire import captured

GUEST_PHONE = "+628120000001"
Send = Callable[..., str]


@pytest.fixture(scope="session")
def _app_with_their_key(config: Config) -> Iterator[Flask]:
    app = create_app(replace(config, waha_hmac_key=captured.KEY))
    app.test_client_class = HonestClient
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def waha_door(app: Flask, _app_with_their_key: Flask) -> HonestClient:
    """The door on which captured requests knock, on the test's database; like WAHA, it carries no CSRF token."""
    return _app_with_their_key.test_client(carries_token=False)


@pytest.fixture
def send(arrange: Callable[..., Any], line: Line) -> Send:
    """`send("3EB0…")`: a reply of ours to the captured guest, accepted under this raw id; its own id comes back."""

    def make(raw_id: str | None = None) -> str:
        with arrange():
            address = guests.meet(line.hotel_id, Reach(PHONE, GUEST_PHONE))
            conversation = conversations.for_writer(address.guest, line)
            conversation.address_id = address.id
            message = outbox.post(conversation, "Selamat datang", origin=STAFF)
            if raw_id:
                outbox.record_accepted(message.id, raw_id)
            return message.id

    return make
