"""What a fault looks like, also when the database is the fault."""

from dataclasses import replace

import pytest
from flask import Flask

from concierge.config import Config
from tests.client import HonestClient, sign_in
from tests.people import Employee


@pytest.fixture
def stranded(app: Flask, client: HonestClient, wayan: Employee, another_app, config: Config) -> HonestClient:  # noqa: ANN001
    """Wayan, signed in at an application whose database is away."""
    cookie = sign_in(client, wayan).get_cookie("concierge")
    away = "sqlite:////nowhere/concierge.db" if config.database_url.startswith("sqlite") else _closed(config)
    browser = another_app(database_url=away).test_client()
    browser.set_cookie("concierge", cookie.value)
    return browser


def _closed(config: Config) -> str:
    """The same server's address with a port at which nobody listens."""
    return replace(config, database_url="postgresql+psycopg2://nobody@127.0.0.1:9/concierge").database_url


@pytest.mark.parametrize("address", ["/conversations", "/stays", "/stays/new", "/settings"])
def test_without_the_database_every_page_says_so(stranded: HonestClient, address: str) -> None:
    answer = stranded.get(address)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "The database is busy. Please try again in a moment." in answer.text


def test_without_the_database_a_program_gets_json(stranded: HonestClient) -> None:
    answer = stranded.get("/api/v1/conversations", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "busy")


def test_a_form_that_outlived_its_login_is_told_so(app: Flask) -> None:
    browser = app.test_client(carries_token=False)
    assert browser.post("/conversations/1/replies", headers={"HX-Request": "true"}).status_code == 401
    assert browser.post("/conversations/1/replies").status_code == 400
