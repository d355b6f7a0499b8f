"""From a commit to WAHA's door while nothing else happens: we commit, a worker hears, the simulator notes when."""

import time
from statistics import median, quantiles

from flask import Flask

from bench.house import MeasuredHouse, waited
from bench.plan import Plan
from bench.report import Report
from concierge import conversations, guests, lines, outbox
from concierge.extensions import db, writing
from concierge.guests import PHONE, Reach
from concierge.models.message import WELCOME

MOST_MILLISECONDS = 50
REST_SECONDS = 0.1
PATIENCE = 5


def measure(app: Flask, house: MeasuredHouse, plan: Plan, report: Report, kind: str) -> None:
    """Median and p95 of messages that each find the house at rest."""
    house.start_waha()
    house.start_worker()
    first, *found = [_one(app, house, number) for number in range(plan.idle_messages + 1)]
    del first  # everybody's first connection
    waits = [milliseconds for milliseconds in found if milliseconds is not None]
    lost = plan.idle_messages - len(waits)
    report.say(
        "commit → door, slowest", f"{max(waits):.1f} ms" + (f"   {lost} NOT within {PATIENCE} s" if lost else "")
    )
    report.judge(f"{kind}: commit → WAHA's door, median", median(waits), unit=" ms", most=MOST_MILLISECONDS)
    report.say("commit → door, p95", f"{quantiles(waits, n=20)[-1]:.1f} ms")


def _one(app: Flask, house: MeasuredHouse, number: int) -> float | None:
    """Milliseconds. Each message has a guest of its own: no one waits behind another."""
    time.sleep(REST_SECONDS)
    text = f"message {number}."
    committed = _post(app, number, text)
    sent: list[int] = []

    def has_left() -> bool:
        sent[:] = [one["at"] for one in house.waha.transmissions() if one["text"] == text]
        return bool(sent)

    return sent[0] - committed * 1000 if waited(has_left, PATIENCE) else None


def _post(app: Flask, number: int, text: str) -> float:
    """When the commit was done. A welcome: what staff type may be held back for Undo."""
    with app.app_context(), writing():
        line = lines.first()
        address = guests.meet(line.hotel_id, Reach(PHONE, f"+62812345{number:04d}0"))
        conversation = conversations.for_writer(address.guest, line)
        conversation.address_id = address.id
        outbox.post(conversation, text, origin=WELCOME)
        db.session.commit()
        return time.time()
