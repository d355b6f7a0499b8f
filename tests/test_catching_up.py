"""What no webhook brought is read back from the chats, once, through the same door, and without nonsense."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from concierge import catching_up, clock, lines, outbox, worker
from concierge.extensions import db
from concierge.models import Conversation, Event, Line, Message
from concierge.models.message import ACCEPTED, READ, SENT
from concierge.waha import lookups
from concierge.waha.client import WahaClient
from concierge.waha.lookups import NOT_SUPPORTED, STORE_OFF, NoAnswer, Reader
from concierge.worker import catching_up as catching
from tests.client import sign_in
from tests.database import arranging
from tests.story import AYUS_PHONE, guest_writes, staff_writes
from tests.web.at_once import at_once

BUDIS_PHONE = "+628111111111"


@pytest.fixture(autouse=True)
def _no_transaction_during_a_call(monkeypatch):
    real = WahaClient._call

    def watched(*args, **kwargs):
        assert not db.session().in_transaction(), "a transaction is open while WAHA is called"
        return real(*args, **kwargs)

    monkeypatch.setattr(WahaClient, "_call", watched)


@pytest.fixture(autouse=True)
def connected(app, line):
    """The line has worked for an hour."""
    with arranging(app) as session:
        row = session.get(Line, line.id)
        lines.record_status(row, "WORKING", "+628110009999")
        row.created_at = clock.now() - timedelta(hours=1)


def test_lost_message_is_found(app, config, session, waha):
    waha.write(AYUS_PHONE, "AC-nya bocor", name="Ayu")

    assert _catch_up(app, config)

    message = session.one(Message)
    assert (message.text, message.role) == ("AC-nya bocor", "User")
    assert session.one(Conversation).waiting_since is not None
    assert session.one(Event).key.startswith("caught-up:")


def test_what_a_webhook_brought_is_not_taken_twice(app, config, session, client, waha, simulator):
    waha.write(AYUS_PHONE, "Halo", id="3EB0AAAA")
    guest_writes(app, "Halo", raw_id="3EB0AAAA")

    _catch_up(app, config)

    assert session.count(Message) == 1
    assert session.count(Event) == 0


def test_webhook_that_comes_after_all_changes_nothing(app, config, session, client, waha):
    waha.write(AYUS_PHONE, "Halo", id="3EB0AAAA")
    _catch_up(app, config)
    payload = {"id": f"false_{AYUS_PHONE.lstrip('+')}@c.us_3EB0AAAA", "fromMe": False, "body": "Halo"}

    client.post_webhook({"id": "evt_late", "event": "message.any", "payload": payload})

    assert session.count(Message) == 1


def test_several_pages_are_read_in_the_order_in_which_they_were_written(app, config, session, waha, monkeypatch):
    monkeypatch.setattr(catching, "PAGE", 3)
    begin = int(time.time()) - 60
    for number in range(8):
        waha.write(AYUS_PHONE, f"Message {number}", timestamp=begin + number)

    _catch_up(app, config)

    stored = session.all(select(Message).order_by(Message.seq))
    assert [message.text for message in stored] == [f"Message {number}" for number in range(8)]


def test_engines_without_all_are_read_chat_by_chat(app, config, session, waha, monkeypatch):
    monkeypatch.setattr(Reader, "reads_all_chats_at_once", lambda _: False)
    monkeypatch.setattr(catching, "PAGE", 2)
    for phone in (AYUS_PHONE, BUDIS_PHONE, "+628133333333"):
        for number in range(3):
            waha.write(phone, f"{phone} {number}")

    _catch_up(app, config)

    assert session.count(Message) == 9
    assert session.count(Conversation) == 3


def test_old_message_gets_no_automatic_answer_and_a_fresh_one_does(app, config, session, waha):
    waha.write(AYUS_PHONE, "An hour ago", timestamp=int(time.time()) - 1800)
    waha.write(BUDIS_PHONE, "Just now")

    _catch_up(app, config)

    due = {
        session.one(select(Message).where(Message.conversation_id == one.id)).text: one.auto_reply_at is not None
        for one in session.all(Conversation)
    }
    assert due == {"An hour ago": False, "Just now": True}


def test_webhook_with_an_old_time_is_answered(app, session, client):
    payload = {"id": "msg-123", "from": "6281234567890@c.us", "fromMe": False, "body": "Hello", "timestamp": 1700000000}

    client.post_webhook({"id": "evt_old", "event": "message", "payload": payload})

    assert session.one(Conversation).auto_reply_at is not None


def test_pass_remembers_how_far_it_came_and_looks_back_a_little(app, config, session, waha, wait, monkeypatch):
    asked_from = []
    real = Reader.messages

    def messages(self, chat_id, since, *page):
        asked_from.append(since)
        return real(self, chat_id, since, *page)

    monkeypatch.setattr(Reader, "messages", messages)
    _catch_up(app, config)
    reached = session.one(Line).caught_up_at

    wait(minutes=6)
    _catch_up(app, config)

    assert asked_from[-1] == reached - timedelta(minutes=2)
    assert session.one(Line).caught_up_at > reached + timedelta(minutes=5)


def test_pass_that_broke_off_is_done_again_from_where_the_last_full_one_ended(
    app, config, session, waha, wait, monkeypatch
):
    _catch_up(app, config)
    reached = session.one(Line).caught_up_at
    waha.write(AYUS_PHONE, "Halo")
    real = Reader.messages

    def breaks(*_):
        raise NoAnswer("unreachable")

    monkeypatch.setattr(Reader, "messages", breaks)
    wait(minutes=6)
    _catch_up(app, config)
    assert session.one(Line).caught_up_at == reached
    monkeypatch.setattr(Reader, "messages", real)
    wait(minutes=6)
    _catch_up(app, config)

    assert session.one(Message).text == "Halo"


def test_it_is_done_every_five_minutes(app, config, waha, wait):
    assert _catch_up(app, config)
    wait(minutes=4)
    assert not _catch_up(app, config)
    wait(minutes=2)
    assert _catch_up(app, config)


def test_line_that_comes_back_is_read_at_once(app, config, waha, line):
    _catch_up(app, config)
    for word in ("STARTING", "WORKING"):
        with arranging(app) as session:
            lines.record_status(session.get(Line, line.id), word)

    assert _catch_up(app, config)


def test_line_that_is_no_longer_paused_is_read_at_once(app, config, waha, line):
    _catch_up(app, config)
    with arranging(app):
        lines.pause(line.id, "unreachable")
    assert not _catch_up(app, config)
    with arranging(app):
        lines.resume(line.id)

    assert _catch_up(app, config)


def test_worker_that_starts_reads_at_once(app, config, waha):
    _catch_up(app, config)
    with app.app_context():
        catching.ask_to_catch_up()

    assert _catch_up(app, config)


def test_four_workers_read_a_line_once(app, config, session, waha, monkeypatch):
    passes = []
    monkeypatch.setattr(catching._Pass, "run", lambda self: passes.append(self.line_id))

    at_once(4, lambda _: _catch_up(app, config))

    assert len(passes) == 1


def test_worker_that_died_while_reading_leaves_it_to_another(app, config, session, waha, wait):
    with arranging(app):
        catching_up.claim_next()
        catching_up.request_all()
    assert not _catch_up(app, config)
    wait(minutes=3)

    assert _catch_up(app, config)


def test_server_that_keeps_no_chats_is_a_hint_and_no_fault(app, config, session, waha, client, made):
    waha.trouble(store_off=True)
    _catch_up(app, config)

    assert session.one(Line).catch_up_hint == STORE_OFF
    assert session.one(Line).caught_up_at is None
    assert "WAHA keeps no chats" in sign_in(client, made).get("/settings/line").text
    assert client.get("/health").json["parts"]["line 0"] == "ok"


def test_reading_back_is_no_sign_that_webhooks_come(app, config, session, waha):
    waha.write(AYUS_PHONE, "Halo")
    _catch_up(app, config)

    assert session.one(Line).last_event_at is None


def test_what_was_typed_on_the_hotels_phone_while_we_were_away_is_an_answer(app, config, session, waha, monkeypatch):
    guest_writes(app, "Halo?", sent_at=clock.now() - timedelta(minutes=30))
    _read_back(monkeypatch, _own("Selamat siang", minutes_ago=20))
    _catch_up(app, config)

    assert session.one(Conversation).waiting_since is None


def test_late_answer_does_not_answer_what_was_written_after_it(app, config, session, waha, monkeypatch):
    guest_writes(app, "Halo?", sent_at=clock.now() - timedelta(minutes=30))
    guest_writes(app, "And my towels?", sent_at=clock.now() - timedelta(minutes=5))
    _read_back(monkeypatch, _own("Selamat siang", minutes_ago=20))
    _catch_up(app, config)

    towels = session.one(select(Message).where(Message.text == "And my towels?"))
    assert session.one(Conversation).waiting_since == towels.created_at


@pytest.mark.parametrize(("ack", "status"), [(0, ACCEPTED), (-1, ACCEPTED), (1, SENT), (3, READ), (None, ACCEPTED)])
def test_tick_that_no_webhook_brought_is_read_in_the_chat(app, config, session, waha, wayan, monkeypatch, ack, status):
    """Else staff would call a guest who has read it."""
    ours = staff_writes(app, "Selamat siang", wayan)
    with arranging(app):
        outbox.record_accepted(ours, "OWN1")
    _read_back(monkeypatch, _own("Selamat siang", minutes_ago=20) | {"ack": ack})
    _catch_up(app, config)

    assert (session.one(Message).status, session.count(Event)) == (status, 0)


def test_chat_that_lags_behind_takes_no_tick_away(app, config, session, waha, wayan, line, monkeypatch):
    ours = staff_writes(app, "Selamat siang", wayan)
    with arranging(app):
        outbox.record_accepted(ours, "OWN1")
        outbox.record_ack(line.id, "OWN1", 3)
    before = session.one(Conversation).revision
    _read_back(monkeypatch, _own("Selamat siang", minutes_ago=20) | {"ack": 1})
    _catch_up(app, config)

    assert (session.one(Message).status, session.one(Conversation).revision) == (READ, before)


@pytest.mark.parametrize("status", [403, 404])
def test_server_that_does_not_tell_its_engine_is_asked_chat_by_chat(app, config, session, waha, monkeypatch, status):
    waha.write(AYUS_PHONE, "Halo")
    real = WahaClient._call

    def call(self, method, path, **more):
        return (status, {}) if path == "/api/server/version" else real(self, method, path, **more)

    monkeypatch.setattr(WahaClient, "_call", call)
    _catch_up(app, config)

    assert session.one(Message).text == "Halo"
    assert session.one(Line).caught_up_at is not None


def test_key_that_may_not_read_is_a_hint(app, config, session, waha, monkeypatch):
    monkeypatch.setattr(WahaClient, "_call", lambda *_, **__: (403, {"message": "Forbidden", "statusCode": 403}))
    _catch_up(app, config)

    assert (session.one(Line).catch_up_hint, session.one(Line).caught_up_at) == (NOT_SUPPORTED, None)


def test_what_is_no_guests_is_left_alone(app, config, session, waha, monkeypatch):
    now = int(time.time())
    _read_back(
        monkeypatch,
        *({"id": f"false_{chat}_AAA{n}", "timestamp": now, "fromMe": False, "body": "?", "from": chat}
          for n, chat in enumerate(("120363041234567890@g.us", "status@broadcast", "1203@newsletter"))),
        {"id": "true_628110009999@c.us_OWN", "timestamp": now, "fromMe": True, "body": "milk, eggs"},
    )  # fmt: skip
    _catch_up(app, config)

    assert session.count(Message) == session.count(Conversation) == 0


def test_strange_rows_do_not_stop_the_pass(app, config, session, waha, monkeypatch):
    good = {"id": "false_6281234567890@c.us_GOOD", "fromMe": False, "body": "Halo", "timestamp": int(time.time())}
    _read_back(monkeypatch, {}, {"id": 7}, {"id": "false_x_"}, {"id": None, "body": {}}, good)
    _catch_up(app, config)

    assert session.one(Message).text == "Halo"
    assert session.one(Line).caught_up_at is not None


def test_worker_that_stops_does_not_finish_the_pass(app, config, session, waha, monkeypatch):
    monkeypatch.setattr(catching, "PAGE", 1)
    for number in range(3):
        waha.write(AYUS_PHONE, f"Message {number}")

    with app.app_context():
        worker.catch_up_one(config, lambda: True)

    assert session.count(Message) == 1
    assert (session.one(Line).caught_up_at, session.one(Line).catch_up_until) == (None, None)


def _own(text, minutes_ago):
    at = int((datetime.now(UTC) - timedelta(minutes=minutes_ago)).timestamp())
    return {
        "id": f"true_{AYUS_PHONE.lstrip('+')}@c.us_OWN1", "timestamp": at, "fromMe": True, "source": "app",
        "body": text, "ack": 2,
    }  # fmt: skip


def _read_back(monkeypatch, *payloads):
    """WAHA's chats hold just these."""

    def ask(_self, path):
        if "/messages" in path:
            return list(payloads) if "offset=0" in path else []
        return {"engine": "NOWEB"}

    monkeypatch.setattr(lookups.Reader, "_ask", ask)


def _catch_up(app, config):
    with app.app_context():
        return worker.catch_up_one(config)
