"""What a bubble holds becomes another thing while staff look at it: nothing else moves, and nothing is taken away."""

import time

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import update

from concierge import clock, effects, lines, media
from concierge.desk import BUBBLES
from concierge.models import Media, Message
from tests.browser.steps import message, open_only_thread, sign_in
from tests.database import Look, arranging
from tests.people import Employee
from tests.processes import Household, wait_for
from tests.story import AYUS_PHONE, guest_writes

HERS = "3EB0HERS"


def test_every_kind_reaches_the_screen(app: Flask, wayan: Employee, live: Household, page: Page) -> None:
    """From the guest's phone through WAHA, webhook, worker and poll; the page is not loaded again."""
    guests = live.guests
    first = guests.write(AYUS_PHONE, "Halo", name="Ayu")["id"]
    sign_in(page, wayan)
    page.locator(".row__link").first.click()
    expect(message(page, "Halo")).to_have_count(1)
    for kind in ("image", "voice", "video", "sticker", "document", "location", "contact", "poll"):
        guests.write(AYUS_PHONE, "", kind=kind)
    guests.write(AYUS_PHONE, "That one", kind="reply", reply_to=first)
    guests.call(AYUS_PHONE)
    guests.react(AYUS_PHONE, first, "🙏")
    guests.edit(AYUS_PHONE, first, "Halo, selamat pagi")

    expect(page.get_by_text("Missed call (ended)")).to_be_visible()
    expect(page.locator(".media--wanted")).to_have_count(0)
    photo = page.locator(".media--box img")
    expect(photo).to_have_count(1)
    photo.scroll_into_view_if_needed()
    page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=photo.element_handle())
    page.locator("audio").scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('audio').duration > 0")  # it says how long it is
    assert page.locator("audio").evaluate("sound => (sound.muted = true, sound.play().then(() => true))")
    for part in ("video", ".media--square img", ".card:has-text('Voucher.pdf')", ".reactions__one", ".quote"):
        expect(page.locator(part)).to_have_count(1)
    expect(page.get_by_role("link", name="Show on the map")).to_be_visible()
    expect(page.get_by_role("link", name="+62 813-9000-0002")).to_be_visible()
    expect(page.locator(".bubble__text", has_text="cannot be shown here")).to_have_count(1)
    guests.delete(AYUS_PHONE, first)
    expect(page.locator(".bubble__text", has_text="Deleted by the guest")).to_have_count(1)


def test_a_file_that_failed_is_fetched_again(app: Flask, wayan: Employee, live: Household, page: Page) -> None:
    live.guests.trouble(media_404=True, media_failed=True)
    live.guests.write(AYUS_PHONE, "", kind="image", name="Ayu")
    wait_for(lambda: any(one.reason for one in Look(app).all(Media)), "the first attempt", live)
    sign_in(page, wayan)
    open_only_thread(page, app)
    expect(page.locator(".media--wanted")).to_have_count(1)
    with arranging(app) as session:
        session.execute(update(Media).values(attempts=len(media.RETRY_SECONDS), due_at=clock.now()))
    expect(page.locator(".media--failed")).to_contain_text("Photo: WhatsApp does not hand out this file any more.")
    live.guests.trouble(media_404=False, media_failed=False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".media--box img")).to_be_visible()
    expect(page.locator(".media--failed")).to_have_count(0)


def test_a_quotation_leads_to_its_message_further_up(app: Flask, wayan: Employee, live: Household, page: Page) -> None:
    asked = live.guests.write(AYUS_PHONE, "Is there a crib?", name="Ayu")["id"]
    wait_for(lambda: Look(app).count(Message) == 1, "the question", live)
    for number in range(2 * BUBBLES):
        guest_writes(app, f"Line {number}")
    time.sleep(1)  # WhatsApp tells whole seconds: the reply must not stand before what was written in this one
    live.guests.write(AYUS_PHONE, "Still waiting for this", kind="reply", reply_to=asked)
    wait_for(lambda: Look(app).count(Message) == 2 * BUBBLES + 2, "the reply", live)
    sign_in(page, wayan)
    open_only_thread(page, app)
    expect(message(page, "Line 0")).to_have_count(0)
    page.locator("a.quote").click()
    question = page.locator(".message:target")
    expect(question).to_contain_text("Is there a crib?")
    expect(question).to_be_in_viewport()


def edit(app: Flask, text: str) -> None:
    with arranging(app):
        assert effects.edit(lines.first().id, HERS, is_ours=False, text=text, at=clock.now())


def test_edited_words_change_inside_their_bubble(app: Flask, wayan: Employee, page: Page) -> None:
    guest_writes(app, "For two people", raw_id=HERS)
    sign_in(page, wayan)
    open_only_thread(page, app)
    message(page, "For two people").evaluate("bubble => { bubble.isTheSame = true; }")
    edit(app, "For three people")
    bubble = message(page, "For three people")
    expect(bubble).to_have_count(1)

    assert bubble.evaluate("bubble => bubble.isTheSame")
    bubble.locator("summary").click()
    expect(bubble.locator(".original__text")).to_have_text("For two people")


def test_what_was_opened_stays_open(app: Flask, wayan: Employee, page: Page) -> None:
    guest_writes(app, "For two people", raw_id=HERS)
    edit(app, "For three people")
    sign_in(page, wayan)
    open_only_thread(page, app)
    page.locator("details.original summary").click()
    edit(app, "For four people")
    expect(message(page, "For four people")).to_have_count(1)

    expect(page.locator(".original__text")).to_be_visible()


def test_long_words_that_were_edited_are_folded_again(app: Flask, wayan: Employee, page: Page) -> None:
    guest_writes(app, "long words " * 900, raw_id=HERS)
    sign_in(page, wayan)
    open_only_thread(page, app)
    expect(page.locator(".bubble__more")).to_have_count(1)

    edit(app, "other words " * 900)
    expect(message(page, "other words")).to_have_count(1)
    expect(page.locator(".bubble__more")).to_have_count(1)
    edit(app, "short")

    expect(message(page, "short")).to_have_count(1)
    expect(page.locator(".message--folded")).to_have_count(0)


def test_reaction_appears_and_goes(app: Flask, wayan: Employee, page: Page) -> None:
    guest_writes(app, "Halo", raw_id=HERS)
    sign_in(page, wayan)
    open_only_thread(page, app)
    for emoji, count in (("🙏", 1), ("", 0)):
        with arranging(app):
            assert effects.react(
                lines.first().id, HERS, on_ours=False, is_ours=True, emoji=emoji, at=clock.now()
            )  # fmt: skip
        expect(page.locator(".reactions__one")).to_have_count(count)
