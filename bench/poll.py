"""A poll that finds nothing new, against a bare route and one behind a login; and a hundred open screens."""

import re
import time
from statistics import median

import requests
from flask import Flask

from bench import baseline, load, scratch
from bench.house import MeasuredHouse, cpu_seconds
from bench.plan import Plan
from bench.report import Report
from concierge import lines, sign_in
from concierge.extensions import db, writing
from concierge.models import Conversation

LEAST_OF_NOTHING, LEAST_OF_SIGNED_IN = 0.35, 0.8
SCREENS, EVERY_SECONDS, MOST_OF_A_CORE = 100, 2.0, 0.25
EMAIL, PASSWORD = "sari@hotel.example", "a long password for the bench"


def measure(app: Flask, house: MeasuredHouse, plan: Plan, report: Report, kind: str) -> None:
    """An open thread of a hotel with guests; nobody writes meanwhile."""
    baseline.make_table(house.database_url)
    scratch.meet_guests(app, load.GUESTS)
    house.start_baseline()
    house.start_measured_web()
    turns = {
        "nothing": (f"{house.baseline_url}/nothing", "none=1"),
        "signed in": (f"{house.baseline_url}/signed-in", _cookie_of_baseline(house)),
        "poll": _open_screen(app, house),
    }
    for url, cookie in turns.values():
        _turn(url, cookie, plan)
    found = [{name: _turn(*turn, plan) for name, turn in turns.items()} for _ in range(plan.turns)]
    for name in turns:
        rates = [one[name].rate for one in found]
        report.say(name, f"{median(rates):.0f}/s   NOT 204: {sum(one[name].refused for one in found)}")
    for name, least in (("nothing", LEAST_OF_NOTHING), ("signed in", LEAST_OF_SIGNED_IN)):
        ratio = median(one["poll"].rate / one[name].rate for one in found)
        report.judge(f"{kind}: unchanged poll's rate / {name}", ratio, least=least)
    _screens(house, turns["poll"], report, kind)


def _turn(url: str, cookie: str, plan: Plan) -> load.Result:
    return load.run(load.Job(url, "poll", plan.turn_seconds, cookie=cookie))


def _screens(house: MeasuredHouse, poll: tuple[str, str], report: Report, kind: str) -> None:
    """The processor that a hundred screens need which ask every two seconds, from what one answer costs."""
    url, cookie = poll
    used, began = cpu_seconds(house.web), time.monotonic()
    result = load.run(load.Job(url, "poll", 3.0, clients=4, cookie=cookie))
    each = (cpu_seconds(house.web) - used) / max(result.answers, 1)
    report.say("processor per poll", f"{each * 1000:.2f} ms in {time.monotonic() - began:.0f} s")
    report.judge(f"{kind}: core for {SCREENS} open screens", each * SCREENS / EVERY_SECONDS, most=MOST_OF_A_CORE)


def _cookie_of_baseline(house: MeasuredHouse) -> str:
    return _cookie(requests.post(f"{house.baseline_url}/sign-in", timeout=10))


def _open_screen(app: Flask, house: MeasuredHouse) -> tuple[str, str]:
    """The question that a freshly opened thread asks next, and who asks."""
    with app.app_context(), writing():
        hotel = lines.first().hotel
        sign_in.hire(hotel, EMAIL, "Sari", "desk", PASSWORD)
        db.session.commit()
        thread = db.session.query(Conversation.id).limit(1).scalar()
    with requests.Session() as browser:
        page = browser.get(f"{house.web_url}/login", timeout=10).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        fields = {"email": EMAIL, "password": PASSWORD, "csrf_token": token[1] if token else ""}
        browser.post(f"{house.web_url}/login", data=fields, timeout=10)
        page = browser.get(f"{house.web_url}/conversations/{thread}", timeout=10).text
        poll = re.search(r'data-poll-url="([^"]+)"', page)
        assert poll, "nobody is signed in"
        cookie = "; ".join(f"{one.name}={one.value}" for one in browser.cookies)
        return f"{house.web_url}{poll[1].replace('&amp;', '&')}", cookie


def _cookie(answer: requests.Response) -> str:
    return "; ".join(f"{one.name}={one.value}" for one in answer.cookies)
