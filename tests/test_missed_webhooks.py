"""Real processes that hear nothing for a while: what guests wrote meanwhile is found, and once."""

import pytest
from sqlalchemy import select

from concierge.models import Conversation, Message
from tests.processes import Household, wait_for
from tests.story import AYUS_PHONE


@pytest.fixture
def household(app, config, tmp_path):
    """Web and simulator run; the worker is not started yet, and every webhook is lost."""
    with Household(config.database_url, tmp_path) as household:
        household.start(workers=0)
        household.guests.trouble(webhooks_lost=True)
        yield household


def test_worker_that_starts_finds_what_was_written_while_nobody_listened(household, session):
    household.guests.write(AYUS_PHONE, "Halo?", name="Ayu")
    household.guests.write(AYUS_PHONE, "AC-nya bocor")

    household.start_worker()

    wait_for(lambda: len(_written(session)) == 2, "both messages", household)
    assert _written(session) == ["Halo?", "AC-nya bocor"]
    assert session.one(Conversation).waiting_since is not None


def test_line_that_comes_back_brings_what_was_lost_while_it_was_away(household, session):
    guests, worker = household.guests, household.start_worker()
    guests.write(AYUS_PHONE, "Halo?")
    wait_for(lambda: _written(session) == ["Halo?"], "the first message", household)
    guests.write(AYUS_PHONE, "Lost")
    guests.trouble(down=True)
    wait_for(lambda: _is_paused(session), "the line to pause", household, seconds=40)

    guests.trouble(down=False)

    wait_for(lambda: _written(session) == ["Halo?", "Lost"], "what was lost", household, seconds=40)
    assert worker.poll() is None


def _written(session):
    return [
        message.text for message in session.all(select(Message).where(Message.role == "User").order_by(Message.seq))
    ]


def _is_paused(session):
    return session.sql("SELECT paused_since FROM lines WHERE position = 0")[0][0] is not None
