"""What holds for each page: nobody is shut out, nothing hides on a small screen, and it works without script."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.steps import composer, message, open_only_thread, sign_in
from tests.client import SIGN_IN
from tests.people import Employee
from tests.processes import Household
from tests.story import AYUS_PHONE, add_rooms, check_in, guest_writes, staff_writes
from tests.waha import Guests

# How a page looks does not depend on the database: one of them is enough.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")

PHONE = ViewportSize(width=390, height=760)
NARROW = ViewportSize(width=320, height=600)
NO_WHATSAPP = "+6281234569002"
STRANGER = "+6281390000002"
LONG_FILE = "Confirmation_of_reservation_" + "2026" * 20 + ".pdf"
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Hubertus Maria von und zu Hohenlohe"


def _visit(page: Page, app: Flask, live: Household, person: Employee) -> Iterator[str]:
    """Every page of a house in the middle of its day, one after the other; a word for each."""
    add_rooms(app, "102")
    stay = check_in(app, name=LONG_NAME)
    guest_writes(app, "مرحبا، هل المسبح مفتوح؟ " + "W" * 90)
    staff_writes(app, "See https://hotel.example/" + "pool" * 30, by=person)
    page.goto(SIGN_IN)
    yield "login"
    sign_in(page, person)
    yield "inbox"
    open_only_thread(page, app)
    yield "thread"
    yield from _visit_what_came_in(page, app, live)
    for address in (
        "/stays",
        f"/stays/{stay.id}/phone",
        "/settings",
        "/settings/texts",
        "/settings/replies",
        "/settings/replies/new",
        "/settings/line",
        "/nowhere",
    ):
        page.goto(address)
        yield address
    yield from _visit_what_is_mine(page)
    page.goto("/stays/new")
    yield "check-in"
    page.get_by_role("button", name="Check in").click()
    expect(page.locator(".field__error").first).to_be_visible()
    yield "check-in with errors"


def _visit_what_is_mine(page: Page) -> Iterator[str]:
    """Preferences, the search as a page and as what opens over one, and the list of keys."""
    for address in ("/preferences", "/search", "/search?q=wolf", "/search?q=nobody"):
        page.goto(address)
        yield address
    page.goto("/stays")
    page.keyboard.press("/")
    page.keyboard.type("wolf")
    expect(page.locator("#search .found__link")).not_to_have_count(0)
    yield "search over a page"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    yield "keys"
    page.keyboard.press("Escape")


def _visit_what_came_in(page: Page, app: Flask, live: Household) -> Iterator[str]:
    """From the thread that is open: whatever guests can send, whom WhatsApp did not reach, who is unknown."""
    _every_kind(live.guests)
    expect(page.locator(".card").filter(has_text=LONG_FILE)).to_be_visible()
    expect(page.locator(".media--wanted")).to_have_count(0)
    yield "thread with every kind"
    check_in(app, room="103", name=LONG_NAME, phone=NO_WHATSAPP)
    expect(page.locator("#call-count")).to_have_text(re.compile("1"))
    page.goto("/call-list")
    yield "call list"
    page.get_by_role("link", name=LONG_NAME).click()
    yield "thread that was not delivered"
    page.goto(f"{page.url.partition('#')[0].partition('?')[0]}/earlier")
    yield "earlier messages"
    page.goto("/conversations")
    page.locator(".row").filter(has_text="Astrid").get_by_role("link").click()
    expect(page.locator("#composer")).to_be_visible()
    yield "thread of somebody unknown"
    page.goto(f"{page.url}/guest")
    yield "who is this"


def _every_kind(guests: Guests) -> None:
    first = guests.write(AYUS_PHONE, "Halo")["id"]
    for kind in ("image", "voice", "video", "sticker", "location", "contact", "poll"):
        guests.write(AYUS_PHONE, "", kind=kind)
    guests.write(AYUS_PHONE, "W" * 60, kind="reply", reply_to=first)
    guests.react(AYUS_PHONE, first, "🙏")
    guests.edit(AYUS_PHONE, first, "Halo, selamat pagi")
    guests.delete(AYUS_PHONE, guests.write(AYUS_PHONE, "Gone")["id"])
    guests.write(STRANGER, "I am the guest in 101", name="Astrid")
    guests.write(AYUS_PHONE, "", kind="document", filename=LONG_FILE)


def test_no_page_shuts_anybody_out(app: Flask, made: Employee, live: Household, page: Page) -> None:
    found = []
    for name in _visit(page, app, live, made):
        for colours in ("light", "dark"):
            # No motion: a colour on its way from light to dark is neither.
            page.emulate_media(color_scheme=colours, reduced_motion="reduce")
            violations = Axe().run(page).response["violations"]
            found += [f"{name}, {colours}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in violations]
    assert found == []


def test_nothing_hangs_over_a_narrow_screen(app: Flask, made: Employee, live: Household, page: Page) -> None:
    page.set_viewport_size(NARROW)
    found = []
    for name in _visit(page, app, live, made):
        page.wait_for_timeout(50)
        wide = page.evaluate(
            """() => [...document.querySelectorAll("html, main, .sheet, .thread__scroll, .list__rows, .stay")]
              .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth)
              .map((each) => `${each.tagName}.${each.className} ${each.scrollWidth}`)"""
        )
        found += [f"{name}: {one}" for one in wide]
    assert found == []


def test_on_a_phone_list_and_thread_are_two_pages(app: Flask, wayan: Employee, page: Page) -> None:
    page.set_viewport_size(PHONE)
    check_in(app)
    guest_writes(app, "Where is the pool?")
    sign_in(page, wayan)
    page.locator(".row").filter(has_text="Ayu Lestari").click()
    expect(message(page, "Where is the pool?")).to_be_in_viewport()
    expect(composer(page)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Send to Ayu")).to_be_in_viewport(ratio=1)
    page.get_by_role("link", name="Stay").click()
    expect(page.get_by_role("link", name="Correct phone")).to_be_in_viewport()
    page.get_by_role("link", name="Close").click()
    page.get_by_role("link", name="Back to the inbox").click()
    expect(page.locator(".row").filter(has_text="Ayu Lestari")).to_be_in_viewport()


def test_the_desk_works_without_script(app: Flask, wayan: Employee, browser: Browser, live: Household) -> None:
    check_in(app)
    guest_writes(app, "Where is the pool?")
    context = browser.new_context(base_url=live.web_url, java_script_enabled=False)
    page = context.new_page()
    try:
        sign_in(page, wayan)
        page.locator(".row").filter(has_text="Ayu Lestari").get_by_role("link").click()
        expect(message(page, "Where is the pool?")).to_be_visible()
        composer(page).fill("Behind the garden")
        page.get_by_role("button", name="Send to Ayu").click()
        expect(message(page, "Behind the garden")).to_be_visible()
    finally:
        context.close()
