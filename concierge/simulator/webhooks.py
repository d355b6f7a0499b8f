"""Posts events to the hotel as WAHA does: signed, many at once, in no order, tried again on anything but 2xx."""

import hashlib
import hmac
import json
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests

from . import ids
from .chance import Dice
from .schedule import Schedule
from .shapes import VERSION
from .switches import Settings, Trouble

AT_ONCE = 16
# A real WAHA waits for ever; a thread of ours may not.
ANSWER_SECONDS = 90


@dataclass
class Delivery:
    url: str
    event: str
    body: bytes
    headers: dict[str, str] = field(repr=False)
    state: str = "waiting"  # waiting, held, retrying, delivered, given up, lost, forgotten
    tries: int = 0
    answer: str = ""
    at: int = field(default_factory=ids.now_ms)

    def as_dict(self) -> dict:
        return {
            "request_id": self.headers["X-Webhook-Request-Id"],
            "event": self.event,
            "url": self.url,
            "state": self.state,
            "tries": self.tries,
            "answer": self.answer,
            "at": self.at,
        }


class Sender:
    def __init__(self, settings: Settings, trouble: Trouble, schedule: Schedule, dice: Dice) -> None:
        self.settings, self.trouble, self.schedule, self.dice = settings, trouble, schedule, dice
        self.log: deque[Delivery] = deque(maxlen=500)
        self.changes = 0
        self._held: list[Delivery] = []
        self._lock = threading.Lock()  # so that nothing is held after the holding has ended
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="simulator-webhook")
        self._local = threading.local()

    def post(self, event: str, content: dict | bytes, timestamp: int, headers: dict | None = None) -> None:
        """Returns at once. Without a webhook address nothing is posted."""
        if not self.settings.webhook_url:
            return
        body = content if isinstance(content, bytes) else _compact(content)
        is_lost = self.trouble.webhooks_lost or (self.trouble.acks_lost and event == "message.ack")
        for _ in range(2 if self.trouble.webhooks_doubled and not is_lost else 1):
            signed = self._headers(body, timestamp) | (headers or {})
            self._start(is_lost, Delivery(self.settings.webhook_url, event, body, signed))

    def release_held(self) -> None:
        with self._lock:
            held, self._held = self._held, []
        for delivery in held:
            self.schedule.after(0, self._queue, delivery)

    def forget(self) -> None:
        for delivery in self.log:
            delivery.state = "forgotten"
        self.log.clear()
        self._held.clear()
        self.changes += 1

    def stop(self) -> None:
        self.forget()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _headers(self, body: bytes, timestamp: int) -> dict[str, str]:
        headers = {
            "Accept": "application/json, text/plain, */*",
            "Content-Type": "application/json",
            "User-Agent": f"WAHA/{VERSION}",
            "X-Webhook-Request-Id": ids.request_id(),
            "X-Webhook-Timestamp": str(timestamp),
        }
        if self.settings.hmac_key:
            headers["X-Webhook-Hmac"] = hmac.new(self.settings.hmac_key.encode(), body, hashlib.sha512).hexdigest()
            headers["X-Webhook-Hmac-Algorithm"] = "sha512"
        return headers

    def _start(self, is_lost: bool, delivery: Delivery) -> None:
        self.log.append(delivery)
        self.changes += 1
        if is_lost:
            delivery.state = "lost"
        else:
            self.schedule.after(self._delay(delivery.event), self._queue, delivery)

    def _delay(self, event: str) -> float:
        trouble = self.trouble
        longest = trouble.webhooks_reordered + (trouble.acks_reordered if event == "message.ack" else 0)
        return trouble.webhooks_delayed + (longest * self.dice.roll(f"delay {event}") if longest else 0)

    def _queue(self, delivery: Delivery) -> None:
        if delivery.state == "forgotten":
            return
        with self._lock:
            if self.trouble.webhooks_paused or self.trouble.down:
                delivery.state = "held"
                self._held.append(delivery)
                self.changes += 1
                return
        self._pool.submit(self._try, delivery)

    def _try(self, delivery: Delivery) -> None:
        delivery.tries += 1
        try:
            answer = self._browser().post(
                delivery.url, data=delivery.body, headers=delivery.headers, timeout=(3, ANSWER_SECONDS)
            )
        except requests.RequestException as problem:
            self._record(delivery, type(problem).__name__, is_delivered=False)
        else:
            is_delivered = 200 <= answer.status_code < 300
            self._record(delivery, str(answer.status_code), is_delivered, answer.headers.get("Retry-After"))

    def _record(self, delivery: Delivery, answer: str, is_delivered: bool, retry_after: str | None = None) -> None:
        self.changes += 1
        delivery.answer = answer
        if delivery.state == "forgotten":
            return
        if is_delivered:
            delivery.state = "delivered"
        elif delivery.tries > self.settings.retry_attempts:
            delivery.state = "given up"
        else:
            delivery.state = "retrying"
            asked = int(retry_after) if retry_after and retry_after.isdigit() else 0
            self.schedule.after(max(self.settings.retry_delay_seconds, asked), self._queue, delivery)

    def _browser(self) -> requests.Session:
        # A requests session is not for two threads at once.
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        return self._local.session


def _compact(content: dict) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "backslashreplace")
