"""What people do with a message, and what time does to it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from concierge import failures, outbox, stays
from concierge.models import Conversation, Message, Staff, Stay
from tests.database import arranging
from tests.outbox.steps import accepted, claim, claim_here, give_up_looking, lose_track
from tests.story import check_in, conversation_with, guest_writes, staff_writes


@pytest.mark.parametrize(("origin", "minutes"), [("automatic", 10), ("staff", 120)])
def test_words_past_their_shelf_life_are_cancelled_with_the_reason(app, session, wait, origin, minutes):
    with arranging(app):
        outbox.post(conversation_with(), "Segera", origin=origin)
    wait(minutes=minutes - 1)
    with arranging(app):
        assert outbox.expire_stale() == 0
    wait(minutes=2)

    assert claim(app) is None
    with arranging(app):
        assert outbox.expire_stale() == 1

    assert (session.one(Message).status, session.one(Message).failure) == ("cancelled", failures.EXPIRED)


def test_welcome_does_not_grow_stale_before_check_out(app, wait):
    check_in(app)
    wait(days=2)

    assert claim(app) is not None


def test_expired_answer_can_still_be_sent(app, session, wait, wayan):
    message_id = staff_writes(app, "Segera", wayan)
    wait(hours=3)
    with arranging(app) as db_session:
        outbox.expire_stale()
        outbox.retry(db_session.get(Message, message_id))

    assert claim(app) == message_id


def test_answer_of_a_person_cancels_the_automatic_one_that_waits(app, session, wayan):
    with arranging(app):
        outbox.post(conversation_with(), "automatic", origin="automatic")

    staff_writes(app, "Selamat siang", wayan)

    automatic = session.one(select(Message).where(Message.origin == "automatic"))
    assert (automatic.status, automatic.failure) == ("cancelled", failures.PERSON_ANSWERED)


def test_answer_of_a_person_makes_what_waits_for_the_guest_due_now(app, wait, wayan):
    check_in(app)
    with arranging(app) as db_session:
        message = db_session.scalars(select(Message)).one()
        message.due_at = message.due_at + timedelta(minutes=10)

    staff_writes(app, "Selamat siang", wayan)

    assert claim(app) is not None


def test_failed_answer_lets_the_guest_wait_again(app, session, wayan):
    guest_writes(app, "Halo?")
    began = session.one(Conversation).waiting_since
    staff_writes(app, "Selamat siang", wayan)

    with arranging(app):
        outbox.record_refused(claim_here(), 1, failures.NO_WHATSAPP)

    assert session.one(Conversation).waiting_since == began


def test_failed_message_is_sent_again_as_the_same_row(app, session):
    check_in(app)
    with arranging(app):
        outbox.record_refused(claim_here(), 1, failures.NO_WHATSAPP)

    with arranging(app) as db_session:
        outbox.retry(db_session.scalars(select(Message)).one())

    assert claim(app) == session.one(Message).id


def test_message_on_its_way_is_not_sent_again(app):
    line_id = accepted(app, "3EB01")
    with arranging(app):
        outbox.record_ack(line_id, "3EB01", 1)

    with arranging(app) as db_session, pytest.raises(outbox.TooLate):
        outbox.retry(db_session.scalars(select(Message)).one())


def test_person_confirms_what_arrived(app, session, wait, wayan):
    lose_track(app)
    give_up_looking(app, wait)

    with arranging(app) as db_session:
        outbox.confirm(db_session.scalars(select(Message)).one(), db_session.get(Staff, wayan.id))

    message = session.one(Message)
    assert (message.status, message.details) == ("delivered", {"confirmed_by": wayan.name})


def test_message_without_an_address_fails_at_once_with_words(app, session):
    stay = check_in(app)
    with arranging(app) as db_session:
        stays.wrong_person(db_session.get(Stay, stay.id))
        conversation = stays.conversation_of(db_session.get(Stay, stay.id))
        outbox.post(conversation, "Halo", origin="staff")

    message = session.one(select(Message).where(Message.text == "Halo"))
    assert (message.status, message.failure) == ("failed", failures.NO_ADDRESS)
