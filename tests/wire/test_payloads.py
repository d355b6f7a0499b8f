"""Every request that a real WAHA sent, and what it does here."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from concierge import failures, intake, outbox
from concierge.models import Address, Conversation, Event, Guest, Line, Message
from concierge.models.event import APPLIED, IGNORED, UNREADABLE, WAITING
from concierge.models.message import ACCEPTED, AUTOMATIC, DELIVERED, FAILED, GUEST, HOTEL, PHONE, READ, SENT
from tests.client import WEBHOOK, HonestClient
from tests.database import Look
from tests.wire import captured
from tests.wire.conftest import GUEST_PHONE, Send

OURS = "3EB0OURMSG00000001"
TOKEN = "a path that nobody guesses, long enough"
KINDS = {
    "12": ("text", "Iya yang itu"),
    "14": ("image", "Bukti transfer DP"),
    "16": ("document", "Document"),
    "17": ("voice", "Voice message"),
    "18": ("video", "Suasana kamar"),
    "19": ("sticker", "Sticker"),
    "23": ("location", "Location"),
    "25": ("contact", "Contact card"),
    "34": ("text", "👍🏽🙏"),
    "35": ("unsupported", "A message of a kind that cannot be shown here. Look at the hotel's phone."),
}


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


def test_every_captured_file_is_expected() -> None:
    assert {row["file"] for row in captured.expected()} == {path.name for path in captured.FOLDER.glob("*.json")}


@pytest.mark.parametrize(
    ("file", "status"),
    [
        ("01", "STARTING"),
        ("02", "SCAN_QR_CODE"),
        ("03", "WORKING"),
        ("04", "WORKING"),
        ("05", "FAILED"),
        ("06", "WORKING"),
    ],
)
def test_line_says_what_waha_said_last(waha_door: HonestClient, session: Look, file: str, status: str) -> None:
    captured.post(waha_door, file)
    assert session.one(Line).status == status


def test_line_learns_its_own_number(
    waha_door: HonestClient, arrange: Callable[..., Any], session: Look, line: Line
) -> None:
    with arrange() as rows:
        ours = rows.get(Line, line.id)
        ours.own_phone = ours.own_lid = None
    captured.post(waha_door, "03")
    line = session.one(Line)
    assert (line.own_phone, line.own_lid) == ("+628110009999", "99110000000009")


@pytest.mark.parametrize("file", ["09", "59"])
def test_hidden_number_and_phone_are_one_guest(waha_door: HonestClient, session: Look, file: str) -> None:
    captured.post(waha_door, file)
    guest = session.one(Guest)
    found = {(one.kind, one.value) for one in session.all(Address) if one.guest_id == guest.id}
    assert found == {("lid", "99110000000001"), ("phone", GUEST_PHONE)}
    assert guest.mobile_phone == GUEST_PHONE


@pytest.mark.parametrize(("file", "kind", "text"), [(file, *told) for file, told in KINDS.items()])
def test_each_kind_has_its_words(waha_door: HonestClient, session: Look, file: str, kind: str, text: str) -> None:
    captured.post(waha_door, file)
    message = session.one(Message)
    assert (message.kind, message.text) == (kind, text)


def test_a_document_keeps_its_name(waha_door: HonestClient, session: Look) -> None:
    captured.post(waha_door, "16")
    sent = captured.requests_of("16")[0]["body"]["payload"]["media"]["filename"]
    assert session.one(Message).details == {"is_placeholder": True, "filename": sent}


def test_missed_calls_are_shown_and_not_answered(waha_door: HonestClient, session: Look) -> None:
    captured.post(waha_door, "56")
    assert [(one.kind, one.text) for one in session.all(Message)] == [
        ("call", "Missed call"),
        ("call", "Missed video call"),
    ]
    assert {one.auto_reply_at for one in session.all(Conversation)} == {None}


def test_words_typed_on_the_hotels_phone_are_ours(waha_door: HonestClient, session: Look) -> None:
    captured.post(waha_door, "33")
    message = session.one(Message)
    assert (message.origin, message.status) == (PHONE, SENT)
    assert session.one(Conversation).waiting_since is None


@pytest.mark.parametrize("file", ["08", "80"])
def test_a_message_told_twice_is_stored_once(waha_door: HonestClient, session: Look, file: str) -> None:
    captured.post(waha_door, file)
    assert session.count(Message) == 1
    assert session.one(Conversation).seq == 1


def test_acks_climb_the_ladder(waha_door: HonestClient, session: Look, send: Send) -> None:
    send(OURS)
    seen = []
    for request in captured.requests_of("51"):
        captured.post_one(waha_door, request)
        seen.append(session.one(Message).status)
    assert seen == [ACCEPTED, SENT, DELIVERED, READ, READ]


def test_acks_never_climb_down(waha_door: HonestClient, session: Look, send: Send) -> None:
    send(OURS)
    for request in reversed(captured.requests_of("51")):
        captured.post_one(waha_door, request)
    assert session.one(Message).status == READ


@pytest.mark.parametrize(
    ("file", "raw_id", "failure"),
    [("52", "3EB0OURMSG00000002", failures.REFUSED_BY_WHATSAPP), ("85", "3EB0ERR463", failures.RESTRICTED)],
)
def test_an_error_ack_fails_with_its_reason(
    waha_door: HonestClient, session: Look, send: Send, file: str, raw_id: str, failure: str
) -> None:
    send(raw_id)
    captured.post(waha_door, file)
    message = session.one(Message)
    assert (message.status, message.failure) == (FAILED, failure)


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


@pytest.mark.parametrize("file", ["07", "27", "30", "32", "54", "55", "57", "61", "70", "77", "78"])
def test_what_is_no_business_of_a_desk_is_counted(waha_door: HonestClient, session: Look, file: str) -> None:
    captured.post(waha_door, file)
    events = session.all(Event)
    assert len(events) == len(captured.requests_of(file))
    assert {(one.outcome, bool(one.reason)) for one in events} == {(IGNORED, True)}
    assert session.count(Conversation) == 0


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
