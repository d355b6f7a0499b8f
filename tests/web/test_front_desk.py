"""The desk's pages: who is in the house, check-in, check-out, and setting right whom a phone belongs to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from concierge import clock
from concierge.models import Address, Conversation, Guest, Hotel, Message, Room, Stay
from concierge.models.base import new_id
from concierge.models.message import WELCOME
from tests.client import HonestClient, sign_in
from tests.database import Look
from tests.people import Employee, Visitor
from tests.story import AYUS_PHONE, add_rooms, check_in

Arrange = Callable[..., Any]
SCRIPT = "<script>alert('hotel')</script>"
ESCAPED = "&lt;script&gt;alert("
OTHER_PHONE = "+6281390000002"


@pytest.fixture
def desk(client: HonestClient, wayan: Employee) -> HonestClient:
    """Wayan, signed in."""
    sign_in(client, wayan)
    return client


def arrival(**changes: Any) -> dict[str, Any]:
    """What the check-in form sends."""
    typed = {
        "stay_id": new_id(),
        "full_name": "Ayu Lestari",
        "phone_number": "0812-3456-7890",
        "room_number": "101",
        "language": "id",
        "checkin_date": clock.today("Asia/Jakarta").isoformat(),
        "checkout_date": "",
        "email": "",
    }
    return typed | changes


def days(number: int) -> str:
    """A date as browsers send it, so many days from today."""
    return (clock.today("Asia/Jakarta") + timedelta(days=number)).isoformat()


def test_a_check_in_makes_the_stay_and_its_welcome(app: Flask, desk: HonestClient, session: Look) -> None:
    add_rooms(app, "101")
    answer = desk.post("/stays/new", data=arrival())
    assert answer.status_code == 303
    assert answer.location == f"/conversations/{session.one(Conversation).id}"
    assert session.one(Message).origin == WELCOME
    assert session.one(Stay).checked_in_by_id
    assert "is checked in to 101" in desk.get(answer.location).text


def test_a_fresh_form_offers_free_rooms_only(app: Flask, desk: HonestClient, arrange: Arrange) -> None:
    add_rooms(app, "102", "103", "104")
    check_in(app, room="101")
    with arrange() as session:
        session.query(Room).filter_by(number="103").one().cleaning_state = "out_of_order"
        session.query(Room).filter_by(number="104").one().deleted_at = clock.now()
    page = desk.get("/stays/new").text
    assert [number for number in ("101", "102", "103", "104") if f'<option value="{number}"' in page] == ["102"]


def test_the_same_form_twice_makes_one_stay(app: Flask, desk: HonestClient, session: Look) -> None:
    add_rooms(app, "101")
    form = arrival()
    first, second = (desk.post("/stays/new", data=form) for _ in range(2))
    assert first.location == second.location
    assert (session.count(Stay), session.count(Message)) == (1, 1)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("full_name", "", "Write the guest&#39;s name."),
        ("full_name", "   ", "Write the guest&#39;s name."),
        ("full_name", "x" * 201, "At most 200 letters."),
        ("phone_number", "", "Write the guest&#39;s phone number."),
        ("phone_number", "12", "field__error"),
        ("phone_number", "my number", "field__error"),
        ("phone_number", "1" * 61, "This is too long."),
        ("room_number", "", "Choose a room."),
        ("room_number", "999", "There is no such room."),
        ("language", "tlh", "Choose one from the list."),
        ("checkin_date", "", "Write the day of arrival."),
        ("checkin_date", "tomorrow", "This is not a date."),
        ("checkin_date", "2026-02-30", "This is not a date."),
        ("checkin_date", days(1), "This day is in the future."),
        ("checkout_date", "soon", "This is not a date."),
        ("checkout_date", days(-1), "Check-out is before check-in."),
        ("email", "nobody", "This is not an e-mail address."),
        ("email", f"{'x' * 250}@hotel.example", "This is too long."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    app: Flask, desk: HonestClient, session: Look, field: str, value: str, words: str
) -> None:
    add_rooms(app, "101")
    answer = desk.post("/stays/new", data=arrival(**{field: value}))
    assert answer.status_code == 200
    assert words in answer.text
    assert f'id="{field}-error"' in answer.text
    assert answer.text.count("field__error") == 1
    assert session.count(Stay) == 0


def test_what_was_typed_stays(app: Flask, desk: HonestClient) -> None:
    add_rooms(app, "101")
    form = arrival(full_name="Ayu Lestari Dewi", email="ayu@example.com", checkout_date=days(3), phone_number="12")
    page = desk.post("/stays/new", data=form).text
    for typed in ("Ayu Lestari Dewi", "ayu@example.com", days(3), form["stay_id"]):
        assert f'value="{typed}"' in page
    assert '<option selected value="101">' in page


@pytest.mark.parametrize("field", ["full_name", "phone_number", "email", "room_number", "language", "stay_id"])
def test_script_is_shown_as_text(app: Flask, desk: HonestClient, field: str) -> None:
    add_rooms(app, "101")
    page = desk.post("/stays/new", data=arrival(phone_number="12") | {field: SCRIPT}).text
    assert SCRIPT not in page


def test_a_name_of_script_is_shown_as_text_everywhere(app: Flask, desk: HonestClient) -> None:
    add_rooms(app, "101")
    thread = desk.post("/stays/new", data=arrival(full_name=SCRIPT)).location
    for address in (thread, "/conversations", "/stays"):
        page = desk.get(address).text
        assert SCRIPT not in page
        assert ESCAPED in page


@pytest.mark.parametrize("day", [days(0), days(-1), "2025-11-22"])
def test_arrivals_of_the_past_are_accepted(app: Flask, desk: HonestClient, session: Look, day: str) -> None:
    add_rooms(app, "101")
    assert desk.post("/stays/new", data=arrival(checkin_date=day)).status_code == 303
    assert session.one(Stay).checkin_date.isoformat() == day


def test_today_is_the_hotel_s_day(app: Flask, desk: HonestClient, arrange: Arrange, hotel: Hotel) -> None:
    add_rooms(app, "101")
    with arrange() as session:
        session.get(Hotel, hotel.id).time_zone = "Pacific/Kiritimati"
    there = clock.today("Pacific/Kiritimati").isoformat()
    assert f'value="{there}"' in desk.get("/stays/new").text
    assert desk.post("/stays/new", data=arrival(checkin_date=there)).status_code == 303


def test_a_taken_room_is_said_at_the_field(app: Flask, desk: HonestClient, session: Look) -> None:
    check_in(app, room="101")
    page = desk.post("/stays/new", data=arrival(full_name="Budi", phone_number=OTHER_PHONE)).text
    assert "Room 101 was taken a moment ago. Choose another one." in page
    assert 'id="room_number-error"' in page
    assert session.count(Guest) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cleaning_state": "out_of_order"}, "Room 101 is out of order."),
        ({"deleted_at": clock.now()}, "There is no such room."),
    ],
)
def test_a_room_that_is_not_offered_is_refused(
    app: Flask, desk: HonestClient, session: Look, arrange: Arrange, change: dict[str, Any], words: str
) -> None:
    add_rooms(app, "101")
    with arrange() as rows:
        rows.query(Room).update(change)
    assert words in desk.post("/stays/new", data=arrival()).text
    assert session.count(Stay) == 0


def test_another_hotel_s_room_does_not_exist(app: Flask, desk: HonestClient, charlie: Employee, session: Look) -> None:
    add_rooms(app, "101", hotel_id=charlie.hotel_id)
    assert "There is no such room." in desk.post("/stays/new", data=arrival()).text
    assert session.count(Stay) == 0


def test_a_hotel_without_a_free_room_says_so(desk: HonestClient) -> None:
    assert "No room is free." in desk.get("/stays/new").text


def test_the_house_lists_every_open_stay_by_room(app: Flask, desk: HonestClient) -> None:
    for number, name in (("1001", "Budi"), ("99", "Kenji"), ("101", "Ayu")):
        check_in(app, room=number, name=name, phone=f"+62812345678{len(name)}{number[0]}")
    page = desk.get("/stays").text
    assert page.index("Kenji") < page.index("Ayu") < page.index("Budi")
    assert "3 rooms taken · 0 free" in page


def test_a_check_out_ends_it(app: Flask, desk: HonestClient, session: Look) -> None:
    stay = check_in(app, room="101")
    answer = desk.post(f"/stays/{stay.id}/check-out")
    assert (answer.status_code, answer.location) == (303, "/stays")
    assert session.one(Stay).checked_out_by_id
    assert not session.one(Conversation).is_active
    assert not session.one(Room).is_booked
    assert desk.post(f"/stays/{stay.id}/check-out").status_code == 303


def test_a_corrected_phone_gets_the_welcome(app: Flask, desk: HonestClient, session: Look) -> None:
    stay = check_in(app)
    answer = desk.post(f"/stays/{stay.id}/phone", data={"phone_number": "0813-9000-0002"})
    assert answer.status_code == 303
    assert session.one(Guest).mobile_phone == OTHER_PHONE
    assert [one.status for one in session.all(Message)] == ["cancelled", "queued"]


@pytest.mark.parametrize("typed", ["", "  ", "12", "hello", SCRIPT, "1" * 61])
def test_an_impossible_phone_is_said_at_its_field(app: Flask, desk: HonestClient, session: Look, typed: str) -> None:
    stay = check_in(app)
    page = desk.post(f"/stays/{stay.id}/phone", data={"phone_number": typed})
    assert page.status_code == 200
    assert 'id="phone_number-error"' in page.text
    assert SCRIPT not in page.text
    assert session.count(Message) == 1


def test_the_wrong_person_is_written_to_no_more(app: Flask, desk: HonestClient, session: Look) -> None:
    stay = check_in(app)
    answer = desk.post(f"/stays/{stay.id}/wrong-person")
    assert answer.location == f"/stays/{stay.id}/phone"
    assert desk.get(answer.location).status_code == 200
    (theirs,) = [one for one in session.all(Conversation) if one.stay_id == stay.id]
    assert theirs.address_id is None


def test_the_desk_says_whether_it_is_the_same_person(
    app: Flask, desk: HonestClient, session: Look, ayu: Visitor
) -> None:
    stay = check_in(app, name="Dewi Anggraini")
    thread = f"/conversations/{session.one(Conversation).id}"
    assert "Is it the same person?" in desk.get(thread).text
    assert desk.post(f"/stays/{stay.id}/name", data={"answer": "same"}).location == thread
    assert "Is it the same person?" not in desk.get(thread).text
    assert session.count(Guest) == 1


def test_the_desk_says_that_it_is_someone_else(app: Flask, desk: HonestClient, session: Look, ayu: Visitor) -> None:
    stay = check_in(app, name="Dewi Anggraini")
    assert desk.post(f"/stays/{stay.id}/name", data={"answer": "other"}).status_code == 303
    assert {one.name for one in session.all(Guest)} == {"Ayu Lestari", "Dewi Anggraini"}
    assert session.count(Address) == 2


@pytest.mark.parametrize("answer", ["", "maybe", SCRIPT])
def test_another_answer_is_none(app: Flask, desk: HonestClient, answer: str) -> None:
    stay = check_in(app)
    assert desk.post(f"/stays/{stay.id}/name", data={"answer": answer}).status_code == 400


@pytest.mark.parametrize("path", ["check-out", "phone", "wrong-person", "name"])
@pytest.mark.parametrize("stay_id", ["", "1", new_id(), "%00", "../settings"])
def test_an_unknown_stay_is_not_found(desk: HonestClient, path: str, stay_id: str) -> None:
    assert desk.post(f"/stays/{stay_id}/{path}", data={"answer": "same"}).status_code in {404, 405}


@pytest.mark.parametrize("path", ["check-out", "phone", "wrong-person", "name"])
def test_another_hotel_s_stay_is_as_unknown(
    app: Flask, client: HonestClient, charlie: Employee, session: Look, path: str
) -> None:
    stay = check_in(app)
    sign_in(client, charlie)
    answer = client.post(f"/stays/{stay.id}/{path}", data={"answer": "other", "phone_number": OTHER_PHONE})
    assert answer.status_code == 404
    assert session.one(Guest).mobile_phone == AYUS_PHONE
    assert session.one(Stay).is_open
    assert "Ayu" not in client.get("/stays").text
