"""The saved replies' pages: for managers, checked at the field."""

import pytest
from flask import Flask

from concierge.models import CannedReply
from tests.client import HonestClient, sign_in
from tests.database import Look
from tests.people import Employee, found_hotel, hire
from tests.web.test_settings import manager

__all__ = ["manager"]

WIFI = {"shortcut": "wifi", "title_id": "Wi-Fi", "body_id": "Sandi: melati", "title_en": "Wi-Fi", "body_en": "{hotel}"}


def kept(session: Look) -> dict[tuple[str, str], str]:
    return {(each.shortcut, each.language): each.body for each in session.all(CannedReply) if each.deleted_at is None}


def test_a_reply_is_made_changed_and_deleted(manager: HonestClient, session: Look) -> None:
    assert manager.post("/settings/replies/new", data=WIFI | {"shortcut": "/WiFi"}).status_code == 303
    assert kept(session) == {("wifi", "id"): "Sandi: melati", ("wifi", "en"): "{hotel}"}
    assert "Sandi: melati" in manager.get("/settings/replies").text
    assert "Sandi: melati</textarea>" in manager.get("/settings/replies/wifi").text
    assert manager.post("/settings/replies/wifi", data=WIFI | {"shortcut": "net", "title_en": "", "body_en": ""})
    assert kept(session) == {("net", "id"): "Sandi: melati"}
    assert manager.post("/settings/replies/net/delete").status_code == 303
    assert kept(session) == {}
    assert "No saved replies yet" in manager.get("/settings/replies").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"shortcut": ""},
        {"shortcut": "two words"},
        {"title_id": ""},
        {"body_en": ""},
        {"body_en": "Dear {guest}"},
        {"title_id": "x" * 81},
        {"body_id": "x" * 4001},
        {"title_id": "", "body_id": "", "title_en": "", "body_en": ""},
    ],
)
def test_what_is_wrong_is_said_at_the_field(manager: HonestClient, session: Look, wrong: dict[str, str]) -> None:
    page = manager.post("/settings/replies/new", data=WIFI | wrong)
    assert page.status_code == 200 and "field__error" in page.text
    assert kept(session) == {}


def test_a_shortcut_that_is_taken_is_said_at_the_field(manager: HonestClient, session: Look) -> None:
    manager.post("/settings/replies/new", data=WIFI)
    assert "there already" in manager.post("/settings/replies/new", data=WIFI | {"body_id": "Other"}).text
    assert kept(session)["wifi", "id"] == "Sandi: melati"


def test_another_hotel_s_replies_are_unknown(app: Flask, manager: HonestClient, session: Look) -> None:
    manager.post("/settings/replies/new", data=WIFI)
    other = sign_in(app.test_client(), hire(app, "Dewi Other", "manager", found_hotel(app, "Hotel Elsewhere")))
    assert "wifi" not in other.get("/settings/replies").text
    assert other.get("/settings/replies/wifi").status_code == 404
    other.post("/settings/replies/wifi/delete")
    assert len(kept(session)) == 2


def test_the_desk_does_not_word_replies(app: Flask, wayan: Employee) -> None:
    desk = sign_in(app.test_client(), wayan)
    assert desk.get("/settings/replies").status_code == 403
    assert desk.post("/settings/replies/new", data=WIFI).status_code == 403
