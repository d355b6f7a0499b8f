"""How fast a queue drains with a WAHA that answers at once, by 1, 2 and 4 workers; a long queue must not be slower."""

from statistics import median

from flask import Flask
from sqlalchemy import func, insert, select

from bench import scratch
from bench.house import MeasuredHouse, waited
from bench.plan import Plan
from bench.report import Report
from concierge import clock
from concierge.extensions import db, wake_worker, writing
from concierge.models import Message, WorkerReport
from concierge.models.message import HOTEL, QUEUED, WELCOME
from tests.database import Look, Seeds

MANY, FEW = 10_000, 100
LEAST_RATIO = 0.9
MOST_GUESTS = 1000


def measure(app: Flask, seeds: Seeds, house: MeasuredHouse, plan: Plan, report: Report, kind: str) -> None:
    """The rate is taken between the first and the last arrival at the door."""
    house.start_stub()
    for number in plan.workers:
        workers = [house.start_worker() for _ in range(number)]
        waited(lambda number=number: _reporting(app) == number, 30)
        few = median(_drain(app, seeds, house, FEW, plan.drain_seconds)[0] for _ in range(plan.small_drains))
        many, arrived = _drain(app, seeds, house, MANY, plan.drain_seconds)
        for worker in workers:
            house.kill(worker, 15)
        scratch.empty(app, seeds)
        report.say(f"drain by {number} worker(s)", f"{FEW}: {few:.0f}/s   {MANY}: {many:.0f}/s, {arrived} arrived")
        report.judge(
            f"{kind}: {number} worker(s), rate of {MANY} / of {FEW}", many / few if few else 0.0, least=LEAST_RATIO
        )


def _drain(app: Flask, seeds: Seeds, house: MeasuredHouse, messages: int, seconds: float) -> tuple[float, int]:
    """Messages per second, and how many there were in the time."""
    house.forget_arrivals()
    _queue(app, messages)
    waited(lambda: len(house.arrivals()) >= messages, seconds)
    arrivals = house.arrivals()
    waited(lambda: len(arrivals) < messages or _under_way(app) == 0, 5)
    seconds = arrivals[-1] - arrivals[0] if len(arrivals) > 1 else float("inf")
    return len(arrivals) / seconds, len(arrivals)


def _queue(app: Flask, messages: int) -> None:
    """All of them in one commit, over as many guests as there are messages, but a thousand at most."""
    with app.app_context(), writing():
        threads = scratch.threads(min(messages, MOST_GUESTS))
        db.session.execute(insert(Message), [_row(threads, number) for number in range(messages)])
        for conversation, _ in threads:
            conversation.seq = conversation.revision = conversation.seq + messages // len(threads)
        wake_worker(db.session())
        db.session.commit()


def _row(threads: list, number: int) -> dict:
    conversation, address = threads[number % len(threads)]
    now, seq = clock.now(), conversation.seq + number // len(threads) + 1
    return {
        "conversation_id": conversation.id,
        "line_id": conversation.line_id,
        "address_id": address.id,
        "role": HOTEL,
        "origin": WELCOME,
        "text": f"message {number}",
        "status": QUEUED,
        "seq": seq,
        "revision": seq,
        **dict.fromkeys(("sent_at", "created_at", "due_at", "status_at"), now),
    }


def _reporting(app: Flask) -> int:
    return Look(app).all(select(func.count()).select_from(WorkerReport).where(WorkerReport.stopped_at.is_(None)))[0]


def _under_way(app: Flask) -> int:
    return Look(app).all(select(func.count()).select_from(Message).where(Message.status.in_(("queued", "sending"))))[0]
