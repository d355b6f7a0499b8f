"""The promise under fire: nothing lost, nothing twice, in order, and what is uncertain is said to be.

`make test` runs one short storm on each database, `make chaos` ten long ones. The figures are printed.
"""

import os
import random
import time
from collections import Counter
from datetime import timedelta

import pytest
import requests
from sqlalchemy import func, select

from concierge import clock, outbox
from concierge.models import Message
from tests.chaos.storm import CHANCES, Storm
from tests.database import Look, arranging
from tests.processes import Household, wait_for
from tests.story import conversation_with
from tests.waha import Guests

SEEDS = [int(seed) for seed in os.environ.get("CHAOS_SEEDS", "1").split(",")]
MESSAGES = int(os.environ.get("CHAOS_MESSAGES", "160"))
GUESTS = 20
LEAST_MISFORTUNES = 6
PATIENCE = 60 + MESSAGES / 5


@pytest.mark.parametrize("seed", SEEDS)
def test_storm_loses_nothing_and_doubles_nothing(app, config, session, tmp_path, seed):
    with Household(config.database_url, tmp_path) as household:
        household.start_simulator()
        wait_for(household._simulator_answers, "the simulator", household)
        guests = household.guests
        storm = Storm(household, guests, seed, lambda: _under_way(session))
        wait_for(household._web_answers, "the web process", household)
        storm.start()
        posted, written = _talk(app, guests, random.Random(seed))
        wait_for(lambda: storm.misfortunes >= LEAST_MISFORTUNES, "the storm", household, PATIENCE)
        storm.stop()
        _calm_down(app, household, session)
        wait_for(lambda: _arrived(session) >= set(written), "the guests' words", household, PATIENCE)
        _check_what_left(session, guests, posted, _ambiguous_faults(household) + storm.interrupted)
        _check_what_came(session, written)
        _check_that_nothing_looks_twice(session)


def _talk(app, guests: Guests, luck: random.Random) -> tuple[dict[str, list[str]], list[str]]:
    """Both sides write, mixed; what staff and what guests have been promised."""
    posted: dict[str, list[str]] = {}
    written: list[str] = []

    def speak(number: int) -> None:
        phone = f"+62812345{number // 2 % GUESTS:05d}"
        if number % 2:
            written.append(guests.write(phone, f"guest {number:05d}")["raw_id"])
            return
        with arranging(app):
            outbox.post(conversation_with(phone), f"staff {number:05d}", origin="staff")
        posted.setdefault(f"{phone[1:]}@c.us", []).append(f"staff {number:05d}")

    for number in range(MESSAGES):
        speak(number)
        time.sleep(luck.uniform(0, 0.1))
    return posted, written


def _calm_down(app, household: Household, session: Look) -> None:
    """Time passes for what the storm left half done: leases run out, then it is looked for."""
    clock.shift(timedelta(minutes=3))
    try:
        with arranging(app):
            outbox.expire_leases()
    finally:
        clock.reset()
    household.start_later_worker(minutes=6)
    wait_for(
        lambda: _left(session, "queued") == _left(session, "sending") == 0, "the storm's leftovers", household, PATIENCE
    )


def _ambiguous_faults(household: Household) -> int:
    faults = requests.get(f"{household.guests.url}/faults", timeout=10).json()
    return sum(count for kind, count in faults.items() if f"chance_{kind}" in CHANCES or kind in CHANCES)


def _check_what_left(session: Look, guests: Guests, posted: dict[str, list[str]], ambiguous: int) -> None:
    rows = {message.text: message for message in session.all(select(Message).where(Message.origin == "staff"))}
    received: dict[str, list[str]] = {}
    for one in guests.transmissions():
        if one["text"].startswith("staff"):
            received.setdefault(one["chatId"], []).append(one["text"])
    unconfirmed = [text for text, message in rows.items() if message.status in {"unconfirmed", "failed"}]
    transmitted = sum(map(len, received.values()))
    print(f"\n{len(rows)} posted, {transmitted} transmitted, {len(unconfirmed)} unconfirmed of {ambiguous} possible")
    for chat_id, texts in posted.items():
        got = received.get(chat_id, [])
        assert max(Counter(got).values(), default=1) == 1, f"twice: {Counter(got).most_common(2)}"
        assert got == sorted(got), f"out of order: {got}"
        assert set(texts) - set(got) <= set(unconfirmed), "lost without a word"
    assert all(message.failure for message in rows.values() if message.status in {"unconfirmed", "failed"})
    assert len(unconfirmed) <= ambiguous


def _check_what_came(session: Look, written: list[str]) -> None:
    stored = Counter(message.raw_id for message in session.all(select(Message).where(Message.role == "User")))
    print(f"{len(written)} written by guests, {len(stored)} stored")
    assert set(stored.values()) == {1}
    assert set(stored) == set(written)


def _check_that_nothing_looks_twice(session: Look) -> None:
    """The echo of our own send is no message that somebody typed on the hotel's phone."""
    twins = session.all(select(Message).where(Message.origin == "phone", Message.status != "cancelled"))
    assert [twin.text for twin in twins] == []


def _arrived(session: Look) -> set[str]:
    return set(session.all(select(Message.raw_id).where(Message.role == "User")))


def _under_way(session: Look) -> int:
    """Calls that a sender has begun and not brought home; one that died in the middle counts on."""
    return session.sql("SELECT count(*) FROM messages WHERE status = 'sending' AND looking_since IS NULL")[0][0]


def _left(session: Look, status: str) -> int:
    return session.all(select(func.count()).select_from(Message).where(Message.status == status))[0]
