"""List, thread and poll in a hotel with years behind it, against the same in a new one: a hundred times the rows."""

import re
import time
from collections.abc import Callable
from statistics import median

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from bench import scratch
from bench.plan import Plan
from bench.report import Report
from concierge import clock, lines, sign_in
from concierge.extensions import db, writing
from concierge.models import Conversation
from tests.client import HonestClient

FEW, MANY, MESSAGES_EACH = 200, 20_000, 50
WAITING = 40
MOST_RATIO = 1.3
EMAIL, PASSWORD = "sari@hotel.example", "a long password for the bench"
_MADE = {
    "sqlite": "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8'"
    " || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))",
    "postgresql": "gen_random_uuid()",
}
# In order: a million random ids would take minutes to sort into an index.
_NUMBERED = {
    "sqlite": "printf('%08x-0000-4000-8000-%012x', {}, k)",
    "postgresql": "(lpad(to_hex({}), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(k), 12, '0'))::uuid",
}
_AGO = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', -({}) || ' seconds') || '000'",
    "postgresql": "now() - ({}) * interval '1 second'",
}


def measure(app: Flask, plan: Plan, report: Report, kind: str) -> None:
    """In one process, without a network: what grows with the rows is the database's part."""
    app.test_client_class = HonestClient
    with app.app_context(), writing():
        sign_in.hire(lines.first().hotel, EMAIL, "Sari Dewi", "desk", PASSWORD)
        db.session.commit()
    _fill(app, kind, 0, FEW)
    few = _times(app, plan)
    began = time.monotonic()
    _fill(app, kind, FEW, MANY)
    report.say(f"{MANY} conversations, {MANY * MESSAGES_EACH} messages", f"made in {time.monotonic() - began:.0f} s")
    many = _times(app, plan)
    for name, small in few.items():
        report.say(f"{name}, {FEW} → {MANY}", f"{small:.1f} ms → {many[name]:.1f} ms")
        report.judge(f"{kind}: {name}, time of {MANY} / of {FEW}", many[name] / small, most=MOST_RATIO)


def _times(app: Flask, plan: Plan) -> dict[str, float]:
    """Median milliseconds of each page, in turn."""
    desk = app.test_client()
    desk.post("/login", data={"email": EMAIL, "password": PASSWORD})
    with app.app_context():
        busiest = db.session.query(Conversation).order_by(Conversation.last_message_at.desc()).first()
        thread = f"/conversations/{busiest.id}"
        db.session.remove()
    pages = {name: f"/conversations?show={name}" for name in ("all", "waiting", "unlinked", "closed")}
    pages |= {"thread": thread, "poll of the list": _question(desk, "/conversations", "pulse"),
              "poll of the thread": _question(desk, thread, "pulse"),
              "poll, unchanged": _question(desk, "/conversations")}  # fmt: skip
    took: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(8 * plan.turns):
        for name, address in pages.items():
            took[name].append(_milliseconds(lambda address=address: desk.get(address)))
    return {name: median(times[2:]) for name, times in took.items()}


def _question(desk: FlaskClient, address: str, without: str = "") -> str:
    """What the page asks next; without its pulse it is answered in full."""
    found = re.search(r'data-poll-url="([^"]+)"', desk.get(address).text)
    asked = found[1].replace("&amp;", "&")
    return re.sub(rf"&{without}=[^&]*", "", asked) if without else asked


def _milliseconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _fill(app: Flask, kind: str, start: int, end: int) -> None:
    """Guests who wrote and were answered; the newest are in the house, some of them wait."""
    scratch.refuse_foreign(app.config["CONCIERGE"].database_url)
    with app.app_context(), writing():
        line, made, ago = lines.first(), _MADE[kind], _AGO[kind]
        given = {"hotel": line.hotel_id, "line": line.id, "now": clock.now(), "start": start, "end": end - 1,
                 "each": MESSAGES_EACH, "waiting": WAITING}  # fmt: skip
        ids = [f":{name}" if kind == "sqlite" else f"CAST(:{name} AS uuid)" for name in ("hotel", "line")]
        for statement in _statements(made, _NUMBERED[kind], ago, *ids):
            db.session.execute(text(statement), {name: given[name] for name in re.findall(r"(?<!:):(\w+)", statement)})
        db.session.commit()
        db.session.execute(text("ANALYZE"))
        db.session.commit()


def _statements(made: str, numbered: str, ago: str, hotel: str, line: str) -> list[str]:
    """Conversation n began n minutes after the first; n stands in the guest's e-mail."""
    numbers = "WITH RECURSIVE n(n) AS (SELECT :start UNION ALL SELECT n + 1 FROM n WHERE n < :end)"
    number = "CAST(users.email AS integer)"
    is_new = f"{number} >= :start AND {number} <= :end"
    return [
        f"{numbers} INSERT INTO users (id, hotel_id, name, email, role, created_at, updated_at)"
        f" SELECT {made}, {hotel}, 'Guest ' || n, CAST(n AS varchar(9)), 'guest', :now, :now FROM n",
        "INSERT INTO sessions (id, hotel_id, session_id, line_id, is_active, start, seq, revision, settled_seq,"
        " last_message_at, waiting_since, created_at, updated_at)"
        f" SELECT {made}, {hotel}, users.id, {line}, {number} % 100 < 50, :now, :each, :each, 0,"
        f" {ago.format(f'60 * (20000 - {number})')},"
        f" CASE WHEN {number} < :waiting THEN {ago.format(f'60 * {number}')} END,"
        f" :now, {ago.format(f'60 * (20000 - {number})')} FROM users WHERE {is_new}",
        "WITH RECURSIVE k(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM k WHERE k < :each)"
        " INSERT INTO messages (id, session_id, line_id, role, origin, status, kind, text, seq, revision,"
        " content_revision, attempts, claims, priority, is_first_contact, sent_at, created_at, updated_at)"
        f" SELECT {numbered.format(number)}, sessions.id, sessions.line_id,"
        " CASE WHEN k % 2 = 1 THEN 'User' ELSE 'System' END,"
        " CASE WHEN k % 2 = 1 THEN 'guest' ELSE 'staff' END, CASE WHEN k % 2 = 1 THEN NULL ELSE 'read' END,"
        f" 'text', 'May we have two more towels in our room, please? ' || k, k, k, 0, 0, 0, 0, 1 = 0,"
        f" {ago.format(f'60 * (20000 - {number}) + :each - k')}, {ago.format(f'60 * (20000 - {number}) + :each - k')},"
        f" :now FROM users CROSS JOIN sessions CROSS JOIN k WHERE users.id = sessions.session_id AND {is_new}",
    ]
