"""The buttons under a thread's name: with and without script, for this hotel's people only, live on other screens."""

import re
from datetime import timedelta

import pytest

from concierge import clock
from concierge.models import Conversation, Reading, Staff
from concierge.models.base import new_id
from tests.client import sign_in
from tests.database import arranging
from tests.people import hire
from tests.story import guest_writes
from tests.web.test_conversations import next_question

FRAGMENT = {"HX-Request": "true"}
ACTS = ("take", "settle", "unsettle", "rest", "wake", "unread", "seen")


@pytest.fixture
def desk(client, wayan):
    """Wayan, signed in."""
    return sign_in(client, wayan)


@pytest.fixture
def thread(app, session):
    """Looks at the thread of somebody who waits."""
    guest_writes(app, "Where is the pool?")
    return lambda: session.one(Conversation)


@pytest.fixture
def address(thread):
    """Of that thread."""
    return f"/conversations/{thread().id}"


def test_each_button_leads_back_to_the_thread_without_script(desk, thread, address):
    for act, form in (("take", {}), ("settle", {"seq": 1}), ("unsettle", {}), ("wake", {})):
        answer = desk.post(f"{address}/{act}?show=waiting", data=form)
        assert (answer.status_code, answer.location) == (303, f"{address}?show=waiting"), act


def test_page_s_own_script_gets_nothing_and_asks_for_what_changed(desk, thread, address):
    question = next_question(desk.get(address).text)
    answer = desk.post(f"{address}/take", headers=FRAGMENT)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "yours" in desk.get(question).text


def test_conversation_is_taken_handed_over_and_let_go(app, desk, thread, address, wayan, made):
    for form, owner in (({}, wayan.id), ({"person": made.id}, made.id), ({"person": ""}, None)):
        desk.post(f"{address}/take", data=form)
        assert thread().assigned_to_id == owner


def test_nobody_of_another_hotel_is_handed_a_guest(desk, thread, address, charlie):
    for person in (charlie.id, new_id(), "x"):
        assert desk.post(f"{address}/take", data={"person": person}).status_code == 404
    assert thread().assigned_to_id is None


def test_colleague_s_screen_shows_it(app, desk, thread, address, made):
    other = sign_in(app.test_client(), made)
    question = next_question(other.get("/conversations").text)
    assert other.get(question).status_code == 204
    desk.post(f"{address}/take")
    assert "taken by Wayan Sudarma" in other.get(question).text


def test_no_reply_needed_can_be_undone_by_who_said_so(app, desk, thread, address, made):
    since = thread().waiting_since
    desk.post(f"{address}/settle", data={"seq": 1})
    assert thread().waiting_since is None
    other = sign_in(app.test_client(), made)
    assert "/unsettle" not in other.get(address).text
    other.post(f"{address}/unsettle")
    assert thread().waiting_since is None
    assert "/unsettle" in desk.get(address).text
    desk.post(f"{address}/unsettle")
    assert thread().waiting_since == since
    assert "/unsettle" not in desk.get(address).text


def test_pressing_it_twice_can_still_be_undone(desk, thread, address):
    for _ in range(2):
        desk.post(f"{address}/settle", data={"seq": 1})
    desk.post(f"{address}/unsettle")
    assert thread().waiting_since


def test_there_is_nothing_to_undo_once_somebody_wrote(app, desk, thread, address):
    desk.post(f"{address}/settle", data={"seq": 1})
    guest_writes(app, "Thank you!")
    assert "/unsettle" not in desk.get(address).text


@pytest.mark.parametrize("seq", ["", "-1", "x", "9" * 30])
def test_odd_number_of_a_message_is_read_kindly(desk, thread, address, seq):
    for act in ("settle", "seen", "rest"):
        assert desk.post(f"{address}/{act}", data={"seq": seq, "until": "hour"}).status_code in (204, 303)


def test_rest_is_until_a_time_of_the_hotel(desk, thread, address):
    tomorrow = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%d")
    desk.post(f"{address}/rest", data={"seq": 1, "until": "own", "own": f"{tomorrow}T09:30"})
    assert f"{thread().snoozed_until:%Y-%m-%d %H:%M}" == f"{tomorrow} 02:30"  # Asia/Jakarta is seven hours ahead
    assert "Rests until" in desk.get(address).text
    desk.post(f"{address}/wake")
    assert thread().needs_reply


@pytest.mark.parametrize("own", ["", "soon", "2020-01-01T10:00", "9999-12-31T23:59", "2026-13-45T10:00", "\x00"])
def test_impossible_rest_says_why_and_changes_nothing(desk, thread, address, own):
    form = {"seq": 1, "until": "own", "own": own}
    assert desk.post(f"{address}/rest", data=form, headers=FRAGMENT).headers["HX-Redirect"] == address
    assert desk.post(f"{address}/rest", data=form).location == address
    page = desk.get(address).text
    assert re.search("Choose a|days ahead|is over", page)
    assert thread().snoozed_until is None


def test_end_of_a_rest_reaches_an_open_screen_although_no_row_changes(desk, thread, address, wait):
    for place in ("/conversations", address, "/stays"):
        desk.post(f"{address}/rest", data={"seq": thread().seq, "until": "hour"})
        question = next_question(desk.get(place).text)
        assert desk.get(question).status_code == 204
        wait(minutes=61)
        answer = desk.get(question)
        assert 'data-count="1"' in answer.text, place
        assert desk.get(next_question(answer.text)).status_code == 204


def test_opening_a_thread_changes_nothing_and_seeing_it_only_what_is_unread(desk, thread, address, session):
    before = thread()
    desk.get(address)
    assert session.count(Reading) == 0
    assert desk.post(f"{address}/seen", data={"seq": 1}).status_code == 204
    assert session.one(Reading).seq == 1
    assert (thread().waiting_since, thread().revision) == (before.waiting_since, before.revision)


def test_marked_as_unread_leads_to_the_list_which_shows_it(desk, thread, address):
    desk.post(f"{address}/seen", data={"seq": 1})
    assert desk.post(f"{address}/unread").location == "/conversations"
    assert desk.post(f"{address}/unread", headers=FRAGMENT).headers["HX-Redirect"] == "/conversations"
    assert "marked as unread" in desk.get("/conversations").text


def test_hand_over_offers_colleagues_who_work_here(app, desk, address, made, charlie):
    gone = hire(app, "Komang Gone", "desk")
    with arranging(app) as session:
        session.get(Staff, gone.id).is_active = False
    page = desk.get(address).text
    menu = page[page.index('id="more"') :]
    assert "Made Wirawan" in menu
    assert "Charlie" not in page and "Komang" not in page


def test_another_hotel_s_thread_does_not_exist_here(client, charlie, thread, address):
    sign_in(client, charlie)
    assert {client.post(f"{address}/{act}").status_code for act in ACTS} == {404}
    assert thread().assigned_to_id is None
