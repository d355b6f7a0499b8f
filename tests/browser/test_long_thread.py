"""Years of a thread: at most three hundred bubbles on the page, and each of the others one scroll away."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.steps import composer, message, open_only_thread, send, sign_in
from tests.people import Employee
from tests.story import check_in, guest_writes

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")
ALL = 420
MOST = 320


@pytest.fixture
def years(app: Flask, wayan: Employee, page: Page) -> Page:
    """A thread of 420 messages, at its end."""
    check_in(app)
    for number in range(ALL):
        guest_writes(app, f"Line {number:03d}")
    sign_in(page, wayan)
    open_only_thread(page, app)
    return page


def _numbers(page: Page) -> list[int]:
    words = page.locator("#messages .bubble__text").all_inner_texts()
    return [int(found[1]) for each in words if (found := re.match(r"Line (\d{3})", each))]


def _to_the_top(page: Page) -> None:
    for _ in range(60):
        page.locator("#thread-scroll").hover()
        page.mouse.wheel(0, -6000)
        page.wait_for_timeout(100)
        if page.locator("#earlier").is_hidden():
            return
    raise AssertionError("the beginning never came")


def test_scrolling_up_reaches_the_beginning_and_the_page_stays_small(years: Page) -> None:
    _to_the_top(years)
    shown = _numbers(years)
    assert shown[0] == 0
    assert shown == list(range(len(shown)))
    assert len(shown) <= MOST


def test_what_left_the_page_comes_back_on_the_way_down(years: Page) -> None:
    _to_the_top(years)
    expect(years.locator("#later")).to_be_visible()
    for _ in range(60):
        years.mouse.wheel(0, 6000)
        years.wait_for_timeout(100)
        if years.locator("#later").is_hidden():
            break
    shown = _numbers(years)
    assert shown == list(range(shown[0], ALL))
    assert len(shown) <= MOST


def test_news_waits_below_a_cut_and_is_one_press_away(app: Flask, years: Page) -> None:
    _to_the_top(years)
    guest_writes(app, "Are you still there?")
    expect(years.locator("#new-messages")).to_contain_text("1 new")
    assert _numbers(years) == list(range(len(_numbers(years))))
    years.locator("#new-messages").click()
    expect(message(years, "Are you still there?")).to_be_in_viewport()


def test_an_answer_from_far_above_is_shown(years: Page) -> None:
    _to_the_top(years)
    send(years, "Here I am")
    expect(message(years, "Here I am")).to_be_in_viewport()
    expect(composer(years)).to_have_value("")


def test_a_page_that_stays_open_for_days_does_not_grow(app: Flask, years: Page) -> None:
    _to_the_top(years)
    years.get_by_role("link", name="To the newest").click()
    expect(message(years, f"Line {ALL - 1}")).to_be_in_viewport()
    for number in range(ALL, ALL + 340):
        guest_writes(app, f"Line {number}")
    expect(message(years, f"Line {ALL + 339}")).to_be_in_viewport()
    shown = _numbers(years)
    assert shown == list(range(shown[0], ALL + 340))
    assert len(shown) <= MOST
    expect(years.locator("#earlier")).not_to_have_attribute("hidden", "")
