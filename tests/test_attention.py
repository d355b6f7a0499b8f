"""Seen, taken, resting and settled are four facts, and none of them tells another."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from concierge import attention, clock, conversations, identity, outbox
from concierge.models import Conversation, Hotel, Message, Reading, Staff
from tests.database import arranging
from tests.story import AYUS_PHONE, check_in, conversation_with, guest_writes, staff_writes
from tests.web.at_once import at_once

BUDIS_PHONE = "+6281390000002"


@pytest.fixture
def act(app):
    """`act(attention.take, wayan)`: the story told of Ayu's thread, and committed."""

    def do(function, *rest, phone=AYUS_PHONE):
        with arranging(app) as session:
            given = [session.get(Staff, each.id) if hasattr(each, "email") else each for each in rest]
            return function(conversation_with(phone), *given)

    return do


@pytest.fixture
def thread(app, session):
    """Looks at Ayu's thread, who has written twice and waits."""
    guest_writes(app, "Where is the pool?")
    guest_writes(app, "Hello?")
    return lambda: session.one(select(Conversation).where(Conversation.joined_into_id.is_(None)))


def test_seeing_answers_nothing(thread, act, wayan):
    before = thread()
    act(attention.note_seen, wayan, 2)
    after = thread()
    assert (after.waiting_since, after.revision, after.assigned_to_id) == (before.waiting_since, before.revision, None)


def test_seen_only_grows_and_never_beyond_the_thread(thread, act, wayan, session):
    for seq, kept in ((1, 1), (2, 2), (1, 2), (99, 2)):
        act(attention.note_seen, wayan, seq)
        assert session.one(Reading).seq == kept


def test_seeing_moves_the_person_s_own_screens_and_nobody_else_s(thread, act, wayan, made, session):
    def times():
        return {one.name: one.updated_at for one in session.all(Staff)}

    before = times()
    act(attention.note_seen, wayan, 2)
    after = times()
    act(attention.note_seen, wayan, 2)
    assert after["Wayan Sudarma"] > before["Wayan Sudarma"]
    assert after["Made Wirawan"] == before["Made Wirawan"]
    assert times() == after


def test_seen_on_many_screens_at_once_is_one_reading(app, thread, wayan, session):
    def see(_):
        with arranging(app) as rows:
            attention.note_seen(rows.scalars(select(Conversation)).one(), rows.get(Staff, wayan.id), 2)

    at_once(6, see)
    assert session.one(Reading).seq == 2


def test_marked_unread_until_it_is_seen_again(thread, act, wayan, session):
    act(attention.note_seen, wayan, 2)
    act(attention.mark_unread, wayan)
    assert (session.one(Reading).seq, session.one(Reading).is_marked_unread) == (2, True)
    act(attention.note_seen, wayan, 2)
    assert not session.one(Reading).is_marked_unread


def test_taking_it_answers_nothing_and_shows_on_open_screens(thread, act, wayan, made):
    before = thread()
    act(attention.take, wayan)
    taken = thread()
    assert (taken.assigned_to_id, taken.waiting_since) == (wayan.id, before.waiting_since)
    assert taken.revision > before.revision and taken.assigned_at
    act(attention.take, made)
    assert thread().assigned_to_id == made.id
    act(attention.take, None)
    assert (thread().assigned_to_id, thread().assigned_at) == (None, None)


def test_end_of_the_conversation_lets_it_go(thread, act, wayan):
    act(attention.take, wayan)
    act(conversations.end)
    assert thread().assigned_to_id is None


def test_settled_guest_waits_no_more_and_gets_no_automatic_answer(thread, act):
    act(attention.settle, 2)
    assert (thread().waiting_since, thread().auto_reply_at, thread().settled_seq) == (None, None, 2)


def test_undo_brings_the_very_wait_back(thread, act, wait):
    before = thread().waiting_since
    wait(minutes=5)
    kept = act(attention.settle, 2)
    act(attention.unsettle, kept)
    assert (thread().waiting_since, thread().settled_seq) == (before, 0)


def test_undo_leaves_what_was_settled_before(app, thread, act, wait):
    act(attention.settle, 2)
    wait(minutes=5)
    guest_writes(app, "One more thing")
    since = thread().waiting_since
    kept = act(attention.settle, 3)
    act(attention.unsettle, kept)
    assert (kept, thread().waiting_since) == (2, since)


def test_what_came_after_the_screen_was_drawn_is_not_settled(app, thread, act, wait, session):
    wait(minutes=1)
    guest_writes(app, "And my passport?")
    act(attention.settle, 2)
    (last,) = [one for one in session.all(Message) if one.seq == 3]
    assert thread().waiting_since == last.created_at


def test_guest_who_writes_after_that_waits_again(app, thread, act):
    act(attention.settle, 2)
    guest_writes(app, "Are you there?")
    assert thread().waiting_since


def test_answer_that_is_taken_back_does_not_bring_back_what_was_settled(app, thread, act, wayan, wait):
    act(attention.settle, 2)
    wait(minutes=1)
    guest_writes(app, "Thank you")
    since = thread().waiting_since
    message_id = staff_writes(app, "You are welcome", by=wayan)
    with arranging(app) as session:
        outbox.cancel(session.get(Message, message_id))
    assert thread().waiting_since == since


@pytest.mark.parametrize("way", ["long", "short"])
def test_rest_ends_when_the_guest_writes(app, thread, act, way):
    waha = app.test_client(carries_token=False)
    waha.post_webhook({"id": "evt_1", "event": "nothing", "me": {"id": "628110009999@c.us"}})
    act(attention.rest, clock.now() + timedelta(hours=2), 2)
    assert thread().is_resting and not thread().needs_reply
    if way == "long":
        guest_writes(app, "Now, please")
    else:
        chat = f"{AYUS_PHONE.lstrip('+')}@c.us"
        told = {"id": f"false_{chat}_3EB0AA", "from": chat, "fromMe": False, "body": "Now, please", "_data": {}}
        waha.post_webhook({"id": "evt_2", "event": "message", "session": "default", "payload": told})
    assert thread().seq == 3
    assert (thread().snoozed_until, thread().needs_reply) == (None, True)


def test_rest_is_over_when_its_time_comes_or_somebody_wakes_it(thread, act, wait):
    act(attention.rest, clock.now() + timedelta(hours=2), 2)
    act(attention.wake)
    assert thread().needs_reply
    act(attention.rest, clock.now() + timedelta(hours=2), 2)
    wait(hours=2)
    assert thread().needs_reply


def test_nothing_rests_that_has_just_changed(app, thread, act):
    guest_writes(app, "Wait!")
    with pytest.raises(attention.GuestWrote):
        act(attention.rest, clock.now() + timedelta(hours=2), 2)
    assert thread().snoozed_until is None


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(minutes=-1), timedelta(days=91)])
def test_time_that_makes_no_sense_is_refused(thread, act, ahead):
    with pytest.raises(attention.ImpossibleTime):
        act(attention.rest, clock.now() + ahead, 2)


@pytest.mark.parametrize(
    ("hour", "offered"),
    [
        ("09:00", {"hour": "10:00", "evening": "18:00", "tomorrow": "08:00"}),
        ("17:45", {"hour": "18:45", "tomorrow": "08:00"}),
        ("23:40", {"hour": "00:40", "tomorrow": "08:00"}),
    ],
)
def test_times_that_are_offered_are_the_hotel_s_and_still_to_come(monkeypatch, hour, offered):
    zone = ZoneInfo("Asia/Jakarta")
    now = datetime.fromisoformat(f"2026-11-22T{hour}:00").replace(tzinfo=zone).astimezone(UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    found = attention.rests_for(Hotel(time_zone="Asia/Jakarta"))
    assert {each.code: f"{each.until.astimezone(zone):%H:%M}" for each in found} == offered
    assert all(each.until > now for each in found)


# Two guests turn out to be one


@pytest.fixture
def two(app, session):
    """Ayu's thread with two messages, and a younger one with two, not joined yet; `join()` joins them."""
    check_in(app, name="Ayu")
    guest_writes(app, "One")
    guest_writes(app, "Two", phone=BUDIS_PHONE)
    guest_writes(app, "Three", phone=BUDIS_PHONE)

    def join():
        with arranging(app):
            identity.join(conversation_with().guest_id, conversation_with(BUDIS_PHONE).guest_id)

    return join


def test_joined_thread_keeps_who_has_it_and_what_was_read(two, act, wayan, made, session):
    act(attention.take, made, phone=BUDIS_PHONE)
    act(attention.note_seen, wayan, 2)
    act(attention.note_seen, wayan, 1, phone=BUDIS_PHONE)
    act(attention.mark_unread, wayan, phone=BUDIS_PHONE)
    two()
    (thread,) = [one for one in session.all(Conversation) if one.is_active]
    reading = session.one(Reading)
    assert thread.assigned_to_id == made.id
    assert (reading.conversation_id, reading.seq, reading.is_marked_unread) == (thread.id, 3, True)


def test_joined_thread_is_read_only_as_far_as_it_was_without_a_gap(two, act, wayan, made, session):
    act(attention.note_seen, wayan, 1)
    for person in (wayan, made):
        act(attention.note_seen, person, 2, phone=BUDIS_PHONE)
    two()
    assert [(one.staff_id, one.seq) for one in session.all(Reading)] == [(wayan.id, 1)]


def test_joined_thread_rests_no_more(two, act, session):
    act(attention.rest, clock.now() + timedelta(hours=2), 2)
    two()
    (thread,) = [one for one in session.all(Conversation) if one.is_active]
    assert thread.needs_reply
