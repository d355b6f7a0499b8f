"""A guest who waits is heard: at once, twice a minute, and by nobody any more once somebody has taken it."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from concierge import attention
from concierge.models import Conversation, Hotel, Staff
from tests.browser.steps import sign_in
from tests.database import arranging
from tests.people import Employee
from tests.processes import Household
from tests.story import check_in, guest_writes

# How a page sounds does not depend on the database: one of them is enough.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")

# Counts what is played, and by how loud; and lets a test move the browser's clock without waiting.
EAR = """
  window.played = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (...when) {
    window.played.push(Math.round(this.buffer.duration * 100));
    return start.apply(this, when);
  };
  const now = Date.now.bind(Date);
  window.aheadMs = 0;
  Date.now = () => now() + window.aheadMs;
"""
# Hundredths of a second.
WAITING, LATE = 54, 72


@pytest.fixture
def ear(context: BrowserContext) -> None:
    """The page tells what it played."""
    context.add_init_script(EAR)


def _wait_for_sounds(page: Page, sounds: list[int]) -> None:
    page.wait_for_function("sounds => JSON.stringify(window.played) === JSON.stringify(sounds)", arg=sounds)


def _half_a_minute_later(page: Page) -> None:
    page.evaluate("window.aheadMs += 31000")


def _take(app: Flask, person: Employee) -> None:
    with arranging(app) as session:
        attention.take(session.query(Conversation).one(), session.get(Staff, person.id))


@pytest.mark.usefixtures("ear")
def test_it_rings_until_somebody_takes_it(app: Flask, wayan: Employee, page: Page) -> None:
    check_in(app, room="312")
    sign_in(page, wayan)
    guest_writes(app, "Is anybody there?")
    _wait_for_sounds(page, [WAITING])
    _half_a_minute_later(page)
    _wait_for_sounds(page, [WAITING, WAITING])
    _take(app, wayan)
    expect(page.locator("#alarm li")).to_have_count(0)
    _half_a_minute_later(page)
    page.wait_for_timeout(2500)
    _wait_for_sounds(page, [WAITING, WAITING])


@pytest.mark.usefixtures("ear")
def test_two_tabs_ring_once(app: Flask, wayan: Employee, page: Page, context: BrowserContext) -> None:
    check_in(app, room="312")
    sign_in(page, wayan)
    other = context.new_page()
    other.goto("/stays")
    other.locator("body").click()
    guest_writes(app, "Is anybody there?")
    expect(page.locator("#alarm li")).to_have_count(1)
    expect(other.locator("#alarm li")).to_have_count(1, timeout=40_000)
    page.wait_for_timeout(2500)
    assert [*page.evaluate("window.played"), *other.evaluate("window.played")] == [WAITING]


@pytest.mark.usefixtures("ear")
def test_who_wants_silence_hears_nothing(app: Flask, wayan: Employee, page: Page) -> None:
    check_in(app, room="312")
    with arranging(app) as session:
        session.get(Staff, wayan.id).sound_volume = 0
    sign_in(page, wayan)
    guest_writes(app, "Is anybody there?")
    expect(page.locator("#alarm li")).to_have_count(1)
    page.wait_for_timeout(2500)
    _wait_for_sounds(page, [])
    expect(page.locator("#strip-sound")).to_be_hidden()


@pytest.mark.usefixtures("ear")
def test_the_page_says_that_it_needs_a_click_first(app: Flask, wayan: Employee, context: BrowserContext) -> None:
    check_in(app, room="312")
    guest_writes(app, "Is anybody there?")
    page = context.new_page()
    sign_in(page, wayan)
    fresh = context.new_page()  # opened by itself, as a browser does in the morning
    fresh.goto("/stays")
    strip = fresh.locator("#strip-sound")
    expect(strip).to_have_text("Sound is off until you click once: browsers want it so.")
    fresh.locator("h1").first.click()
    expect(strip).to_be_hidden()


@pytest.mark.usefixtures("ear")
def test_managers_are_called_when_the_minutes_are_over(
    app: Flask, made: Employee, wayan: Employee, page: Page, hotel: Hotel
) -> None:
    check_in(app, room="312")
    sign_in(page, made)
    guest_writes(app, "Is anybody there?")
    _wait_for_sounds(page, [WAITING])
    _take(app, wayan)
    with arranging(app) as session:
        conversation = session.query(Conversation).one()
        conversation.waiting_since -= timedelta(minutes=12)
    call = page.locator("#calls li")
    expect(call).to_have_text("Room 312 has waited 12 min")
    _wait_for_sounds(page, [WAITING, LATE])
    call.get_by_role("link").click()
    page.wait_for_url("**/conversations/*")


def test_a_call_appears_when_its_time_has_come_without_any_news(
    app: Flask, made: Employee, page: Page, context: BrowserContext
) -> None:
    context.add_init_script(EAR)
    check_in(app, room="312")
    guest_writes(app, "Is anybody there?")
    sign_in(page, made)
    expect(page.locator("#calls li")).to_be_hidden()
    page.route("**/conversations/list*", lambda route: route.abort())  # no answer puts the page's clock right
    page.evaluate("window.aheadMs = 11 * 60000")
    expect(page.locator("#calls li")).to_have_text("Room 312 has waited 11 min")


def test_the_desk_is_not_called(app: Flask, wayan: Employee, page: Page) -> None:
    check_in(app, room="312")
    guest_writes(app, "Is anybody there?")
    sign_in(page, wayan)
    expect(page.locator("#calls li")).to_have_count(0)


def test_title_and_favicon_tell_how_many_wait(app: Flask, wayan: Employee, page: Page) -> None:
    check_in(app, room="312")
    sign_in(page, wayan)
    icon = page.locator("link[rel=icon]")
    plain = icon.get_attribute("href")
    guest_writes(app, "Is anybody there?")
    expect(page).to_have_title("(1) Inbox – Hotel")
    page.wait_for_function("() => document.querySelector('link[rel=icon]').href.startsWith('data:image/svg+xml,')")
    assert "%3E1%3C%2Ftext%3E" in (icon.get_attribute("href") or "")
    _take(app, wayan)  # taken is not answered
    expect(page).to_have_title("(1) Inbox – Hotel")
    with arranging(app) as session:
        conversation = session.query(Conversation).one()
        attention.settle(conversation, conversation.seq)
    expect(page).to_have_title("Inbox – Hotel")
    page.wait_for_function("address => document.querySelector('link[rel=icon]').href.endsWith(address)", arg=plain)


def test_the_desktop_is_told_only_of_who_rings(
    app: Flask, wayan: Employee, page: Page, context: BrowserContext, live: Household
) -> None:
    context.grant_permissions(["notifications"], origin=live.web_url)
    context.add_init_script(
        """window.told = [];
        window.Notification = class { static permission = "granted"; constructor(words) { window.told.push(words); } };
        Document.prototype.hasFocus = () => false;"""
    )
    check_in(app, room="312")
    with arranging(app) as session:
        session.get(Staff, wayan.id).wants_notifications = True
    sign_in(page, wayan)
    guest_writes(app, "Is anybody there?")
    guest_writes(app, "Hello?", phone="+6281390000002")
    page.wait_for_function("() => window.told.length === 2")
    page.wait_for_timeout(2500)
    told: Any = page.evaluate("window.told")
    assert told == ["Room 312 is waiting", "A guest is waiting"]
