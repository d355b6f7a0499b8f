"""What a person is in the middle of survives everything that arrives."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.steps import QUICK_ACKS, composer, expect_state, held, message, open_only_thread, send, sign_in
from tests.people import Employee
from tests.processes import Household
from tests.story import AYUS_PHONE, check_in, guest_writes, staff_writes

ANSWERS = [f"Answer number {number}" for number in range(1, 5)]


@pytest.fixture
def long_thread(app: Flask, wayan: Employee, live: Household, page: Page) -> Page:
    """A thread of several screens, scrolled 500 px up; the welcome and four answers are delivered, none is read."""
    live.guests.settings(**QUICK_ACKS)
    check_in(app)
    for number in range(30):
        guest_writes(app, f"Message number {number}\nwith a second line")
    for answer in ANSWERS:
        staff_writes(app, answer, by=wayan)
    sign_in(page, wayan)
    open_only_thread(page, app)
    for answer in ANSWERS:
        expect_state(page, answer, "delivered")
    page.locator("#thread-scroll").evaluate("box => box.scrollTop -= 500")
    return page


def _type_half_a_sentence(page: Page) -> None:
    composer(page).click()
    composer(page).press_sequentially("The driver comes at")
    for _ in range(5):
        composer(page).press("ArrowLeft")


def _select_old_words(page: Page) -> None:
    page.evaluate(
        """() => {
          const words = [...document.querySelectorAll(".bubble__text")].find(
            (each) => each.textContent.startsWith("Message number 25")).firstChild;
          document.getSelection().setBaseAndExtent(words, 0, words, 14);
        }"""
    )


# Chromium has one selection: words selected in a bubble take it away from the text field.
@pytest.mark.parametrize("do", [_type_half_a_sentence, _select_old_words])
def test_nothing_moves_while_messages_and_acks_arrive(
    long_thread: Page, live: Household, do: Callable[[Page], None]
) -> None:
    page = long_thread
    do(page)
    before = held(page)
    assert before["scroll"] > 0 and (before["typed"] or before["selected"])
    for number in range(1, 4):
        live.guests.write(AYUS_PHONE, f"Are you there? {number}")
    live.guests.read(AYUS_PHONE)
    for text in ("selamat datang", *ANSWERS):
        expect_state(page, text, "read")
    expect(message(page, "Are you there?")).to_have_count(3)
    assert held(page) == before
    pill = page.locator("#new-messages")
    expect(pill).to_have_text("3 new")
    pill.click()
    expect(message(page, "Are you there? 3")).to_be_in_viewport()
    expect(pill).to_be_hidden()


def test_a_message_that_arrives_is_shown_to_who_reads_the_end(
    app: Flask, wayan: Employee, live: Household, page: Page
) -> None:
    check_in(app)
    for number in range(20):
        guest_writes(app, f"Message number {number}")
    sign_in(page, wayan)
    open_only_thread(page, app)
    live.guests.write(AYUS_PHONE, "One more thing")
    expect(message(page, "One more thing")).to_be_in_viewport()
    expect(page.locator("#new-messages")).to_be_hidden()


def test_a_check_out_that_asks_first_stays_open(app: Flask, wayan: Employee, live: Household, page: Page) -> None:
    check_in(app)
    sign_in(page, wayan)
    open_only_thread(page, app)
    page.locator("#stay").get_by_text("Check out", exact=True).click()
    live.guests.write(AYUS_PHONE, "We are leaving")
    expect(message(page, "We are leaving")).to_be_visible()
    page.get_by_role("button", name="Check out of 101").click()
    expect(page.get_by_text("Ayu Lestari is checked out of 101.")).to_be_visible()


def test_the_inbox_follows_by_itself(app: Flask, wayan: Employee, live: Household, page: Page) -> None:
    sign_in(page, wayan)
    expect(page.get_by_text("Nobody is waiting.")).to_be_visible()
    live.guests.write("+4915123456789", "Haben Sie noch ein Zimmer?", name="Jonas")
    row = page.locator(".row").filter(has_text="Haben Sie noch ein Zimmer?")
    expect(row).to_be_visible()
    expect(page).to_have_title("(1) Inbox – Hotel")


def test_enter_sends_and_shift_enter_does_not(app: Flask, wayan: Employee, live: Household, page: Page) -> None:
    check_in(app)
    sign_in(page, wayan)
    open_only_thread(page, app)
    composer(page).fill("Breakfast is from 7")
    composer(page).press("Shift+Enter")
    composer(page).press_sequentially("until 10")
    expect(composer(page)).to_have_value("Breakfast is from 7\nuntil 10")
    composer(page).press("Enter")
    expect(composer(page)).to_have_value("")
    send(page, "   ")
    expect_state(page, "Breakfast is from 7", "delivered")
    assert live.guests.received(AYUS_PHONE)[-1] == "Breakfast is from 7\nuntil 10"
    expect(message(page, "Breakfast is from 7")).to_have_count(1)
