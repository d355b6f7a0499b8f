"""The three journeys of the house, each part real but in one process: a door, the worker's beats, the simulator."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from concierge import clock, worker
from concierge.config import Config
from concierge.extensions import db
from concierge.models import Conversation, Message
from concierge.models.base import new_id
from tests.client import WEBHOOK, HonestClient, sign_in
from tests.database import Look
from tests.people import Employee
from tests.story import AYUS_PHONE, add_rooms, give_up_looking
from tests.waha import Guests

CHAT = "6281234567890@c.us"


class House:
    """Wayan's screen, the worker's beats and what WAHA tells, by name."""

    def __init__(self, app: Flask, desk: HonestClient, session: Look, waha: Guests) -> None:
        self.app, self.desk, self.session, self.waha = app, desk, session, waha
        self.config: Config = app.config["CONCIERGE"]
        self.thread = ""

    def check_in(self) -> None:
        """By the form."""
        form = {
            "stay_id": new_id(),
            "full_name": "Ayu Lestari",
            "phone_number": "0812-3456-7890",
            "room_number": "101",
            "language": "id",
            "checkin_date": clock.today("Asia/Jakarta").isoformat(),
        }
        self.thread = self.desk.post("/stays/new", data=form).location

    def worker_sends(self) -> bool:
        """One beat: claim, call, record."""
        with self.app.app_context():
            try:
                return worker.deliver_one(self.config)
            finally:
                db.session.remove()

    def worker_answers(self) -> bool:
        """One beat of the automatic answer."""
        with self.app.app_context():
            try:
                return worker.answer_one()
            finally:
                db.session.remove()

    def waha_tells(self, event: str, **payload: Any) -> None:
        """A webhook, signed."""
        body = {"id": f"evt_{new_id()}", "event": event, "session": "default", "payload": payload}
        assert self.desk.post_webhook(body, WEBHOOK).status_code == 200

    def waha_acks(self, text: str, level: int) -> None:
        """WhatsApp's tick for the message with these words."""
        raw_id = self.message(text).raw_id
        self.waha_tells("message.ack", id=f"true_{CHAT}_{raw_id}", **{"from": CHAT, "fromMe": True, "ack": level})

    def message(self, text: str) -> Message:
        """The one message with these words in it."""
        (found,) = [one for one in self.session.all(Message) if text in one.text]
        return found

    def screen(self) -> str:
        """The thread as Wayan sees it."""
        return self.desk.get(self.thread).text


@pytest.fixture
def house(app: Flask, client: HonestClient, session: Look, waha: Guests, wayan: Employee) -> House:
    """A hotel with one free room; Wayan is at the desk."""
    add_rooms(app, "101")
    sign_in(client, wayan)
    return House(app, client, session, waha)


def test_a_guest_is_checked_in_and_reads_the_welcome(house: House) -> None:
    house.check_in()
    assert "waiting to go" in house.screen()
    assert house.worker_sends()
    (welcome,) = house.waha.received(AYUS_PHONE)
    assert welcome.startswith("Halo Ayu Lestari") and "101" in welcome
    assert house.message(welcome).status == "accepted"

    for level, status in ((1, "sent"), (3, "read"), (2, "read")):  # the third comes late
        house.waha_acks(welcome, level)
        assert house.message(welcome).status == status
    assert "state--read" in house.screen()
    assert not house.worker_sends()


def test_a_guest_writes_and_is_answered_once(house: House, wait: Callable[..., None]) -> None:
    house.check_in()
    house.worker_sends()
    question = house.desk.get(house.thread).text.split('data-poll-url="')[1].split('"')[0].replace("&amp;", "&")
    for _ in range(2):  # WAHA tries twice
        house.waha_tells("message", id=f"false_{CHAT}_A1", **{"from": CHAT, "fromMe": False, "body": "Ada handuk?"})
    assert house.desk.get(question).text.count("Ada handuk?") >= 1
    assert house.session.one(Conversation).waiting_since

    assert not house.worker_answers()  # she may be writing on
    wait(seconds=6)
    assert house.worker_answers()
    assert not house.worker_answers()
    assert house.worker_sends()
    assert len(house.waha.received(AYUS_PHONE)) == 2
    assert house.session.one(Conversation).waiting_since  # a machine's answer is none
    assert house.desk.get(house.thread).text.count(">Ada handuk?<") == 1


def test_a_reply_fails_and_is_sent_again(house: House) -> None:
    house.check_in()
    house.worker_sends()
    house.waha_tells("message", id=f"false_{CHAT}_A1", **{"from": CHAT, "fromMe": False, "body": "Ada handuk?"})
    house.desk.post(f"{house.thread}/replies", data={"text": "Ada, Bu.", "reply_id": new_id()})
    assert house.session.one(Conversation).waiting_since is None

    house.waha.trouble(drop_before=True)
    house.worker_sends()
    assert house.message("Ada, Bu.").status == "sending"  # it is looked for
    assert not house.worker_sends()
    give_up_looking(house.app)
    assert house.message("Ada, Bu.").status == "unconfirmed"
    assert not house.worker_sends()  # never again by itself
    assert "It arrived" in house.screen() and "Send again" in house.screen()

    house.waha.trouble(drop_before=False)
    house.desk.post(f"/messages/{house.message('Ada, Bu.').id}/retry")
    assert house.worker_sends()
    assert house.waha.received(AYUS_PHONE)[1:] == ["Ada, Bu."]
    for level, status in ((1, "sent"), (2, "delivered"), (3, "read")):
        house.waha_acks("Ada, Bu.", level)
        assert house.message("Ada, Bu.").status == status
    assert house.session.one(Conversation).waiting_since is None
