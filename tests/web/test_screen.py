"""What stands around every page: the count, WhatsApp's state, the banner; and its poll."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from concierge import clock, lines
from concierge.models import Line, WorkerReport
from tests.client import HonestClient, sign_in
from tests.people import Employee
from tests.story import guest_writes


@pytest.fixture
def desk(client: HonestClient, wayan: Employee, arrange: Callable[..., Any], line: Line) -> HonestClient:
    """Wayan, signed in; a worker runs and WhatsApp is connected."""
    with arrange() as session:
        session.add(WorkerReport(host="desk", pid=1, started_at=clock.now(), seen_at=clock.now()))
        lines.record_status(session.get(Line, line.id), "WORKING")
    sign_in(client, wayan)
    return client


def _question(page: str) -> str:
    found = re.search(r'data-poll-url="([^"]+)"', page)
    assert found
    return found[1].replace("&amp;", "&")


def test_a_quiet_screen_is_answered_with_nothing(desk: HonestClient) -> None:
    assert desk.get(_question(desk.get("/stays").text)).status_code == 204


def test_who_waits_is_counted_on_every_page(app: Flask, desk: HonestClient) -> None:
    question = _question(desk.get("/stays").text)
    guest_writes(app, "Hello?")
    answer = desk.get(question).text
    assert 'data-count="1"' in answer
    assert 'id="conversation-list"' not in answer
    assert desk.get(_question(answer)).status_code == 204


def test_a_worker_that_falls_silent_is_told_by_the_next_poll(desk: HonestClient, wait: Callable[..., None]) -> None:
    question = _question(desk.get("/stays").text)
    wait(seconds=21)
    assert "Nothing is being sent since" in desk.get(question).text


def test_a_line_that_is_lost_is_told_by_the_next_poll(
    desk: HonestClient, arrange: Callable[..., Any], line: Line
) -> None:
    question = _question(desk.get("/stays").text)
    with arrange():
        lines.pause(line.id, "unreachable")
    answer = desk.get(question).text
    assert "the WAHA server cannot be reached" in answer
    assert "not connected" in answer


def test_another_hotel_s_guests_are_not_counted(app: Flask, desk: HonestClient, charlie: Employee) -> None:
    guest_writes(app, "Hello?")
    theirs = sign_in(app.test_client(), charlie)
    assert 'data-count="0"' in theirs.get("/conversations").text
