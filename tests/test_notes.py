"""What staff write for each other: never for the guest."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from concierge import notes
from concierge.models import Conversation, Message, Note, Staff
from concierge.models.base import new_id
from tests import sources
from tests.database import Look
from tests.people import Employee, hire
from tests.story import check_in

Arrange = Callable[..., Any]


@pytest.fixture
def thread(app: Flask, session: Look) -> str:
    check_in(app)
    return session.one(Conversation).id


@pytest.fixture
def note(thread: str, arrange: Arrange, wayan: Employee) -> str:
    """Wayan's, a moment old."""
    return write(arrange, thread, wayan)


def write(arrange: Arrange, thread: str, person: Employee, note_id: str | None = None) -> str:
    with arrange() as session:
        by = session.get(Staff, person.id)
        return notes.write(session.get(Conversation, thread), by, "Asked twice for the AC", note_id or new_id()).id


def delete(arrange: Arrange, note: str, person: Employee) -> None:
    with arrange() as session:
        notes.delete(session.get(Note, note), session.get(Staff, person.id))


def test_a_note_makes_no_message(note: str, session: Look) -> None:
    assert [each.origin for each in session.all(Message)] == ["welcome"]
    assert session.one(Note).text == "Asked twice for the AC"


def test_no_way_leads_from_a_note_to_the_outbox() -> None:
    """Neither notes nor whatever they use knows the outbox, or could make a message."""
    seen, todo = set(), {"concierge.notes"}
    while todo:
        name = todo.pop()
        seen.add(name)
        path = Path(name.replace(".", "/")).with_suffix(".py")
        if path in sources.python_files():
            todo |= {each for each in sources.imports(path) if each.startswith("concierge.")} - seen
    assert not {name for name in seen if name.startswith(("concierge.outbox", "concierge.scheduling"))}
    assert "Message" not in Path(notes.__file__).read_text()


def test_a_note_is_news_to_open_screens_but_not_a_message_in_the_count(
    thread: str, arrange: Arrange, wayan: Employee, session: Look
) -> None:
    before = session.one(Conversation)
    write(arrange, thread, wayan)
    after = session.one(Conversation)
    assert (after.revision, after.seq) == (before.revision + 1, before.seq)
    assert after.last_message_at == before.last_message_at


def test_saving_twice_makes_one_note(thread: str, arrange: Arrange, wayan: Employee, session: Look) -> None:
    note_id = new_id()
    assert [write(arrange, thread, wayan, note_id) for _ in range(2)] == [note_id, note_id]
    assert session.count(Note) == 1


def test_who_wrote_a_note_can_delete_it_for_five_minutes(
    note: str, arrange: Arrange, wayan: Employee, session: Look, wait: Callable[..., None]
) -> None:
    wait(minutes=4, seconds=59)
    delete(arrange, note, wayan)
    assert session.one(Note).deleted_at is not None


def test_after_five_minutes_it_stays(note: str, arrange: Arrange, wayan: Employee, wait: Callable[..., None]) -> None:
    wait(minutes=5, seconds=1)
    with pytest.raises(notes.NotDeletable, match="five minutes"):
        delete(arrange, note, wayan)


def test_nobody_deletes_a_colleague_s_note(app: Flask, note: str, arrange: Arrange, session: Look) -> None:
    with pytest.raises(notes.NotDeletable, match="who wrote"):
        delete(arrange, note, hire(app, "Sari Dewi", "manager"))
    assert session.one(Note).deleted_at is None


def test_pages_of_notes_meet_without_gap_or_overlap(
    thread: str, arrange: Arrange, wayan: Employee, wait: Callable[..., None]
) -> None:
    for _ in range(3):
        write(arrange, thread, wayan)
        wait(minutes=1)
    with arrange() as session:
        conversation = session.get(Conversation, thread)
        everything = notes.between(conversation, None, None)
        middle = everything[1].created_at
        pages = [*notes.between(conversation, None, middle), *notes.between(conversation, middle, None)]
        assert pages == list(everything)
        assert len(notes.between(conversation, middle + timedelta(seconds=1), None)) == 1
