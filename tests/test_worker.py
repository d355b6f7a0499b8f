"""One beat of the worker at a time, against the simulator over real HTTP."""

import pytest
from sqlalchemy import select

from concierge import failures, journal, worker
from concierge.extensions import db
from concierge.models import Line, Message
from concierge.waha.client import WahaClient
from tests.database import arranging
from tests.story import AYUS_PHONE, check_in, staff_writes


@pytest.fixture(autouse=True)
def _no_transaction_during_a_call(monkeypatch):
    """The wire is called with no transaction open: watched on every call of every test here."""
    real = WahaClient._call

    def watched(*args, **kwargs):
        assert not db.session().in_transaction(), "a transaction is open while WAHA is called"
        return real(*args, **kwargs)

    monkeypatch.setattr(WahaClient, "_call", watched)


def test_welcome_reaches_the_guest_once(app, config, session, waha):
    check_in(app)

    assert _deliver(app, config)
    assert not _deliver(app, config)

    assert waha.received(AYUS_PHONE) == [session.one(Message).text]
    assert session.one(Message).status == "accepted"


def test_answers_reach_the_guest_in_order(app, config, session, waha, wayan):
    check_in(app)
    for number in range(3):
        staff_writes(app, f"Answer {number}", wayan)
    while _deliver(app, config):
        pass

    assert waha.received(AYUS_PHONE)[1:] == ["Answer 0", "Answer 1", "Answer 2"]


def test_waha_that_is_down_pauses_the_line_and_loses_nothing(app, config, session, waha, wait):
    waha.trouble(down=True)
    check_in(app)
    _deliver(app, config)
    assert session.one(Message).status == "queued"
    assert session.one(Line).pause_reason == failures.UNREACHABLE

    waha.trouble(down=False)
    wait(seconds=6)
    _deliver(app, config)

    assert len(waha.received(AYUS_PHONE)) == 1
    assert session.one(Line).paused_since is None


def test_refused_key_pauses_the_line(app, config, session, waha):
    waha.trouble(refusing=True)
    check_in(app)
    _deliver(app, config)

    assert (session.one(Message).status, session.one(Line).pause_reason) == ("queued", failures.KEY_REFUSED)


def test_line_that_must_be_paired_says_so(app, config, session, waha):
    waha.settings(session_wait_seconds=0)
    waha.trouble(line="SCAN_QR_CODE")
    check_in(app)
    _deliver(app, config)

    assert (session.one(Message).status, session.one(Line).status) == ("queued", "SCAN_QR_CODE")


def test_probe_looks_before_it_sends(app, config, session, waha, wait):
    waha.settings(session_wait_seconds=0)
    waha.trouble(line="SCAN_QR_CODE")
    check_in(app)
    _deliver(app, config)
    waha.trouble(line="FAILED")
    wait(seconds=6)
    _deliver(app, config)

    assert session.one(Line).status == "FAILED"
    assert session.one(Message).attempts == 0


@pytest.mark.parametrize("trouble", ["drop_after", "error_500_after", "error_500_before"])
def test_answer_that_is_lost_leaves_the_message_unconfirmed_and_is_never_repeated(
    app, config, session, waha, wait, trouble
):
    waha.trouble(**{trouble: True})
    check_in(app)
    _deliver(app, config)
    waha.trouble(**{trouble: False})
    for _ in range(5):
        wait(minutes=5)
        _deliver(app, config)

    assert session.one(Message).status == "unconfirmed"
    assert len(waha.received(AYUS_PHONE)) <= 1


def test_hanging_server_leaves_the_message_unconfirmed(app, config, session, waha, monkeypatch):
    monkeypatch.setattr("concierge.waha.client.SEND_SECONDS", 0.3)
    waha.trouble(hang_after=True)
    check_in(app)
    _deliver(app, config)

    assert (session.one(Message).status, session.one(Message).failure) == ("unconfirmed", failures.NO_ANSWER)


def test_number_without_whatsapp_fails_with_its_reason(app, config, session, waha):
    check_in(app, phone="+6281234569002")  # the simulator answers 500 "no LID found" for …9002
    _deliver(app, config)

    assert (session.one(Message).status, session.one(Message).failure) == ("failed", failures.NO_WHATSAPP)
    assert session.one(Line).paused_since is None


def test_dead_line_is_noticed_without_a_message(app, config, session, waha):
    waha.trouble(down=True)

    assert _check(app, config)

    assert session.one(Line).pause_reason == failures.UNREACHABLE


def test_line_that_came_back_is_noticed_without_a_message(app, config, session, waha, wait):
    waha.trouble(down=True)
    _check(app, config)
    waha.trouble(down=False)
    wait(seconds=6)
    _check(app, config)

    line = session.one(Line)
    assert (line.paused_since, line.status) == (None, "WORKING")
    assert line.own_phone


def test_ack_that_crossed_with_the_record_of_its_send_takes_effect(app, config, session, waha):
    check_in(app)
    _deliver(app, config)
    message = session.one(Message)
    body = f'{{"event": "message.ack", "payload": {{"id": "{message.raw_id}", "fromMe": true, "ack": 2}}}}'.encode()
    with arranging(app) as db_session:
        line = db_session.scalars(select(Line)).one()
        journal.waits(journal.enter(line, "evt_1", "message.ack", body), message.raw_id)

    with app.app_context():
        assert worker.apply_overtaken()
        assert not worker.apply_overtaken()

    assert session.one(Message).status == "delivered"


def test_line_whose_key_cannot_be_read_does_not_hold_the_queue_for_ever(app, config, session, waha, wait):
    with arranging(app) as db_session:
        line = db_session.scalars(select(Line)).one()
        line.position, line.api_key_encrypted = 1, "not what we wrote"
    check_in(app)
    for _ in range(10):
        _deliver(app, config)
        wait(minutes=1)

    assert (session.one(Message).status, session.one(Message).failure) == ("failed", failures.OUR_FAULT)


def test_released_address_is_never_written_to(app, config, session, waha):
    check_in(app)
    with arranging(app) as db_session:
        message = db_session.scalars(select(Message)).one()
        message.address.released_at = message.created_at
    _deliver(app, config)

    assert waha.received() == []
    assert (session.one(Message).status, session.one(Message).failure) == ("failed", failures.NO_ADDRESS)


def _deliver(app, config) -> bool:
    with app.app_context():
        return worker.deliver_one(config)


def _check(app, config) -> bool:
    with app.app_context():
        return worker.check_one(config)
