"""The JSON twin: every status that it promises, for the right hotel, once."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from concierge import clock, effects, identity, inbox, lines, tokens
from concierge.guests import LID, PHONE, Reach
from concierge.models import Conversation, Guest, Hotel, Line, Message, Room, Stay
from concierge.models.base import new_id
from concierge.models.message import QUEUED, WELCOME
from tests import people
from tests.client import HonestClient
from tests.database import Look, arranging
from tests.story import guest_writes
from tests.web.at_once import at_once

REGISTER = "/api/v1/guests/register"
ROOMS = "/api/v1/guests/rooms/available"
CONVERSATIONS = "/api/v1/conversations"
THE_ISSUES_CALL = (
    '{"full_name": "Test Guest", "room_number": "101", "checkin_date": "2025-11-22", "email": "test@example.com",'
    ' "phone_number": "081234567890"}'
)

WRONG: dict[str, list[Any]] = {
    "full_name": ["", "   ", 7, [], "x" * 201],
    "room_number": [101, {}, "1" * 21],
    "checkin_date": ["31/01/2026", "2026-02-30", 20260131, [], "9999-12-31", "now"],
    "checkout_date": ["2026-01-30", "soon", 5],
    "email": ["ayu", "ayu@", "@example.com", 5, "a b@example.com", "x" * 250 + "@example.com", ["a@example.com"]],
    "phone_number": ["123", "+1 555", 6281234567890, "9" * 500, "Ayu", "\x00"],
    "language": ["fr", ["id"], 1],
}


class Program:
    """A program that calls us with its token; like any program it has no cookie and no CSRF token."""

    def __init__(self, app: Flask, token: str) -> None:
        self.door: HonestClient = app.test_client(carries_token=False)  # type: ignore[assignment]
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> TestResponse:
        return self.door.get(path, headers=self.headers)

    def register(self, key: str | None = None, **changes: Any) -> TestResponse:
        """Ayu into 302, unless something else is said; a field that is None is left out."""
        given = arrival() | changes
        return self.post(json.dumps({name: value for name, value in given.items() if value is not None}), key)

    def post(self, body: str | bytes, key: str | None = None) -> TestResponse:
        headers = self.headers | ({"Idempotency-Key": key} if key is not None else {})
        return self.door.post(REGISTER, data=body, headers=headers, content_type="application/json")


def arrival() -> dict[str, Any]:
    """What the desk would have typed."""
    return {
        "full_name": "Ayu Lestari",
        "room_number": "302",
        "checkin_date": "2026-01-31",
        "email": "ayu@example.com",
        "phone_number": "0812-3456-7890",
    }


@pytest.fixture(autouse=True)
def _rooms(arrange: Callable[..., Any], hotel: Hotel) -> None:
    with arrange() as session:
        session.add_all(Room(hotel_id=hotel.id, number=number) for number in ("101", "302", "303"))


@pytest.fixture
def program(app: Flask, arrange: Callable[..., Any], hotel: Hotel) -> Program:
    """A property system of ours."""
    with arrange():
        token = tokens.create(hotel, "property system")
    return Program(app, token)


@pytest.fixture
def stranger(app: Flask, arrange: Callable[..., Any]) -> Program:
    """The property system of another hotel."""
    hotel_id = people.found_hotel(app, "Hotel Elsewhere")
    with arrange() as session:
        token = tokens.create(session.get(Hotel, hotel_id), "their system")
    return Program(app, token)


def test_a_registration_makes_everything_at_once(program: Program, session: Look) -> None:
    answer = program.register()
    stay, conversation, welcome = session.one(Stay), session.one(Conversation), session.one(Message)
    assert answer.status_code == 201
    assert answer.json == arrival() | {
        "user_id": session.one(Guest).id,
        "checkin_id": stay.id,
        "session_id": conversation.id,
        "message_id": welcome.id,
        "checkout_date": None,
        "phone_e164": "+6281234567890",
    }
    assert (conversation.stay_id, conversation.is_active) == (stay.id, True)
    assert (welcome.origin, welcome.status) == (WELCOME, QUEUED)
    assert "Ayu Lestari" in welcome.text
    assert "302" in welcome.text


def test_the_issue_s_call_works_in_development(another_app: Callable[..., Flask], session: Look) -> None:
    door = another_app(environment="development").test_client(carries_token=False)
    answer = door.post(REGISTER, data=THE_ISSUES_CALL, content_type="application/json")
    assert answer.status_code == 201
    assert {"user_id", "checkin_id", "session_id", "message_id"} < set(answer.json)
    assert session.one(Stay).guest_name == "Test Guest"


@pytest.mark.parametrize(
    ("environment", "peer"), [("testing", "127.0.0.1"), ("production", "127.0.0.1"), ("development", "203.0.113.9")]
)
def test_without_a_token_only_development_s_own_computer(
    another_app: Callable[..., Flask], session: Look, environment: str, peer: str
) -> None:
    door = another_app(environment=environment).test_client(carries_token=False)
    headers = {"X-Forwarded-For": "127.0.0.1"}
    answer = door.post(REGISTER, data=THE_ISSUES_CALL, headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "unauthorized")
    assert session.count(Stay) == 0


@pytest.mark.parametrize("path", [ROOMS, CONVERSATIONS, f"{CONVERSATIONS}/{new_id()}/messages"])
def test_an_unknown_token_opens_nothing(client: HonestClient, path: str) -> None:
    for given in ("", "Bearer", "Bearer ", "Bearer cg_nobody", "Bearer \xff", "Basic YTpi", "cg_x", "Token x"):
        answer = client.get(path, headers={"Authorization": given})
        assert (answer.status_code, answer.json["error"]["code"]) == (401, "unauthorized"), given


def test_a_token_is_known_by_its_hash_alone(program: Program, session: Look) -> None:
    kept = session.sql("SELECT token_hash, name FROM api_tokens")
    assert program.headers["Authorization"].removeprefix("Bearer ") not in repr(kept)
    assert len(kept[0].token_hash) == 64


def test_an_unknown_room_is_not_found(program: Program, session: Look) -> None:
    answer = program.register(room_number="999")
    assert (answer.status_code, set(answer.json["error"]["fields"])) == (404, {"room_number"})
    assert session.count(Guest) == 0


def test_a_taken_room_is_a_conflict(program: Program, session: Look) -> None:
    program.register()
    answer = program.register(full_name="Budi", phone_number="0813 9000 0105")
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "room_occupied")
    assert session.count(Stay) == session.count(Guest) == 1


def test_broken_json_is_a_bad_request(program: Program) -> None:
    for body in ("", "{", "hello", b"\xff", "[" * 100_000, '{"a":' + "9" * 5000 + "}", "full_name=Ayu"):
        answer = program.post(body)
        assert (answer.status_code, set(answer.json["error"])) == (400, {"code", "message", "fields"}), body[:20]


def test_json_that_is_no_object_is_a_bad_request(program: Program) -> None:
    for body in ("[]", "null", "7", '"Ayu"', "true"):
        answer = program.post(body)
        assert (answer.status_code, answer.json["error"]["code"]) == (400, "not_an_object"), body


def test_every_missing_field_is_named(program: Program) -> None:
    answer = program.post("{}")
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == {"full_name", "room_number", "checkin_date", "phone_number"}
    assert all(answer.json["error"]["fields"].values())


@pytest.mark.parametrize("field", WRONG)
def test_a_wrong_field_is_named_alone(program: Program, session: Look, field: str) -> None:
    for value in WRONG[field]:
        answer = program.register(**{field: value})
        assert (answer.status_code, set(answer.json["error"]["fields"])) == (422, {field}), value
    assert session.count(Guest) == session.count(Stay) == session.count(Message) == 0


@pytest.mark.parametrize("number", ["30\x002", "\ud83d", "302\x00"])
def test_a_room_number_that_no_database_takes_is_unknown(program: Program, number: str) -> None:
    assert program.register(room_number=number).status_code == 404


def test_a_name_that_no_database_takes_is_marked(program: Program, session: Look) -> None:
    assert program.register(full_name="Ayu\x00 \ud83d").status_code == 201
    assert session.one(Guest).name == "Ayu\N{REPLACEMENT CHARACTER} ?"


def test_tomorrow_s_guest_is_not_here_yet(program: Program, hotel: Hotel) -> None:
    today = clock.today(hotel.time_zone)
    tomorrow = program.register(checkin_date=(today + timedelta(days=1)).isoformat())
    assert set(tomorrow.json["error"]["fields"]) == {"checkin_date"}
    assert program.register(checkin_date=today.isoformat()).status_code == 201


def test_the_free_rooms_are_told(program: Program) -> None:
    program.register(room_number="101")
    rooms = program.get(ROOMS).json["rooms"]
    assert [room["room_number"] for room in rooms] == ["302", "303"]


def test_the_same_key_is_the_same_answer(program: Program, session: Look) -> None:
    first, second = program.register("key 1"), program.register("key 1")
    assert (second.status_code, second.json) == (201, first.json)
    assert session.count(Stay) == session.count(Message) == 1


def test_a_key_belongs_to_one_body(program: Program, session: Look) -> None:
    program.register("key 1")
    answer = program.register("key 1", room_number="303")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "idempotency_key_reused")
    assert session.count(Stay) == 1


def test_a_key_belongs_to_one_program(program: Program, stranger: Program) -> None:
    program.register("key 1")
    assert stranger.register("key 1").status_code == 404  # their hotel has no such room


def test_a_key_is_forgotten_after_a_day(program: Program, session: Look, wait: Callable[..., None]) -> None:
    program.register("key 1")
    wait(hours=23)
    assert program.register("key 1").status_code == 201
    wait(hours=2)
    assert program.register("key 1").status_code == 409  # acted upon anew, and the guest is in the room
    assert program.register("key 1", room_number="303").status_code == 201
    assert session.count(Stay) == 2


def test_a_refused_request_leaves_its_key_free(program: Program) -> None:
    assert program.register("key 1", room_number="999").status_code == 404
    assert program.register("key 1").status_code == 201


@pytest.mark.parametrize("key", ["x" * 201, "ü" * 300])
def test_too_long_a_key_is_refused(program: Program, key: str) -> None:
    answer = program.register(key)
    assert (answer.status_code, set(answer.json["error"]["fields"])) == (422, {"Idempotency-Key"})


def test_eight_programs_with_one_key_make_one_stay(program: Program, app: Flask, session: Look) -> None:
    program.get(ROOMS)
    program.register("before", room_number="303", phone_number="0813 9000 0105")  # the use of the token is noted
    token = program.headers["Authorization"].removeprefix("Bearer ")
    answers = at_once(8, lambda _: _told(Program(app, token).register("key 1")))
    assert {status for status, _ in answers} == {201}
    assert len({words for _, words in answers}) == 1
    assert session.count(Stay) == session.count(Message) == 2


def test_eight_programs_want_one_room(program: Program, app: Flask, session: Look) -> None:
    token = program.headers["Authorization"].removeprefix("Bearer ")
    answers = at_once(8, lambda number: _told(Program(app, token).register(phone_number=f"0812 3456 78{number}0")))
    assert sorted(status for status, _ in answers) == [201, *[409] * 7]
    assert session.count(Stay) == session.count(Guest) == 1


def test_another_hotel_s_token_sees_nothing_of_ours(program: Program, stranger: Program) -> None:
    conversation_id = program.register().json["session_id"]
    assert stranger.get(f"{CONVERSATIONS}/{conversation_id}/messages").status_code == 404
    assert stranger.get(CONVERSATIONS).json == {"conversations": [], "next": None}
    assert stranger.get(ROOMS).json == {"rooms": []}
    assert stranger.get(f"{CONVERSATIONS}?cursor={conversation_id}").json["conversations"] == []


@pytest.mark.parametrize("conversation_id", [new_id(), "nobody", "-" * 36, "1", "%00", "x" * 3000])
def test_an_unknown_conversation_is_not_found(program: Program, conversation_id: str) -> None:
    answer = program.get(f"{CONVERSATIONS}/{conversation_id}/messages")
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "unknown_conversation")


def test_messages_tell_what_was_said(program: Program) -> None:
    made = program.register().json
    (welcome,) = program.get(f"{CONVERSATIONS}/{made['session_id']}/messages").json["messages"]
    assert (welcome["id"], welcome["role"], welcome["status"]) == (made["message_id"], "System", "queued")


def test_deleted_words_are_not_told_as_if_they_were_there(program: Program, app: Flask) -> None:
    conversation_id = program.register().json["session_id"]
    guest_writes(app, "My card is 4111", raw_id="3EB0HERS")
    with arranging(app):
        effects.revoke(lines.first().id, "3EB0HERS", is_ours=False, at=clock.now())
    answer = program.get(f"{CONVERSATIONS}/{conversation_id}/messages")
    welcome, gone = answer.json["messages"]
    assert (gone["is_deleted"], gone["text"], bool(gone["deleted_at"])) == (True, "Deleted message", True)
    assert (welcome["is_deleted"], welcome["deleted_at"]) == (False, None)
    assert "4111" not in answer.text


def test_a_conversation_that_was_joined_with_another_is_told_where_it_is_now(
    program: Program, app: Flask, session: Look, wait: Callable[..., None]
) -> None:
    hidden, welcomed = Reach(LID, "99110000000001"), Reach(PHONE, "+6281234567890")
    with arranging(app):
        inbox.receive(lines.first(), inbox.Incoming(reach=hidden, raw_id="3EB0HIDDEN", text="We land at nine"))
    wait(minutes=1)
    conversation_id = program.register().json["session_id"]
    with arranging(app):
        identity.same_person(lines.first().hotel_id, hidden, welcomed)
    told = program.get(f"{CONVERSATIONS}/{conversation_id}/messages").json["messages"]
    assert session.one(select(Conversation).where(Conversation.is_active)).id != conversation_id
    assert [message["origin"] for message in told] == ["guest", WELCOME]


def test_edited_words_are_told_as_they_are_now(program: Program, app: Flask) -> None:
    conversation_id = program.register().json["session_id"]
    guest_writes(app, "For two people", raw_id="3EB0HERS")
    with arranging(app):
        effects.edit(lines.first().id, "3EB0HERS", is_ours=False, text="For three people", at=clock.now())
    welcome, edited = program.get(f"{CONVERSATIONS}/{conversation_id}/messages").json["messages"]
    assert (edited["is_edited"], edited["text"], bool(edited["edited_at"])) == (True, "For three people", True)
    assert (welcome["is_edited"], welcome["edited_at"]) == (False, None)


def test_pages_of_messages_have_no_gaps_and_no_doubles(program: Program, client: HonestClient) -> None:
    conversation_id = program.register().json["session_id"]
    for number in range(10):
        payload = {"id": f"M{number}", "from": "6281234567890@c.us", "fromMe": False, "body": str(number)}
        client.post_webhook({"event": "message", "id": f"evt_{number}", "payload": payload})
    pages = list(_pages(program, f"{CONVERSATIONS}/{conversation_id}/messages", "messages", 3))
    assert [len(page) for page in pages] == [3, 3, 3, 2]
    assert [one["text"] for page in pages for one in page][1:] == [str(number) for number in range(10)]


def test_pages_of_conversations_have_no_gaps_and_no_doubles(program: Program, client: HonestClient) -> None:
    for number in range(7):
        payload = {"id": f"M{number}", "from": f"62812345678{number}0@c.us", "fromMe": False, "body": "Hello"}
        client.post_webhook({"event": "message", "id": f"evt_{number}", "payload": payload})
    pages = list(_pages(program, CONVERSATIONS, "conversations", 3))
    assert [len(page) for page in pages] == [3, 3, 1]
    assert len({one["id"] for page in pages for one in page}) == 7


@pytest.mark.parametrize("limit", ["0", "-1", "101", "10000000", "abc", "²", "1.5", ""])
def test_a_page_has_a_limit(program: Program, limit: str) -> None:
    answer = program.get(f"{CONVERSATIONS}?limit={limit}")
    assert (answer.status_code, set(answer.json["error"]["fields"])) == (422, {"limit"})


@pytest.mark.parametrize("cursor", ["nobody", "²", "-" * 36, "9" * 50, "%00", "-1"])
def test_a_cursor_that_is_none_is_said(program: Program, cursor: str) -> None:
    conversation_id = program.register().json["session_id"]
    for path in (CONVERSATIONS, f"{CONVERSATIONS}/{conversation_id}/messages"):
        answer = program.get(f"{path}?cursor={cursor}")
        assert (answer.status_code, set(answer.json["error"]["fields"])) == (422, {"cursor"})


def test_an_address_that_is_none_is_answered_in_json(program: Program) -> None:
    assert program.get("/api/v1/nothing").json["error"]["code"] == "not_found"
    assert program.get(REGISTER).json["error"]["code"] == "method_not_allowed"


def test_too_large_a_body_is_refused(program: Program) -> None:
    answer = program.post(b" " * (1024 * 1024 + 1))
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")


def test_the_conversation_list_names_guest_and_room(program: Program, line: Line) -> None:
    made = program.register().json
    (told,) = program.get(CONVERSATIONS).json["conversations"]
    assert (told["id"], told["user_id"]) == (made["session_id"], made["user_id"])
    assert (told["guest_name"], told["room_number"], told["is_active"]) == ("Ayu Lestari", "302", True)


def _told(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_data(as_text=True)


def _pages(program: Program, path: str, name: str, limit: int) -> Any:
    cursor = ""
    while cursor is not None:
        answer = program.get(f"{path}?limit={limit}" + (f"&cursor={cursor}" if cursor else "")).json
        yield answer[name]
        cursor = answer["next"]
