"""When a part is away: the screen says so, keeps what was typed, and recovers by itself."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
import requests
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import update

from concierge import clock
from concierge.models import Message, WorkerReport
from concierge.models.message import STAFF
from tests.browser.steps import (
    composer,
    expect_state,
    fill_in_login,
    message,
    open_only_thread,
    processes,
    send,
    sign_in,
)
from tests.database import Look
from tests.people import Employee
from tests.processes import Household, wait_for
from tests.story import AYUS_PHONE, check_in

AT_ONCE_MS = 1_000
SOON_MS = 30_000


@pytest.fixture
def thread(app: Flask, wayan: Employee, page: Page) -> Page:
    """Ayu's thread, with her welcome delivered."""
    check_in(app)
    sign_in(page, wayan)
    open_only_thread(page, app)
    expect_state(page, "selamat datang", "delivered")
    return page


@pytest.fixture
def no_web(live: Household, thread: Page) -> Iterator[None]:
    """The web process dies; it is back at the latest when the test ends."""
    for process in processes(live, "gunicorn"):
        live.kill(process)
    yield
    if not processes(live, "gunicorn"):
        _start_web(live)


@pytest.fixture
def no_worker(live: Household, thread: Page) -> Iterator[None]:
    """The worker dies; it is back at the latest when the test ends."""
    for process in processes(live, "worker"):
        live.kill(process)
    yield
    if not processes(live, "worker"):
        live.start_worker()


def _start_web(live: Household) -> None:
    live.start_web()
    wait_for(lambda: requests.get(f"{live.web_url}/login", timeout=2).ok, "the web process", live)


def test_the_server_goes_and_comes_back(thread: Page, no_web: None, live: Household, app: Flask, session: Look) -> None:
    send(thread, "Your taxi is here")
    expect(thread.locator("#composer-problem")).to_contain_text("Your text is kept")
    expect(thread.locator("#strip-stale")).to_have_text(re.compile(r"Not updated since \d\d:\d\d:\d\d"))
    expect(composer(thread)).to_have_value("Your taxi is here")

    _start_web(live)
    expect(thread.locator("#strip-stale")).to_be_hidden(timeout=SOON_MS)
    expect(composer(thread)).to_have_value("Your taxi is here")
    composer(thread).press("Enter")
    expect_state(thread, "Your taxi is here", "delivered")
    expect(thread.locator("#composer-problem")).to_be_empty()
    assert live.guests.received(AYUS_PHONE)[1:] == ["Your taxi is here"]


def test_an_answer_that_was_lost_does_not_double_the_message(thread: Page, live: Household, session: Look) -> None:
    """The server took the reply, and its answer never came: sent again, it is the same message."""
    takes = thread.context.request
    thread.route("**/replies", lambda route: (takes.fetch(route.request), route.abort()))
    send(thread, "Your taxi is here")
    expect(thread.locator("#composer-problem")).to_contain_text("Your text is kept")
    thread.unroute("**/replies")
    composer(thread).press("Enter")
    expect(composer(thread)).to_have_value("")
    expect_state(thread, "Your taxi is here", "delivered")
    expect(message(thread, "Your taxi is here")).to_have_count(1)
    assert [one.text for one in session.all(Message) if one.origin == STAFF] == ["Your taxi is here"]


def test_signed_out_elsewhere_and_in_again(thread: Page, context: BrowserContext, wayan: Employee) -> None:
    composer(thread).fill("Half a sen")
    other = context.new_page()
    other.goto("/conversations")
    other.get_by_role("button", name="Sign out").click()
    strip = thread.locator("#strip-signed-out")
    expect(strip).to_contain_text("You were signed out. What you typed is still here.")
    thread.bring_to_front()
    composer(thread).press("Enter")
    expect(thread.locator("#composer-problem")).to_contain_text("sign in again")

    with context.expect_page() as opened:
        strip.get_by_role("link", name="Sign in again").click()
    fill_in_login(opened.value, wayan)
    opened.value.wait_for_url("**/conversations")
    expect(strip).to_be_hidden()
    expect(composer(thread)).to_have_value("Half a sen")
    send(thread, "Half a sentence, whole now")
    expect_state(thread, "whole now", "delivered")


def test_a_login_renewed_between_two_polls(thread: Page, context: BrowserContext, wayan: Employee) -> None:
    """The page never noticed; its form belongs to the old login."""
    thread.route("**/thread?*", lambda route: route.abort())
    other = context.new_page()
    other.goto("/conversations")
    other.get_by_role("button", name="Sign out").click()
    sign_in(other, wayan)
    thread.unroute("**/thread?*")
    send(thread, "Your taxi is here")
    expect(thread.locator("#composer-problem")).to_have_text("Not sent. Your text is kept; send it again in a moment.")
    thread.wait_for_timeout(AT_ONCE_MS)
    composer(thread).press("Enter")
    expect_state(thread, "Your taxi is here", "delivered")


def test_the_dead_man_s_light(
    thread: Page, no_worker: None, live: Household, arrange: Callable[..., AbstractContextManager[Any]]
) -> None:
    """After twenty seconds of silence every page says it, with what waits. Most of them are over already."""
    with arrange() as session:
        session.execute(update(WorkerReport).values(seen_at=clock.now() - timedelta(seconds=16)))
    send(thread, "Is anybody sending this?")
    expect_state(thread, "Is anybody sending this?", "queued")
    light = thread.locator("#banner")
    expect(light).to_contain_text(
        re.compile(r"Nothing is being sent since \d\d:\d\d – worker stopped"), timeout=SOON_MS
    )
    expect(light).to_contain_text("1 waiting")
    assert requests.get(f"{live.web_url}/health", timeout=5).status_code == 503
    for address in ("/conversations", "/stays", "/stays/new"):
        thread.goto(address)
        expect(thread.locator("#banner")).to_contain_text("Nothing is being sent since")
    live.start_worker()
    expect(thread.locator("#banner")).to_be_empty()
    assert requests.get(f"{live.web_url}/health", timeout=5).status_code == 200
    wait_for(lambda: live.guests.received(AYUS_PHONE)[1:] == ["Is anybody sending this?"], "the message", live)
