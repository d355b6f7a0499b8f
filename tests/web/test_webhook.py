"""The door on which WAHA knocks: who is let in, on which line, and many at once."""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from concierge import auto_reply, failures, hotels, lines, outbox, threads, worker
from concierge.config import LOOPBACK, Config
from concierge.models import Address, Conversation, Event, Guest, Line, Message
from concierge.models.base import new_id
from concierge.models.message import ACCEPTED, QUEUED, SENT, STAFF
from concierge.simulator import RunningSimulator
from concierge.waha import events
from tests.client import WEBHOOK, HonestClient, sign_in
from tests.database import Look
from tests.people import Employee, Visitor
from tests.waha import Guests
from tests.web.at_once import at_once

TOKEN = "a path that nobody guesses, long enough"
OTHER_KEY = "the key of the other hotel"
ELSEWHERE = "203.0.113.9"
NEARBY = Config.from_mapping({"CONCIERGE_ENV": "testing", "WEBHOOK_ALLOW": LOOPBACK}).webhook_allow
THE_ISSUES_CALL = """{"id": "test-webhook", "timestamp": 1700000000, "session": "default", "event": "message",
       "payload": {"id": "msg-123", "timestamp": 1700000000, "from": "6281234567890@c.us", "fromMe": false,
                   "to": "6280000000000@c.us", "body": "Hello, I need help", "hasMedia": false},
       "me": {"id": "6280000000000@c.us"}, "environment": {"version": "2024.1.1", "engine": "WEBJS"}}"""


def event(text: str = "Hello", raw_id: str = "AAA", sender: str = "6281234567890@c.us") -> dict[str, Any]:
    """A guest's message."""
    payload = {"id": f"false_{sender}_{raw_id}", "from": sender, "fromMe": False, "body": text}
    return {"id": f"evt_{raw_id}", "event": "message", "session": "default", "payload": payload}


def knock(door: HonestClient, body: bytes, path: str = WEBHOOK, peer: str = "127.0.0.1", **headers: str) -> int:
    """Post as a program would; the status."""
    return door.post(path, data=body, headers=headers, environ_base={"REMOTE_ADDR": peer}).status_code


@pytest.fixture
def elsewhere(arrange: Callable[..., Any], config: Config, session: Look) -> Line:
    """The line of another hotel, with a key of its own."""
    with arrange():
        hotels.create(
            "Hotel Elsewhere", waha_host="http://waha.example", waha_session="elsewhere", time_zone="Asia/Tokyo",
            country="JP", language="en", api_key="", hmac_key=OTHER_KEY, secret_key=config.secret_key,
        )  # fmt: skip
    return session.one(select(Line).where(Line.position == 1))


def test_a_signed_message_is_stored(client: HonestClient, session: Look) -> None:
    assert client.post_webhook(event("Hello")).json == {"status": "applied"}
    message = session.one(Message)
    assert (message.text, message.role, message.status) == ("Hello", "User", None)


def test_the_answer_falls_due_when_the_guest_was_quiet(client: HonestClient, session: Look) -> None:
    client.post_webhook(event())
    conversation = session.one(Conversation)
    quiet = conversation.auto_reply_at - conversation.waiting_since
    assert abs(quiet - auto_reply.QUIET_FOR) < timedelta(seconds=1)


def _tampered(headers: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
    return headers, body.replace(b"Hello", b"Hullo")


FORGERIES: dict[str, Callable[[dict[str, str], bytes], tuple[dict[str, str], bytes]]] = {
    "missing": lambda headers, body: ({}, body),
    "empty": lambda headers, body: (headers | {"X-Webhook-Hmac": ""}, body),
    "wrong": lambda headers, body: (headers | {"X-Webhook-Hmac": "0" * 128}, body),
    "upper case": lambda headers, body: (headers | {"X-Webhook-Hmac": headers["X-Webhook-Hmac"].upper()}, body),
    "half": lambda headers, body: (headers | {"X-Webhook-Hmac": headers["X-Webhook-Hmac"][:64]}, body),
    "blank behind": lambda headers, body: (headers | {"X-Webhook-Hmac": headers["X-Webhook-Hmac"] + "0"}, body),
    "another algorithm": lambda headers, body: (headers | {"X-Webhook-Hmac-Algorithm": "md5"}, body),
    "another key": lambda headers, body: ({"X-Webhook-Hmac": events.signature("another key", body)}, body),
    "tampered": _tampered,
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_forgeries_are_refused(
    app: Flask, config: Config, session: Look, forge: Callable[..., tuple[dict[str, str], bytes]]
) -> None:
    body = json.dumps(event()).encode()
    right = {"X-Webhook-Hmac": events.signature(config.waha_hmac_key, body), "X-Webhook-Hmac-Algorithm": "sha512"}
    headers, sent = forge(right, body)
    assert knock(app.test_client(carries_token=False), sent, **headers) == 401
    assert session.count(Event) == 0


def test_a_signature_without_named_algorithm_is_sha512(app: Flask, config: Config) -> None:
    body = json.dumps(event()).encode()
    signature = events.signature(config.waha_hmac_key, body)
    assert knock(app.test_client(carries_token=False), body, **{"X-Webhook-Hmac": signature}) == 200


def test_a_secret_path_lets_an_old_server_in(another_app: Callable[..., Flask], session: Look) -> None:
    door = another_app(waha_hmac_key="", webhook_token=TOKEN).test_client(carries_token=False)
    body = json.dumps(event()).encode()
    assert knock(door, body, f"{WEBHOOK}/{TOKEN}", peer=ELSEWHERE) == 200
    assert knock(door, body, f"{WEBHOOK}/{TOKEN}x", peer=ELSEWHERE) == 404
    assert knock(door, body, WEBHOOK, peer=ELSEWHERE) == 401
    assert session.count(Message) == 1


def test_a_wrong_signature_is_wrong_on_the_secret_path_too(another_app: Callable[..., Flask]) -> None:
    door = another_app(webhook_token=TOKEN).test_client(carries_token=False)
    body = json.dumps(event()).encode()
    assert knock(door, body, f"{WEBHOOK}/{TOKEN}", **{"X-Webhook-Hmac": "0" * 128}) == 401
    assert knock(door, body, f"{WEBHOOK}/{TOKEN}") == 200


@pytest.mark.parametrize("key", [new_id(), "nobody", "-" * 36, "a" * 36, "é", "%00", "x" * 5000])
def test_an_unknown_line_is_not_found(client: HonestClient, key: str) -> None:
    answer = client.post_webhook(event(), f"{WEBHOOK}/{key}")
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "unknown_line")


def test_our_line_has_an_address_of_its_own_too(client: HonestClient, line: Line, session: Look) -> None:
    assert client.post_webhook(event(), f"{WEBHOOK}/{line.id}").status_code == 200
    assert session.one(Message).line_id == line.id


def test_another_hotel_s_line_gets_its_own_messages(
    client: HonestClient, session: Look, elsewhere: Line, line: Line
) -> None:
    body = json.dumps(event()).encode()
    answer = client.post_webhook(
        body, f"{WEBHOOK}/{elsewhere.id}", **{"X-Webhook-Hmac": events.signature(OTHER_KEY, body)}
    )
    assert answer.status_code == 200
    assert client.post_webhook(event()).status_code == 200
    assert {one.line_id for one in session.all(Message)} == {elsewhere.id, line.id}
    assert {one.hotel_id for one in session.all(Guest)} == {elsewhere.hotel_id, line.hotel_id}


def test_one_hotel_s_key_does_not_open_another_s_line(client: HonestClient, session: Look, elsewhere: Line) -> None:
    assert client.post_webhook(event(), f"{WEBHOOK}/{elsewhere.id}").status_code == 401
    assert session.count(Event) == 0


def test_the_issue_s_call_works_in_development(another_app: Callable[..., Flask], session: Look) -> None:
    door = another_app(environment="development", waha_hmac_key="", webhook_allow=NEARBY).test_client(
        carries_token=False
    )
    assert knock(door, THE_ISSUES_CALL.encode()) == 200
    message = session.one(Message)
    assert (message.text, message.role, message.raw_id) == ("Hello, I need help", "User", "msg-123")
    assert session.one(Address).value == "+6281234567890"


@pytest.mark.parametrize(
    ("peer", "status"),
    [
        ("127.0.0.1", 200),
        ("127.8.8.8", 200),
        ("::1", 200),
        (ELSEWHERE, 401),
        ("10.0.0.1", 401),
        ("", 401),
        ("nobody", 401),
    ],
)
def test_unsigned_in_development_only_from_nearby(another_app: Callable[..., Flask], peer: str, status: int) -> None:
    door = another_app(environment="development", waha_hmac_key="", webhook_allow=NEARBY).test_client(
        carries_token=False
    )
    assert knock(door, json.dumps(event()).encode(), peer=peer) == status


def test_no_header_tells_where_somebody_is(another_app: Callable[..., Flask]) -> None:
    door = another_app(environment="development", waha_hmac_key="", webhook_allow=NEARBY).test_client(
        carries_token=False
    )
    lies = {name: "127.0.0.1" for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "Host")}
    assert knock(door, json.dumps(event()).encode(), peer=ELSEWHERE, **lies) == 401


@pytest.mark.parametrize("environment", ["production", "testing"])
def test_unsigned_is_refused_elsewhere(another_app: Callable[..., Flask], environment: str, session: Look) -> None:
    door = another_app(environment=environment, waha_hmac_key="", webhook_allow=NEARBY).test_client(carries_token=False)
    assert knock(door, json.dumps(event()).encode()) == 401
    assert session.count(Event) == 0


def test_eight_deliveries_at_once_are_one_message(app: Flask, session: Look) -> None:
    statuses = at_once(8, lambda _: app.test_client().post_webhook(event()).status_code)
    assert statuses == [200] * 8
    assert session.count(Message) == session.count(Guest) == session.count(Event) == 1


def test_both_events_of_one_message_at_once_are_one_message(app: Flask, session: Look) -> None:
    def deliver(number: int) -> int:
        told = event() | {"id": f"evt_{number}", "event": ("message", "message.any")[number % 2]}
        return app.test_client().post_webhook(told).status_code

    assert at_once(8, deliver) == [200] * 8
    assert session.count(Message) == session.count(Guest) == session.count(Conversation) == 1
    assert session.count(Event) == 8


def test_eight_messages_at_once_are_numbered_without_gaps(app: Flask, session: Look) -> None:
    at_once(8, lambda number: app.test_client().post_webhook(event(raw_id=f"A{number}")).status_code)
    assert sorted(one.seq for one in session.all(Message)) == list(range(1, 9))
    assert session.one(Conversation).seq == 8


def test_an_ack_and_a_refusal_at_once_do_not_lock_each_other_out(
    app: Flask, session: Look, arrange: Callable[..., Any], line: Line, ayu: Visitor
) -> None:
    """The worker holds the conversation and wants the line, while a webhook of that line wants the conversation."""
    client = app.test_client()
    client.post_webhook(event("First", "A1"))
    conversation = session.one(Conversation)
    with arrange() as rows:
        welcome = outbox.post(rows.get(Conversation, conversation.id), "Welcome", origin=STAFF)
        outbox.record_accepted(welcome.id, "OURS")
    ack = {
        "id": "evt_ack",
        "event": "message.ack",
        "payload": {"id": f"true_{ayu.chat_id}_OURS", "fromMe": True, "ack": 1},
    }
    answers: list[int] = []
    webhook = threading.Thread(target=lambda: answers.append(client.post_webhook(ack).status_code))
    with arrange() as rows:
        threads.number_change(conversation.id)
        webhook.start()
        time.sleep(0.4)  # long enough for the webhook to reach the conversation's lock
        lines.pause(line.id, failures.UNREACHABLE)
    webhook.join(15)
    assert answers == [200]
    assert {one.status for one in session.all(Message) if one.is_ours} == {SENT}
    assert session.one(Line).paused_since is not None


def test_no_log_tells_a_guest_s_words_or_number_or_a_key(
    app: Flask, client: HonestClient, config: Config, session: Look, simulator: RunningSimulator,
    wayan: Employee, ayu: Visitor, caplog: pytest.LogCaptureFixture, waha: Guests, wait: Callable[..., None],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    secrets = [
        "Kolam renang",
        "Handuk",
        ayu.phone.lstrip("+"),
        "812-3456-7890",
        config.waha_api_key,
        config.waha_hmac_key,
    ]
    client.post_webhook(event("Kolam renang buka jam berapa?"))
    client.post_webhook(event("Kolam renang?"), **{"X-Webhook-Hmac": "0" * 128})
    sign_in(client, wayan)
    conversation = session.one(Conversation)
    client.post(
        f"/conversations/{conversation.id}/replies", data={"text": "Handuk ada di lantai 2", "reply_id": new_id()}
    )
    waha.trouble(refusing=True)
    _deliver(app, config)
    waha.trouble(refusing=False)
    wait(seconds=10)
    _deliver(app, replace(config, waha_host="http://127.0.0.1:9"))
    assert {one.status for one in session.all(Message) if one.is_ours} <= {QUEUED, ACCEPTED}
    told = [f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records]
    assert len([line for line in told if "attempt" in line]) == 2
    assert [(line, secret) for line in told for secret in secrets if secret in line] == []


def _deliver(app: Flask, config: Config) -> None:
    with app.app_context():
        worker.deliver_one(config)
