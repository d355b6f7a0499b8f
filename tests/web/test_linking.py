"""Saying by hand who writes: for numbers that WhatsApp hides and nobody else can resolve."""

import pytest
from sqlalchemy import select

from concierge import inbox, lines
from concierge.guests import LID, Reach
from concierge.models import Conversation, Guest, Message, Stay
from tests.client import sign_in
from tests.database import arranging
from tests.story import check_in, guest_writes


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

    assert "312 · Ayu Lestari" in page
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
