"""Guests whom WhatsApp did not reach, and guests whose number it hides: what the desk clicks then."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.steps import message, sign_in
from tests.people import Employee
from tests.processes import Household
from tests.story import AYUS_PHONE, check_in

NO_WHATSAPP = "+6281234569002"
HIDDEN = "+6285500001111"


@pytest.fixture
def calls(app: Flask, wayan: Employee, page: Page) -> Page:
    """The call list, opened from the rail once that counts the guest whose welcome failed."""
    check_in(app, name="Siti Rahmawati", phone=NO_WHATSAPP)
    sign_in(page, wayan)
    expect(page.locator("#call-count")).to_have_text(re.compile("1"))
    page.get_by_role("link", name="Call list").click()
    return page


def test_no_answer_stays_on_the_list_until_the_guest_is_reached(calls: Page) -> None:
    row = calls.locator("tbody tr")
    expect(row).to_contain_text("this number has no WhatsApp")
    expect(row.get_by_role("link", name="+62 812-3456-9002")).to_have_attribute("href", f"tel:{NO_WHATSAPP}")
    row.get_by_role("button", name="No answer").click()
    expect(row.locator(".badge")).to_contain_text("no answer")
    expect(calls.locator("#call-count")).to_be_hidden()
    row.get_by_role("button", name="Reached").click()
    expect(calls.locator(".empty")).to_contain_text("Nobody has to be called")
    calls.get_by_role("link", name="Inbox").click()
    calls.locator(".row__link").click()
    expect(calls.locator(".trouble")).to_contain_text("Called: reached, Wayan")


def test_a_call_that_is_not_needed_leaves_the_list(calls: Page) -> None:
    calls.get_by_role("button", name="Not needed").click()
    expect(calls.get_by_text("Siti Rahmawati: not needed.")).to_be_visible()
    expect(calls.locator("tbody tr")).to_have_count(0)


def test_the_call_list_leads_to_the_message(calls: Page) -> None:
    calls.get_by_role("link", name="Siti Rahmawati").click()
    expect(calls.locator(".message:target")).to_contain_text("selamat datang")
    expect(calls.locator(".message:target")).to_be_in_viewport()
    call = calls.locator(".trouble").get_by_role("link", name="+62 812-3456-9002")
    expect(call).to_have_attribute("href", f"tel:{NO_WHATSAPP}")


def test_staff_say_who_writes_from_a_hidden_number(app: Flask, wayan: Employee, live: Household, page: Page) -> None:
    check_in(app)
    live.guests.trouble(lids_unknown=True)
    live.guests.write(HIDDEN, "I am the guest in 101", name="A.", hides_phone=True)
    sign_in(page, wayan)
    page.locator(".row").filter(has_text="I am the guest in 101").get_by_role("link").click()
    expect(page.locator("#stay-guest")).to_contain_text("hidden by WhatsApp")
    page.get_by_role("link", name="Say who this is").click()
    page.get_by_role("button", name="This is the guest").click()
    expect(page.locator(".field__error")).to_have_text("Choose the guest.")
    page.get_by_label("Guest").select_option(label="101 · Ayu Lestari")
    page.get_by_role("button", name="This is the guest").click()
    expect(page.get_by_text("These messages are Ayu Lestari's now, room 101.")).to_be_visible()
    expect(message(page, "I am the guest in 101")).to_have_count(1)
    expect(message(page, "selamat datang")).to_have_count(1)
    expect(page.locator(".row")).to_have_count(1)
    live.guests.write(HIDDEN, "And my second line", hides_phone=True)
    expect(message(page, "And my second line")).to_be_visible()
    assert live.guests.received(AYUS_PHONE) != []
