"""The desk by keyboard: letters outside of fields, nothing inside of them, and a list of all."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from concierge.models import Staff
from tests.browser.steps import composer, sign_in
from tests.database import arranging
from tests.people import Employee
from tests.story import check_in, guest_writes

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")
KENJIS_PHONE = "+819012345678"


@pytest.fixture
def inbox(app: Flask, wayan: Employee, page: Page) -> Page:
    """Ayu has waited longest, then Kenji."""
    check_in(app, room="312")
    check_in(app, room="208", name="Kenji Watanabe", phone=KENJIS_PHONE)
    guest_writes(app, "Where is the pool?")
    guest_writes(app, "Two towels, please", phone=KENJIS_PHONE)
    sign_in(page, wayan)
    return page


def test_who_has_waited_longest_is_answered_without_a_mouse(inbox: Page) -> None:
    """Moment 3: at most two steps until one can type."""
    inbox.keyboard.press("j")
    inbox.keyboard.press("Enter")
    expect(inbox.locator(".thread__head")).to_contain_text("312")
    inbox.keyboard.press("r")
    expect(composer(inbox)).to_be_focused()


def test_j_and_k_walk_the_list(inbox: Page) -> None:
    rows = inbox.locator(".row__link")
    for key, row in (("j", 0), ("j", 1), ("j", 1), ("k", 0), ("k", 0)):
        inbox.keyboard.press(key)
        expect(rows.nth(row)).to_be_focused()


@pytest.mark.parametrize(("keys", "address"), [("g s", "**/stays"), ("g c", "**/call-list"), ("n", "**/stays/new")])
def test_keys_lead_to_places(inbox: Page, keys: str, address: str) -> None:
    for key in keys.split():
        inbox.keyboard.press(key)
    inbox.wait_for_url(address)


def test_letters_in_a_field_are_letters(inbox: Page) -> None:
    inbox.locator(".row__link").first.click()
    composer(inbox).click()
    inbox.keyboard.type("jkrn g s? no ask")
    expect(composer(inbox)).to_have_value("jkrn g s? no ask")
    inbox.keyboard.press("Escape")
    expect(composer(inbox)).not_to_be_focused()
    expect(composer(inbox)).to_have_value("jkrn g s? no ask")


def test_the_list_of_keys_tells_only_what_works_here(inbox: Page) -> None:
    inbox.keyboard.press("?")
    listed = inbox.get_by_role("dialog", name="Keys")
    expect(listed.get_by_text("Next conversation")).to_be_visible()
    expect(listed.get_by_text("Write a reply")).to_be_hidden()
    inbox.keyboard.press("Escape")
    expect(listed).to_be_hidden()


def test_who_does_not_want_letters_has_none(app: Flask, inbox: Page, wayan: Employee) -> None:
    with arranging(app) as session:
        session.get(Staff, wayan.id).has_letter_keys = False
    inbox.reload()
    for key in ("n", "?", "/", "j"):
        inbox.keyboard.press(key)
    inbox.wait_for_timeout(300)
    assert inbox.url.endswith("/conversations")
    expect(inbox.get_by_role("dialog")).to_have_count(0)
    inbox.keyboard.press("Control+k")
    expect(inbox.get_by_role("dialog", name="Search")).to_be_visible()


@pytest.mark.parametrize("typed", ["312", "0812 34", "+62 812", "lest"])
def test_this_is_312_speaking(inbox: Page, typed: str) -> None:
    """Moment 12: at most three seconds from the call to the guest's name, and Enter opens."""
    inbox.keyboard.press("/")
    inbox.keyboard.type(typed)
    card = inbox.get_by_role("dialog", name="Search").locator(".found__link").first
    expect(card).to_contain_text("Ayu Lestari", timeout=3000)
    expect(card).to_contain_text("Where is the pool?")
    inbox.keyboard.press("Enter")
    expect(inbox.locator(".thread__head")).to_contain_text("312")


def test_enter_waits_for_the_answer_to_what_was_typed(inbox: Page) -> None:
    inbox.keyboard.press("Control+k")
    inbox.keyboard.type("208")
    inbox.keyboard.press("Enter")
    expect(inbox.locator(".thread__head")).to_contain_text("208")


def test_arrows_walk_the_cards(inbox: Page) -> None:
    inbox.get_by_role("link", name="Search: Room, name or phone").click()
    inbox.keyboard.type("a")
    inbox.keyboard.type("y")
    expect(inbox.locator("#search .found__link")).to_have_count(1)
    inbox.keyboard.press("ArrowDown")
    expect(inbox.locator("#search .found__link")).to_be_focused()
    inbox.keyboard.press("ArrowUp")
    expect(inbox.locator("#search-dialog-words")).to_be_focused()


def test_the_screen_turns_dark_at_once_and_stays_so(inbox: Page) -> None:
    inbox.locator(".rail__me").click()
    inbox.get_by_label("Dark").check()
    expect(inbox.locator("html")).to_have_attribute("data-theme", "dark")
    inbox.get_by_role("button", name="Save my screen").click()
    inbox.goto("/stays")
    expect(inbox.locator("html")).to_have_attribute("data-theme", "dark")
