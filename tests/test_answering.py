"""Who is answering now, and the stop for two who would answer at once."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from concierge import answering, outbox
from concierge.models import Conversation, Staff
from concierge.models.message import AUTOMATIC
from tests.database import Look
from tests.people import Employee, hire
from tests.story import check_in, guest_writes, staff_writes

Arrange = Callable[..., Any]


@pytest.fixture
def thread(app: Flask, session: Look) -> str:
    check_in(app)
    return session.one(Conversation).id


@pytest.fixture
def sari(app: Flask) -> Employee:
    return hire(app, "Sari Dewi", "desk")


def do(arrange: Arrange, act: Callable[..., None], thread: str, person: Employee) -> None:
    with arrange() as session:
        act(session.get(Conversation, thread), session.get(Staff, person.id))


def news(arrange: Arrange, thread: str, seq: int) -> list[str]:
    """What would stop somebody whose screen ended with this message."""
    with arrange() as session:
        try:
            answering.refuse_overtaken(session.get(Conversation, thread), seq)
        except answering.Overtaken as stop:
            return [message.text for message in stop.news]
    return []


def test_who_types_is_answering_for_a_minute(
    thread: str, arrange: Arrange, wayan: Employee, session: Look, wait: Callable[..., None]
) -> None:
    do(arrange, answering.begin, thread, wayan)
    assert session.one(Conversation).answering_by_id == wayan.id
    assert answering.is_held(session.one(Conversation))
    wait(seconds=61)
    assert not answering.is_held(session.one(Conversation))


def test_typing_on_renews_it(
    thread: str, arrange: Arrange, wayan: Employee, session: Look, wait: Callable[..., None]
) -> None:
    do(arrange, answering.begin, thread, wayan)
    wait(seconds=50)
    do(arrange, answering.begin, thread, wayan)
    wait(seconds=50)
    assert answering.is_held(session.one(Conversation))


def test_a_colleague_who_was_first_stays_it(
    thread: str, arrange: Arrange, wayan: Employee, sari: Employee, session: Look, wait: Callable[..., None]
) -> None:
    do(arrange, answering.begin, thread, sari)
    do(arrange, answering.begin, thread, wayan)
    do(arrange, answering.end, thread, wayan)
    assert session.one(Conversation).answering_by_id == sari.id
    wait(seconds=61)
    do(arrange, answering.begin, thread, wayan)
    assert session.one(Conversation).answering_by_id == wayan.id


def test_beginning_and_ending_are_seen_by_open_screens(
    thread: str, arrange: Arrange, wayan: Employee, session: Look
) -> None:
    before = session.one(Conversation).revision
    do(arrange, answering.begin, thread, wayan)
    do(arrange, answering.end, thread, wayan)
    assert session.one(Conversation).revision == before + 2
    assert session.one(Conversation).answering_until is None


def test_what_people_wrote_since_stops_a_reply(
    app: Flask, thread: str, arrange: Arrange, wayan: Employee, session: Look
) -> None:
    seq = session.one(Conversation).seq
    assert news(arrange, thread, seq) == []
    guest_writes(app, "Never mind")
    staff_writes(app, "All right", by=wayan)
    assert news(arrange, thread, seq) == ["Never mind", "All right"]
    assert news(arrange, thread, seq + 2) == []


def test_what_nobody_wrote_or_was_taken_back_does_not(
    app: Flask, thread: str, arrange: Arrange, wayan: Employee, session: Look
) -> None:
    seq = session.one(Conversation).seq
    with arrange() as rows:
        conversation = rows.get(Conversation, thread)
        outbox.cancel(outbox.post(conversation, "Wrong guest", origin="staff", author=rows.get(Staff, wayan.id)))
        outbox.post(conversation, "Thank you, we have your message", origin=AUTOMATIC)
    assert news(arrange, thread, seq) == []
