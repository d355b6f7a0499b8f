"""What WAHA's answers and WhatsApp's acks do to a message."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from concierge import failures, outbox
from concierge.models import Conversation, Line, Message
from concierge.outbox.recording import MOST_FAULTS_OF_OURS
from tests.database import arranging
from tests.outbox.steps import accepted, claim, claim_here, refuse_by_line
from tests.story import check_in, conversation_with, guest_writes, look, staff_writes


def test_failed_message_holds_nothing_back(app, wayan):
    check_in(app)
    staff_writes(app, "Sarapan jam 6", wayan)
    with arranging(app):
        outbox.record_refused(claim_here(), 1, failures.NO_WHATSAPP)

    assert claim(app) is not None


def test_refusal_of_the_line_costs_no_attempt_and_pauses_it(app, session):
    check_in(app)
    refuse_by_line(app, claim(app))

    message, line = session.one(Message), session.one(Line)
    assert (message.status, message.attempts) == ("queued", 0)
    assert (line.pause_reason, line.paused_since is not None) == (failures.UNREACHABLE, True)


def test_message_without_a_tick_for_a_minute_is_flagged_once(app, session, wait):
    accepted(app, "3EB01")
    with arranging(app):
        assert outbox.flag_unticked() == 0
    wait(seconds=61)

    with arranging(app):
        assert outbox.flag_unticked() == 1
    with arranging(app):
        assert outbox.flag_unticked() == 0

    assert session.one(Message).flagged_at is not None


def test_tick_takes_the_flag_away(app, session, wait):
    line_id = accepted(app, "3EB01")
    wait(seconds=61)
    with arranging(app):
        outbox.flag_unticked()

    with arranging(app):
        outbox.record_ack(line_id, "3EB01", 1)

    assert (session.one(Message).status, session.one(Message).flagged_at) == ("sent", None)


def test_held_message_can_be_taken_back_until_it_goes(app, session, wait):
    with arranging(app):
        outbox.post(conversation_with(), "Salah kamar", origin="staff", hold=timedelta(seconds=5))
    assert claim(app) is None
    wait(seconds=6)

    assert claim(app) is not None


def test_acks_climb_and_never_fall(app, session):
    line_id = accepted(app, "3EB01")
    seen = []
    for level in (0, 1, 2, 1, 3, 2, -1, 4, 0):
        with arranging(app):
            assert outbox.record_ack(line_id, "3EB01", level)
        seen.append(session.one(Message).status)

    assert seen == ["accepted", "sent", "delivered", "delivered", "read", "read", "read", "read", "read"]


def test_error_ack_fails_what_has_no_tick_yet(app, session):
    line_id = accepted(app, "3EB01")

    with arranging(app):
        outbox.record_ack(line_id, "3EB01", -1)

    assert (session.one(Message).status, session.one(Message).failure) == ("failed", failures.REFUSED_BY_WHATSAPP)


def test_refusal_that_overtook_wahas_answer_stands(app, session):
    check_in(app)
    with arranging(app):
        message_id = outbox.claim_next().id
        line_id = outbox.record_accepted(message_id, "3EB01").line_id  # the echo
        outbox.record_ack(line_id, "3EB01", -1)

    with arranging(app):
        outbox.record_accepted(message_id, "3EB01")

    assert session.one(Message).status == "failed"


def test_late_ack_heals_what_was_thought_lost(app, session):
    line_id = accepted(app, "3EB01")
    with arranging(app):
        outbox.record_ack(line_id, "3EB01", -1)

    with arranging(app):
        outbox.record_ack(line_id, "3EB01", 2)

    assert (session.one(Message).status, session.one(Message).failure) == ("delivered", None)


def test_ack_of_an_unknown_message_is_told_so(app, session):
    line_id = session.one(Line).id

    with arranging(app):
        assert not outbox.record_ack(line_id, "3EB0NOBODY", 2)


def test_every_visible_change_raises_the_revision(app, session):
    line_id = accepted(app, "3EB01")
    before = session.one(Conversation).revision

    with arranging(app):
        outbox.record_ack(line_id, "3EB01", 1)

    assert session.one(Conversation).revision == session.one(Message).revision == before + 1


def test_answer_taken_back_lets_the_guest_wait_again(app, session, wayan):
    guest_writes(app, "Halo?")
    message_id = staff_writes(app, "Selamat siang", wayan)

    with arranging(app) as db_session:
        outbox.cancel(db_session.get(Message, message_id))

    assert session.one(Conversation).waiting_since is not None
    assert look(app, Message, message_id).status == "cancelled"


def test_what_is_on_its_way_cannot_be_taken_back(app, session):
    check_in(app)
    claim(app)

    with arranging(app) as db_session, pytest.raises(outbox.TooLate):
        outbox.cancel(db_session.scalars(select(Message)).one())


def test_fault_of_ours_is_tried_again_but_not_for_ever(app, session, wait):
    check_in(app)
    for _ in range(MOST_FAULTS_OF_OURS):
        with arranging(app):
            message = outbox.claim_next()
            outbox.record_fault_of_ours(message.id, message.claims)
        wait(minutes=1)

    assert (session.one(Message).status, session.one(Message).failure) == ("failed", failures.OUR_FAULT)


def test_echo_that_made_its_own_bubble_gives_its_id_to_the_row_that_sent(app, session):
    check_in(app)
    message_id = claim(app)
    with arranging(app) as db_session:
        sent = db_session.get(Message, message_id)
        echo = outbox.post(sent.conversation, "other words", origin="staff")
        echo.raw_id, echo.status = "3EB0ECHO", "sent"

    with arranging(app):
        outbox.record_accepted(message_id, "3EB0ECHO")

    assert look(app, Message, message_id).raw_id == "3EB0ECHO"
    assert session.one(select(Message).where(Message.text == "other words")).status == "cancelled"
