"""What a guest does on the phone's page beside writing: attach, react, answer, edit, delete, call."""

import pytest
from playwright.sync_api import expect

from .conftest import AYU, wait_until

pytestmark = pytest.mark.browser


def open_chat(page, waha):
    page.goto(f"{waha.url}/#{AYU}%40c.us")
    expect(page.locator(".bubble").first).to_be_visible()


def choose(page, bubble, what):
    bubble.get_by_label("What to do with this message").click()
    bubble.get_by_role("button", name=what, exact=True).click()


@pytest.mark.parametrize("width", [1280, 390])
def test_photo_and_voice_note_are_sent_and_shown(waha, hotel, in_browser, width):
    waha.guest_writes("Halo", name="Ayu Lestari")

    def look(page):
        open_chat(page, waha)
        page.get_by_label("Answer as Ayu").fill("Bukti transfer")
        page.get_by_text("Attach").click()
        page.get_by_role("button", name="Photo").click()
        photo = page.get_by_role("img", name="Photo")
        expect(photo).to_be_visible()
        wait_until(lambda: photo.evaluate("photo => photo.naturalWidth") == 240, "the photo to be drawn")
        page.get_by_text("Attach").click()
        page.get_by_role("button", name="Voice note").click()
        voice = page.locator(".bubble audio")
        wait_until(lambda: voice.evaluate("voice => voice.duration > 2"), "the voice note to be playable")
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    in_browser(look, width=width)
    payloads = {one.body["payload"]["body"]: one.body["payload"] for one in hotel.wait_for("message.any", 3)}
    assert payloads["Bukti transfer"]["media"]["mimetype"] == "image/jpeg"
    assert payloads[None]["_data"]["message"]["audioMessage"]["ptt"] is True


def test_every_kind_can_be_attached(waha, hotel, in_browser):
    waha.guest_writes("Halo")
    kinds = waha.get("/").text.count("data-kind=")

    def look(page):
        open_chat(page, waha)
        for number in range(kinds):
            page.get_by_text("Attach").click()
            page.locator(".attach__kind").nth(number).click()
            expect(page.locator(".bubble")).to_have_count(number + 2)

    in_browser(look)
    assert kinds == 10
    hotel.wait_for("message.any", kinds + 1)


def test_a_guest_reacts_replies_edits_and_deletes(waha, hotel, in_browser):
    waha.send(text="Sarapan jam 7")

    def look(page):
        open_chat(page, waha)
        of_hotel, of_guest = page.locator(".bubble--hotel"), page.locator(".bubble--guest")
        choose(page, of_hotel, "React with 🙏")
        expect(of_hotel.locator(".bubble__reaction")).to_have_text("🙏")
        choose(page, of_hotel, "Reply to it")
        page.get_by_label("Answer as").fill("Bisa jam 6?")
        page.keyboard.press("Enter")
        expect(of_guest.locator(".bubble__quote")).to_have_text("Sarapan jam 7")
        choose(page, of_guest, "Edit")
        page.get_by_label("Change the message").fill("Bisa jam 5?")
        page.get_by_role("button", name="Change").click()
        expect(of_guest.locator(".bubble__text")).to_have_text("Bisa jam 5?")
        expect(of_guest.locator(".bubble__meta")).to_contain_text("edited")
        choose(page, of_guest, "Delete for everyone")
        expect(of_guest.locator(".bubble__text")).to_have_text("This message was deleted")

    in_browser(look)
    assert hotel.wait_for("message.reaction")[0].body["payload"]["reaction"]["text"] == "🙏"
    assert hotel.wait_for("message.edited")[0].body["payload"]["body"] == "Bisa jam 5?"
    hotel.wait_for("message.revoked")


def test_a_guest_calls_and_the_hotel_writes_on_its_phone(waha, hotel, in_browser):
    waha.guest_writes("Halo")

    def look(page):
        open_chat(page, waha)
        page.get_by_role("button", name="Call the hotel").click()
        page.get_by_label("Writes").select_option("hotel")
        page.get_by_label("Answer as the hotel").fill("Dari HP resepsionis")
        page.get_by_role("button", name="Send as the hotel").click()
        expect(page.locator(".bubble--hotel .bubble__meta")).to_contain_text("from the hotel's phone")

    in_browser(look)
    hotel.wait_for("call.received")
    own = next(one.body["payload"] for one in hotel.wait_for("message.any", 2) if one.body["payload"]["fromMe"])
    assert (own["source"], own["body"]) == ("app", "Dari HP resepsionis")


def test_the_number_is_restricted_and_freed_again(waha, in_browser):
    waha.guest_writes("Halo")

    def look(page):
        open_chat(page, waha)
        page.get_by_label("to new chats is refused").select_option("for 1 hour")
        expect(page.locator("#trouble-count")).to_have_text("1")
        assert waha.send("628120000001").status_code == 500
        page.get_by_role("button", name="All well again").click()
        expect(page.locator("#trouble-count")).to_have_text("")

    in_browser(look)
    assert waha.send("628120000001").status_code == 201


def test_every_trouble_has_a_control_on_the_page(waha):
    page = waha.get("/").text
    switches = set(waha.control("trouble")) - {"hanging", "numbers"}
    assert [name for name in switches if f'name="{name}"' not in page] == []
