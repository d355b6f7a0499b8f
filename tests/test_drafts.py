"""What somebody has begun to write, and what becomes of it when it is sent or threads become one."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from concierge import drafts, notes, outbox
from concierge.models import Conversation, Draft, Staff
from concierge.models.base import new_id
from concierge.models.draft import NOTE, REPLY
from concierge.models.message import STAFF
from tests.database import Look
from tests.people import Employee, hire
from tests.story import check_in

Arrange = Callable[..., Any]


@pytest.fixture
def thread(app: Flask, session: Look) -> str:
    check_in(app)
    return session.one(Conversation).id


def keep(arrange: Arrange, thread: str, person: Employee, text: str, kind: str = REPLY, **more: Any) -> None:
    with arrange() as session:
        drafts.keep(session.get(Conversation, thread), session.get(Staff, person.id), kind, text, **more)


def test_each_person_has_one_draft_in_each_box(
    app: Flask, thread: str, arrange: Arrange, wayan: Employee, session: Look
) -> None:
    sari = hire(app, "Sari Dewi", "desk")
    keep(arrange, thread, wayan, "Your tax")
    keep(arrange, thread, wayan, "Your taxi comes", seq=4)
    keep(arrange, thread, wayan, "Grumpy today", kind=NOTE)
    keep(arrange, thread, sari, "Good morning")

    kept = {(each.staff_id, each.kind): (each.text, each.seq) for each in session.all(Draft)}
    assert kept == {
        (wayan.id, REPLY): ("Your taxi comes", 4),
        (wayan.id, NOTE): ("Grumpy today", 0),
        (sari.id, REPLY): ("Good morning", 0),
    }


def test_an_emptied_box_leaves_no_draft(thread: str, arrange: Arrange, wayan: Employee, session: Look) -> None:
    keep(arrange, thread, wayan, "Your taxi")
    keep(arrange, thread, wayan, "  ")
    assert session.all(Draft) == []


def test_a_draft_that_comes_and_one_that_goes_are_seen_by_the_list(
    thread: str, arrange: Arrange, wayan: Employee, session: Look
) -> None:
    revisions = [session.one(Conversation).revision]
    for text in ("Y", "Your taxi", ""):
        keep(arrange, thread, wayan, text)
        revisions.append(session.one(Conversation).revision)
    first, begun, typed_on, emptied = revisions
    assert first < begun == typed_on < emptied


@pytest.mark.parametrize("box", [REPLY, NOTE])
def test_a_draft_that_comes_after_its_message_is_not_kept(
    thread: str, arrange: Arrange, wayan: Employee, session: Look, box: str
) -> None:
    form_id = new_id()
    with arrange() as rows:
        conversation, person = rows.get(Conversation, thread), rows.get(Staff, wayan.id)
        if box == NOTE:
            notes.write(conversation, person, "Your taxi", form_id)
        else:
            outbox.post(conversation, "Your taxi", origin=STAFF, author=person, message_id=form_id)
    with pytest.raises(drafts.AlreadySent):
        keep(arrange, thread, wayan, "Your taxi", kind=box, form_id=form_id)
    assert session.all(Draft) == []
