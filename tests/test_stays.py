"""Check-in, check-out, and whom a phone belongs to."""

import threading
from datetime import date

import pytest
from sqlalchemy import select

from concierge import clock, lines, stays
from concierge.models import Address, Conversation, Guest, Message, Room, Stay
from concierge.models.message import CANCELLED, QUEUED, WELCOME
from tests.database import arranging
from tests.story import AYUS_PHONE, add_rooms, check_in, guest_writes, look

OTHER_PHONE = "+6281390000002"


def test_check_in_makes_guest_stay_conversation_and_welcome_at_once(app, session):
    stay = check_in(app, room="312", name="Ayu Lestari", language="id")

    assert session.one(Guest).name == "Ayu Lestari"
    assert session.one(Room).is_booked
    assert session.one(Conversation).stay_id == stay.id
    welcome = session.one(Message)
    assert (welcome.role, welcome.status, welcome.origin) == ("System", QUEUED, WELCOME)
    assert "Ayu Lestari" in welcome.text and "312" in welcome.text and welcome.text.startswith("Halo")


def test_english_guest_is_welcomed_in_english(app, session):
    check_in(app, name="Kenji", language="en")

    assert session.one(Message).text.startswith("Hello Kenji")


def test_occupied_room_is_refused_and_nothing_is_left_of_the_second_guest(app, session):
    check_in(app, room="101")

    with pytest.raises(stays.RoomOccupied):
        check_in(app, room="101", name="Budi", phone=OTHER_PHONE)

    assert session.count(Stay) == session.count(Guest) == session.count(Message) == 1


def test_room_that_is_out_of_order_is_refused(app, session):
    add_rooms(app, "101")
    with arranging(app) as db:
        db.scalars(select(Room)).one().cleaning_state = "out_of_order"

    with pytest.raises(stays.RoomOutOfOrder):
        check_in(app, room="101")

    assert session.count(Stay) == 0


def test_twenty_clerks_at_once_get_a_room_once(app, session):
    add_rooms(app, "101")
    outcomes: list[str] = []

    def arrive(number: int) -> None:
        try:
            check_in(app, room="101", name=f"Guest {number}", phone=f"+62812345000{number:02d}")
            outcomes.append("in")
        except stays.RoomOccupied:
            outcomes.append("taken")

    clerks = [threading.Thread(target=arrive, args=(number,)) for number in range(20)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()

    assert sorted(outcomes) == ["in"] + ["taken"] * 19
    assert session.count(Stay) == session.count(Message) == 1


def test_same_form_sent_twice_makes_one_stay(app, session):
    stay_id = "0192f000-0000-7000-8000-000000000001"

    check_in(app, stay_id=stay_id)
    check_in(app, stay_id=stay_id)

    assert session.count(Stay) == session.count(Message) == 1


def test_same_form_sent_at_once_by_eight_threads_makes_one_stay(app, session):
    add_rooms(app, "101")
    made: list[str] = []

    def submit() -> None:
        made.append(check_in(app, stay_id="0192f000-0000-7000-8000-000000000002").id)

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == ["0192f000-0000-7000-8000-000000000002"] * 8
    assert session.count(Stay) == session.count(Message) == session.count(Guest) == 1


def test_known_phone_under_another_name_keeps_both_names_and_asks(app, session):
    first = check_in(app, room="101", name="Budi Santoso")
    _check_out(app, first)

    second = check_in(app, room="101", name="Siti Rahma")

    assert session.one(Guest).name == "Budi Santoso"
    assert (second.guest_name, second.is_name_asked) == ("Siti Rahma", True)


def test_capitals_and_spaces_make_no_other_name(app):
    _check_out(app, check_in(app, name="Budi Santoso"))

    assert not check_in(app, name="budi  SANTOSO").is_name_asked


def test_someone_else_takes_the_phone_and_the_thread_of_the_stay(app, session):
    _check_out(app, check_in(app, name="Budi Santoso"))
    stay = check_in(app, name="Siti Rahma")

    with arranging(app) as db:
        stays.is_someone_else(db.get(Stay, stay.id))

    siti = session.one(select(Guest).where(Guest.name == "Siti Rahma"))
    assert look(app, Stay, stay.id).guest_id == siti.id
    assert session.one(select(Address).where(Address.released_at.is_(None))).guest_id == siti.id
    assert session.one(select(Conversation).where(Conversation.is_active)).guest_id == siti.id


def test_second_room_joins_the_thread_of_its_guest(app, session):
    check_in(app, room="101")
    check_in(app, room="102")

    assert session.count(Conversation) == 1
    assert session.count(Stay) == 2


def test_check_out_frees_the_room_and_ends_the_conversation(app, session, wait):
    stay = check_in(app)
    wait(hours=2)

    _check_out(app, stay)

    room, conversation = session.one(Room), session.one(Conversation)
    assert (room.is_booked, room.cleaning_state) == (False, "dirty")
    assert not conversation.is_active
    assert conversation.duration == pytest.approx(7200, abs=5)
    assert conversation.end is not None


def test_conversation_goes_on_until_the_last_room_is_left(app, session):
    first, second = check_in(app, room="101"), check_in(app, room="102")

    _check_out(app, first)
    still_open = session.one(Conversation)
    _check_out(app, second)

    assert (still_open.is_active, still_open.stay_id) == (True, second.id)
    assert not session.one(Conversation).is_active


def test_welcome_that_waits_is_taken_back_at_check_out(app, session):
    _check_out(app, check_in(app))

    assert session.one(Message).status == CANCELLED


def test_corrected_phone_gets_the_welcome_as_a_new_message_and_the_old_one_nothing(app, session):
    stay = check_in(app, phone=OTHER_PHONE)

    with arranging(app) as db:
        stays.correct_phone(db.get(Stay, stay.id), AYUS_PHONE)

    wrong, right = session.all(Message)
    assert (wrong.status, right.status) == (CANCELLED, QUEUED)
    addresses = {address.id: address for address in session.all(Address)}
    assert addresses[right.address_id].value == AYUS_PHONE
    assert addresses[wrong.address_id].released_at is not None
    assert session.one(Guest).mobile_phone == AYUS_PHONE


def test_corrected_phone_of_a_known_guest_moves_the_stay_and_asks(app, session):
    _check_out(app, check_in(app, room="102", name="Budi", phone=AYUS_PHONE))
    stay = check_in(app, name="Siti", phone=OTHER_PHONE)

    with arranging(app) as db:
        stays.correct_phone(db.get(Stay, stay.id), AYUS_PHONE)

    moved = look(app, Stay, stay.id)
    assert look(app, Guest, moved.guest_id).name == "Budi"
    assert moved.is_name_asked


def test_wrong_person_hears_nothing_more_about_the_stay(app, session):
    stay = check_in(app)
    guest_writes(app, "Salah sambung!")

    with arranging(app) as db:
        stays.wrong_person(db.get(Stay, stay.id))

    strangers = session.one(select(Conversation).where(Conversation.stay_id.is_(None)))
    ours = session.one(select(Conversation).where(Conversation.stay_id == stay.id))
    assert ours.address_id is None
    assert strangers.guest_id != ours.guest_id
    assert session.one(select(Message).where(Message.origin == WELCOME)).status == CANCELLED


def test_wrong_person_who_writes_again_stays_without_a_stay(app, session):
    stay = check_in(app)
    guest_writes(app, "Siapa ini?")
    with arranging(app) as db:
        stays.wrong_person(db.get(Stay, stay.id))

    guest_writes(app, "Jangan kirim lagi")

    message = session.one(select(Message).where(Message.text == "Jangan kirim lagi"))
    assert look(app, Conversation, message.conversation_id).stay_id is None


def test_phone_after_wrong_person_can_be_corrected(app, session):
    stay = check_in(app, phone=OTHER_PHONE)
    with arranging(app) as db:
        stays.wrong_person(db.get(Stay, stay.id))

    with arranging(app) as db:
        welcome_id = stays.correct_phone(db.get(Stay, stay.id), AYUS_PHONE).id

    welcome = look(app, Message, welcome_id)
    assert welcome.status == QUEUED
    assert look(app, Address, welcome.address_id).value == AYUS_PHONE


def test_out_of_order_and_taken_rooms_are_not_offered(app):
    check_in(app, room="101")
    add_rooms(app, "102", "103", "9")
    with arranging(app) as db:
        db.scalar(select(Room).where(Room.number == "103")).cleaning_state = "out_of_order"

    with arranging(app):
        offered = [room.number for room in stays.free_rooms(lines.first().hotel)]

    assert offered == ["9", "102"]


def test_nights_left_count_in_the_hotels_zone(app):
    today = clock.today("Asia/Jakarta")

    stay = check_in(app, checkout_date=date.fromordinal(today.toordinal() + 2))

    assert stay.nights_left("Asia/Jakarta") == 2


def _check_out(app, stay: Stay) -> None:
    with arranging(app) as db:
        stays.check_out(db.get(Stay, stay.id))
