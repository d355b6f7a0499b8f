"""`make screenshots`: the pictures in docs/screenshots, taken from the demo hotel in a real browser."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask_migrate import upgrade
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from concierge import create_app, demo
from concierge.config import ROOT, Config
from concierge.extensions import db, writing
from tests.browser.conftest import ARGUMENTS
from tests.machine import chromium
from tests.processes import Household

FOLDER = ROOT / "docs" / "screenshots"
DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=780)
WAITING = "Mbak, AC-nya bocor lagi"


def take_all() -> None:
    """Every picture anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, _demo_hotel(Path(name)) as house, _chromium() as browser:
        _of_the_desk(browser, house)
        _of_the_phone(browser, house)
        _of_the_simulator(browser, house)


def _of_the_desk(browser: Browser, house: Household) -> None:
    with _tab(browser, house, DESK) as page:
        page.goto("/login")
        _take(page, "login")
        _sign_in(page, demo.MANAGER_EMAIL)
        _open_who_waits(page)
        page.locator("#text").press_sequentially("Maaf Bu Ayu, teknisi sedang")
        _take(page, "inbox")
        page.emulate_media(color_scheme="dark")
        _take(page, "inbox-dark")
        page.emulate_media(color_scheme="light")
        page.goto("/stays")
        _take(page, "in-house")
        page.goto("/call-list")
        _take(page, "call-list")
        _open_what_maria_sent(page, house)
        _take(page, "media")
        page.goto("/settings/line")
        _take(page, "settings-line")
        _check_in_wrongly(page)
        _take(page, "check-in-error")


def _of_the_phone(browser: Browser, house: Household) -> None:
    with _tab(browser, house, PHONE) as page:
        _sign_in(page, demo.DEMO_EMAIL)
        _take(page, "phone-inbox")
        _open_who_waits(page)
        _take(page, "phone-thread")


def _of_the_simulator(browser: Browser, house: Household) -> None:
    for phone, name in demo.phones().items():
        house.guests.write(phone, "Terima kasih! 🙏" if name.startswith("Budi") else "Thank you!", name=name)
    with _tab(browser, house, DESK) as page:
        _sign_in(page, demo.DEMO_EMAIL)
        page.locator(".row").filter(has_text="Budi").click()
        page.locator("#text").fill("Sama-sama, Pak Budi. Selamat jalan besok!")
        page.locator("#text").press("Enter")
        expect(page.locator(".state--delivered").first).to_be_visible()
        page.goto(house.simulator_url)
        page.get_by_role("button", name="Budi").first.click()
        expect(page.get_by_text("Terima kasih! 🙏").last).to_be_visible()
        _take(page, "simulator")


def _sign_in(page: Page, email: str) -> None:
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(demo.DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/conversations")
    expect(page.locator("#rail-status")).to_contain_text("connected", timeout=20_000)
    expect(page.locator("#banner")).to_be_empty(timeout=20_000)


def _open_who_waits(page: Page) -> None:
    page.locator(".row").filter(has_text="Ayu Lestari").click()
    expect(page.locator(".message").filter(has_text=WAITING)).to_be_visible()


def _open_what_maria_sent(page: Page, house: Household) -> None:
    """A photo and a voice message, an answer with a quotation, and words that changed."""
    phone = next(phone for phone, name in demo.phones().items() if name.startswith("Maria"))
    page.goto("/conversations")
    page.locator(".row").filter(has_text="Maria").click()
    asked = house.guests.write(phone, "We found this beach on the way. Can you book a driver for three?")["id"]
    expect(page.locator(".message").filter(has_text="Can you book")).to_be_visible()
    for kind in ("image", "voice", "location"):
        shown = page.locator(".media, .card").count()
        house.guests.write(phone, "", kind=kind)
        expect(page.locator(".media, .card")).to_have_count(shown + 1)
    expect(page.locator(".media--wanted")).to_have_count(0)
    house.guests.edit(phone, asked, "We found this beach on the way. Can you book a driver for four?")
    house.guests.write(phone, "At nine, please", kind="reply", reply_to=asked)
    house.guests.react(phone, asked, "🙏")
    expect(page.locator(".quote")).to_contain_text("for four")
    expect(page.locator(".reactions__one")).to_be_visible()
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")


def _check_in_wrongly(page: Page) -> None:
    page.goto("/stays/new")
    page.get_by_label("Full name").fill("Sari Dewi")
    page.get_by_label("Phone").fill("0812 34")
    page.get_by_label("Room").select_option("101")
    page.get_by_role("button", name="Check in to 101").click()
    expect(page.locator(".field__error")).to_be_visible()


def _take(page: Page, name: str) -> None:
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


@contextmanager
def _demo_hotel(folder: Path) -> Iterator[Household]:
    url = f"sqlite:///{folder / 'demo.db'}"
    app = create_app(Config(environment="testing", database_url=url, secret_key="only for these pictures, then gone"))
    with app.app_context(), writing():
        upgrade(directory=str(ROOT / "migrations"))
        demo.seed()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    with Household(url, folder) as house:
        house.start()
        yield house


@contextmanager
def _chromium() -> Iterator[Browser]:
    arguments = ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        yield running
        running.close()


@contextmanager
def _tab(browser: Browser, house: Household, size: ViewportSize) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(
        base_url=house.web_url, viewport=size, locale="en-GB", timezone_id="Asia/Jakarta"
    )
    yield context.new_page()
    context.close()


if __name__ == "__main__":
    take_all()
