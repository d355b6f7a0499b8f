"""The main journey in a real browser: check-in, welcome, the guest's answer, the reply, the ticks."""

import re

from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.steps import expect_state, message, send, sign_in
from tests.people import Employee
from tests.processes import Household
from tests.story import add_rooms


def test_from_check_in_to_the_blue_ticks(
    app: Flask, wayan: Employee, live: Household, context: BrowserContext, page: Page
) -> None:
    add_rooms(app, "101", "102")
    sign_in(page, wayan)
    _check_in(page)
    expect_state(page, "Ayu Lestari", "delivered")
    phone = _phone_of_the_guest(context, live)
    expect(phone.get_by_text(re.compile("Ayu Lestari.*101")).last).to_be_visible()
    expect_state(page, "Ayu Lestari", "read")

    phone.get_by_label("Answer as").fill("Is there a kettle? ☕")
    phone.get_by_role("button", name="Send as").click()
    expect(message(page, "Is there a kettle? ☕")).to_have_class(re.compile("message--guest"))
    expect(page.locator("#inbox-count")).to_contain_text("1")

    live.guests.settings(device_ack_seconds=3600)  # her phone is off
    phone.close()
    send(page, "In the cupboard, next to the safe.")
    expect_state(page, "next to the safe", "sent")
    expect(page.locator("#inbox-count")).to_be_hidden()
    _phone_of_the_guest(context, live)
    expect_state(page, "next to the safe", "read")


def _check_in(page: Page) -> None:
    page.get_by_role("link", name="Check in").first.click()
    page.get_by_label("Full name").fill("Ayu Lestari")
    page.get_by_label("Phone").fill("0812-3456-7890")
    page.get_by_label("Room").select_option("101")
    expect(page.locator("#welcome-preview")).to_contain_text("Ayu Lestari")
    page.get_by_role("button", name="Check in to 101").click()
    page.wait_for_url("**/conversations/*")


def _phone_of_the_guest(context: BrowserContext, live: Household) -> Page:
    """The simulator's own page, with Ayu's chat open: what she sees there is read."""
    phone = context.new_page()
    phone.goto(f"{live.simulator_url}/")
    phone.get_by_role("button", name=re.compile("812")).click()
    return phone
