"""Two threads become one: what staff wrote in the younger and did not say goes with it."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from concierge import drafts, identity, notes, scheduling
from concierge.models import Conversation, Draft, Note, ScheduledMessage, Staff
from concierge.models.base import new_id
from tests.database import Look
from tests.people import Employee
from tests.story import check_in, conversation_with, guest_writes

STRANGER = "+6281390000002"


def test_drafts_notes_and_plans_go_with_the_thread(
    app: Flask, arrange: Callable[..., Any], wayan: Employee, session: Look
) -> None:
    check_in(app)
    guest_writes(app, "It is me", phone=STRANGER)
    with arrange() as rows:
        person = rows.get(Staff, wayan.id)
        older, younger = conversation_with(), conversation_with(STRANGER)
        older_id = older.id
        drafts.keep(older, person, "reply", "One")
        drafts.keep(younger, person, "reply", "Two")
        drafts.keep(younger, person, "note", "Three")
        notes.write(younger, person, "Seems to be 101", new_id())
        scheduling.plan(younger, person, "Your taxi", scheduling.soon(), new_id())
        rows.flush()
        identity.join(older.guest_id, younger.guest_id)

    assert {(each.kind, each.text) for each in session.all(Draft)} == {("reply", "One\nTwo"), ("note", "Three")}
    carried = [*session.all(Draft), session.one(Note), session.one(ScheduledMessage)]
    assert {each.conversation_id for each in carried} == {older_id}
    revision = next(each.revision for each in session.all(Conversation) if each.id == older_id)
    assert session.one(Note).revision == session.one(ScheduledMessage).revision == revision
