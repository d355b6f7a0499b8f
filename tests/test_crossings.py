"""What crosses on its way: answers and questions, echoes and retries, old acks and new sends."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from concierge import clock, heartbeat, inbox, lines, outbox, vault, worker
from concierge.extensions import db, writing
from concierge.guests import PHONE, Reach
from concierge.models import Conversation, Line, Message
from concierge.models.message import QUEUED, SENDING, STAFF
from concierge.waha import lookups
from concierge.worker import catching_up
from tests.database import arranging
from tests.story import AYUS_PHONE, check_in, conversation_with, guest_writes, look


def test_guest_who_writes_while_staff_answer_waits_again(app, database_url):
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer: nothing crosses")
    check_in(app)
    guest_writes(app, "first")
    with app.app_context(), writing():
        thread_id = conversation_with().id  # the webhook has loaded the thread
        answering = threading.Thread(target=_answer, args=(app, thread_id))
        answering.start()
        answering.join()
        inbox.receive(lines.first(), _incoming("3EB0AA02", "second", kind="image"))
        db.session.commit()

    assert look(app, Conversation, thread_id).waiting_since is not None


@pytest.mark.parametrize("is_sent_again", [False, True])
def test_echo_finds_the_row_that_sent_it_however_old_that_is(app, session, is_sent_again):
    """It waited for an outage, or WhatsApp refused it first: the echo is of this try."""
    check_in(app)
    if is_sent_again:
        _refuse_and_retry(app)
    with arranging(app) as db_session:
        db_session.scalars(select(Message)).one().created_at = clock.now() - timedelta(hours=2)
    with arranging(app):
        message = outbox.claim_next()
        outbox.record_unknown(message.id, message.claims, "no_answer")
        words = message.text

    with arranging(app):
        inbox.receive_own(lines.first(), _incoming("3EB0E2", words, is_from_api=True))

    assert (session.one(Message).raw_id, session.one(Message).status) == ("3EB0E2", "accepted")


def test_old_error_does_not_fail_the_new_try(app, session):
    check_in(app)
    _refuse_and_retry(app)

    with arranging(app):
        outbox.record_ack(lines.first().id, "3EB0E1", -1)

    assert session.one(Message).status == QUEUED


def test_line_whose_key_cannot_be_read_does_not_stop_the_checks_of_others(app, config, session, waha):
    with arranging(app) as db_session:
        first = lines.first()
        key = vault.encrypt("another SECRET_KEY", "key")
        db_session.add(Line(hotel_id=first.hotel_id, position=1, host=config.waha_host, api_key_encrypted=key))
        first.checked_at = clock.now() - timedelta(hours=1)

    with app.app_context():
        assert worker.check_one(config) and worker.check_one(config)

    assert [line.status for line in session.all(select(Line).order_by(Line.position))][0] == "WORKING"


def test_heartbeat_that_was_only_read_back_is_missed(app, session):
    """Webhooks are dead and WAHA works: that is what the heartbeat is for."""
    with arranging(app):
        line = lines.first()
        line.own_phone, line.heartbeat_minutes, line.heartbeat_code = "+628110009999", 30, "abcd1234"
        line.heartbeat_sent_at = clock.now() - timedelta(minutes=4)
        line_id = line.id
    payload = {
        "id": "true_628110009999@c.us_3EB0CC",
        "from": "628110009999@c.us",
        "fromMe": True,
        "body": heartbeat.words("abcd1234"),
        "timestamp": int(clock.now().timestamp()) - 240,
    }
    with app.app_context():
        reading = catching_up._Pass.__new__(catching_up._Pass)
        reading.line_id, reading.waha_session, reading.found = line_id, "default", 0
        reading._take_in_one(lookups._found(payload))

    assert heartbeat.missed_since(session.one(Line))


def test_chat_that_moves_up_while_others_are_read_is_read_too(app):
    reading = catching_up._Pass.__new__(catching_up._Pass)
    reading.reader, reading.since = _Restless(), clock.now() - timedelta(hours=1)

    for chat in reading._chats():
        list(reading._pages(chat))

    assert set(reading.reader.order) == set(reading.reader.read)


class _Restless:
    """A server with sixty chats; while one is read, another one moves to the top."""

    def __init__(self) -> None:
        self.order, self.read = [f"62{number}@c.us" for number in range(60)], []
        self.last_at = dict.fromkeys(self.order, clock.now() - timedelta(minutes=30))

    def reads_all_chats_at_once(self) -> bool:
        return False

    def recent_chats(self, limit: int, offset: int) -> list[lookups.RecentChat]:
        return [lookups.RecentChat(chat, self.last_at[chat]) for chat in self.order[offset : offset + limit]]

    def messages(self, chat: str, _since, _limit: int, offset: int) -> list[lookups.Found]:
        if offset == 0:
            self.read.append(chat)
        if chat == "625@c.us":
            self.order.remove("6235@c.us")
            self.order.insert(0, "6235@c.us")
            self.last_at["6235@c.us"] = clock.now()
        return []


def _incoming(raw_id: str, text: str, **more) -> inbox.Incoming:
    return inbox.Incoming(reach=Reach(PHONE, AYUS_PHONE), raw_id=raw_id, text=text, **more)


def _answer(app, thread_id: str) -> None:
    with arranging(app) as db_session:
        outbox.post(db_session.get(Conversation, thread_id), "answer", origin=STAFF)


def _refuse_and_retry(app) -> None:
    with arranging(app) as db_session:
        message = outbox.claim_next()
        assert message.status == SENDING
        outbox.record_accepted(message.id, "3EB0E1")
        outbox.record_ack(message.line_id, "3EB0E1", -1)
        outbox.retry(db_session.get(Message, message.id))
