"""Writing to a guest: drafts, the stop when somebody was faster, later, saved replies. Nothing of another hotel."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from concierge import canned_replies, clock
from concierge.canned_replies import Wording
from concierge.extensions import db
from concierge.models import Conversation, Draft, Hotel, Message, ScheduledMessage
from concierge.models.base import new_id
from concierge.models.message import GUEST, STAFF
from tests.client import HonestClient, sign_in
from tests.database import Look
from tests.people import Employee, hire
from tests.story import guest_writes, staff_writes
from tests.web.at_once import at_once
from tests.web.test_conversations import FRAGMENT, Arrange, desk, next_question, thread

__all__ = ["desk", "thread"]

RACES = 50


@pytest.fixture
def sari(app: Flask) -> Employee:
    return hire(app, "Sari Dewi", "desk")


def write(client: HonestClient, thread: str, text: str = "Behind the garden", **more: Any) -> Any:
    """What the composer sends with script."""
    return client.post(f"{thread}/replies", data={"text": text, "reply_id": new_id()} | more, headers=FRAGMENT)


def typed(session: Look) -> list[str]:
    return [message.text for message in session.all(Message) if message.origin == STAFF]


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


def draft(client: HonestClient, thread: str, text: str, kind: str = "reply", **more: Any) -> Any:
    return client.post(f"{thread}/drafts/{kind}", data={"text": text} | more, headers=FRAGMENT)


# The stop


def test_a_reply_is_stopped_once_when_the_guest_wrote_meanwhile(
    app: Flask, desk: HonestClient, thread: str, session: Look
) -> None:
    began_at = hidden(desk.get(thread).text, "seq")
    guest_writes(app, "Never mind, found it")

    stop = write(desk, thread, seq=began_at)

    assert stop.status_code == 409
    assert "Never mind, found it" in stop.text and "Send anyway" in stop.text and "data-edit" in stop.text
    assert typed(session) == []
    assert write(desk, thread, seq=hidden(stop.text, "seq")).status_code == 200
    assert typed(session) == ["Behind the garden"]


def test_a_reply_is_stopped_when_a_colleague_was_faster(
    app: Flask, desk: HonestClient, thread: str, session: Look, sari: Employee
) -> None:
    began_at = hidden(desk.get(thread).text, "seq")
    staff_writes(app, "It is on the roof", by=sari)
    stop = write(desk, thread, seq=began_at)
    assert (stop.status_code, typed(session)) == (409, ["It is on the roof"])
    assert "Sari Dewi" in stop.text


def test_without_script_the_stop_is_a_page_that_keeps_the_words(
    app: Flask, desk: HonestClient, thread: str, session: Look
) -> None:
    began_at = hidden(desk.get(thread).text, "seq")
    guest_writes(app, "Never mind, found it")
    form = {"text": "Behind the garden", "reply_id": new_id()}
    stop = desk.post(f"{thread}/replies", data=form | {"seq": began_at})
    assert stop.status_code == 409
    assert "Not sent yet." in stop.text and ">Behind the garden</textarea>" in stop.text
    assert hidden(stop.text, "reply_id") == form["reply_id"]
    assert desk.post(f"{thread}/replies", data=form | {"seq": hidden(stop.text, "seq")}).status_code == 303


def test_one_s_own_last_words_stop_nobody(desk: HonestClient, thread: str, session: Look) -> None:
    """The answer to the first reply carries the number from which the next one begins."""
    first = write(desk, thread, "Behind the garden", seq=hidden(desk.get(thread).text, "seq"))
    assert write(desk, thread, "Open until nine", seq=hidden(first.text, "seq")).status_code == 200
    assert typed(session) == ["Behind the garden", "Open until nine"]


def test_a_second_press_is_not_stopped_by_the_first(desk: HonestClient, thread: str, session: Look) -> None:
    form = {"seq": hidden(desk.get(thread).text, "seq"), "reply_id": new_id()}
    assert [write(desk, thread, **form).status_code for _ in range(2)] == [200, 200]
    assert typed(session) == ["Behind the garden"]


def test_two_browsers_never_both_send_unnoticed(
    app: Flask, thread: str, wayan: Employee, sari: Employee, session: Look
) -> None:
    """Each time one of the two is stopped, and shown what the other one wrote."""
    browsers = [sign_in(app.test_client(), person) for person in (wayan, sari)]
    for race in range(RACES):
        began_at = hidden(browsers[0].get(thread).text, "seq")
        words = [f"Wayan {race}", f"Sari {race}"]
        answers = at_once(2, lambda one: write(browsers[one], thread, words[one], seq=began_at))  # noqa: B023
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        winner, stopped = sorted(range(2), key=lambda one: answers[one].status_code)  # noqa: B023
        assert words[winner] in answers[stopped].text
    assert len(typed(session)) == RACES


def test_two_screens_of_one_login_never_both_send_unnoticed(app: Flask, thread: str, wayan: Employee) -> None:
    browsers = [sign_in(app.test_client(), wayan) for _ in range(2)]
    began_at = hidden(browsers[0].get(thread).text, "seq")
    answers = at_once(2, lambda one: write(browsers[one], thread, f"Answer {one}", seq=began_at))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_a_guest_who_writes_that_very_moment_is_before_or_after_but_never_lost(
    app: Flask, thread: str, wayan: Employee, session: Look
) -> None:
    browser = sign_in(app.test_client(), wayan)
    for race in range(10):
        began_at = hidden(browser.get(thread).text, "seq")

        def act(one: int, race: int = race, began_at: str = began_at) -> Any:
            return write(browser, thread, f"A {race}", seq=began_at) if one else guest_writes(app, f"Q {race}")

        answer = at_once(2, act)[1]
        seqs = {each.text: each.seq for each in session.all(Message)}
        is_sent = f"A {race}" in seqs
        assert answer.status_code == (200 if is_sent else 409)
        assert not is_sent or seqs[f"A {race}"] < seqs[f"Q {race}"]


@pytest.mark.parametrize("seq", ["", "-1", "many", "9" * 30, "٣"])
def test_an_odd_number_is_read_kindly(desk: HonestClient, thread: str, session: Look, seq: str) -> None:
    assert write(desk, thread, seq=seq).status_code == 200
    assert draft(desk, thread, "Behind", seq=seq).status_code == 204


# Who is answering


def test_colleagues_see_who_is_answering_until_it_is_sent(
    app: Flask, desk: HonestClient, thread: str, sari: Employee
) -> None:
    hers = sign_in(app.test_client(), sari)
    poll = next_question(hers.get(thread).text)
    assert desk.post(f"{thread}/answering").status_code == 204
    assert "Wayan Sudarma</bdi> is answering" in hers.get(poll).text
    assert "is answering" not in desk.get(thread).text
    write(desk, thread)
    assert "is answering" not in hers.get(thread).text


def test_who_stops_typing_is_not_answering(app: Flask, desk: HonestClient, thread: str, sari: Employee) -> None:
    desk.post(f"{thread}/answering")
    desk.post(f"{thread}/answering", data={"is_over": "1"})
    assert "is answering" not in sign_in(app.test_client(), sari).get(thread).text


# Drafts


def test_a_draft_is_there_again_on_another_screen(
    app: Flask, desk: HonestClient, thread: str, wayan: Employee, sari: Employee
) -> None:
    assert draft(desk, thread, "Behind the g", seq="2").status_code == 204
    assert draft(desk, thread, "Likes <b>towels</b>", kind="note").status_code == 204
    page = sign_in(app.test_client(), wayan).get(thread).text
    assert ">Behind the g</textarea>" in page and ">Likes &lt;b&gt;towels&lt;/b&gt;</textarea>" in page
    assert hidden(page, "seq") == "2"
    assert "Behind the g</textarea>" not in sign_in(app.test_client(), sari).get(thread).text


def test_sending_forgets_the_draft_and_a_late_one_does_not_bring_it_back(
    desk: HonestClient, thread: str, session: Look
) -> None:
    reply_id = new_id()
    draft(desk, thread, "Behind the garden", form_id=reply_id)
    write(desk, thread, reply_id=reply_id)
    late = draft(desk, thread, "Behind the garden", form_id=reply_id)
    assert (late.status_code, len(late.text)) == (410, 36)
    assert session.all(Draft) == []


def test_drafts_and_sending_at_once_leave_no_draft(app: Flask, thread: str, wayan: Employee, session: Look) -> None:
    browsers = [sign_in(app.test_client(), wayan) for _ in range(2)]
    for _ in range(10):
        form = {"reply_id": new_id(), "form_id": None}

        def act(one: int, reply_id: str = str(form["reply_id"])) -> Any:
            do = draft if one else write
            return do(browsers[one], thread, "Behind the garden", reply_id=reply_id, form_id=reply_id)

        assert at_once(2, act)[0].status_code == 200
        assert session.all(Draft) == []


def test_a_draft_needs_a_login_and_says_so(app: Flask, thread: str) -> None:
    assert draft(app.test_client(), thread, "Behind").status_code == 401


def test_there_are_two_boxes(desk: HonestClient, thread: str) -> None:
    assert draft(desk, thread, "Behind", kind="postcard").status_code == 404


# Later


def later(client: HonestClient, thread: str, when: str, own_time: str = "", **more: Any) -> Any:
    form = {"text": "Your taxi is here", "reply_id": new_id(), "when": when, "own_time": own_time}
    return client.post(f"{thread}/later", data=form, **more)


def test_what_is_planned_is_shown_and_can_be_cancelled(desk: HonestClient, thread: str, session: Look) -> None:
    answer = later(desk, thread, "soon", headers=FRAGMENT)
    planned = session.one(ScheduledMessage)
    assert f"planned-{planned.id}" in answer.text and "Your taxi is here" in answer.text
    assert f"planned-{planned.id}" in desk.get(thread).text
    after = desk.post(f"/planned/{planned.id}/cancel", headers=FRAGMENT)
    assert "Your taxi is here" not in after.text and "Your taxi is here" not in desk.get(thread).text
    assert typed(session) == []


def test_what_is_planned_can_be_sent_now(desk: HonestClient, thread: str, session: Look) -> None:
    assert later(desk, thread, "morning").status_code == 303
    planned = session.one(ScheduledMessage)
    assert desk.post(f"/planned/{planned.id}/now").status_code == 303
    assert typed(session) == ["Your taxi is here"]
    assert desk.post(f"/planned/{planned.id}/cancel").status_code == 303
    assert "sent already" in desk.get(thread).text


def test_an_own_time_is_by_the_hotel_s_clock(desk: HonestClient, thread: str, session: Look, hotel: Hotel) -> None:
    shown = (clock.now() + timedelta(days=2)).astimezone(hotel.zone).replace(second=0, microsecond=0)
    later(desk, thread, "own", f"{shown:%Y-%m-%dT%H:%M}")
    assert session.one(ScheduledMessage).send_at == shown


@pytest.mark.parametrize("own_time", ["", "tomorrow", "2020-01-01T08:00", "2999-01-01T08:00", "9999-12-31T23:59"])
def test_a_time_that_cannot_be_is_refused_and_the_words_are_kept(
    desk: HonestClient, thread: str, session: Look, own_time: str
) -> None:
    page = later(desk, thread, "own", own_time)
    assert page.status_code == 422
    assert ">Your taxi is here</textarea>" in page.text
    assert re.search(r'id="composer-problem" role="alert">[^<]*Choose', page.text)
    assert session.count(ScheduledMessage) == 0


def test_a_plan_is_on_other_screens(app: Flask, desk: HonestClient, thread: str, sari: Employee) -> None:
    hers = sign_in(app.test_client(), sari)
    poll = next_question(hers.get(thread).text)
    later(desk, thread, "soon")
    assert "goes out" in hers.get(poll).text


# Saved replies


def test_saved_replies_are_offered_as_this_guest_would_read_them(
    desk: HonestClient, thread: str, arrange: Arrange, hotel: Hotel
) -> None:
    with arrange() as session:
        ours = session.get(Hotel, hotel.id)
        canned_replies.keep(ours, "key", {"en": Wording("Key", "Dear {name}, room {room} <3")})
    offered = desk.get(f"{thread}/canned-replies").text
    assert 'data-text="Dear Ayu Lestari, room 101 &lt;3"' in offered


def test_a_hotel_without_saved_replies_says_so(desk: HonestClient, thread: str) -> None:
    assert "There are no saved replies yet" in desk.get(f"{thread}/canned-replies").text


# Nothing of another hotel


def test_another_hotel_s_thread_is_unknown(
    app: Flask, desk: HonestClient, thread: str, charlie: Employee, session: Look
) -> None:
    later(desk, thread, "soon")
    planned = session.one(ScheduledMessage)
    his = sign_in(app.test_client(), charlie)
    posts = [f"{thread}/{part}" for part in ("replies", "later", "answering", "drafts/reply", "notes")]
    posts += [f"/planned/{planned.id}/{act}" for act in ("cancel", "now")]
    assert {his.post(address, data={"text": "Hello"}).status_code for address in posts} == {404}
    assert his.get(f"{thread}/canned-replies").status_code == 404


def test_only_messages_of_guests_and_staff_were_made(desk: HonestClient, thread: str, session: Look) -> None:
    later(desk, thread, "soon")
    draft(desk, thread, "Behind", kind="note")
    assert {message.origin for message in session.all(Message)} == {"welcome", "guest"}
    assert [each.role for each in session.all(Message)][-1] == GUEST
    assert session.one(Conversation).waiting_since is not None


def test_a_held_thread_is_read_anew(app: Flask, thread: str, arrange: Callable[..., Any]) -> None:
    """The lock would be worth nothing if the row that is looked at were older than the lock."""
    from concierge import answering

    thread_id = thread.rpartition("/")[2]
    with arrange() as session:
        conversation = session.get(Conversation, thread_id)
        before = conversation.revision
        assert answering.hold(conversation).revision == before + 1
        db.session.rollback()
