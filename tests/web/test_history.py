"""Years of a guest's story, page by page, with script and without."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from concierge import stays
from concierge.models import Conversation, Stay
from tests.client import HonestClient, sign_in
from tests.database import Look
from tests.people import Employee
from tests.story import check_in, guest_writes
from tests.web.test_conversations import FRAGMENT, desk, thread

__all__ = ["desk", "thread"]
LINES = [f"{number:03d}" for number in range(100)]


@pytest.fixture
def long_thread(app: Flask, thread: str) -> str:
    """Ayu's thread with a hundred lines more than a page holds."""
    for number in LINES:
        guest_writes(app, f"Line {number}")
    return thread


def _lines(page: str) -> list[str]:
    return re.findall(r'bubble__text">Line (\d{3})<', page)


def _link(page: str, way: str) -> str | None:
    """The address behind "Show earlier" or "Show later", where there is more."""
    found = re.search(rf'id="{way}"([^>]*)>\s*<a [^>]*href="([^"]+)"', page)
    assert found
    return None if "hidden" in found[1] else found[2].replace("&amp;", "&")


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_earlier_messages_come_page_by_page(long_thread: str, desk: HonestClient, headers: dict[str, str]) -> None:
    page, seen = desk.get(long_thread).text, []
    while page:
        seen = _lines(page) + seen
        address = _link(page, "earlier")
        page = desk.get(address, headers=headers).text if address else ""
        assert ("<html" in page) == (page != "" and not headers)
    assert seen == LINES


def test_the_way_down_ends_at_the_newest(long_thread: str, desk: HonestClient) -> None:
    address = _link(desk.get(long_thread).text, "earlier")
    page = desk.get(_link(desk.get(address).text, "earlier") or "").text
    seen = _lines(page)
    while address := _link(page, "later"):
        page = desk.get(address).text
        seen += _lines(page)
    assert seen == LINES


def test_an_earlier_stay_is_one_click_away(
    app: Flask, desk: HonestClient, arrange: Callable[..., Any], session: Look, wait: Callable[..., None]
) -> None:
    first = check_in(app, room="208")
    guest_writes(app, "My first visit")
    with arrange() as rows:
        stays.check_out(rows.get(Stay, first.id))
    wait(days=200)
    check_in(app, room="312")
    guest_writes(app, "I am back")
    now = next(each for each in session.all(Conversation) if each.is_active)
    page = desk.get(f"/conversations/{now.id}").text
    found = re.search(r'href="([^"]+until=[^"]+)"', page)
    assert found and "room 208" in page
    earlier = desk.get(found[1].replace("&amp;", "&")).text
    assert "My first visit" in earlier and "I am back" not in earlier
    assert _link(earlier, "later")


@pytest.mark.parametrize(
    "query",
    ["", "?before=", "?before=x", "?before=' OR 1", "?until=", "?until=yesterday", "?until=2026-01-01", "?after=9"],
)
@pytest.mark.parametrize("way", ["earlier", "later"])
def test_odd_addresses_are_answered(thread: str, desk: HonestClient, way: str, query: str) -> None:
    assert desk.get(f"{thread}/{way}{query}").status_code == 200


def test_charlie_reads_nothing(app: Flask, long_thread: str, charlie: Employee) -> None:
    theirs = sign_in(app.test_client(), charlie)
    assert {theirs.get(f"{long_thread}/{way}").status_code for way in ("earlier", "later")} == {404}
