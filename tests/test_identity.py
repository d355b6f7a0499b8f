"""Two guests who turn out to be one become one, in order, and once, whoever finds out and how many at once."""

import threading

import pytest
from sqlalchemy import select

from concierge import conversations, guests, identity, inbox, lines, outbox, stays, threads
from concierge.guests import LID, PHONE, Reach
from concierge.models import Address, Conversation, Errand, Guest, Message, Stay
from concierge.models.message import QUEUED, STAFF
from tests.client import sign_in
from tests.database import arranging
from tests.statements import asked_of
from tests.story import AYUS_PHONE, check_in, guest_writes, staff_writes
from tests.web.at_once import at_once

AYUS_LID = Reach(LID, "99110000000001")
AYUS_REACH = Reach(PHONE, AYUS_PHONE)


def lid_writes(app, text, also=None, raw_id=None, **more):
    """A message from Ayu's hidden id."""
    with arranging(app):
        raw_id = raw_id or f"3EB0{abs(hash(text)):X}"[:22]
        inbox.receive(lines.first(), inbox.Incoming(reach=AYUS_LID, also=also, raw_id=raw_id, text=text, **more))


def threads_of(session):
    """The surviving thread and the emptied one."""
    return (
        session.one(select(Conversation).where(Conversation.is_active)),
        session.one(select(Conversation).where(Conversation.joined_into_id.is_not(None))),
    )


@pytest.fixture
def two_threads(app, wait):
    """Ayu is in the house; somebody whose number is hidden writes, and it is her."""
    check_in(app)
    wait(minutes=1)
    guest_writes(app, "From the phone")
    wait(minutes=1)
    lid_writes(app, "From the hidden number", profile_name="cutiepie")
    wait(minutes=1)
    lid_writes(app, "Anybody there?")


def test_phone_beside_a_lid_joins_two_threads_into_the_older(app, session, two_threads):
    lid_writes(app, "It is me", also=AYUS_REACH)

    thread, emptied = threads_of(session)
    messages = session.all(select(Message).order_by(Message.seq))
    assert {message.conversation_id for message in messages} == {thread.id}
    assert [message.seq for message in messages] == list(range(1, 6))
    assert messages[0].origin == "welcome"
    assert [message.text for message in messages[1:]] == [
        "From the phone", "From the hidden number", "Anybody there?", "It is me",
    ]  # fmt: skip
    assert thread.seq == 5
    assert (emptied.joined_into_id, emptied.stay_id, emptied.waiting_since) == (thread.id, None, None)
    assert emptied.end is not None


def test_guest_of_check_in_keeps_name_stay_and_both_addresses(app, session, two_threads):
    lid_writes(app, "It is me", also=AYUS_REACH)

    ayu = session.one(select(Guest).where(Guest.joined_into_id.is_(None)))
    assert (ayu.name, ayu.shown_name, ayu.profile_name) == ("Ayu Lestari", "Ayu Lestari", "cutiepie")
    assert {address.guest_id for address in session.all(Address)} == {ayu.id}
    assert session.one(Stay).guest_id == ayu.id
    assert threads_of(session)[0].stay_id == session.one(Stay).id


def test_open_screens_see_what_moved_as_new(app, session, two_threads):
    seen = session.one(select(Conversation).where(Conversation.stay_id.is_not(None)))
    join_by_payload(app)

    moved = session.one(select(Message).where(Message.text == "Anybody there?"))
    assert moved.revision > seen.revision
    assert moved.seq > seen.seq


def test_wait_began_when_the_guest_first_wrote_in_either_thread(app, session, two_threads):
    began = session.one(select(Message).where(Message.text == "From the phone")).created_at

    join_by_payload(app)

    assert threads_of(session)[0].waiting_since == began


def test_answered_thread_waits_for_what_the_other_one_brings(app, session, two_threads, wayan):
    staff_writes(app, "Selamat siang", wayan)
    began = session.one(select(Message).where(Message.text == "From the hidden number")).created_at

    join_by_payload(app)

    assert threads_of(session)[0].waiting_since == began


def test_queued_answers_keep_their_order_and_their_address(app, session, two_threads, wayan):
    staff_writes(app, "One", wayan)
    with arranging(app) as db:
        hidden = db.scalars(select(Conversation).where(Conversation.stay_id.is_(None))).one()
        for text in ("Two", "Three"):
            outbox.post(hidden, text, origin=STAFF)
    join_by_payload(app)

    queued = session.all(select(Message).where(Message.status == QUEUED).order_by(Message.seq))
    lid = session.one(select(Address).where(Address.kind == LID))
    assert [message.text for message in queued if message.origin == STAFF] == ["One", "Two", "Three"]
    assert {message.address_id for message in queued if message.text in ("Two", "Three")} == {lid.id}


def test_answers_go_where_the_guest_was_last(app, session, two_threads):
    join_by_payload(app)

    assert threads_of(session)[0].address_id == session.one(select(Address).where(Address.kind == LID)).id


def test_two_names_for_one_phone_are_asked_about(app, session):
    check_in(app, room="101", name="Ayu Lestari")
    check_in(app, room="102", name="Budi Santoso", phone="+628111111111")

    with arranging(app):
        identity.same_person(lines.first().hotel_id, AYUS_REACH, Reach(PHONE, "+628111111111"))

    asked = session.one(select(Stay).where(Stay.guest_name == "Budi Santoso"))
    assert asked.is_name_asked
    assert asked.guest_id == session.one(select(Guest).where(Guest.name == "Ayu Lestari")).id
    assert len(session.all(select(Conversation).where(Conversation.is_active))) == 1


def test_released_address_stays_with_whom_it_was(app, session, two_threads):
    with arranging(app) as db:
        stranger = db.scalars(select(Guest).where(Guest.name.is_(None))).one()
        guests.release(guests.give(stranger, Reach(PHONE, "+628122222222")))
    join_by_payload(app)

    gone = session.one(select(Guest).where(Guest.joined_into_id.is_not(None)))
    assert [address.guest_id for address in session.all(Address) if address.released_at] == [gone.id]


def test_joining_again_changes_nothing(app, session, two_threads):
    join_by_payload(app)
    before = rows(session)

    join_by_payload(app)

    assert rows(session) == before


@pytest.mark.parametrize("turn", range(3))
def test_eight_who_join_at_once_join_once(app, session, two_threads, turn):
    ids = [guest.id for guest in session.all(Guest)]

    def join(number):
        with arranging(app):
            identity.join(*(ids if number % 2 else reversed(ids)))

    at_once(8, join)

    thread, _ = threads_of(session)
    assert thread.seq == session.count(Message) == 4
    assert sorted(message.seq for message in session.all(Message)) == [1, 2, 3, 4]


@pytest.mark.parametrize("turn", range(3))
def test_messages_that_come_while_two_are_joined_are_all_there(app, session, two_threads, turn):
    ids = [guest.id for guest in session.all(Guest)]

    def act(number):
        if number in (0, 5):
            with arranging(app):
                identity.join(*ids)
        elif number % 2:
            guest_writes(app, f"phone {number}", raw_id=f"PHONE{number}")
        else:
            lid_writes(app, f"lid {number}", raw_id=f"LID{number}")

    at_once(12, act)

    thread, _ = threads_of(session)
    messages = session.all(Message)
    assert {message.conversation_id for message in messages} == {thread.id}
    assert sorted(message.seq for message in messages) == list(range(1, 15))


@pytest.mark.parametrize("turn", range(3))
def test_check_ins_while_it_turns_out_who_writes_are_all_of_one_guest(app, session, two_strangers, turn):
    def act(number):
        if number % 3 == 0:
            check_in(app, room=str(number))
        elif number % 3 == 1:
            lid_writes(app, f"lid {number}", raw_id=f"LID{number}", also=AYUS_REACH)
        else:
            guest_writes(app, f"phone {number}", raw_id=f"PHONE{number}")

    at_once(12, act)

    ayu = session.one(select(Guest).where(Guest.joined_into_id.is_(None)))
    thread = session.one(select(Conversation).where(Conversation.is_active))
    assert (ayu.name, thread.guest_id, thread.stay_id is not None) == ("Ayu Lestari", ayu.id, True)
    assert {stay.guest_id for stay in session.all(Stay)} == {ayu.id}
    assert {message.conversation_id for message in session.all(Message)} == {thread.id}
    assert sorted(message.seq for message in session.all(Message)) == list(range(1, 15))


def test_writer_who_holds_the_emptied_thread_writes_into_the_other(app, session, two_threads):
    join_by_payload(app)
    thread, emptied = threads_of(session)

    with arranging(app):
        numbers = threads.number_message(emptied.id)

    assert (numbers.conversation_id, numbers.seq) == (thread.id, thread.seq + 1)


def test_thread_is_never_opened_for_a_guest_who_was_joined(app, session, two_threads):
    join_by_payload(app)
    with arranging(app) as db:
        thread = db.scalars(select(Conversation).where(Conversation.is_active)).one()
        thread.is_active = False
        gone = db.scalars(select(Guest).where(Guest.joined_into_id.is_not(None))).one()
        opened = conversations.for_writer(gone, lines.first())
        assert opened.guest_id == gone.joined_into_id


def test_same_message_under_two_addresses_is_stored_once_and_says_who_is_who(app, session):
    guest_writes(app, "Halo", raw_id="3EB0TWIN")
    lid_writes(app, "Halo", raw_id="3EB0TWIN")
    lid_writes(app, "Halo lagi")

    assert [message.text for message in session.all(Message)] == ["Halo", "Halo lagi"]
    assert session.one(Guest).mobile_phone == AYUS_PHONE
    assert session.count(Conversation) == 1


def test_twins_that_come_at_once_are_one_message_of_one_guest(app, session):
    at_once(6, lambda number: (guest_writes if number % 2 else lid_writes)(app, "Halo", raw_id="3EB0TWIN"))

    assert session.count(Message) == 1
    assert len(session.all(select(Guest).where(Guest.joined_into_id.is_(None)))) == 1
    assert len(session.all(select(Conversation).where(Conversation.joined_into_id.is_(None)))) == 1


def test_check_in_goes_to_whoever_the_phone_s_guest_turns_out_to_be_this_moment(
    app, config, session, two_strangers, monkeypatch
):
    """Between finding the guest of the phone and opening the stay, somebody else finds out who that is."""
    _only_where_two_can_write(config)
    real = guests.meet

    def meet(*who):
        found = real(*who)
        assert found.guest.shown_name
        in_another_thread(lambda: same_person(app, AYUS_LID, AYUS_REACH))
        return found

    monkeypatch.setattr(stays.guests, "meet", meet)
    check_in(app)

    ayu = session.one(select(Guest).where(Guest.joined_into_id.is_(None)))
    assert (session.one(Stay).guest_id, ayu.name) == (ayu.id, "Ayu Lestari")
    thread, _ = threads_of(session)
    assert (thread.guest_id, thread.stay_id) == (ayu.id, session.one(Stay).id)


def test_corrected_phone_goes_to_whoever_its_guest_turns_out_to_be_this_moment(
    app, config, session, two_strangers, monkeypatch
):
    _only_where_two_can_write(config)
    stay = check_in(app, phone="+628111111111")
    real = guests.find_address

    def find_address(*who):
        found = real(*who)
        assert found.guest.shown_name
        monkeypatch.undo()
        in_another_thread(lambda: same_person(app, AYUS_LID, AYUS_REACH))
        return found

    monkeypatch.setattr(stays.guests, "find_address", find_address)
    with arranging(app) as db:
        stays.correct_phone(db.get(Stay, stay.id), AYUS_PHONE)

    assert session.one(select(Guest).where(Guest.id == session.one(Stay).guest_id)).joined_into_id is None


def test_wrong_person_takes_the_hidden_number_of_that_phone_along(app, session):
    stay = check_in(app)
    with arranging(app) as db:
        hotel_id = lines.first().hotel_id
        identity.same_person(hotel_id, AYUS_REACH, AYUS_LID)
        stays.wrong_person(db.get(Stay, stay.id))

    lid_writes(app, "Who are you?", also=AYUS_REACH)

    stranger = session.one(select(Guest).where(Guest.name.is_(None)))
    said = session.one(select(Message).where(Message.text == "Who are you?"))
    assert session.one(select(Conversation).where(Conversation.id == said.conversation_id)).guest_id == stranger.id
    assert session.one(Stay).guest_id != stranger.id


def test_message_of_a_known_phone_asks_nothing_more(app, session):
    guest_writes(app, "Halo")
    with asked_of(app) as plain:
        guest_writes(app, "Halo lagi")
    lid_writes(app, "It is me", also=AYUS_REACH)
    with asked_of(app) as beside_a_lid:
        lid_writes(app, "And again", also=AYUS_REACH)

    assert not [statement for statement in (*plain, *beside_a_lid) if "errands" in statement]
    assert len(beside_a_lid) == len(plain)
    assert session.count(Errand) == 0


def test_page_of_the_emptied_thread_leads_to_the_other(app, session, two_threads, client, wayan):
    join_by_payload(app)
    thread, emptied = threads_of(session)
    sign_in(client, wayan)

    page = client.get(f"/conversations/{emptied.id}")
    poll = client.get(f"/conversations/{emptied.id}/thread?revision=1&seq=1", headers={"HX-Request": "true"})

    assert (page.status_code, page.location) == (303, f"/conversations/{thread.id}")
    assert poll.headers["HX-Redirect"] == f"/conversations/{thread.id}"


def test_reply_written_on_the_emptied_thread_goes_out_in_the_other(app, session, two_threads, client, wayan):
    join_by_payload(app)
    thread, emptied = threads_of(session)

    sign_in(client, wayan).post(f"/conversations/{emptied.id}/replies", data={"text": "Selamat siang"})

    assert session.one(select(Message).where(Message.origin == STAFF)).conversation_id == thread.id


def test_list_shows_one_of_the_two(app, session, two_threads, client, wayan):
    join_by_payload(app)
    _, emptied = threads_of(session)

    assert emptied.id not in sign_in(client, wayan).get("/conversations").text


@pytest.fixture
def two_strangers(app, wait):
    """Somebody wrote from a hidden number, and then somebody from a phone; nobody knows yet that both are Ayu."""
    lid_writes(app, "From the hidden number")
    wait(minutes=1)
    guest_writes(app, "From the phone")


def same_person(app, one, other):
    with arranging(app):
        identity.same_person(lines.first().hotel_id, one, other)


def in_another_thread(act):
    """On another connection, and done when this comes back."""
    other = threading.Thread(target=act)
    other.start()
    other.join(10)
    assert not other.is_alive(), "the other one waits"


def _only_where_two_can_write(config):
    if config.database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time: nobody comes between")


def join_by_payload(app):
    """As the webhook does when WhatsApp names the phone beside the LID."""
    with arranging(app):
        identity.meet(lines.first(), AYUS_LID, AYUS_REACH)


def rows(session):
    """Everything that joining could change."""
    return [
        [(row.id, row.updated_at) for row in session.all(model)]
        for model in (Guest, Address, Conversation, Message, Stay)
    ]
