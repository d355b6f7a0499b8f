"""Every request that a real WAHA sent, and what it does here."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from concierge import intake, outbox
from concierge.models import Conversation, Event, Line, Message
from concierge.models.event import APPLIED, UNREADABLE, WAITING
from concierge.models.message import AUTOMATIC, GUEST, HOTEL, READ
from tests.client import WEBHOOK, HonestClient
from tests.database import Look
from tests.wire import captured, effects
from tests.wire.conftest import Send
from tests.wire.scene import Scene

OURS = "3EB0OURMSG00000001"
TOKEN = "a path that nobody guesses, long enough"


@pytest.fixture(autouse=True)
def _own_number(arrange: Callable[..., Any], line: Line) -> None:
    with arrange() as session:
        ours = session.get(Line, line.id)
        ours.own_phone, ours.own_lid = "+628110009999", "99110000000009"


@pytest.mark.parametrize("row", captured.expected(), ids=lambda row: row["file"])
def test_captured_requests_meet_expectations(waha_door: HonestClient, session: Look, row: dict[str, str]) -> None:
    statuses = captured.post(waha_door, row["file"])
    messages = session.all(Message)
    from_us = [one for one in messages if one.role == HOTEL and one.origin != AUTOMATIC]
    assert set(statuses) == {int(row["status_of_each_request"])}
    assert len([one for one in messages if one.role == GUEST]) == int(row["guest_messages"])
    assert len(from_us) == int(row["hotel_messages"])
    assert [one.name for one in session.all(Event) if one.outcome == UNREADABLE] == []


@pytest.mark.parametrize("row", captured.expected(), ids=lambda row: row["file"])
def test_captured_requests_have_their_effect(
    waha_door: HonestClient,
    session: Look,
    arrange: Callable[..., Any],
    send: Send,
    line: Line,
    row: dict[str, str],
) -> None:
    captured.post(waha_door, row["file"])
    effects.CHECKS[row["file"][:2]](Scene(waha_door, session, arrange, send, line))


def test_every_captured_file_is_expected() -> None:
    assert {row["file"] for row in captured.expected()} == {path.name for path in captured.FOLDER.glob("*.json")}


def test_line_learns_its_own_number(
    waha_door: HonestClient, arrange: Callable[..., Any], session: Look, line: Line
) -> None:
    with arrange() as rows:
        ours = rows.get(Line, line.id)
        ours.own_phone = ours.own_lid = None
    captured.post(waha_door, "03")
    line = session.one(Line)
    assert (line.own_phone, line.own_lid) == ("+628110009999", "99110000000009")


@pytest.mark.parametrize("file", ["08", "80"])
def test_a_message_told_twice_is_stored_once(waha_door: HonestClient, session: Look, file: str) -> None:
    captured.post(waha_door, file)
    assert session.count(Message) == 1
    assert session.one(Conversation).seq == 1


def test_acks_never_climb_down(waha_door: HonestClient, session: Look, send: Send) -> None:
    send(OURS)
    for request in reversed(captured.requests_of("51")):
        captured.post_one(waha_door, request)
    assert session.one(Message).status == READ


def test_acks_that_come_first_wait_for_their_message(
    waha_door: HonestClient, arrange: Callable[..., Any], session: Look, send: Send, line: Line
) -> None:
    captured.post(waha_door, "51")
    assert {(one.outcome, one.waits_for) for one in session.all(Event)} == {(WAITING, OURS)}
    message_id = send()
    with arrange() as rows:
        intake.apply_waiting(rows.get(Line, line.id), outbox.record_accepted(message_id, OURS))
    assert session.one(Message).status == READ
    assert {one.outcome for one in session.all(Event)} == {APPLIED}


@pytest.mark.parametrize("file", ["43", "45", "46", "48", "49", "74"])
def test_changes_of_an_unknown_message_wait(waha_door: HonestClient, session: Look, file: str) -> None:
    captured.post(waha_door, file)
    assert session.one(Event).outcome == WAITING


def test_an_old_server_is_believed_by_its_secret_path(another_app: Callable[..., Flask], session: Look) -> None:
    door = another_app(waha_hmac_key="", webhook_token=TOKEN).test_client(carries_token=False)
    assert captured.post(door, "89", f"{WEBHOOK}/{TOKEN}") == [200]
    assert session.one(Line).status == "STARTING"


def test_an_old_servers_status_counts_each_time(another_app: Callable[..., Flask], session: Look) -> None:
    door = another_app(waha_hmac_key="", webhook_token=TOKEN).test_client(carries_token=False)
    starting = captured.requests_of("89")[0]
    working = {**starting, "raw": starting["raw"].replace("STARTING", "WORKING")}
    for request in (starting, working, starting):
        captured.post_one(door, request, f"{WEBHOOK}/{TOKEN}")
    assert session.one(Line).status == "STARTING"


def test_a_forged_request_leaves_no_trace(waha_door: HonestClient, session: Look) -> None:
    captured.post(waha_door, "87")
    assert session.count(Event) == 0
