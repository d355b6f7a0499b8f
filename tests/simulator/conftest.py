"""The simulator over real HTTP, and a hotel that takes its webhooks."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from playwright.sync_api import expect, sync_playwright

from concierge.simulator import RunningSimulator
from tests.machine import chromium

API_KEY = "desk-key"
HMAC_KEY = "s3cret"
AYU = "6281234567890"
QUICK = {
    "server_ack_seconds": 0,
    "device_ack_seconds": 0,
    "retry_delay_seconds": 0.02,
    "session_wait_seconds": 0,
    "starting_seconds": 0,
}


@dataclass
class Webhook:
    headers: dict
    raw: bytes
    body: dict = field(init=False)

    def __post_init__(self):
        self.body = json.loads(self.raw)


class Hotel:
    """Remembers what was posted; answers what `answers` says, one after the other, then 200."""

    def __init__(self):
        self.webhooks, self.answers = [], []
        hotel = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                hotel.webhooks.append(Webhook(dict(self.headers), raw))
                self.send_response(hotel.answers.pop(0) if hotel.answers else 200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}/waha"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def of(self, event):
        return [webhook for webhook in self.webhooks if webhook.body["event"] == event]

    def wait_for(self, event, count=1):
        """The first `count` webhooks of this event."""
        wait_until(lambda: len(self.of(event)) >= count, f"{count} × {event}")
        return self.of(event)

    def acks(self):
        return [webhook.body["payload"]["ackName"] for webhook in self.of("message.ack")]


class Waha:
    """What a test does to the simulator, all of it over HTTP."""

    def __init__(self, running):
        self.url, self.control_url = running.url, running.control_url
        self.http = requests.Session()
        self.http.headers["X-Api-Key"] = API_KEY

    def get(self, path, **options):
        return self.http.get(self.url + path, timeout=5, **options)

    def post(self, path, body=None, **options):
        return self.http.post(self.url + path, json=body, timeout=options.pop("timeout", 5), **options)

    def send(self, phone=AYU, text="Selamat datang", **options):
        timeout = options.pop("timeout", 5)
        body = {"session": "default", "chatId": f"{phone}@c.us", "text": text, **options}
        return self.post("/api/sendText", body, timeout=timeout)

    def switch(self, **trouble):
        return self._control("PUT", "trouble", trouble)

    def settings(self, **settings):
        return self._control("PUT", "settings", settings)

    def guest_writes(self, text, phone=AYU, **facts):
        return self._control("POST", f"guests/{phone}/messages", {"text": text, **facts})

    def guest_sends(self, kind, phone=AYU, **facts):
        return self._control("POST", f"guests/{phone}/messages", {"kind": kind, **facts})

    def guest_reacts(self, message, emoji, phone=AYU, **facts):
        return self._control("POST", f"guests/{phone}/reactions", {"message": message, "emoji": emoji, **facts})

    def guest_edits(self, message, text, phone=AYU):
        return self._control("PUT", f"guests/{phone}/messages/{message}", {"text": text})

    def guest_deletes(self, message, phone=AYU):
        return self._control("DELETE", f"guests/{phone}/messages/{message}")

    def guest_calls(self, phone=AYU, **how):
        return self._control("POST", f"guests/{phone}/calls", how)

    def hotel_phone_writes(self, text, phone=AYU, **facts):
        return self._control("POST", f"guests/{phone}/hotel-phone", {"text": text, **facts})

    def deliver_again(self, message, phone=AYU, **how):
        return self._control("POST", f"guests/{phone}/messages/{message}/again", how)

    def guest_reads(self, phone=AYU):
        return self._control("POST", f"guests/{phone}/read", {})

    def control(self, path):
        return self._control("GET", path)

    def transmissions(self):
        return self.control("transmissions")["transmissions"]

    def _control(self, method, path, body=None):
        answer = requests.request(method, f"{self.control_url}/simulator/{path}", json=body, timeout=5)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def wait_until(is_so, what, seconds=10):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def running():
    with RunningSimulator(api_key=API_KEY) as running:
        yield running


@pytest.fixture
def hotel():
    hotel = Hotel()
    yield hotel
    hotel.server.shutdown()
    hotel.server.server_close()


@pytest.fixture
def waha(running, hotel):
    waha = Waha(running)
    requests.delete(f"{waha.control_url}/simulator/state", timeout=5).raise_for_status()
    waha.settings(**QUICK, webhook_url=hotel.url, hmac_key=HMAC_KEY)
    return waha


@pytest.fixture
def in_browser() -> Callable:
    """Runs a function with a page, in a thread of its own: one thread has room for one Playwright only."""

    def run(look, width=1280):
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": width, "height": 800})
            expect.set_options(timeout=15_000)
            problems = []
            page.on("pageerror", lambda error: problems.append(str(error)))
            look(page)
            browser.close()
            assert problems == []

    def run_in_thread(look, **how):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(run, look, **how).result()

    return run_in_thread
