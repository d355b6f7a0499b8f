"""Signing in and out, and who may see what."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from concierge import clock, stays
from concierge import sign_in as tries
from concierge.models import Conversation, Hotel, Message, Room, SignInAttempts, Staff, Stay
from concierge.models.base import new_id
from tests.client import SIGN_IN, HonestClient, sign_in
from tests.database import Look
from tests.people import PASSWORD, Employee, hire
from tests.web.at_once import at_once

INBOX = "/conversations"
ELSEWHERE = [
    "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "",
    "javascript:alert(1)", "http:evil.example", "evil.example", "/\n/evil.example", "%2F%2Fevil.example",
]  # fmt: skip


def attempt(
    client: HonestClient, email: str, password: str = "not it at all", peer: str = "127.0.0.1", **more: Any
) -> Any:
    """Try to sign in."""
    data = {"email": email, "password": password}
    return client.post(SIGN_IN, data=data, environ_base={"REMOTE_ADDR": peer}, **more)


def fail(client: HonestClient, email: str, times: int, **more: Any) -> list[int]:
    """Guess; the statuses."""
    return [attempt(client, email, **more).status_code for _ in range(times)]


def test_the_right_password_opens_the_inbox(client: HonestClient, wayan: Employee) -> None:
    answer = attempt(client, f"  {wayan.email.upper()} ", PASSWORD)
    assert (answer.status_code, answer.location) == (303, INBOX)
    assert client.get(INBOX).status_code == 200


@pytest.mark.parametrize("email", ["wayan@hotel.example", "nobody@hotel.example"])
def test_a_wrong_password_and_an_unknown_account_sound_alike(client: HonestClient, wayan: Employee, email: str) -> None:
    answer = attempt(client, email)
    assert answer.status_code == 401
    assert "E-mail or password is wrong." in answer.text
    assert client.get(INBOX).status_code == 303


def test_five_tries_then_one_two_and_four_minutes(
    client: HonestClient, wayan: Employee, wait: Callable[..., None]
) -> None:
    assert fail(client, wayan.email, 5) == [401] * 5
    for minutes in (1, 2, 4):
        wait(minutes=minutes, seconds=-2)
        refused = attempt(client, wayan.email, PASSWORD)
        assert refused.status_code == 429
        assert "Wait 1 min" in refused.text
        wait(seconds=3)
        assert attempt(client, wayan.email).status_code == 401
    assert "Wait 8 min" in attempt(client, wayan.email, PASSWORD).text


def test_a_success_forgets_the_failures(client: HonestClient, wayan: Employee, session: Look) -> None:
    fail(client, wayan.email, 4)
    assert attempt(client, wayan.email, PASSWORD).status_code == 303
    assert session.count(SignInAttempts) == 0
    assert fail(client, wayan.email, 4) == [401] * 4


def test_nobody_is_kept_out_by_what_others_typed(client: HonestClient, wayan: Employee, made: Employee) -> None:
    fail(client, wayan.email, 6)
    assert attempt(client, made.email, PASSWORD).status_code == 303
    assert attempt(client, wayan.email, PASSWORD, peer="203.0.113.9").status_code == 303


def test_a_guesser_with_many_addresses_has_to_wait_too(client: HonestClient, wayan: Employee) -> None:
    statuses = [attempt(client, wayan.email, peer=f"203.0.113.{number}").status_code for number in range(31)]
    assert statuses == [401] * tries.FREE_TRIES_OF_ACCOUNT + [429]


def test_no_header_makes_another_address(client: HonestClient, wayan: Employee) -> None:
    headers = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in range(6)]
    assert [attempt(client, wayan.email, headers=one).status_code for one in headers] == [401] * 5 + [429]


def test_all_processes_count_together(client: HonestClient, another_app: Callable[..., Flask], wayan: Employee) -> None:
    other = another_app().test_client()
    assert fail(client, wayan.email, 3) + fail(other, wayan.email, 2) == [401] * 5
    assert attempt(client, wayan.email, PASSWORD).status_code == 429
    assert attempt(other, wayan.email, PASSWORD).status_code == 429


def test_guesses_at_the_same_moment_are_all_counted(app: Flask, wayan: Employee, session: Look) -> None:
    statuses = at_once(8, lambda _: attempt(app.test_client(), wayan.email).status_code)
    assert sorted(statuses) == [401] * tries.FREE_TRIES_FROM_ADDRESS + [429] * 3
    assert {one.failures for one in session.all(SignInAttempts)} == {tries.FREE_TRIES_FROM_ADDRESS}


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("", ""),
        ("wayan", ""),
        ("x" * 300, "y"),
        ("wayan@hotel.example", "z" * 300),
        ("\x00", "\x00"),
        ("é@ü.example", "ñ"),
    ],
)
def test_odd_input_is_refused_politely(client: HonestClient, email: str, password: str) -> None:
    assert attempt(client, email, password).status_code in {200, 401}


def test_who_left_the_hotel_cannot_sign_in(client: HonestClient, wayan: Employee, arrange: Callable[..., Any]) -> None:
    _change(arrange, wayan, is_active=False)
    assert attempt(client, wayan.email, PASSWORD).status_code == 401


def test_who_left_the_hotel_is_out_at_once(client: HonestClient, wayan: Employee, arrange: Callable[..., Any]) -> None:
    sign_in(client, wayan)
    _change(arrange, wayan, is_active=False)
    assert client.get(INBOX).status_code == 303


def test_a_new_password_ends_older_sign_ins(client: HonestClient, wayan: Employee, arrange: Callable[..., Any]) -> None:
    sign_in(client, wayan)
    _change(arrange, wayan, password_hash=tries._hasher.hash("another password"))
    assert client.get(INBOX).status_code == 303
    assert attempt(client, wayan.email, "another password").status_code == 303


def test_the_page_that_was_asked_for_comes_after_the_login(client: HonestClient, wayan: Employee) -> None:
    asked = client.get("/stays/new?room=302")
    answer = client.post(asked.location, data={"email": wayan.email, "password": PASSWORD})
    assert answer.location == "/stays/new?room=302"


def test_the_login_leads_nowhere_else(client: HonestClient, wayan: Employee) -> None:
    data = {"email": wayan.email, "password": PASSWORD}
    for wanted in ELSEWHERE:
        assert client.post(SIGN_IN, query_string={"next": wanted}, data=data).location == INBOX, wanted
        assert client.get(SIGN_IN, query_string={"next": wanted}).location == INBOX, wanted


def test_a_form_without_its_token_is_refused(app: Flask, wayan: Employee) -> None:
    stranger = app.test_client(carries_token=False)
    answer = attempt(stranger, wayan.email, PASSWORD)
    assert answer.status_code == 400
    assert stranger.get(INBOX).status_code == 303


def test_signing_out_ends_it(client: HonestClient, wayan: Employee) -> None:
    sign_in(client, wayan)
    assert client.post("/logout").location == SIGN_IN
    assert client.get(INBOX).status_code == 303


def test_a_poll_of_somebody_who_left_is_told_so(client: HonestClient, wayan: Employee) -> None:
    sign_in(client, wayan)
    client.post("/logout")
    answer = client.get(f"{INBOX}/{new_id()}/thread?revision=1", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.location) == (401, None)


@pytest.mark.parametrize("path", ["/settings", "/settings/texts", "/settings/line"])
def test_settings_are_the_manager_s(client: HonestClient, wayan: Employee, made: Employee, path: str) -> None:
    assert sign_in(client, wayan).get(path).status_code == 403
    assert sign_in(client, made).get(path).status_code == 200


def test_an_admin_manages_too(app: Flask, client: HonestClient) -> None:
    assert sign_in(client, hire(app, "Nyoman Rai", "admin")).get("/settings").status_code == 200


def test_charlie_sees_nothing_of_ours(
    client: HonestClient, charlie: Employee, arrange: Callable[..., Any], hotel: Hotel, session: Look
) -> None:
    with arrange() as rows:
        rows.add(Room(hotel_id=hotel.id, number="302"))
    payload = {"id": "A1", "from": "6281234567890@c.us", "fromMe": False, "body": "Kolam renang buka?"}
    client.post_webhook({"event": "message", "id": "evt_1", "payload": payload})
    stay, conversation = _check_in(session, arrange, hotel), session.one(Conversation).id
    message = session.all(Message)[0].id
    sign_in(client, charlie)
    reply = {"text": "Hello", "reply_id": new_id()}
    assert {client.get(f"/conversations/{conversation}{path}").status_code for path in ("", "/thread", "/earlier")} == {
        404
    }
    assert client.post(f"/conversations/{conversation}/replies", data=reply).status_code == 404
    assert {client.post(f"/messages/{message}/{act}").status_code for act in ("retry", "arrived", "cancel")} == {404}
    assert {client.post(f"/stays/{stay}/{act}").status_code for act in ("check-out", "wrong-person", "phone")} == {404}
    assert client.post(f"/stays/{stay}/name", data={"answer": "same"}).status_code == 404
    assert client.get(f"/stays/{stay}/phone").status_code == 404
    assert "Kolam renang" not in client.get(INBOX).text
    assert "302" not in client.get("/stays").text
    assert session.one(Stay).is_open
    assert session.count(Message) == 2


@pytest.mark.parametrize("odd", ["nobody", "-" * 36, "1", "x" * 500])
def test_an_id_that_is_none_is_not_found(client: HonestClient, wayan: Employee, odd: str) -> None:
    sign_in(client, wayan)
    assert client.get(f"/conversations/{odd}").status_code == 404
    assert client.get(f"/stays/{odd}/phone").status_code == 404
    assert client.post(f"/messages/{odd}/retry").status_code == 404


def _check_in(session: Look, arrange: Callable[..., Any], hotel: Hotel) -> str:
    with arrange() as rows:
        ours, room = rows.get(Hotel, hotel.id), rows.scalars(select(Room)).one()
        stays.check_in(ours, room, stays.Arrival("Ayu Lestari", "+6281234567890", clock.today(hotel.time_zone)))
    return session.one(Stay).id


def _change(arrange: Callable[..., Any], person: Employee, **changes: Any) -> None:
    with arrange() as session:
        staff = session.get(Staff, person.id)
        for name, value in changes.items():
            setattr(staff, name, value)
