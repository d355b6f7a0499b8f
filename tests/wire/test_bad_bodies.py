"""What nobody should send, and somebody will: refused or kept, never a fault of ours, never half-stored."""

import copy
import io
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from concierge import clock, inbox
from concierge.models import Address, Event, Guest, Line, Message
from concierge.models.event import APPLIED, UNREADABLE
from concierge.waha import events
from concierge.web.webhook import LARGEST_BODY
from tests.client import WEBHOOK, HonestClient
from tests.database import Look

SENDER = "6281234567890@c.us"
MUTATIONS = 200
NOTHING_READABLE = {
    "empty": b"",
    "blank": b"   ",
    "not JSON": b"hello=1",
    "half": b'{"event": "mess',
    "list": b"[]",
    "text": b'"message"',
    "number": b"7",
    "null": b"null",
    "nested beyond reason": b"[" * 100_000 + b"]" * 100_000,
    "an object nested beyond reason": b'{"event":"message","payload":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
}
WITHOUT_EFFECT = {
    "no fields": {},
    "no payload": {"event": "message"},
    "null payload": {"event": "message", "payload": None},
    "payload is a list": {"event": "message", "payload": []},
    "payload is a text": {"event": "message", "payload": "hello"},
    "event is a number": {"event": 7, "payload": {}},
    "event is null": {"event": None},
    "ack of nothing": {"event": "message.ack", "payload": {"ack": 3}},
    "status of nothing": {"event": "session.status", "payload": {"status": None}},
    "status is a list": {"event": "session.status", "payload": {"status": ["WORKING"]}},
    "call from nobody": {"event": "call.received", "payload": {}},
    "reaction to nothing": {"event": "message.reaction", "payload": {"reaction": 5}},
    "everything is wrong": {"id": [], "event": {}, "session": 4, "payload": {}, "me": "me", "timestamp": "x"},
}
ODD_LITERALS = [r'"\u0000\ud83d"', "7", "[]", "{}", "null", '"' + "x" * 5000 + '"', '""']
TIMES = [
    "1e300",
    "-1e300",
    "1e999",
    "NaN",
    "Infinity",
    "-5",
    "0",
    '"abc"',
    "null",
    "[]",
    "true",
    "9" * 5000,
    "-" + "9" * 5000,
]


def message(**payload: Any) -> dict[str, Any]:
    """A message event of the guest."""
    facts = {"id": f"false_{SENDER}_AAA", "from": SENDER, "fromMe": False, "body": "Hello", "timestamp": 1700000000}
    return {"id": "evt_1", "event": "message", "session": "default", "payload": facts | payload}


def raw_with(field: str, literal: str) -> bytes:
    """A message in which one field is exactly this JSON."""
    return json.dumps(message(**{field: "@@"})).replace('"@@"', literal).encode()


@pytest.mark.parametrize("body", NOTHING_READABLE.values(), ids=NOTHING_READABLE)
def test_what_is_no_object_is_refused_and_kept(client: HonestClient, session: Look, body: bytes) -> None:
    assert client.post_webhook(body).status_code == 400
    event = session.one(Event)
    assert (event.outcome, event.body) == (UNREADABLE, body)


@pytest.mark.parametrize("body", WITHOUT_EFFECT.values(), ids=WITHOUT_EFFECT)
def test_what_says_nothing_changes_nothing(client: HonestClient, session: Look, body: dict[str, Any]) -> None:
    assert client.post_webhook(body).status_code == 200
    assert session.one(Event).outcome != APPLIED
    assert session.count(Guest) == session.count(Message) == 0


def test_nothing_unsigned_is_even_read(app: Flask, session: Look) -> None:
    door = app.test_client(carries_token=False)
    bodies = [*NOTHING_READABLE.values(), b"\xff\xfe\x00", json.dumps(message()).encode()]
    assert {door.post(WEBHOOK, data=body).status_code for body in bodies} == {401}
    assert session.count(Event) == 0


@pytest.mark.parametrize("depth", [100, 900, 1000, 100_000])
def test_a_message_with_a_deep_field_is_stored_or_kept(client: HonestClient, session: Look, depth: int) -> None:
    body = raw_with("_data", '{"a":' * depth + "1" + "}" * depth)
    assert client.post_webhook(body).status_code in {200, 400}
    assert session.count(Message) == 1 or session.one(Event).outcome == UNREADABLE


def test_an_absurd_time_is_the_time_of_arrival(client: HonestClient, session: Look) -> None:
    before = clock.now()
    for number, literal in enumerate(TIMES):
        body = raw_with("timestamp", literal).replace(b"_AAA", f"_{number}".encode())
        assert client.post_webhook(body).status_code == 200, literal
    assert session.count(Message) == len(TIMES)
    assert all(before <= one.sent_at <= clock.now() for one in session.all(Message))


@pytest.mark.parametrize("literal", ["1700000000", "1700000000000", '"1700000000"', "1700000000.0"])
def test_seconds_and_milliseconds_are_told_apart(client: HonestClient, session: Look, literal: str) -> None:
    client.post_webhook(raw_with("timestamp", literal))
    assert session.one(Message).sent_at == datetime.fromtimestamp(1700000000, UTC)


def test_nobody_writes_from_the_future(client: HonestClient, session: Look) -> None:
    client.post_webhook(message(timestamp=4102444800))
    stored = session.one(Message)
    assert stored.sent_at == stored.created_at


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r'"a\u0000b"', "a\N{REPLACEMENT CHARACTER}b"),
        (r'"half \ud83d"', "half ?"),
        (r'"\udc4d half"', "? half"),
        (r'"\ud83d\udc4d"', "👍"),
        ('"👩‍👩‍👧 🇮🇩"', "👩‍👩‍👧 🇮🇩"),
        ('"مرحبا بالعالم"', "مرحبا بالعالم"),
        ('"<script>alert(1)</script>"', "<script>alert(1)</script>"),
        ('"' + "ñ" * 60_000 + '"', "ñ" * 60_000),
    ],
)
def test_any_text_is_stored(client: HonestClient, session: Look, literal: str, text: str) -> None:
    assert client.post_webhook(raw_with("body", literal)).status_code == 200
    assert session.one(Message).text == text


def test_invalid_utf8_is_stored_with_marks(client: HonestClient, session: Look) -> None:
    body = json.dumps(message()).encode().replace(b"Hello", b"Hel\xfflo")
    assert client.post_webhook(body).status_code == 200
    assert session.one(Message).text == "Hel\N{REPLACEMENT CHARACTER}lo"


@pytest.mark.parametrize(
    "field", ["id", "body", "_data", "media", "location", "vCards", "source", "ack", "to", "replyTo", "fromMe"]
)
def test_a_wrong_field_does_not_lose_the_message(client: HonestClient, session: Look, field: str) -> None:
    for number, literal in enumerate(ODD_LITERALS):
        raw = json.dumps(
            message(id=f"false_{SENDER}_{number}", timestamp=1700000000 + number) | {"id": f"evt_{number}"}
        )
        body = json.loads(raw)
        body["payload"][field] = "@@"
        assert client.post_webhook(json.dumps(body).replace('"@@"', literal).encode()).status_code == 200
        assert session.count(Message) == number + 1, literal


def test_a_guest_hiding_behind_marks_is_shown_plainly(client: HonestClient, session: Look) -> None:
    client.post_webhook(message(_data={"pushName": "\u202eevil\u2066 \n"}))
    assert session.one(Guest).profile_name == "evil"


def test_mutated_messages_are_stored_or_kept(client: HonestClient, session: Look) -> None:
    chance = random.Random(20261122)
    expected = 0
    for number in range(MUTATIONS):
        data = {"pushName": "Ayu", "key": {"id": "x"}}
        body = _mutated(message(id=f"false_{SENDER}_{number}", body=f"Hello {number}", _data=data), chance)
        body["id"] = f"evt_{number}"
        assert client.post_webhook(body).status_code == 200, body
        expected += _is_from_the_guest(body)
    unreadable = [one for one in session.all(Event) if one.outcome == UNREADABLE]
    assert session.count(Event) == MUTATIONS
    assert session.count(Message) + len(unreadable) >= expected > MUTATIONS / 2


def _is_from_the_guest(body: dict[str, Any]) -> bool:
    payload = body["payload"] if isinstance(body.get("payload"), dict) else {}
    return body["event"] == "message" and payload.get("from") == SENDER and payload.get("fromMe") is False


def test_too_large_a_body_is_refused_loudly(client: HonestClient, session: Look, caplog: Any) -> None:
    answer = client.post_webhook(b" " * (LARGEST_BODY + 1))
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")
    assert [record.levelname for record in caplog.records if "refused" in record.message] == ["ERROR"]
    assert session.count(Event) == 0


def test_the_largest_body_is_taken(client: HonestClient, session: Look) -> None:
    body = json.dumps(message()).encode()
    assert client.post_webhook(body + b" " * (LARGEST_BODY - len(body))).status_code == 200
    assert session.count(Message) == 1


@pytest.mark.parametrize(("size", "status"), [(0, 200), (LARGEST_BODY, 413)])
def test_chunked_bodies_are_read_to_the_same_limit(app: Flask, session: Look, size: int, status: int) -> None:
    body = json.dumps(message()).encode() + b" " * size
    door = app.test_client(carries_token=False)
    answer = door.open(
        WEBHOOK,
        method="POST",
        input_stream=io.BytesIO(body),
        headers={"Transfer-Encoding": "chunked", "X-Webhook-Hmac": events.signature(_key(app), body)},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == status
    assert session.count(Message) == (status == 200)


@pytest.mark.parametrize("given", ["é", "\xff" * 128, "ü" * 10_000, "", " "])
def test_a_signature_that_is_no_signature_is_refused(client: HonestClient, given: str) -> None:
    assert client.post_webhook(message(), **{"X-Webhook-Hmac": given}).status_code == 401


def test_another_body_under_a_known_event_id_is_not_lost(client: HonestClient, session: Look) -> None:
    client.post_webhook(message(id=f"false_{SENDER}_AAA", body="First"))
    client.post_webhook(message(id=f"false_{SENDER}_BBB", body="Second"))
    assert {one.text for one in session.all(Message)} == {"First", "Second"}


def test_the_same_words_twice_are_two_messages(client: HonestClient, session: Look) -> None:
    client.post_webhook(message(id=f"false_{SENDER}_AAA", body="Hello?") | {"id": "evt_1"})
    client.post_webhook(message(id=f"false_{SENDER}_BBB", body="Hello?") | {"id": "evt_2"})
    assert session.count(Message) == 2


def test_a_message_without_an_id_is_stored_once(client: HonestClient, session: Look) -> None:
    for number in (1, 2):
        client.post_webhook(message(id=None) | {"id": f"evt_{number}"})
    assert session.count(Message) == 1


def test_an_unnumbered_event_told_twice_is_answered_alike(client: HonestClient, session: Look) -> None:
    """Servers before 2025 number nothing, and try again when they heard no answer."""
    body = {"event": "message", "payload": {"body": "from nobody"}}
    assert [client.post_webhook(body).status_code for _ in range(2)] == [200, 200]
    assert session.one(Event).outcome == UNREADABLE


def test_an_own_number_that_is_none_does_not_hide_the_status(client: HonestClient, session: Look) -> None:
    me = {"id": "9" * 20 + "@c.us", "lid": "7" * 20 + "@lid"}
    client.post_webhook({"event": "session.status", "payload": {"status": "FAILED"}, "me": me})
    line = session.one(Line)
    assert (line.status, line.own_phone) == ("FAILED", None)


def test_a_number_too_long_to_be_one_is_still_heard(client: HonestClient, session: Look) -> None:
    sender = "9" * 20 + "@c.us"
    client.post_webhook(message(**{"from": sender, "id": f"false_{sender}_AAA"}))
    assert session.count(Message) == 1
    assert session.one(Address).value == "+" + "9" * 20


def test_our_own_fault_leaves_the_body_for_later(
    client: HonestClient, session: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "receive", _stumbles(RuntimeError("a fault of ours")))
    assert client.post_webhook(message()).status_code == 200
    assert session.one(Event).outcome == UNREADABLE
    assert session.count(Guest) == session.count(Message) == 0


def test_a_busy_database_is_waha_s_reason_to_try_again(
    client: HonestClient, session: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(inbox, "receive", _stumbles(OperationalError("…", {}, Exception("deadlock detected"))))
        answer = client.post_webhook(message())
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert session.count(Event) == 0
    assert client.post_webhook(message()).status_code == 200
    assert session.count(Message) == 1


def _stumbles(fault: Exception) -> Callable[..., None]:
    def receive(*_: Any) -> None:
        raise fault

    return receive


def _key(app: Flask) -> str:
    return app.config["CONCIERGE"].waha_hmac_key


def _mutated(body: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """One to three fields, at any depth, are gone or hold something else."""
    body = copy.deepcopy(body)
    for _ in range(chance.randint(1, 3)):
        holder = chance.choice([body, *(one for one in _holders(body["payload"]))]) if body.get("payload") else body
        name = chance.choice([key for key in holder if key not in {"event", "id"} or holder is not body])
        if chance.random() < 0.25:
            del holder[name]
        else:
            odd = chance.choice(_ODD)
            holder[name] = odd + body["payload"]["body"] if name == "id" and isinstance(odd, str) else odd
        if not isinstance(body.get("payload"), dict):
            break
    return body


def _holders(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, dict) or not value:
        return []
    return [value, *(inner for each in value.values() for inner in _holders(each))]


_ODD: list[Any] = [
    None, True, 0, -5, 10**30, 1e300, "", "\x00", "\ud83d", "x" * 3000, "ñ" * 300, [], [{}], [[None]], {"id": 1},
    {"_serialized": []}, {"a": {"b": {"c": []}}}, "true_a_b_c_d", "false_@_", "@c.us", "0@lid", "1@g.us",
]  # fmt: skip
