"""Messages for later: planned in the hotel's time, posted once, never when they would be nonsense."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from concierge import clock, outbox, scheduling, stays
from concierge.models import Conversation, Message, ScheduledMessage, Staff, Stay
from concierge.models.base import new_id
from concierge.models.message import CANCELLED, QUEUED, STAFF
from concierge.worker import post_planned
from tests.database import Look
from tests.people import Employee
from tests.story import check_in, guest_writes
from tests.web.at_once import at_once

Arrange = Callable[..., Any]
Wait = Callable[..., None]
JAKARTA, NEW_YORK = ZoneInfo("Asia/Jakarta"), ZoneInfo("America/New_York")


@pytest.fixture
def thread(app: Flask, session: Look) -> str:
    check_in(app)
    return session.one(Conversation).id


@pytest.fixture
def planned(thread: str, arrange: Arrange, wayan: Employee) -> str:
    """Wayan's words for in half an hour."""
    return plan(arrange, thread, wayan)


def plan(arrange: Arrange, thread: str, person: Employee, **more: Any) -> str:
    with arrange() as session:
        told = {"send_at": scheduling.soon(), "row_id": new_id(), "text": "Your taxi is here"} | more
        return scheduling.plan(session.get(Conversation, thread), session.get(Staff, person.id), **told).id


def post(app: Flask) -> bool:
    with app.app_context():
        return post_planned()


def typed(session: Look) -> list[Message]:
    return [message for message in session.all(Message) if message.origin == STAFF]


def test_before_its_time_nothing_is_in_the_outbox(app: Flask, planned: str, session: Look, wait: Wait) -> None:
    wait(minutes=29)
    assert not post(app)
    assert typed(session) == []


def test_at_its_time_it_is_posted_once_under_its_own_id(
    app: Flask, planned: str, session: Look, wait: Wait, wayan: Employee
) -> None:
    wait(minutes=30, seconds=1)
    assert post(app)
    assert not post(app)
    (message,) = typed(session)
    assert (message.id, message.text, message.status) == (planned, "Your taxi is here", QUEUED)
    assert message.author_id == wayan.id
    assert session.one(ScheduledMessage).posted_at is not None


def test_workers_who_race_post_it_once(app: Flask, planned: str, session: Look, wait: Wait) -> None:
    wait(minutes=31)
    assert sorted(at_once(4, lambda _: post(app))) == [False, False, False, True]
    assert len(typed(session)) == 1


def test_planning_twice_by_one_form_is_planning_once(
    thread: str, arrange: Arrange, wayan: Employee, session: Look
) -> None:
    row_id = new_id()
    for _ in range(2):
        plan(arrange, thread, wayan, row_id=row_id)
    assert session.count(ScheduledMessage) == 1


@pytest.mark.parametrize("days", [-1, 0, 91])
def test_neither_the_past_nor_a_day_far_off(
    thread: str, arrange: Arrange, wayan: Employee, session: Look, days: int
) -> None:
    with pytest.raises(scheduling.BadTime):
        plan(arrange, thread, wayan, send_at=clock.now() + timedelta(days=days))
    assert session.count(ScheduledMessage) == 0


def test_what_is_cancelled_is_never_posted(
    app: Flask, planned: str, arrange: Arrange, session: Look, wait: Wait
) -> None:
    with arrange() as rows:
        scheduling.cancel(rows.get(ScheduledMessage, planned))
    wait(hours=1)
    assert not post(app)
    assert typed(session) == []


def test_cancelling_too_late_says_so(app: Flask, planned: str, arrange: Arrange, wait: Wait) -> None:
    wait(hours=1)
    assert post(app)
    with pytest.raises(scheduling.TooLate), arrange() as rows:
        scheduling.cancel(rows.get(ScheduledMessage, planned))


def test_sent_now_it_is_not_sent_again_later(
    app: Flask, planned: str, arrange: Arrange, session: Look, wait: Wait
) -> None:
    with arrange() as rows:
        scheduling.send_now(rows.get(ScheduledMessage, planned))
    wait(hours=1)
    assert not post(app)
    assert [message.id for message in typed(session)] == [planned]


def test_a_worker_who_comes_hours_late_asks_a_person(
    app: Flask, planned: str, arrange: Arrange, session: Look, wait: Wait
) -> None:
    wait(hours=3)
    assert post(app)
    with arrange():
        outbox.expire_stale()
    (message,) = typed(session)
    assert (message.status, message.failure) == (CANCELLED, "expired")


def test_its_two_hours_begin_at_its_time(app: Flask, planned: str, session: Look, wait: Wait) -> None:
    wait(minutes=31)
    assert post(app)
    planned_for = session.one(ScheduledMessage).send_at
    assert typed(session)[0].expires_at - planned_for == pytest.approx(timedelta(hours=2), abs=timedelta(seconds=5))


def test_who_asks_after_the_planning_still_waits(app: Flask, planned: str, session: Look, wait: Wait) -> None:
    """Words that were written before the question answer it by chance at most."""
    wait(minutes=29)
    guest_writes(app, "The AC is leaking")
    wait(minutes=2)
    assert post(app)
    assert session.one(Conversation).waiting_since is not None


def test_who_asked_before_the_planning_is_answered_by_it(
    app: Flask, thread: str, arrange: Arrange, wayan: Employee, session: Look, wait: Wait
) -> None:
    guest_writes(app, "When does the taxi come?")
    wait(seconds=5)
    plan(arrange, thread, wayan)
    assert session.one(Conversation).waiting_since is not None
    wait(minutes=31)
    assert post(app)
    assert session.one(Conversation).waiting_since is None


def test_the_wrong_person_is_told_nothing_planned(
    app: Flask, planned: str, arrange: Arrange, session: Look, wait: Wait
) -> None:
    stay = session.one(Stay)
    with arrange() as rows:
        stays.wrong_person(rows.get(Stay, stay.id))
    wait(hours=1)
    assert not post(app)
    assert typed(session) == []


def test_tomorrow_at_eight_is_the_hotel_s_morning(wait: Wait) -> None:
    morning = scheduling.tomorrow_morning(JAKARTA).astimezone(JAKARTA)
    assert (morning.hour, morning.minute) == (8, 0)
    assert morning.date() == clock.today("Asia/Jakarta") + timedelta(days=1)


@pytest.mark.parametrize(
    ("shown", "zone", "utc"),
    [
        (datetime(2026, 11, 22, 14, 30), JAKARTA, datetime(2026, 11, 22, 7, 30, tzinfo=UTC)),
        (datetime(2026, 3, 8, 2, 30), NEW_YORK, datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),  # skipped: clocks went ahead
        (datetime(2026, 11, 1, 1, 30), NEW_YORK, datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),  # twice: the first one
    ],
)
def test_a_time_is_the_hotel_s_own(shown: datetime, zone: ZoneInfo, utc: datetime) -> None:
    assert scheduling.at(shown, zone) == utc
