"""Who rings, from when, and when managers are called: told beforehand, because time changes no row."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from concierge import alarm, attention, clock
from concierge.models import Conversation, Hotel, Staff
from tests.database import Look
from tests.people import Employee
from tests.story import check_in, guest_writes, staff_writes

Arrange = Callable[..., Any]


@pytest.fixture
def waits(app: Flask, hotel: Hotel) -> Callable[[], list[alarm.Wait]]:
    """The waits of our hotel as it is now."""

    def ask() -> list[alarm.Wait]:
        with app.app_context():
            found = Look(app).one(select(Hotel).where(Hotel.id == hotel.id))
            return list(alarm.waits(found))

    return ask


@pytest.fixture
def waiting(app: Flask, session: Look) -> Conversation:
    """Ayu in 312 has just written."""
    check_in(app, room="312")
    guest_writes(app, "Where is the pool?")
    return session.one(Conversation)


def test_nobody_rings_in_a_quiet_house(app: Flask, waits: Callable[[], list[alarm.Wait]]) -> None:
    check_in(app)
    assert waits() == []


def test_who_waits_rings_at_once_and_managers_are_called_later(
    waiting: Conversation, hotel: Hotel, waits: Callable[[], list[alarm.Wait]]
) -> None:
    (wait,) = waits()
    assert (wait.room, wait.name) == ("312", "Ayu Lestari")
    assert wait.rings_from == wait.since == waiting.waiting_since
    assert wait.escalates_at == wait.since + timedelta(minutes=hotel.escalate_minutes)


def test_an_answer_ends_it(
    app: Flask, waiting: Conversation, wayan: Employee, waits: Callable[[], list[alarm.Wait]]
) -> None:
    staff_writes(app, "Behind the garden", by=wayan)
    assert waits() == []


def test_no_reply_needed_ends_it(
    waiting: Conversation, arrange: Arrange, waits: Callable[[], list[alarm.Wait]]
) -> None:
    with arrange() as session:
        conversation = session.get(Conversation, waiting.id)
        attention.settle(conversation, conversation.seq)
    assert waits() == []


def test_whoever_takes_it_silences_it_for_all_but_not_for_the_managers(
    waiting: Conversation, wayan: Employee, arrange: Arrange, waits: Callable[[], list[alarm.Wait]]
) -> None:
    _take(arrange, waiting, wayan)
    (wait,) = waits()
    assert wait.rings_from is None
    assert wait.escalates_at is not None


def test_who_took_it_before_this_wait_may_be_asleep(
    app: Flask, wayan: Employee, arrange: Arrange, session: Look, waits: Callable[[], list[alarm.Wait]],
    wait: Callable[..., None],
) -> None:  # fmt: skip
    check_in(app)
    _take(arrange, session.one(Conversation), wayan)
    wait(hours=8)
    guest_writes(app, "Is anybody there?")
    assert waits()[0].rings_from is not None


def test_a_rest_is_a_rest_for_everybody(
    waiting: Conversation, arrange: Arrange, waits: Callable[[], list[alarm.Wait]]
) -> None:
    until = clock.now() + timedelta(hours=1)
    with arrange() as session:
        conversation = session.get(Conversation, waiting.id)
        attention.rest(conversation, until, conversation.seq)
    (wait,) = waits()
    assert (wait.rings_from, wait.escalates_at) == (until, until)


def test_it_is_quiet_while_an_answer_is_being_written(
    waiting: Conversation, arrange: Arrange, waits: Callable[[], list[alarm.Wait]]
) -> None:
    until = clock.now() + timedelta(seconds=60)
    with arrange() as session:
        session.get(Conversation, waiting.id).answering_until = until
    assert waits()[0].rings_from == until


def test_a_hotel_may_leave_its_managers_alone(
    waiting: Conversation, hotel: Hotel, arrange: Arrange, waits: Callable[[], list[alarm.Wait]]
) -> None:
    with arrange() as session:
        session.get(Hotel, hotel.id).escalate_minutes = 0
    assert waits()[0].escalates_at is None


def test_another_hotel_hears_nothing(app: Flask, waiting: Conversation, charlie: Employee, session: Look) -> None:
    with app.app_context():
        elsewhere = [each for each in session.all(Hotel) if each.id == charlie.hotel_id]
        assert alarm.waits(elsewhere[0]) == ()


def _take(arrange: Arrange, conversation: Conversation, person: Employee) -> None:
    with arrange() as session:
        attention.take(session.get(Conversation, conversation.id), session.get(Staff, person.id))
