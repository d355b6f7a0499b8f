"""Notes in a thread: for staff, live on every screen, gone when their author takes them back."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from concierge.models import Draft, Message, Note
from concierge.models.base import new_id
from tests.client import HonestClient, sign_in
from tests.database import Look
from tests.people import Employee, hire
from tests.story import guest_writes
from tests.web.test_conversations import FRAGMENT, desk, next_question, thread

__all__ = ["desk", "thread"]


def write(client: HonestClient, thread: str, text: str = "Asked twice", **more: Any) -> Any:
    return client.post(f"{thread}/notes", data={"text": text, "note_id": new_id()} | more, headers=FRAGMENT)


def test_a_note_stands_at_its_time_and_makes_no_message(
    app: Flask, desk: HonestClient, thread: str, session: Look
) -> None:
    before = session.count(Message)
    assert write(desk, thread, "Asked <b>twice</b>").status_code == 200
    assert session.count(Message) == before
    guest_writes(app, "Thank you")
    page = desk.get(thread).text
    assert page.index("Where is the pool?", page.index('id="messages"')) < page.index("Asked &lt;b&gt;twice")
    assert page.index("Asked &lt;b&gt;twice") < page.index("Thank you", page.index('id="messages"'))


def test_without_script_the_page_comes_back_at_the_note(desk: HonestClient, thread: str, session: Look) -> None:
    answer = desk.post(f"{thread}/notes", data={"text": "Asked twice"})
    assert (answer.status_code, answer.location) == (303, f"{thread}#note-{session.one(Note).id}")


def test_a_note_comes_to_and_goes_from_other_screens(
    app: Flask, desk: HonestClient, thread: str, session: Look
) -> None:
    hers = sign_in(app.test_client(), hire(app, "Sari Dewi", "desk"))
    poll = next_question(hers.get(thread).text)
    write(desk, thread)
    news = hers.get(poll).text
    note = session.one(Note)
    assert "Asked twice" in news and "Delete</button>" not in news.partition(f"note-{note.id}")[2].partition("</li>")[0]
    poll = next_question(news)
    assert hers.get(poll).status_code == 204

    assert "delete" in desk.post(f"/notes/{note.id}/delete", headers=FRAGMENT).text
    assert f'<div id="note-{note.id}" hx-swap-oob="delete">' in hers.get(poll).text
    assert "Asked twice" not in hers.get(thread).text


def test_too_late_to_delete_says_so(desk: HonestClient, thread: str, session: Look, wait: Callable[..., None]) -> None:
    write(desk, thread)
    wait(minutes=6)
    desk.post(f"/notes/{session.one(Note).id}/delete")
    assert "Too late" in desk.get(thread).text
    assert session.one(Note).deleted_at is None


@pytest.mark.parametrize("text", ["", "   ", "x" * 5000])
def test_a_note_that_cannot_be_kept_says_why(desk: HonestClient, thread: str, session: Look, text: str) -> None:
    assert write(desk, thread, text).status_code == 422
    page = desk.post(f"{thread}/notes", data={"text": text})
    assert page.status_code == 422 and text.strip() in page.text
    assert session.count(Note) == 0


def test_saving_forgets_the_draft(desk: HonestClient, thread: str, session: Look) -> None:
    note_id = new_id()
    desk.post(f"{thread}/drafts/note", data={"text": "Asked tw", "form_id": note_id})
    write(desk, thread, note_id=note_id)
    assert session.all(Draft) == []
    assert desk.post(f"{thread}/drafts/note", data={"text": "Asked twice", "form_id": note_id}).status_code == 410


def test_notes_of_earlier_pages_come_with_them(app: Flask, desk: HonestClient, thread: str, session: Look) -> None:
    write(desk, thread, "Long ago")
    for number in range(45):
        guest_writes(app, f"Message {number}")
    page = desk.get(thread).text
    assert "Long ago" not in page
    first = min((each for each in session.all(Message) if f"message-{each.id}" in page), key=lambda each: each.seq)
    assert "Long ago" in desk.get(f"{thread}/earlier?before={first.id}", headers=FRAGMENT).text


def test_another_hotel_s_note_is_unknown(
    app: Flask, desk: HonestClient, thread: str, charlie: Employee, session: Look
) -> None:
    write(desk, thread)
    his = sign_in(app.test_client(), charlie)
    assert his.post(f"/notes/{session.one(Note).id}/delete").status_code == 404
