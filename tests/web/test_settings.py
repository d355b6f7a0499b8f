"""The settings of the hotel: for managers, checked at the field, and of their own hotel only."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from concierge.models import Hotel, Line, Template
from tests.client import HonestClient, sign_in
from tests.database import Look
from tests.people import Employee, found_hotel, hire

HOTEL = {"name": "Hotel Melati", "time_zone": "Asia/Makassar", "country": "SG", "language": "en",
         "amber_minutes": 2, "red_minutes": 4, "escalate_minutes": 12}  # fmt: skip

WRONG = {
    "name": ["", "   ", "x" * 121],
    "time_zone": ["Mars/Olympus", ""],
    "country": ["XX", "sg"],
    "language": ["fr", ""],
    "amber_minutes": ["0", "-1", "", "soon", "4", "5"],
    "red_minutes": ["2", "1", "", "1001"],
    "escalate_minutes": ["-1", "", "soon", "1000"],
}


@pytest.fixture
def manager(client: HonestClient, made: Employee) -> HonestClient:
    """Made, signed in."""
    sign_in(client, made)
    return client


def test_the_hotel_is_saved(manager: HonestClient, session: Look) -> None:
    assert manager.post("/settings", data=HOTEL).status_code == 303
    hotel = session.one(Hotel)
    assert {name: getattr(hotel, name) for name in HOTEL} == HOTEL


@pytest.mark.parametrize("field", WRONG)
def test_a_wrong_field_keeps_everything_as_it_was(
    manager: HonestClient, session: Look, hotel: Hotel, field: str
) -> None:
    for value in WRONG[field]:
        page = manager.post("/settings", data=HOTEL | {field: value})
        assert page.status_code == 200, value
        assert "field__error" in page.text, value
    assert session.one(Hotel).name == hotel.name


def test_script_in_a_name_is_shown_as_text(manager: HonestClient) -> None:
    manager.post("/settings", data=HOTEL | {"name": "<script>alert(1)</script>"})
    page = manager.get("/settings").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    ("kind", "language"), [("welcome", "id"), ("welcome", "en"), ("auto_reply", "id"), ("auto_reply", "en")]
)
def test_each_text_is_worded_anew(manager: HonestClient, session: Look, kind: str, language: str) -> None:
    answer = manager.post(f"/settings/texts/{kind}/{language}", data={"body": "From {hotel}"})
    text = session.one(Template)
    assert answer.status_code == 303
    assert (text.kind, text.language, text.body) == (kind, language, "From {hotel}")


@pytest.mark.parametrize("body", ["", "   ", "x" * 4001, "Hello {guest}"])
def test_a_text_that_cannot_be_is_said_at_the_field(manager: HonestClient, session: Look, body: str) -> None:
    page = manager.post("/settings/texts/welcome/en", data={"body": body})
    assert page.status_code == 200
    assert "field__error" in page.text
    assert session.count(Template) == 0


def test_what_was_typed_stays(manager: HonestClient) -> None:
    assert (
        "Hello {guest}, dear" in manager.post("/settings/texts/welcome/en", data={"body": "Hello {guest}, dear"}).text
    )


@pytest.mark.parametrize("path", ["/settings/texts/goodbye/en", "/settings/texts/welcome/fr"])
def test_a_text_that_is_none_is_not_found(manager: HonestClient, path: str) -> None:
    assert manager.post(path, data={"body": "Hello"}).status_code == 404


def test_the_line_s_page_tells_how_whatsapp_is_and_no_secret(manager: HonestClient, app: Flask) -> None:
    config = app.config["CONCIERGE"]
    manager.post_webhook({"event": "session.status", "id": "evt_1", "payload": {"status": "SCAN_QR_CODE"}})
    manager.post_webhook({"event": "presence.update", "id": "evt_2", "payload": {}})
    page = manager.get("/settings/line").text
    assert "WhatsApp must be paired again" in page
    assert "presence.update" in page
    assert config.waha_api_key not in page
    assert config.waha_hmac_key not in page


def test_another_hotel_s_manager_changes_their_own(
    app: Flask, client: HonestClient, session: Look, hotel: Hotel
) -> None:
    theirs = found_hotel(app, "Hotel Elsewhere")
    sign_in(client, hire(app, "Putu Adi", "manager", theirs))
    client.post("/settings", data=HOTEL)
    client.post("/settings/texts/welcome/en", data={"body": "From elsewhere"})
    assert {one.id: one.name for one in session.all(Hotel)} == {hotel.id: hotel.name, theirs: "Hotel Melati"}
    assert session.one(Template).hotel_id == theirs


def test_another_hotel_s_manager_sees_their_own_line(
    app: Flask, client: HonestClient, arrange: Callable[..., Any], line: Line
) -> None:
    with arrange() as session:
        session.get(Line, line.id).own_phone = "+6281234567890"
    sign_in(client, hire(app, "Putu Adi", "manager", found_hotel(app, "Hotel Elsewhere")))
    page = client.get("/settings/line").text
    assert "elsewhere" in page
    assert "812-3456-7890" not in page
