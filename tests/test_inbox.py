"""What arrives is stored once and lands in the right thread."""

import threading

from sqlalchemy import select

from concierge import inbox, lines, outbox, stays
from concierge.guests import LID, PHONE, Reach
from concierge.models import Address, Conversation, Guest, Message, Stay
from concierge.models.message import ACCEPTED, SENDING
from tests.database import arranging
from tests.story import AYUS_PHONE, check_in, guest_writes, look, staff_writes


def test_guests_words_wait_for_an_answer(app, session):
    check_in(app)

    guest_writes(app, "AC-nya bocor")

    conversation = session.one(Conversation)
    message = session.one(select(Message).where(Message.role == "User"))
    assert conversation.waiting_since == message.created_at
    assert message.status is None


def test_second_message_does_not_shorten_the_wait(app, session, wait):
    guest_writes(app, "Halo")
    began = session.one(Conversation).waiting_since
    wait(minutes=4)

    guest_writes(app, "Halo?")

    assert session.one(Conversation).waiting_since == began


def test_message_that_comes_twice_is_stored_once_and_takes_no_number(app, session):
    guest_writes(app, "Halo", raw_id="3EB0AAAA")

    assert guest_writes(app, "Halo", raw_id="3EB0AAAA") is None
    assert session.count(Message) == 1
    assert session.one(Conversation).seq == 1


def test_message_that_comes_eight_times_at_once_is_stored_once(app, session):
    threads = [
        threading.Thread(target=guest_writes, args=(app, "Halo"), kwargs={"raw_id": "3EB0BBBB"}) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert session.count(Message) == session.count(Guest) == session.count(Conversation) == 1


def test_eight_messages_at_once_get_numbers_without_gap_or_double(app, session):
    threads = [threading.Thread(target=guest_writes, args=(app, f"Message {number}")) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(message.seq for message in session.all(Message)) == list(range(1, 9))
    assert session.one(Conversation).seq == 8


def test_guest_after_check_out_reopens_his_thread_for_two_weeks(app, session, wait):
    _leave(app, check_in(app))
    wait(days=13)

    guest_writes(app, "I forgot my passport")

    conversation = session.one(Conversation)
    assert conversation.is_active and conversation.end is None and conversation.duration is None


def test_guest_after_two_weeks_starts_a_thread_without_a_stay(app, session, wait):
    _leave(app, check_in(app))
    wait(days=15)

    guest_writes(app, "Do you have a room in May?")

    assert session.one(select(Conversation).where(Conversation.is_active)).stay_id is None


def test_stranger_gets_a_thread_without_a_stay(app, session):
    guest_writes(app, "Hello", phone="+819012345678", profile_name="Kenji")

    assert session.one(Conversation).stay_id is None
    assert session.one(Guest).shown_name == "~Kenji"


def test_profile_name_never_replaces_the_name_of_check_in(app, session):
    check_in(app, name="Ayu Lestari")

    guest_writes(app, "Halo", profile_name="cutiepie")

    assert session.one(Guest).shown_name == "Ayu Lestari"


def test_phone_beside_a_lid_finds_the_guest_and_is_remembered(app, session):
    check_in(app, phone=AYUS_PHONE)

    _from_lid(app, "Halo", also=Reach(PHONE, AYUS_PHONE))
    _from_lid(app, "Halo lagi")

    assert session.count(Guest) == session.count(Conversation) == 1
    assert {address.kind for address in session.all(Address)} == {"phone", "lid"}


def test_answer_goes_where_the_guest_last_wrote_from(app):
    check_in(app, phone=AYUS_PHONE)
    _from_lid(app, "Halo", also=Reach(PHONE, AYUS_PHONE))

    message_id = _answer(app)

    assert look(app, Address, look(app, Message, message_id).address_id).chat_id == "99110000000001@lid"


def test_echo_of_our_own_send_belongs_to_the_row_that_sends(app, session):
    check_in(app)
    with arranging(app) as db:
        message = db.scalars(select(Message)).one()
        message.status, message.attempts = SENDING, 1
        text = message.text

    _own(app, text, is_from_api=True)

    message = session.one(Message)
    assert (message.status, message.raw_id) == (ACCEPTED, "3EB0ECHO")


def test_words_typed_on_the_hotels_phone_are_an_answer(app, session):
    guest_writes(app, "Halo?")

    _own(app, "Selamat siang, Bu")

    conversation = session.one(Conversation)
    assert conversation.waiting_since is None and conversation.auto_reply_at is None
    assert session.one(select(Message).where(Message.role == "System")).origin == "phone"


def test_words_of_another_program_do_not_answer_the_guest(app, session):
    guest_writes(app, "Halo?")

    _own(app, "Newsletter", is_from_api=True)

    assert session.one(Conversation).waiting_since is not None


def test_answer_of_staff_ends_the_wait(app, session, wayan):
    guest_writes(app, "Halo?")

    staff_writes(app, "Selamat siang", wayan)

    assert session.one(Conversation).waiting_since is None


def _answer(app) -> str:
    with arranging(app) as db:
        return outbox.post(db.scalars(select(Conversation)).one(), "Baik, Bu", origin="staff").id


def _from_lid(app, text: str, also: Reach | None = None) -> None:
    with arranging(app):
        reach = Reach(LID, "99110000000001")
        inbox.receive(lines.first(), inbox.Incoming(reach=reach, also=also, raw_id=f"3EB0{hash(text)}", text=text))


def _own(app, text: str, *, is_from_api: bool = False) -> None:
    with arranging(app):
        incoming = inbox.Incoming(
            reach=Reach(PHONE, AYUS_PHONE), raw_id="3EB0ECHO", text=text, is_from_api=is_from_api, ack=1 - is_from_api
        )
        inbox.receive_own(lines.first(), incoming)


def _leave(app, stay: Stay) -> None:
    with arranging(app) as db:
        stays.check_out(db.get(Stay, stay.id))
