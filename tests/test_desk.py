"""What the screens ask, and in which order they get it."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from concierge import clock, desk
from concierge.models import Conversation, Hotel, Message, Stay
from tests.database import Look, arranging
from tests.people import Employee
from tests.story import AYUS_PHONE, check_in, guest_writes, staff_writes

BUDIS_PHONE = "+6281390000002"


def _order(app: Flask, hotel: Hotel) -> list[str]:
    with app.app_context():
        return [row.guest.name for row in desk.waiting_list(hotel).rows]


def test_the_longest_wait_stands_first(app: Flask, hotel: Hotel, wayan: Employee, wait: Callable[..., None]) -> None:
    check_in(app, room="101", name="Ayu")
    check_in(app, room="102", name="Budi", phone=BUDIS_PHONE)
    guest_writes(app, "One", phone=BUDIS_PHONE)
    wait(minutes=1)
    guest_writes(app, "Two")
    guest_writes(app, "Three", phone=BUDIS_PHONE)  # writing on does not put her behind
    assert _order(app, hotel) == ["Budi", "Ayu"]
    staff_writes(app, "Coming", by=wayan, phone=BUDIS_PHONE)
    assert _order(app, hotel) == ["Ayu", "Budi"]


def test_the_fingerprint_changes_with_whatever_is_shown(app: Flask, hotel: Hotel) -> None:
    def fingerprint() -> str:
        with app.app_context():
            return desk.waiting_list(hotel).fingerprint

    seen = [fingerprint()]
    for change in (
        lambda: check_in(app, name="Ayu"),
        lambda: guest_writes(app, "One"),
        lambda: guest_writes(app, "Two"),
        lambda: check_in(app, room="102", name="Budi", phone=BUDIS_PHONE),
    ):
        change()
        seen.append(fingerprint())
        assert fingerprint() == seen[-1]
    assert len(set(seen)) == len(seen)


def test_earlier_conversations_stand_above_the_present_one(
    app: Flask, hotel: Hotel, session: Look, wait: Callable[..., None]
) -> None:
    guest_writes(app, "Long ago")
    with arranging(app) as rows:
        old = rows.query(Conversation).one()
        old.is_active, old.end = False, clock.now()
    wait(days=15)
    guest_writes(app, "Today")
    newest = max(session.all(Conversation), key=lambda one: one.start)
    with app.app_context():
        shown = desk.latest_messages(desk.find_conversation(hotel, newest.id))
    assert [one.text for one in shown] == ["Long ago", "Today"]


def test_a_message_that_was_sent_earlier_stands_earlier(app: Flask, hotel: Hotel, session: Look) -> None:
    guest_writes(app, "Second", raw_id="B")
    guest_writes(app, "First", raw_id="A", sent_at=clock.now() - timedelta(minutes=5))
    with app.app_context():
        shown = desk.latest_messages(desk.find_conversation(hotel, session.one(Conversation).id))
    assert [one.text for one in shown] == ["First", "Second"]


def test_only_what_changed_since_a_revision_comes(app: Flask, hotel: Hotel, session: Look) -> None:
    guest_writes(app, "One")
    seen = session.one(Conversation)
    guest_writes(app, "Two")
    with app.app_context():
        changed = desk.changed_messages(desk.find_conversation(hotel, seen.id), seen.revision)
    assert [one.text for one in changed] == ["Two"]


def test_rows_of_another_hotel_do_not_exist(app: Flask, charlie: Employee, session: Look) -> None:
    stay = check_in(app)
    guest_writes(app, "Hello", phone=AYUS_PHONE)
    with app.app_context():
        theirs = Hotel(id=charlie.hotel_id)
        assert desk.waiting_list(theirs).rows == []
        assert desk.in_house(theirs) == []
        assert desk.find_stay(theirs, stay.id) is None
        assert desk.find_room(theirs, "101") is None
        assert desk.count_waiting(theirs) == 0
        assert [desk.find_message(theirs, one.id) for one in session.all(Message)] == [None, None]
        assert desk.find_conversation(theirs, session.one(Conversation).id) is None
    assert session.count(Stay) == 1
