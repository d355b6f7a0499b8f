"""The guest's phone in the browser."""

import pytest
import requests
from playwright.sync_api import expect

from .conftest import AYU, wait_until

KENJI = "818012345678"


def test_the_page_says_what_it_is_and_allows_no_inline_script(waha):
    answer = requests.get(waha.url, timeout=5)
    assert "not WhatsApp, nothing leaves this computer" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy
    for ending in ("9001", "9002", "9003", "9004", "9005", "9006"):
        assert f"…{ending}" in answer.text


def test_the_page_asks_again_only_for_what_is_new(waha):
    waha.guest_writes("Halo")
    wait_until(lambda: waha.control("webhooks")[-1]["state"] == "delivered", "the webhook")
    now = waha.control(f"phone?guest={AYU}@c.us")
    assert [one["text"] for one in now["thread"]["messages"]] == ["Halo"]
    assert waha.get(f"/simulator/phone?guest={AYU}@c.us&revision={now['revision']}").status_code == 204


@pytest.mark.browser
def test_a_guest_reads_and_answers_without_reload(waha, hotel, in_browser):
    waha.send(text="Selamat datang <b>Ibu</b> Ayu")

    def look(page):
        page.goto(waha.url)
        page.get_by_role("button", name=f"+{AYU}").click()
        expect(page.locator(".bubble__text")).to_have_text("Selamat datang <b>Ibu</b> Ayu")
        wait_until(lambda: "READ" in hotel.acks(), "the message to be read")
        page.get_by_label("Answer as").fill("setengah ka")
        waha.send(text="Sarapan jam 7")
        expect(page.locator(".bubble")).to_have_count(2)
        expect(page.get_by_label("Answer as")).to_have_value("setengah ka")
        page.get_by_label("Answer as").fill("Terima kasih 🙏")
        page.keyboard.press("Enter")
        expect(page.locator(".bubble--guest .bubble__text")).to_have_text("Terima kasih 🙏")

    in_browser(look)
    assert "Terima kasih 🙏" in [one.body["payload"]["body"] for one in hotel.of("message.any")]


@pytest.mark.browser
def test_a_new_guest_writes_first_on_a_phone_wide_screen(waha, hotel, in_browser):
    def look(page):
        page.goto(waha.url)
        page.get_by_label("Name").fill("Kenji Watanabe")
        page.get_by_label("Phone, country first").fill("+81 80-1234-5678")
        page.get_by_role("button", name="Add guest").click()
        page.get_by_label("Answer as Kenji").fill("こんにちは")
        page.get_by_role("button", name="Send as Kenji").click()
        expect(page.locator(".bubble__text")).to_have_text("こんにちは")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

    in_browser(look, width=390)
    assert hotel.wait_for("message.any")[0].body["payload"]["from"] == f"{KENJI}@c.us"


@pytest.mark.browser
def test_the_switches_stay_in_reach_while_waha_is_down(waha, in_browser):
    def look(page):
        page.goto(waha.url)
        page.get_by_label("is down").check()
        expect(page.get_by_text("WAHA is down, as switched")).to_be_visible()
        with pytest.raises(requests.ConnectionError):
            waha.get("/ping")
        page.get_by_role("button", name="All well again").click()
        expect(page.get_by_text("WhatsApp connected")).to_be_visible()

    in_browser(look)
    assert waha.send().status_code == 201
