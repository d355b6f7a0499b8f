"""A line that says it works is not believed blindly: how long it was silent, and whether a test message comes back."""

import pytest
from sqlalchemy import select

from concierge import clock, lines, worker
from concierge.models import Conversation, Event, Line, Message, WorkerReport
from tests.client import sign_in
from tests.database import arranging
from tests.web.at_once import at_once

OWN_PHONE = "+628110009999"


@pytest.fixture(autouse=True)
def connected(app, line):
    """A worker runs, the line works, and a manager has it watched: an hour of silence, a heartbeat every 30 minutes."""
    with arranging(app) as session:
        row = session.get(Line, line.id)
        lines.record_status(row, "WORKING", OWN_PHONE)
        lines.watch(row, silent_after_minutes=60, heartbeat_minutes=30)
        session.add(WorkerReport(host="desk", pid=1, started_at=clock.now(), seen_at=clock.now()))


def test_heartbeat_goes_to_the_hotels_own_number_and_makes_no_message(app, config, session, waha):
    assert _beat(app, config)

    (sent,) = waha.transmissions()
    assert sent["chatId"] == "628110009999@c.us"
    assert session.one(Line).heartbeat_code in sent["text"]
    assert session.count(Message) == session.count(Conversation) == 0


def test_it_beats_as_often_as_was_set(app, config, waha, wait):
    assert [_beat(app, config), _beat(app, config)] == [True, False]
    wait(minutes=31)
    assert _beat(app, config)


def test_of_four_workers_one_beats(app, config, waha):
    at_once(4, lambda _: _beat(app, config))

    assert len(waha.transmissions()) == 1


def test_line_that_is_not_watched_beats_never(app, config, line, waha):
    with arranging(app) as session:
        lines.watch(session.get(Line, line.id), silent_after_minutes=0, heartbeat_minutes=0)

    assert not _beat(app, config)


def test_heartbeat_that_comes_back_is_no_conversation_and_no_fault(app, config, client, session, waha, wait):
    _beat(app, config)
    _comes_back(client, waha)
    wait(minutes=3)

    assert session.one(Line).heartbeat_seen_at is not None
    assert (session.count(Conversation), session.one(Event).outcome) == (0, "ignored")
    assert "line 0" not in _faults(client)


def test_heartbeat_that_does_not_come_back_is_said_after_two_minutes(app, config, client, session, waha, wait, wayan):
    _beat(app, config)
    wait(seconds=100)
    assert "line 0" not in _faults(client)
    wait(seconds=30)

    assert "a test message did not come back" in _faults(client)["line 0"]
    _worker_lives(app)
    page = sign_in(client, wayan).get("/conversations").text
    assert "a test message did not come back since" in page
    assert "Nothing is being sent" not in page


def test_old_heartbeat_does_not_stand_for_the_new_one(app, config, client, waha, wait):
    _beat(app, config)
    old = waha.transmissions()[0]["text"]
    wait(minutes=31)
    _beat(app, config)
    _comes_back(client, waha, text=old)
    wait(minutes=3)

    assert "line 0" in _faults(client)


def test_heartbeat_that_could_not_be_sent_is_not_missed(app, config, client, waha, wait):
    waha.trouble(down=True)
    _beat(app, config)
    wait(minutes=3)

    assert "line 0" not in _faults(client)


def test_silent_line_is_said_with_the_time_of_the_last_event(app, client, session, wait, wayan):
    client.post_webhook({"id": "evt_1", "event": "presence.update", "payload": {}})
    wait(minutes=59)
    assert "line 0" not in _faults(client)
    wait(minutes=2)

    assert _faults(client)["line 0"] == "WhatsApp is connected, but nothing has been heard"
    _worker_lives(app)
    assert "nothing has been heard since" in sign_in(client, wayan).get("/conversations").text


def test_any_event_ends_the_silence(client, wait):
    wait(minutes=61)
    client.post_webhook({"id": "evt_1", "event": "presence.update", "payload": {}})

    assert "line 0" not in _faults(client)


def test_silence_is_no_news_where_nobody_asked(app, client, line, wait):
    with arranging(app) as session:
        lines.watch(session.get(Line, line.id), silent_after_minutes=0, heartbeat_minutes=0)
    wait(days=2)

    assert "line 0" not in _faults(client)


def test_manager_sets_the_watch(client, made, session):
    sign_in(client, made)

    answer = client.post("/settings/line/watch", data={"silent_after_minutes": "45", "heartbeat_minutes": "10"})

    line = session.one(Line)
    assert answer.status_code == 303
    assert (line.silent_after_minutes, line.heartbeat_minutes) == (45, 10)


@pytest.mark.parametrize("wrong", ["-1", "99999", "often", ""])
def test_wrong_number_is_said_at_the_field_and_kept_from_the_line(client, made, session, wrong):
    sign_in(client, made)

    page = client.post("/settings/line/watch", data={"silent_after_minutes": wrong, "heartbeat_minutes": "10"})

    assert "field__error" in page.text
    assert session.one(Line).heartbeat_minutes == 30


def test_own_number_is_known_from_the_first_event(app, client, session, arrange, line):
    with arrange() as db:
        db.get(Line, line.id).own_phone = None
    note = {"id": "true_628110009999@c.us_NOTE1", "fromMe": True, "from": "628110009999@c.us", "body": "milk, eggs"}

    client.post_webhook({"id": "evt_1", "event": "message.any", "me": {"id": "628110009999@c.us"}, "payload": note})

    assert session.one(Line).own_phone == OWN_PHONE
    assert session.count(Conversation) == session.count(Message) == 0


def _comes_back(client, waha, text=None):
    sent = waha.transmissions()[-1]
    payload = {
        "id": f"true_{sent['chatId']}_{sent['id']}", "fromMe": True, "from": sent["chatId"], "source": "api",
        "body": text or sent["text"],
    }  # fmt: skip
    client.post_webhook({"id": "evt_echo", "event": "message.any", "payload": payload})


def _faults(client):
    parts = client.get("/health").json["parts"]
    return {name: part["fault"] for name, part in parts.items() if part != "ok"}


def _worker_lives(app):
    with arranging(app) as session:
        session.scalars(select(WorkerReport)).one().seen_at = clock.now()


def _beat(app, config):
    with app.app_context():
        return worker.beat_one(config)
