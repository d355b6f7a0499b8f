"""What a person decides by clicking: about a message that did not arrive, and about who has the phone."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import update

from concierge import clock, lines
from concierge.models import Message
from concierge.models.message import QUEUED
from tests.browser.steps import composer, expect_state, message, open_only_thread, send, sign_in
from tests.database import arranging
from tests.people import Employee
from tests.processes import Household, wait_for
from tests.story import AYUS_PHONE, check_in, give_up_looking

RIGHT_PHONE = "+6281355501234"


@pytest.fixture
def thread(app: Flask, wayan: Employee, live: Household, page: Page) -> Page:
    """Ayu's thread, with her welcome under way."""
    check_in(app)
    wait_for(lambda: len(live.guests.received(AYUS_PHONE)) == 1, "the welcome", live)
    sign_in(page, wayan)
    open_only_thread(page, app)
    return page


def test_perhaps_sent_and_it_arrived(app: Flask, thread: Page, live: Household) -> None:
    live.guests.trouble(error_500_before=True)
    send(thread, "The pool is open")
    expect(message(thread, "The pool is open")).to_contain_text("looking whether it went out")
    give_up_looking(app)
    expect_state(thread, "The pool is open", "unconfirmed")
    expect(message(thread, "The pool is open")).to_contain_text("Perhaps sent: WAHA reported an error.")
    message(thread, "The pool is open").get_by_role("button", name="It arrived").click()
    expect_state(thread, "The pool is open", "delivered")
    expect(message(thread, "The pool is open").get_by_role("button")).to_have_count(0)


def test_perhaps_sent_and_sent_again(app: Flask, thread: Page, live: Household) -> None:
    live.guests.trouble(error_500_before=True)
    send(thread, "The pool is closed")
    expect(message(thread, "The pool is closed")).to_contain_text("looking whether it went out")
    give_up_looking(app)
    expect_state(thread, "The pool is closed", "unconfirmed")
    live.guests.trouble(error_500_before=False)
    message(thread, "The pool is closed").get_by_role("button", name="Send again").click()
    expect_state(thread, "The pool is closed", "delivered")
    assert live.guests.received(AYUS_PHONE)[1:] == ["The pool is closed"]
    expect(message(thread, "The pool is closed")).to_have_count(1)


def test_what_waits_can_be_taken_back(thread: Page, live: Household) -> None:
    guests = live.guests  # its address is not told while the simulator is down
    guests.trouble(down=True)
    send(thread, "Sorry, wrong guest")
    expect(thread.locator("#banner")).to_contain_text("the WAHA server cannot be reached, 1 waiting")
    message(thread, "Sorry, wrong guest").get_by_role("button", name="Do not send").click()
    expect_state(thread, "Sorry, wrong guest", "cancelled")
    guests.trouble(down=False)
    assert guests.received(AYUS_PHONE)[1:] == []


def test_undo_gives_the_words_back(app: Flask, thread: Page, live: Household) -> None:
    with arranging(app):
        lines.first().hotel.undo_seconds = 30
    send(thread, "This was for room 209")
    expect(composer(thread)).to_have_value("")
    message(thread, "This was for room 209").get_by_role("button", name=re.compile(r"Undo \d+ s")).click()
    expect_state(thread, "This was for room 209", "cancelled")
    expect(composer(thread)).to_have_value("This was for room 209")
    expect(composer(thread)).to_be_focused()
    assert live.guests.received(AYUS_PHONE)[1:] == []


def test_undo_that_comes_too_late_gives_nothing_back(app: Flask, thread: Page, live: Household) -> None:
    with arranging(app):
        lines.first().hotel.undo_seconds = 30
    send(thread, "The pool is open")
    undo = message(thread, "The pool is open").get_by_role("button", name=re.compile("Undo"))
    expect(undo).to_be_visible()
    thread.route("**/cancel", lambda route: (_let_go(app, live), route.continue_()))
    undo.click()
    expect_state(thread, "The pool is open", "delivered")
    expect(composer(thread)).to_have_value("")


def test_undo_leaves_what_was_typed_since(app: Flask, thread: Page) -> None:
    with arranging(app):
        lines.first().hotel.undo_seconds = 30
    send(thread, "This was for room 209")
    undo = message(thread, "This was for room 209").get_by_role("button", name=re.compile("Undo"))
    expect(undo).to_be_visible()
    composer(thread).fill("Dear Ayu")
    undo.click()
    expect_state(thread, "This was for room 209", "cancelled")
    expect(composer(thread)).to_have_value("Dear Ayu")


def test_a_number_that_whatsapp_refuses_is_corrected(app: Flask, wayan: Employee, live: Household, page: Page) -> None:
    check_in(app, phone="+6281234569006")
    sign_in(page, wayan)
    open_only_thread(page, app)
    failed = message(page, "Not delivered: WhatsApp refused this message. Call")
    expect(failed).to_be_visible()
    page.get_by_role("link", name="Correct phone").click()
    page.get_by_label("Phone").fill("12")
    page.get_by_role("button", name="Save and send the welcome").click()
    expect(page.locator(".field__error")).to_be_visible()
    expect(page.get_by_label("Phone")).to_have_value("12")
    page.get_by_label("Phone").fill(RIGHT_PHONE)
    page.get_by_role("button", name="Save and send the welcome").click()
    expect(page.get_by_text("The phone is corrected.")).to_be_visible()
    expect(page.locator(".state--delivered").first).to_be_visible()
    assert len(live.guests.received(RIGHT_PHONE)) == 1


def test_the_wrong_person_gets_nothing_more(thread: Page, live: Household) -> None:
    live.guests.write(AYUS_PHONE, "I am no guest of yours")
    expect(message(thread, "I am no guest of yours")).to_be_visible()
    thread.get_by_text("Wrong person", exact=True).click()
    thread.get_by_role("button", name="Write no more to this number").click()
    thread.get_by_label("Phone").fill(RIGHT_PHONE)
    thread.get_by_role("button", name="Save and send the welcome").click()
    expect(thread.locator(".state--delivered").first).to_be_visible()
    expect(message(thread, "I am no guest of yours")).to_have_count(0)
    assert len(live.guests.received(RIGHT_PHONE)) == 1


def test_a_check_out_frees_the_room(thread: Page) -> None:
    thread.locator("#stay").get_by_text("Check out", exact=True).click()
    thread.get_by_role("button", name="Check out of 101").click()
    expect(thread.get_by_text("Ayu Lestari is checked out of 101.")).to_be_visible()
    thread.get_by_role("link", name=re.compile("Check in")).first.click()
    expect(thread.get_by_label("Room").locator("option")).to_have_text(["Choose…", "101 · Standard"])


def _let_go(app: Flask, live: Household) -> None:
    """The time to take it back is over, and it goes out."""
    with arranging(app) as session:
        session.execute(update(Message).where(Message.status == QUEUED).values(due_at=clock.now()))
    wait_for(lambda: len(live.guests.received(AYUS_PHONE)) == 2, "the message", live)
