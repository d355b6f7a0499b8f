"""One beat of the worker at a time, against the simulator over real HTTP."""

import pytest
from sqlalchemy import select

from concierge import failures, worker
from concierge.extensions import db
from concierge.models import Line, Message
from concierge.waha.client import WahaClient
from concierge.worker import naming
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


@pytest.fixture(autouse=True)
def _nothing_is_known_of_the_server(monkeypatch):
    monkeypatch.setattr(naming, "_cannot_until", {})


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


@pytest.mark.parametrize("trouble", ["drop_after", "error_500_after"])
@pytest.mark.parametrize("server_chooses_ids", [True, False])
def test_message_whose_answer_was_lost_is_found_and_never_repeated(
    app, config, session, waha, wait, monkeypatch, trouble, server_chooses_ids
):
    if not server_chooses_ids:
        monkeypatch.setattr(WahaClient, "choose_id", lambda _: None)
    waha.trouble(**{trouble: True})
    check_in(app)
    _deliver(app, config)
    waha.trouble(**{trouble: False})
    assert session.one(Message).status == "sending"

    wait(seconds=3)
    _look(app, config)

    message = session.one(Message)
    assert (message.status, message.raw_id) == ("accepted", waha.transmissions()[0]["id"])
    assert len(waha.received(AYUS_PHONE)) == 1


def test_message_that_never_left_is_sent_again_once_its_absence_is_proven(app, config, session, waha, wait):
    waha.trouble(error_500_before=True)
    check_in(app)
    _deliver(app, config)
    waha.trouble(error_500_before=False)
    _check(app, config)
    for _ in range(20):
        wait(seconds=5)
        _look(app, config)
        _deliver(app, config)

    assert session.one(Message).status == "accepted"
    assert len(waha.received(AYUS_PHONE)) == 1


def test_without_an_id_of_our_own_absence_is_no_proof(app, config, session, waha, wait, monkeypatch):
    monkeypatch.setattr(WahaClient, "choose_id", lambda _: None)
    waha.trouble(error_500_before=True)
    check_in(app)
    _deliver(app, config)
    waha.trouble(error_500_before=False)
    for _ in range(40):
        wait(seconds=5)
        _look(app, config)
        _deliver(app, config)

    assert (session.one(Message).status, session.one(Message).failure) == ("unconfirmed", failures.SERVER_ERROR)
    assert waha.received(AYUS_PHONE) == []


def test_same_words_sent_twice_are_not_taken_for_one_another(app, config, session, waha, wait, wayan, monkeypatch):
    monkeypatch.setattr(WahaClient, "choose_id", lambda _: None)
    for _ in range(2):
        staff_writes(app, "Ya", wayan)
    _deliver(app, config)
    waha.trouble(error_500_before=True)
    _deliver(app, config)
    waha.trouble(error_500_before=False)

    wait(seconds=3)
    _look(app, config)

    assert [message.status for message in session.all(Message)] == ["accepted", "sending"]


def test_hanging_server_leaves_the_message_to_be_looked_for(app, config, session, waha, monkeypatch):
    monkeypatch.setattr("concierge.waha.client.SEND_SECONDS", 0.3)
    waha.trouble(hang_after=True)
    check_in(app)
    _deliver(app, config)

    message = session.one(Message)
    assert (message.status, message.failure) == ("sending", failures.NO_ANSWER)
    assert message.looking_since is not None


def test_guest_sees_us_read_and_type_before_the_words(app, config, session, waha, monkeypatch):
    monkeypatch.setattr("concierge.worker.sending.TYPING_SECONDS", (0.01, 0.02))
    with arranging(app) as db_session:
        db_session.scalars(select(Line)).one().is_typing_shown = True
    calls = []
    real = WahaClient._call
    monkeypatch.setattr(WahaClient, "_call", lambda self, *args, **kw: calls.append(args[1]) or real(self, *args, **kw))
    check_in(app)
    _deliver(app, config)

    assert calls[-4:] == ["/api/sendSeen", "/api/startTyping", "/api/stopTyping", "/api/sendText"]


def test_line_whose_key_cannot_be_read_says_so_and_loses_nothing(app, config, session, waha):
    with arranging(app) as db_session:
        line = db_session.scalars(select(Line)).one()
        line.position, line.host, line.api_key_encrypted = 1, config.waha_host, "not what we wrote"
    check_in(app)

    _deliver(app, config)

    assert session.one(Message).status == "queued"
    assert session.one(Line).pause_reason == failures.KEY_REFUSED


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


def _look(app, config) -> bool:
    with app.app_context():
        return worker.look_for_one(config)
