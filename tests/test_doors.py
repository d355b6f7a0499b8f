"""Every door of the house, tried by nobody, by the wrong role, and without a token."""

from collections.abc import Iterator

import pytest
from flask import Flask

from concierge.models.base import new_id
from tests.client import SIGN_IN, HonestClient, sign_in
from tests.people import Employee

# What answers a stranger, and why: the way in and out, what a browser needs to draw it, the light for machines, and
# WAHA, which signs. The API asks for its own token.
OPEN = {"static", "auth.sign_in", "auth.sign_out", "health.show", "webhook.receive"}
# Programs sign in with a token of their own, WAHA by its signature: a browser's CSRF token means nothing there.
WITHOUT_CSRF = ("/api/v1/",)
FOR_MANAGERS = ("settings.",)
ANSWERS_TO_STRANGERS = {401, 403}


def doors(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and address of each door; the addresses name nothing that exists."""
    for rule in app.url_map.iter_rules():
        built = rule.build(dict.fromkeys(rule.arguments, new_id()))
        assert built, f"{rule} needs an address that this test can make"
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, built[1]


def test_nobody_enters_without_signing_in(app: Flask, client: HonestClient) -> None:
    entered = []
    for endpoint, method, address in doors(app):
        if endpoint in OPEN:
            continue
        answer = client.open(address, method=method)
        is_shown_the_door = answer.status_code in {302, 303} and answer.location.startswith(SIGN_IN)
        if not (is_shown_the_door or answer.status_code in ANSWERS_TO_STRANGERS):
            entered.append(f"{method} {address} ({endpoint}): {answer.status}")
    assert entered == []


def test_the_list_of_open_doors_names_real_doors(app: Flask) -> None:
    assert OPEN - set(app.view_functions) == set()


def test_a_stranger_s_poll_is_not_redirected(app: Flask, client: HonestClient) -> None:
    answer = client.get("/conversations", headers={"HX-Request": "true"})
    assert answer.status_code == 401


def test_every_blueprint_states_who_may_enter(app: Flask) -> None:
    unguarded = [name for name in app.blueprints if not app.before_request_funcs.get(name)]
    assert unguarded == []


def test_the_desk_does_not_enter_the_manager_s_rooms(app: Flask, client: HonestClient, wayan: Employee) -> None:
    sign_in(client, wayan)
    rooms = [(method, address) for endpoint, method, address in doors(app) if endpoint.startswith(FOR_MANAGERS)]
    assert rooms
    assert [room for room in rooms if client.open(room[1], method=room[0]).status_code != 403] == []


def test_no_form_is_accepted_without_its_token(app: Flask, wayan: Employee) -> None:
    browser = app.test_client(carries_token=False)
    browser.set_cookie("concierge", _cookie_of(sign_in(app.test_client(), wayan)))
    accepted = [
        f"{method} {address}"
        for _, method, address in doors(app)
        if method != "GET" and not address.startswith(WITHOUT_CSRF)
        if browser.open(address, method=method).status_code != 400
    ]
    assert accepted == []


@pytest.mark.parametrize("address", ["/conversations", "/stays/new"])
def test_pages_forbid_inline_script_and_framing(client: HonestClient, wayan: Employee, address: str) -> None:
    policy = sign_in(client, wayan).get(address).headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy


def _cookie_of(client: HonestClient) -> str:
    cookie = client.get_cookie("concierge")
    assert cookie
    return cookie.value
