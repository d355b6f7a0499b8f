"""What a person does at the screen, said in a line."""

import re
import subprocess
from typing import Any

from flask import Flask
from playwright.sync_api import Locator, Page, expect

from concierge.models import Conversation
from tests.client import SIGN_IN
from tests.database import Look
from tests.people import Employee
from tests.processes import Household

QUICK_ACKS = {"server_ack_seconds": 0, "device_ack_seconds": 0}


def sign_in(page: Page, person: Employee) -> None:
    """Through the door, with the password; the page is the inbox then."""
    page.goto(SIGN_IN)
    fill_in_login(page, person)
    page.wait_for_url("**/conversations")


def fill_in_login(page: Page, person: Employee) -> None:
    """On a login page that is open already."""
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()


def open_only_thread(page: Page, app: Flask) -> str:
    """The thread of the one guest there is; its address."""
    address = f"/conversations/{Look(app).one(Conversation).id}"
    page.goto(address)
    return address


def composer(page: Page) -> Locator:
    """Where staff write."""
    return page.locator("#text")


def send(page: Page, text: str) -> None:
    """Type and press Enter."""
    composer(page).fill(text)
    composer(page).press("Enter")


def message(page: Page, text: str) -> Locator:
    """The bubble with these words, and what stands below it."""
    return page.locator(".message").filter(has_text=text)


def expect_state(page: Page, text: str, status: str) -> None:
    """The tick of the message with these words."""
    expect(message(page, text).locator(".state")).to_have_class(re.compile(rf"\bstate--{status}\b"))


def held(page: Page) -> dict[str, Any]:
    """What a poll must never take away from a person."""
    return page.evaluate(
        """() => {
          const text = document.getElementById("text"), box = document.getElementById("thread-scroll");
          return {typed: text.value, caret: [text.selectionStart, text.selectionEnd],
                  focus: document.activeElement.id, scroll: box.scrollTop,
                  selected: document.getSelection().toString()};
        }"""
    )


def processes(household: Household, word: str) -> list[subprocess.Popen[bytes]]:
    """The running processes of the house whose command has this word: gunicorn, worker, simulate-waha."""
    return [one for one in household.processes if word in one.args and one.poll() is None]
