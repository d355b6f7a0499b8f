"""How the screen is for one person."""

from typing import Any

import pytest
from flask import Flask

from concierge.models import Staff
from tests.client import HonestClient, sign_in
from tests.database import Look, select
from tests.people import Employee

MINE = {"theme": "dark", "sound_volume": "30", "has_letter_keys": "", "wants_notifications": "y"}


def _staff(session: Look, person: Employee) -> Any:
    return session.one(select(Staff).where(Staff.id == person.id))


def test_what_a_person_chooses_is_kept(client: HonestClient, wayan: Employee, made: Employee, session: Look) -> None:
    sign_in(client, wayan)
    answer = client.post("/preferences", data=MINE)
    mine, his = _staff(session, wayan), _staff(session, made)
    assert answer.status_code == 303
    assert (mine.theme, mine.sound_volume, mine.has_letter_keys, mine.wants_notifications) == ("dark", 30, False, True)
    assert (his.theme, his.sound_volume, his.has_letter_keys, his.wants_notifications) == ("auto", 70, True, False)


def test_the_page_comes_in_its_colours(client: HonestClient, wayan: Employee) -> None:
    sign_in(client, wayan)
    assert "data-theme" not in client.get("/stays").text
    client.post("/preferences", data=MINE)
    page = client.get("/stays").text
    assert 'data-theme="dark"' in page and 'name="color-scheme" content="dark"' in page
    assert 'data-letter-keys="off"' in page and 'data-volume="30"' in page


@pytest.mark.parametrize("wrong", [{"theme": "pink"}, {"theme": ""}, {"sound_volume": "101"}, {"sound_volume": "loud"}])
def test_what_cannot_be_is_not_kept(
    client: HonestClient, wayan: Employee, session: Look, wrong: dict[str, str]
) -> None:
    sign_in(client, wayan)
    answer = client.post("/preferences", data=MINE | wrong)
    assert answer.status_code == 200
    assert "field__error" in answer.text
    assert _staff(session, wayan).theme == "auto"


def test_my_initials_lead_there_from_every_page(client: HonestClient, wayan: Employee) -> None:
    assert 'class="rail__me" href="/preferences"' in sign_in(client, wayan).get("/conversations").text


def test_another_open_screen_hears_of_the_new_volume(app: Flask, client: HonestClient, wayan: Employee) -> None:
    other = sign_in(app.test_client(), wayan)
    question = other.get("/stays").text.partition('data-poll-url="')[2].partition('"')[0].replace("&amp;", "&")
    sign_in(client, wayan).post("/preferences", data=MINE)
    assert 'data-volume="30"' in other.get(question).text
