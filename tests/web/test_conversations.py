"""The inbox: the list, a thread, what a poll brings, replies and decisions. Nothing of another hotel."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from concierge import clock, threads
from concierge.models import Conversation, Line, Message, Stay
from concierge.models.base import new_id
from concierge.models.message import FAILED, READ, SENDING, STAFF, UNCONFIRMED
from tests.client import HonestClient, sign_in
from tests.crowd import many_conversations
from tests.database import Look
from tests.people import Employee
from tests.story import AYUS_PHONE, check_in, guest_writes, staff_writes
from tests.web.at_once import at_once

Arrange = Callable[..., Any]
SCRIPT = "<script>alert('hotel')</script>"
FRAGMENT = {"HX-Request": "true"}
OTHER_PHONE = "+6281390000002"


@pytest.fixture
def desk(client: HonestClient, wayan: Employee) -> HonestClient:
    """Wayan, signed in."""
    sign_in(client, wayan)
    return client


@pytest.fixture
def thread(app: Flask, session: Look) -> str:
    """The address of Ayu's thread: her welcome, and a question."""
    check_in(app)
    guest_writes(app, "Where is the pool?")
    return f"/conversations/{session.one(Conversation).id}"


def next_question(page: str) -> str:
    """The poll that the page asks next."""
    found = re.search(r'data-poll-url="([^"]+)"', page)
    assert found
    return found[1].replace("&amp;", "&")


def reply(desk: HonestClient, thread: str, text: str = "Behind the garden", **more: Any) -> Any:
    """What the composer sends without script."""
    return desk.post(f"{thread}/replies", data={"text": text, "reply_id": new_id()} | more)


def test_the_desk_begins_in_the_inbox(desk: HonestClient) -> None:
    assert desk.get("/").location == "/conversations"
    assert "Nobody is waiting." in desk.get("/conversations").text


def test_who_has_waited_longest_stands_first(app: Flask, desk: HonestClient, wait: Callable[..., None]) -> None:
    for name, phone in (("Ayu", AYUS_PHONE), ("Budi", OTHER_PHONE), ("Kenji", "+819012345678")):
        check_in(app, room=name, name=name, phone=phone)
    guest_writes(app, "First", phone=OTHER_PHONE)
    wait(minutes=2)
    guest_writes(app, "Second", phone=AYUS_PHONE)
    page = desk.get("/conversations").text
    assert page.index("Budi") < page.index(">Ayu<") < page.index("Kenji")
    assert 'data-count="2"' in page


def test_the_list_pages_on(app: Flask, desk: HonestClient, line: Line, arrange: Arrange) -> None:
    many_conversations(arrange, line, 40)
    first = desk.get("/conversations").text
    assert first.count('class="row') >= 30 and "Show more" in first
    assert "Show more" not in desk.get("/conversations?rows=90").text


@pytest.mark.parametrize("rows", ["0", "-5", "many", "999999999999999999999", ""])
def test_odd_numbers_of_rows_are_read_kindly(thread: str, desk: HonestClient, rows: str) -> None:
    for address in ("/conversations", thread, "/conversations/list"):
        assert desk.get(f"{address}?rows={rows}").status_code == 200


# What a poll brings


@pytest.mark.parametrize("address", ["/conversations", "/stays", "/stays/new", "thread"])
def test_an_unchanged_screen_is_answered_with_nothing(thread: str, desk: HonestClient, address: str) -> None:
    page = desk.get(thread if address == "thread" else address).text
    answer = desk.get(next_question(page))
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_poll_brings_only_what_is_new(app: Flask, thread: str, desk: HonestClient) -> None:
    question = next_question(desk.get(thread).text)
    guest_writes(app, "And the kettle?")
    answer = desk.get(question).text
    assert "And the kettle?" in answer
    assert "beforeend:#messages" in answer
    assert answer.count('class="message ') == 1
    assert "<html" not in answer and "<textarea" not in answer
    assert desk.get(next_question(answer)).status_code == 204


def test_an_ack_brings_the_tick_and_not_the_bubble(
    app: Flask, thread: str, desk: HonestClient, wayan: Employee, arrange: Arrange
) -> None:
    message_id = staff_writes(app, "Behind the garden", by=wayan)
    question = next_question(desk.get(thread).text)
    _set_status(arrange, message_id, READ)
    answer = desk.get(question).text
    assert f'id="message-{message_id}-state"' in answer
    assert "state--read" in answer
    assert 'class="message ' not in answer
    assert desk.get(next_question(answer)).status_code == 204


def test_a_check_out_changes_the_header_without_any_message(
    app: Flask, thread: str, desk: HonestClient, session: Look
) -> None:
    question = next_question(desk.get(thread).text)
    desk.post(f"/stays/{session.one(Stay).id}/check-out")
    answer = desk.get(question).text
    assert 'id="thread-head"' in answer
    assert "left " in answer


def test_the_inbox_s_poll_brings_list_and_count(app: Flask, thread: str, desk: HonestClient) -> None:
    question = next_question(desk.get("/conversations").text)
    guest_writes(app, "Hello?", phone=OTHER_PHONE)
    answer = desk.get(question).text
    assert 'id="conversation-list"' in answer
    assert 'data-count="2"' in answer
    assert desk.get(next_question(answer)).status_code == 204


@pytest.mark.parametrize("revision", ["", "-1", "x", "9" * 30, "%00", "1.5"])
def test_an_odd_revision_is_answered(thread: str, desk: HonestClient, revision: str) -> None:
    assert desk.get(f"{thread}/thread?revision={revision}&seq={revision}").status_code == 200


# A thread


def test_guests_words_are_shown_as_text(app: Flask, thread: str, desk: HonestClient) -> None:
    question = next_question(desk.get(thread).text)
    guest_writes(app, f"{SCRIPT} & <b>bold</b>", profile_name=SCRIPT)
    for page in (desk.get(thread).text, desk.get("/conversations").text, desk.get(question).text):
        assert SCRIPT not in page
        assert "&lt;b&gt;bold&lt;/b&gt;" in page


def test_sixty_thousand_letters_of_a_guest_are_shown(app: Flask, thread: str, desk: HonestClient) -> None:
    guest_writes(app, "a" * 60_000)
    assert "a" * 60_000 in desk.get(thread).text
    assert "a" * 200 not in desk.get("/conversations").text


def test_times_are_the_hotel_s(app: Flask, desk: HonestClient, thread: str, arrange: Arrange, session: Look) -> None:
    moment = clock.now().replace(hour=20, minute=4)
    with arrange() as rows:
        rows.query(Message).update({"sent_at": moment - timedelta(days=1)})
    assert ">03:04</time>" in desk.get(thread).text  # Asia/Jakarta is seven hours ahead


# Replies


def test_a_reply_is_queued(thread: str, desk: HonestClient, session: Look, wayan: Employee) -> None:
    answer = reply(desk, thread)
    message = session.all(Message)[-1]
    assert answer.status_code == 303
    assert answer.location == f"{thread}#message-{message.id}"
    assert (message.text, message.origin, message.author_id) == ("Behind the garden", STAFF, wayan.id)
    assert session.one(Conversation).waiting_since is None


def test_the_page_s_own_script_gets_the_bubble_and_a_fresh_id(thread: str, desk: HonestClient) -> None:
    first = new_id()
    answer = desk.post(f"{thread}/replies", data={"text": "Yes", "reply_id": first}, headers=FRAGMENT)
    assert f'id="message-{first}"' in answer.text
    assert 'name="reply_id"' in answer.text and f'value="{first}"' not in answer.text


def test_the_same_reply_twice_is_one_message(thread: str, desk: HonestClient, session: Look) -> None:
    form = {"text": "Yes", "reply_id": new_id()}
    assert [desk.post(f"{thread}/replies", data=form).status_code for _ in range(2)] == [303, 303]
    assert [one.text for one in session.all(Message)].count("Yes") == 1


def test_the_same_reply_at_the_same_moment_is_one_message(
    app: Flask, thread: str, desk: HonestClient, session: Look, wayan: Employee
) -> None:
    form = {"text": "Yes", "reply_id": new_id()}
    clients = [sign_in(app.test_client(), wayan) for _ in range(6)]
    answers = at_once(6, lambda number: clients[number].post(f"{thread}/replies", data=form))
    assert [one.status_code for one in answers] == [303] * 6
    assert [one.text for one in session.all(Message)].count("Yes") == 1


def test_other_words_under_the_same_id_are_another_message(thread: str, desk: HonestClient, session: Look) -> None:
    reply_id = new_id()
    for text in ("Yes", "No"):
        reply(desk, thread, text, reply_id=reply_id)
    assert {"Yes", "No"} <= {one.text for one in session.all(Message)}


@pytest.mark.parametrize("reply_id", ["", "1", SCRIPT, "x" * 500])
def test_a_reply_without_a_proper_id_is_sent_all_the_same(
    thread: str, desk: HonestClient, session: Look, reply_id: str
) -> None:
    assert reply(desk, thread, reply_id=reply_id).status_code == 303
    assert session.all(Message)[-1].text == "Behind the garden"


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "Write something first."), (" \n ", "Write something first."), ("\x00", "Write something first."),
     ("a" * 4097, "WhatsApp takes at most 4096 letters."), ("a" * 60_000, "WhatsApp takes at most 4096 letters.")],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_a_reply_that_cannot_be_is_said(
    thread: str, desk: HonestClient, session: Look, text: str, words: str, headers: dict[str, str]
) -> None:
    answer = desk.post(f"{thread}/replies", data={"text": text}, headers=headers)
    assert (answer.status_code, session.count(Message)) == (422, 2)
    assert words in answer.text
    if text.strip(" \n\x00") and not headers:
        assert f">{text}</textarea>" in answer.text


def test_the_longest_reply_is_taken(thread: str, desk: HonestClient) -> None:
    assert reply(desk, thread, "a" * 4096).status_code == 303


def test_script_in_a_reply_is_shown_as_text(thread: str, desk: HonestClient) -> None:
    reply(desk, thread, SCRIPT)
    assert SCRIPT not in desk.get(thread).text
    assert SCRIPT not in reply(desk, thread, SCRIPT * 200).text


def test_without_a_number_there_is_nobody_to_write_to(thread: str, desk: HonestClient, session: Look) -> None:
    stay = session.one(Stay)
    desk.post(f"/stays/{stay.id}/wrong-person")
    (theirs,) = [one for one in session.all(Conversation) if one.stay_id == stay.id]
    answer = reply(desk, f"/conversations/{theirs.id}")
    assert answer.status_code == 422
    assert "There is no number to write to. Correct the phone first." in answer.text
    assert "Behind the garden" in answer.text


# What a person decides about a message


@pytest.mark.parametrize(
    ("before", "act", "after"),
    [
        (FAILED, "retry", "queued"), (UNCONFIRMED, "retry", "queued"), (UNCONFIRMED, "arrived", "delivered"),
        ("queued", "cancel", "cancelled"),
    ],
)  # fmt: skip
def test_a_decision_is_done(
    app: Flask, thread: str, desk: HonestClient, wayan: Employee, arrange: Arrange, session: Look,
    before: str, act: str, after: str,
) -> None:  # fmt: skip
    message_id = staff_writes(app, "Behind the garden", by=wayan)
    _set_status(arrange, message_id, before)
    answer = desk.post(f"/messages/{message_id}/{act}")
    assert (answer.status_code, answer.location) == (303, f"{thread}#message-{message_id}")
    assert _status(session, message_id) == after


@pytest.mark.parametrize(
    ("before", "act"), [(READ, "retry"), (SENDING, "retry"), (READ, "arrived"), (SENDING, "cancel"), (READ, "cancel")]
)
@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_a_decision_that_comes_too_late_changes_nothing(
    app: Flask, thread: str, desk: HonestClient, wayan: Employee, arrange: Arrange, session: Look,
    before: str, act: str, headers: dict[str, str],
) -> None:  # fmt: skip
    message_id = staff_writes(app, "Behind the garden", by=wayan)
    _set_status(arrange, message_id, before)
    answer = desk.post(f"/messages/{message_id}/{act}", headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert _status(session, message_id) == before
    if headers:
        assert f"state--{before}" in answer.text


# Another hotel


def test_another_hotel_s_ids_are_unknown(
    app: Flask, client: HonestClient, thread: str, charlie: Employee, wayan: Employee, arrange: Arrange, session: Look
) -> None:
    message_id = staff_writes(app, "Behind the garden", by=wayan)
    _set_status(arrange, message_id, FAILED)
    sign_in(client, charlie)
    looked = [client.get(f"{thread}{part}").status_code for part in ("", "/thread", "/earlier")]
    acts = [client.post(f"/messages/{message_id}/{act}").status_code for act in ("retry", "arrived", "cancel")]
    assert looked + acts + [reply(client, thread).status_code] == [404] * 7
    assert _status(session, message_id) == FAILED
    assert "Ayu" not in client.get("/conversations").text


@pytest.mark.parametrize("wrong", ["1", new_id(), "%00", "x" * 300, new_id().upper(), "é" * 36])
def test_unknown_ids_are_not_found(desk: HonestClient, wrong: str) -> None:
    looked = [desk.get(f"/conversations/{wrong}{part}").status_code for part in ("", "/thread", "/earlier")]
    acts = [desk.post(f"/messages/{wrong}/{act}").status_code for act in ("retry", "arrived", "cancel")]
    assert looked + acts + [reply(desk, f"/conversations/{wrong}").status_code] == [404] * 7


@pytest.mark.parametrize("before", ["1", new_id(), "%00"])
def test_an_unknown_message_pages_from_the_end(thread: str, desk: HonestClient, before: str) -> None:
    assert "Where is the pool?" in desk.get(f"{thread}/earlier?before={before}").text


# Queries: a question that grows with the hotel would make a full house slow


def _set_status(arrange: Arrange, message_id: str, status: str) -> None:
    """As if the wire had answered so."""
    with arrange() as session:
        message = session.get(Message, message_id)
        message.status = status
        message.revision = threads.number_change(message.conversation_id)


def _status(session: Look, message_id: str) -> str:
    (found,) = [one for one in session.all(Message) if one.id == message_id]
    return found.status
