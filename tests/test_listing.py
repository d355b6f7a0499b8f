"""Which conversations the list shows, in which order, and what each row says to whom."""

import re
from datetime import timedelta

import pytest

from concierge import attention, clock, conversations, listing, outbox, threads
from concierge.extensions import db
from concierge.failures import SAME_MESSAGE
from concierge.models import Draft, Hotel, Message, Staff
from concierge.models.message import CANCELLED, FAILED, HOTEL, PHONE, UNCONFIRMED
from tests.crowd import many_conversations
from tests.database import arranging
from tests.statements import asked_of
from tests.story import AYUS_PHONE, check_in, conversation_with, guest_writes, staff_writes

BUDIS_PHONE = "+6281390000002"


@pytest.fixture
def seen_by(app):
    """`seen_by(wayan, "mine")`: the list as this person sees it, with rows that can be read later."""

    def of(person, show="all", rows=30):
        with app.app_context():
            listed = listing.of(db.session.get(Staff, person.id), show, rows)
            assert listed.fingerprint
            db.session.expunge_all()
            return listed

    return of


@pytest.fixture
def act(app):
    """`act(attention.settle, 2)`: the story told of Ayu's thread, and committed."""

    def do(function, *rest, phone=AYUS_PHONE):
        with arranging(app) as session:
            given = [session.get(Staff, each.id) if hasattr(each, "email") else each for each in rest]
            return function(conversation_with(phone), *given)

    return do


def names(listed):
    return [row.guest.shown_name for row in listed.rows]


def test_longest_wait_stands_first_then_the_last_change(app, wayan, wait, seen_by):
    for room, name, phone in (
        ("101", "Ayu", AYUS_PHONE),
        ("102", "Budi", BUDIS_PHONE),
        ("103", "Kenji", "+819012345678"),
    ):
        check_in(app, room=str(room), name=name, phone=phone)
        wait(minutes=1)
    guest_writes(app, "One", phone=BUDIS_PHONE)
    wait(minutes=1)
    guest_writes(app, "Two")
    guest_writes(app, "Three", phone=BUDIS_PHONE)  # writing on does not put him behind
    assert names(seen_by(wayan)) == ["Budi", "Ayu", "Kenji"]
    staff_writes(app, "Coming", by=wayan, phone=BUDIS_PHONE)
    assert names(seen_by(wayan)) == ["Ayu", "Budi", "Kenji"]


def test_each_filter_shows_its_own(app, wayan, made, seen_by, act):
    check_in(app, room="101", name="Ayu")
    guest_writes(app, "Hello")
    check_in(app, room="102", name="Budi", phone=BUDIS_PHONE)
    act(attention.take, wayan, phone=BUDIS_PHONE)
    guest_writes(app, "Is there a room?", phone="+819012345678", profile_name="Kenji")
    check_in(app, room="103", name="Maria", phone="+34612345678")
    act(conversations.end, phone="+34612345678")

    shown = {show: set(names(seen_by(wayan, show))) for show in listing.FILTERS}

    assert shown == {
        "waiting": {"Ayu", "~Kenji"},
        "mine": {"Budi"},
        "all": {"Ayu", "Budi", "~Kenji", "Maria"},
        "unlinked": {"~Kenji"},
        "closed": {"Maria"},
    }
    assert seen_by(wayan).counts == {"waiting": 2, "mine": 1, "unlinked": 1}
    assert seen_by(made).counts == {"waiting": 2, "mine": 0, "unlinked": 1}


def test_guest_who_left_and_waits_is_not_forgotten(app, wayan, seen_by, act):
    guest_writes(app, "I left my passport")
    act(conversations.end)
    assert seen_by(wayan, "waiting").counts["waiting"] == len(seen_by(wayan, "waiting").rows) == 1


def test_what_rests_is_not_waited_for_until_its_time(app, wayan, wait, seen_by, act):
    guest_writes(app, "Tomorrow is fine")
    act(attention.rest, clock.now() + timedelta(hours=1), 1)
    assert seen_by(wayan, "waiting").rows == []
    assert seen_by(wayan).counts["waiting"] == 0
    asleep = seen_by(wayan).fingerprint
    wait(minutes=61)
    assert len(seen_by(wayan, "waiting").rows) == 1
    assert seen_by(wayan).fingerprint != asleep


def test_twin_is_never_the_preview(app, wayan, seen_by):
    guest_writes(app, "Where is the pool?")
    with arranging(app) as session:
        thread = conversation_with()
        numbers = threads.number_message(thread.id)
        session.add(
            Message(
                conversation_id=thread.id, line_id=thread.line_id, role=HOTEL, origin=PHONE, text="The same again",
                status=CANCELLED, failure=SAME_MESSAGE, seq=numbers.seq, revision=numbers.revision, sent_at=clock.now(),
            )
        )  # fmt: skip
    assert [row.last.text for row in seen_by(wayan).rows] == ["Where is the pool?"]


@pytest.mark.parametrize(
    ("statuses", "trouble"),
    [
        ((FAILED, UNCONFIRMED), "failed"),
        ((UNCONFIRMED, "accepted"), "unconfirmed"),
        (("accepted",), "flagged"),
        (("sent",), None),
    ],
)
def test_row_says_the_worst_that_happened(app, wayan, seen_by, statuses, trouble):
    for number, status in enumerate(statuses):
        message_id = staff_writes(app, f"Number {number}", by=wayan)
        with arranging(app) as session:
            message = session.get(Message, message_id)
            message.status, message.flagged_at = status, clock.now() if status == "accepted" else None
    assert [row.trouble for row in seen_by(wayan).rows] == [trouble]


def test_everybody_has_unread_messages_of_his_own(app, wayan, made, seen_by, act):
    for number in range(3):
        guest_writes(app, f"Line {number}")
    act(attention.note_seen, wayan, 2)
    assert [seen_by(one).rows[0].unread for one in (wayan, made)] == [1, 3]
    act(attention.mark_unread, made)
    assert [seen_by(one).rows[0].is_marked_unread for one in (wayan, made)] == [False, True]


def test_what_a_colleague_answered_is_not_unread_for_who_was_never_there(app, wayan, made, seen_by):
    guest_writes(app, "Where is the pool?")
    staff_writes(app, "Behind the garden", by=wayan)
    assert seen_by(made).rows[0].unread == 0


def test_draft_is_shown_to_who_wrote_it(app, wayan, made, seen_by):
    check_in(app)
    with arranging(app) as session:
        session.add(Draft(conversation_id=conversation_with().id, staff_id=wayan.id, text="Behind the"))
    assert [seen_by(one).rows[0].has_draft for one in (wayan, made)] == [True, False]


def test_another_hotel_s_list_is_its_own(app, charlie, seen_by):
    check_in(app)
    guest_writes(app, "Hello")
    for show in listing.FILTERS:
        listed = seen_by(charlie, show)
        assert (listed.rows, set(listed.counts.values()), listed.last_message_at) == ([], {0}, None)
    with app.app_context():
        assert listing.count_waiting(Hotel(id=charlie.hotel_id)) == 0


def test_fingerprint_changes_with_whatever_is_shown(app, wayan, made, seen_by, act):
    check_in(app)
    guest_writes(app, "One")
    seen = [seen_by(wayan).fingerprint]
    for change in (
        lambda: check_in(app, room="102", name="Budi", phone=BUDIS_PHONE),
        lambda: guest_writes(app, "Two"),
        lambda: act(attention.note_seen, wayan, 3),
        lambda: act(attention.mark_unread, wayan),
        lambda: act(attention.take, made),
        lambda: act(attention.settle, 3),
        lambda: act(conversations.end),
    ):
        change()
        seen.append(seen_by(wayan).fingerprint)
        assert seen_by(wayan).fingerprint == seen[-1]
    assert len(set(seen)) == len(seen)


def test_list_pages_on_without_gap_or_double(app, line, arrange, wayan, seen_by):
    many_conversations(arrange, line, 45)
    first, all_of_them = seen_by(wayan), seen_by(wayan, rows=60)
    assert (len(first.rows), first.has_more, all_of_them.has_more) == (30, True, False)
    shown = [row.conversation.id for row in all_of_them.rows]
    assert len(set(shown)) == 45
    assert shown[:30] == [row.conversation.id for row in first.rows]


def test_nothing_is_counted_further_than_anybody_looks(app, line, arrange, wayan, seen_by, hotel):
    many_conversations(arrange, line, 120)
    assert seen_by(wayan).counts["waiting"] == 100
    with app.app_context():
        assert listing.count_waiting(hotel) == 100


@pytest.mark.parametrize("show", listing.FILTERS)
def test_list_never_asks_more_in_a_larger_hotel(app, line, arrange, wayan, seen_by, show):
    guest_writes(app, "Hello")
    with asked_of(app) as few:
        seen_by(wayan, show)
    many_conversations(arrange, line, 60)
    with asked_of(app) as many:
        seen_by(wayan, show)
    assert len(many) <= len(few) <= 7


def test_each_order_is_read_from_an_index(app, session, wayan, line, arrange):
    """SQLite tells beforehand what it will sort; PostgreSQL decides by its statistics."""
    if app.config["CONCIERGE"].database_url.startswith("postgresql"):
        pytest.skip("PostgreSQL's plan depends on what is in the tables")
    many_conversations(arrange, line, 10)
    with asked_of(app) as asked, app.app_context():
        listing.of(db.session.get(Staff, wayan.id), "all")
        listing.of(db.session.get(Staff, wayan.id), "closed")
        listing.of(db.session.get(Staff, wayan.id), "unlinked")
    lists = [
        one for one in asked if "ORDER BY sessions.waiting_since" in one or "ORDER BY sessions.last_message" in one
    ]
    used = set()
    for statement in lists:
        plan = [row[3] for row in session.sql(f"EXPLAIN QUERY PLAN {statement}".replace("?", "1"))]
        assert any("USING INDEX ix_sessions_" in step for step in plan), plan
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan, plan
        used |= set(re.findall(r"INDEX (ix_sessions_\w+)", " ".join(plan)))
    assert used >= {f"ix_sessions_{name}" for name in ("waiting", "recent", "closed", "unlinked")}


def test_answer_that_is_taken_back_does_not_stay_the_end_of_the_wait(app, wayan, seen_by):
    guest_writes(app, "Where is the pool?")
    message_id = staff_writes(app, "Behind", by=wayan)
    with arranging(app) as session:
        outbox.cancel(session.get(Message, message_id))
    assert seen_by(wayan).counts["waiting"] == 1
