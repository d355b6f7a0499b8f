"""Saying by hand who writes: for numbers that WhatsApp hides and nobody else can resolve."""

import re

import pytest
from sqlalchemy import select

from concierge import clock, inbox, lines
from concierge.guests import LID, PHONE, Reach
from concierge.models import Conversation, Guest, Message, Stay
from tests.client import sign_in
from tests.database import arranging
from tests.story import AYUS_PHONE, add_rooms, check_in, guest_writes


@pytest.fixture
def hidden(app, session):
    """A thread of somebody whose number is hidden."""
    with arranging(app):
        reach = Reach(LID, "99110000000001")
        inbox.receive(lines.first(), inbox.Incoming(reach=reach, raw_id="3EB0HIDDEN", text="May I have towels?"))
    return session.one(Conversation)


@pytest.fixture
def desk(client, wayan):
    """Wayan, signed in."""
    return sign_in(client, wayan)


def test_panel_of_a_thread_without_a_stay_leads_there(app, desk, hidden):
    assert f"/conversations/{hidden.id}/guest" in desk.get(f"/conversations/{hidden.id}").text


def test_panel_of_a_guest_in_the_house_does_not(app, desk, session):
    check_in(app)
    guest_writes(app, "Halo")
    thread = session.one(Conversation)

    assert f"/conversations/{thread.id}/guest" not in desk.get(f"/conversations/{thread.id}").text
    assert desk.get(f"/conversations/{thread.id}/guest").location == f"/conversations/{thread.id}"


def test_page_lists_who_is_in_the_house_and_says_what_will_happen(app, desk, hidden):
    check_in(app, room="312", name="Ayu Lestari")

    page = desk.get(f"/conversations/{hidden.id}/guest").text

    assert re.sub(r"<[^>]+>", "", page).count("312 · Ayu Lestari") == 1
    assert "become one thread" in page


def test_page_says_when_nobody_is_in_the_house(desk, hidden):
    assert "No guest is in the house" in desk.get(f"/conversations/{hidden.id}/guest").text


def test_chosen_guest_has_the_messages_from_then_on(app, desk, session, hidden):
    stay = check_in(app)

    answer = desk.post(f"/conversations/{hidden.id}/guest", data={"stay_id": stay.id})

    thread = session.one(select(Conversation).where(Conversation.is_active))
    assert answer.location == f"/conversations/{thread.id}"
    assert {message.conversation_id for message in session.all(Message)} == {thread.id}
    assert (thread.stay_id, thread.guest_id) == (stay.id, session.one(Stay).guest_id)
    assert session.one(select(Guest).where(Guest.joined_into_id.is_(None))).name == "Ayu Lestari"


def test_who_says_the_room_stands_above_the_others(app, desk, session):
    check_in(app, room="101", name="Budi", phone="+6281390000002")
    check_in(app, room="312", name="Ayu Lestari")
    with arranging(app):
        reach = Reach(LID, "99110000000001")
        inbox.receive(lines.first(), inbox.Incoming(reach=reach, raw_id="3EB0R", text="Halo, saya di kamar 312."))
    thread = session.one(select(Conversation).where(Conversation.stay_id.is_(None)))

    page = desk.get(f"/conversations/{thread.id}/guest").text

    assert page.index("Perhaps") < page.index("Ayu Lestari") < page.index("Everybody else") < page.index("Budi")


def test_check_in_from_the_thread_knows_what_is_known(app, desk, session):
    guest_writes(app, "Is there a room?", profile_name="Astrid")
    thread = session.one(Conversation)

    page = desk.get(f"/conversations/{thread.id}/guest/new").text

    assert 'value="Astrid"' in page
    assert 'value="+62 812-3456-7890"' in page


@pytest.mark.parametrize("is_hidden", [True, False])
def test_check_in_from_the_thread_takes_the_messages_along(app, desk, session, is_hidden):
    reach = Reach(LID, "99110000000001") if is_hidden else Reach(PHONE, AYUS_PHONE)
    with arranging(app):
        inbox.receive(lines.first(), inbox.Incoming(reach=reach, raw_id="3EB0R", text="Is there a room?"))
    add_rooms(app, "101")
    form = {"full_name": "Ayu Lestari", "phone_number": AYUS_PHONE, "room_number": "101", "language": "id"}
    today = {"checkin_date": str(clock.today("Asia/Jakarta"))}

    answer = desk.post(f"/conversations/{session.one(Conversation).id}/guest/new", data=form | today)

    thread = session.one(select(Conversation).where(Conversation.is_active))
    assert answer.location == f"/conversations/{thread.id}"
    assert thread.stay_id == session.one(Stay).id
    assert {message.conversation_id for message in session.all(Message)} == {thread.id}
    assert {message.origin for message in session.all(Message)} == {"guest", "welcome"}


def test_check_in_that_is_wrong_says_so_and_changes_nothing(app, desk, session, hidden):
    page = desk.post(f"/conversations/{hidden.id}/guest/new", data={"full_name": ""})

    assert "field__error" in page.text
    assert f'action="/conversations/{hidden.id}/guest/new"' in page.text
    assert session.count(Stay) == 0


def test_second_press_leads_to_the_same_thread(app, desk, session, hidden):
    stay = check_in(app)
    first = desk.post(f"/conversations/{hidden.id}/guest", data={"stay_id": stay.id})

    second = desk.post(f"/conversations/{hidden.id}/guest", data={"stay_id": stay.id})

    assert second.location == first.location


@pytest.mark.parametrize("stay_id", ["", "nobody", "00000000-0000-0000-0000-000000000000"])
def test_nobody_is_chosen_by_accident(app, desk, session, hidden, stay_id):
    check_in(app)

    page = desk.post(f"/conversations/{hidden.id}/guest", data={"stay_id": stay_id})

    assert "field__error" in page.text
    assert len(session.all(select(Conversation).where(Conversation.is_active))) == 2


def test_other_hotels_thread_does_not_exist_here(app, client, charlie, hidden):
    sign_in(client, charlie)

    assert client.get(f"/conversations/{hidden.id}/guest").status_code == 404
    assert client.post(f"/conversations/{hidden.id}/guest", data={"stay_id": "x"}).status_code == 404
