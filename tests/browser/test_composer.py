"""What a person does in the boxes: keys, drafts, saved replies, notes, later, and the stop."""

import re
from collections.abc import Iterator

import pytest
import requests
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

from concierge import demo_replies
from concierge.models import Draft, Hotel, Message, Note, ScheduledMessage
from tests.browser.steps import composer, expect_state, message, open_only_thread, processes, send, sign_in
from tests.database import Look, arranging
from tests.people import Employee, hire
from tests.processes import Household, wait_for
from tests.story import AYUS_PHONE, check_in, guest_writes

# What the server does with it is tested on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True, scope="session")


@pytest.fixture
def thread(app: Flask, wayan: Employee, live: Household, page: Page, hotel: Hotel) -> Page:
    """Ayu's thread; she asked something."""
    check_in(app, language="en")
    guest_writes(app, "Could we have towels?")
    with arranging(app) as session:
        demo_replies.seed(session.get(Hotel, hotel.id))
    sign_in(page, wayan)
    open_only_thread(page, app)
    return page


@pytest.fixture
def hers(app: Flask, browser: Browser, live: Household) -> Iterator[Page]:
    """The same thread on Sari's screen."""
    context = browser.new_context(base_url=live.web_url, locale="en-GB", timezone_id="Asia/Jakarta")
    page = context.new_page()
    sign_in(page, hire(app, "Sari Dewi", "desk"))
    yield page
    context.close()


def note_box(page: Page) -> Locator:
    page.get_by_text("Note for colleagues", exact=True).first.click()
    return page.locator("#note-text")


def test_a_letter_that_is_still_being_composed_does_not_send(thread: Page, session: Look) -> None:
    """Enter ends the composing of a Japanese word: `isComposing`, or 229 where a browser does not say it."""
    composer(thread).fill("タオル")
    for told in ('{key: "Enter", isComposing: true}', '{key: "Enter", keyCode: 229}'):
        composer(thread).evaluate(
            f"field => field.dispatchEvent(new KeyboardEvent('keydown', Object.assign({told}, {{bubbles: true}})))"
        )
    expect(composer(thread)).to_have_value("タオル")
    composer(thread).press("Control+Enter")
    expect(composer(thread)).to_have_value("")
    expect(message(thread, "タオル")).to_be_visible()


def test_on_touch_enter_is_a_new_line(
    app: Flask, wayan: Employee, browser: Browser, live: Household, thread: Page
) -> None:
    context = browser.new_context(base_url=live.web_url, has_touch=True, is_mobile=True)
    page = context.new_page()
    sign_in(page, wayan)
    open_only_thread(page, app)
    composer(page).fill("One")
    composer(page).press("Enter")
    composer(page).press_sequentially("two")
    expect(composer(page)).to_have_value("One\ntwo")
    page.get_by_role("button", name="Send to Ayu").click()
    expect(message(page, "One")).to_be_visible()
    context.close()


def test_what_was_typed_is_there_after_a_reload(thread: Page, session: Look, live: Household) -> None:
    composer(thread).press_sequentially("On their w")
    thread.reload()  # within half a second: no timer has run
    expect(composer(thread)).to_have_value("On their w")
    wait_for(lambda: [each.text for each in session.all(Draft)] == ["On their w"], "the draft", live)
    send(thread, "On their way")
    expect(message(thread, "On their way")).to_be_visible()
    thread.reload()
    expect(composer(thread)).to_have_value("")
    assert session.all(Draft) == []


def test_typing_while_the_server_is_away_loses_nothing(thread: Page, session: Look, live: Household) -> None:
    for process in processes(live, "gunicorn"):
        live.kill(process)
    composer(thread).press_sequentially("On their way")
    note_box(thread).press_sequentially("Third time")
    live.start_web()
    wait_for(lambda: requests.get(f"{live.web_url}/login", timeout=2).ok, "the web process", live)
    wait_for(lambda: len(session.all(Draft)) == 2, "the drafts", live)
    thread.evaluate("localStorage.clear()")
    thread.reload()
    expect(composer(thread)).to_have_value("On their way")
    expect(thread.locator("#note-text")).to_have_value("Third time")


def test_an_answer_that_was_lost_is_not_offered_again(thread: Page, session: Look) -> None:
    """The server has it; the page, loaded again, must not hold it as if it had not been sent."""
    takes = thread.context.request
    thread.route("**/replies", lambda route: (takes.fetch(route.request), route.abort()))
    send(thread, "On their way")
    expect(thread.locator("#composer-problem")).to_contain_text("Your text is kept")
    thread.unroute("**/replies")
    thread.reload()
    expect(message(thread, "On their way")).to_be_visible()
    expect(composer(thread)).to_have_value("")


def test_a_saved_reply_is_found_by_letters_and_put_in(thread: Page) -> None:
    composer(thread).press_sequentially("/tow")
    options = thread.get_by_role("option")
    expect(options).to_have_count(2)
    expect(options.first).to_contain_text("English")
    expect(options.first).to_contain_text("on their way to room 101")
    composer(thread).press("Enter")
    expect(composer(thread)).to_have_value("Certainly, Ayu Lestari. The towels are on their way to room 101.")
    expect(thread.locator("#canned")).to_be_hidden()
    composer(thread).press("Enter")
    expect(message(thread, "The towels are on their way")).to_be_visible()


def test_saved_replies_close_by_esc_and_open_by_their_button(thread: Page) -> None:
    composer(thread).press_sequentially("/")
    expect(thread.get_by_role("option")).to_have_count(12)
    composer(thread).press("Escape")
    expect(thread.locator("#canned")).to_be_hidden()
    composer(thread).fill("One moment. ")
    thread.get_by_role("button", name="Saved replies").click()
    thread.get_by_role("option").filter(has_text="/wifi").first.click()
    expect(composer(thread)).to_have_value(re.compile(r"^One moment\. Wi-Fi: Melati-Guest"))


def test_a_reply_with_a_hole_is_refused_with_its_reason(app: Flask, thread: Page, live: Household) -> None:
    live.guests.write("+4915123456789", "Guten Tag", name="Jonas")
    thread.goto("/conversations")
    thread.locator(".row").filter(has_text="Guten Tag").get_by_role("link").first.click()
    composer(thread).press_sequentially("/repair")
    expect(thread.get_by_role("option").first).to_contain_text("Not for this guest: the room number is not known.")
    composer(thread).press("Enter")
    expect(composer(thread)).to_have_value("/repair")


def test_a_note_is_seen_by_colleagues_and_never_by_the_guest(
    app: Flask, thread: Page, hers: Page, live: Household, session: Look
) -> None:
    open_only_thread(hers, app)
    composer(thread).fill("Towels are com")
    note_box(thread).press_sequentially("Third time today")
    thread.get_by_role("button", name="Save note – the guest cannot see it").click()
    mine, theirs = (page.locator(".message--note") for page in (thread, hers))
    expect(mine).to_contain_text("Note by Wayan Sudarma, only for staff")
    expect(theirs).to_contain_text("Third time today")
    expect(theirs.get_by_role("button", name="Delete")).to_have_count(0)
    expect(composer(thread)).to_have_value("Towels are com")
    mine.get_by_role("button", name="Delete").click()
    expect(mine).to_have_count(0)
    expect(theirs).to_have_count(0)
    assert [each.text for each in session.all(Note)] == ["Third time today"]
    assert "Third time today" not in [each.text for each in session.all(Message)]
    assert "Third time today" not in live.guests.received(AYUS_PHONE)


def test_colleagues_see_who_is_answering_and_a_second_answer_is_stopped(app: Flask, thread: Page, hers: Page) -> None:
    open_only_thread(hers, app)
    composer(hers).press_sequentially("Towels are on")
    expect(thread.locator("#answering")).to_have_text("Sari Dewi is answering")
    expect(hers.locator("#answering")).to_be_empty()
    composer(thread).press_sequentially("Two towels")
    composer(hers).press("Enter")
    expect(message(thread, "Towels are on")).to_be_visible()
    expect(thread.locator("#answering")).to_be_empty()

    composer(thread).press("Enter")
    stop = thread.locator("#overtaken")
    expect(stop).to_contain_text("Sari Dewi")
    expect(stop).to_contain_text("Towels are on")
    expect(composer(thread)).to_have_value("Two towels")
    expect(message(thread, "Two towels")).to_have_count(0)
    stop.get_by_role("button", name="Edit").click()
    expect(stop).to_be_empty()
    expect(composer(thread)).to_be_focused()
    composer(thread).press("Enter")
    expect(message(thread, "Two towels")).to_be_visible()


def test_send_anyway(thread: Page, live: Household) -> None:
    composer(thread).press_sequentially("Two towels")
    live.guests.write(AYUS_PHONE, "Three, please")
    expect(message(thread, "Three, please")).to_be_visible()
    composer(thread).press("Enter")
    thread.get_by_role("button", name="Send anyway").press("Enter")
    expect(message(thread, "Two towels")).to_be_visible()
    expect(thread.locator("#overtaken")).to_be_empty()
    expect(composer(thread)).to_have_value("")


def test_what_one_saw_before_typing_stops_nobody(thread: Page, live: Household) -> None:
    live.guests.write(AYUS_PHONE, "Three, please")
    expect(message(thread, "Three, please")).to_be_visible()
    send(thread, "Three towels")
    expect(message(thread, "Three towels")).to_be_visible()


def test_sent_later_it_waits_in_the_thread_and_can_be_had_back(thread: Page, session: Look) -> None:
    composer(thread).fill("Your taxi is here")
    thread.get_by_text("Send later…").click()
    thread.get_by_role("button", name="In 30 minutes").click()
    planned = thread.locator("#planned")
    expect(planned).to_contain_text(re.compile(r"Your taxi is here\s*goes out (at|tomorrow) \d\d:\d\d"))
    expect(composer(thread)).to_have_value("")
    planned.get_by_role("button", name="Cancel").click()
    expect(planned).to_be_empty()
    expect(composer(thread)).to_have_value("Your taxi is here")
    thread.get_by_text("Send later…").click()
    thread.get_by_role("button", name="Tomorrow 8:00").click()
    expect(planned).to_contain_text("goes out tomorrow 08:00")
    planned.get_by_role("button", name="Send now").click()
    expect_state(thread, "Your taxi is here", "delivered")
    expect(planned).to_be_empty()


def test_enter_in_the_own_time_plans_and_does_not_send(thread: Page, session: Look) -> None:
    composer(thread).fill("Your taxi is here")
    thread.get_by_text("Send later…").click()
    thread.get_by_label("Own time").fill("2020-01-01T08:00")
    thread.get_by_label("Own time").press("Enter")
    expect(thread.locator("#composer-problem")).to_contain_text("over already")
    expect(composer(thread)).to_have_value("Your taxi is here")
    assert session.count(ScheduledMessage) == 0
    assert "Your taxi is here" not in [each.text for each in session.all(Message)]


def test_the_worker_sends_it_at_its_time(app: Flask, thread: Page, live: Household, session: Look) -> None:
    composer(thread).fill("Your taxi is here")
    thread.get_by_text("Send later…").click()
    thread.get_by_role("button", name="In 30 minutes").click()
    expect(thread.locator("#planned")).to_contain_text("Your taxi is here")
    with arranging(app) as rows:
        planned = rows.query(ScheduledMessage).one()
        planned.send_at = planned.created_at
    expect_state(thread, "Your taxi is here", "delivered")
    expect(thread.locator("#planned")).to_be_empty()
    assert live.guests.received(AYUS_PHONE)[-1] == "Your taxi is here"


def test_a_draft_survives_a_login_that_expired(app: Flask, thread: Page, wayan: Employee) -> None:
    thread.context.clear_cookies()
    composer(thread).press_sequentially("On their way")
    thread.reload()
    sign_in(thread, wayan)
    open_only_thread(thread, app)
    expect(composer(thread)).to_have_value("On their way")
