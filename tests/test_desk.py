"""What the screens ask, and in which order they get it."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from concierge import clock, desk
from concierge.models import Conversation, Hotel, Message, Stay
from tests.database import Look, arranging
from tests.people import Employee
from tests.story import AYUS_PHONE, check_in, guest_writes


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
        assert desk.in_house(theirs) == []
        assert desk.find_stay(theirs, stay.id) is None
        assert desk.find_room(theirs, "101") is None
        assert [desk.find_message(theirs, one.id) for one in session.all(Message)] == [None, None]
        assert desk.find_conversation(theirs, session.one(Conversation).id) is None
    assert session.count(Stay) == 1
