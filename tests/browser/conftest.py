"""A real Chromium, the machine's own, on the screens of real processes."""

import os
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from sqlalchemy import select

from concierge.config import Config
from concierge.extensions import database_now, db
from concierge.models import Line
from tests.machine import Missing, chromium
from tests.processes import Household

ARGUMENTS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_MS = 20_000
LONGEST_PASS_SECONDS = 5.0
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test that opens a page is marked: `-m "not browser"` leaves them out."""
    for item in items:
        if "context" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    try:
        program = chromium()
    except Missing as missing:
        pytest.exit(str(missing), returncode=1)
    # Chromium refuses its sandbox under root.
    arguments = ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=arguments)
        yield running
        running.close()


@pytest.fixture(scope="package")
def live(_house: object, config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    """One house for all browser tests of a database: starting it takes longer than most of them.

    It ends with the last of them: its worker would take the work of the tests that come after.

    A test that kills one of its processes starts another.
    """
    with Household(config.database_url, tmp_path_factory.mktemp("live")) as household:
        household.start()
        yield household


@pytest.fixture
def context(app: Flask, browser: Browser, live: Household) -> Iterator[BrowserContext]:
    """A fresh browser profile on the hotel's address. Before the database is emptied, what is under way ends."""
    guests = live.guests  # its address is not told while the simulator is down
    guests.reset()  # the last test's worker may have sent something after that test's end
    opened = browser.new_context(base_url=live.web_url, locale="en-GB", timezone_id="Asia/Jakarta")
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.close()
    guests.reset()
    _let_reading_back_end(app)


def _let_reading_back_end(app: Flask) -> None:
    """What a pass has read of this test's chats must not be stored in the next one's database."""
    deadline = time.monotonic() + LONGEST_PASS_SECONDS  # one that was killed in the middle never ends
    while time.monotonic() < deadline:
        with app.app_context():
            if db.session.scalar(select(Line.id).where(Line.catch_up_until > database_now())) is None:
                return
        time.sleep(0.05)


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab. A script error, or anything that the content security policy stopped, fails the test."""
    complaints: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda fault: complaints.append(str(fault)))
    opened.on("console", lambda message: complaints.extend(_violations(message)))
    yield opened
    assert not complaints


def _violations(message: ConsoleMessage) -> list[str]:
    return [message.text] if "Content Security Policy" in message.text else []
