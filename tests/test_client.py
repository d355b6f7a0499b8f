"""The tests' own client: what it must not hide."""

import pytest
from flask import Flask

from concierge.extensions import db
from concierge.models import Hotel
from tests.client import HonestClient
from tests.database import Look


def test_a_context_held_open_around_a_request_is_refused(app: Flask, client: HonestClient) -> None:
    with app.app_context(), pytest.raises(AssertionError, match="close the application context"):
        client.get("/login")


def test_what_a_request_forgot_to_commit_is_not_seen(app: Flask, session: Look) -> None:
    name = session.one(Hotel).name
    with app.app_context():
        db.session.scalars(db.select(Hotel)).one().name = "Forgotten"
        db.session.flush()
    assert session.one(Hotel).name == name


def test_a_form_without_its_token_is_refused(app: Flask) -> None:
    answer = app.test_client(carries_token=False).post("/login", data={"email": "wayan@hotel.example"})
    assert answer.status_code == 400
