"""The bubble that an echo made before WAHA's answer came: it gives all it knows to the row that sent it."""

import pytest
from sqlalchemy import select

from concierge import inbox, lines, outbox, worker
from concierge.guests import LID, Reach
from concierge.models import Address, Conversation, Guest, Message
from concierge.models.message import CANCELLED, DELIVERED, FAILED, SENDING
from tests.database import arranging
from tests.story import AYUS_PHONE, check_in

AYUS_LID = Reach(LID, "99110000000001")


@pytest.mark.parametrize(("level", "status"), [(2, DELIVERED), (-1, FAILED)])
def test_echo_under_the_hidden_number_says_whose_that_is(app, config, session, level, status):
    """It came before WAHA's answer, and its ticks too: the row that was sent to the phone has them all in the end."""
    check_in(app)
    with arranging(app) as db:
        welcome = db.scalars(select(Message)).one()
        welcome.status, welcome.attempts, line_id = SENDING, 1, welcome.line_id
        echo = inbox.Incoming(reach=AYUS_LID, raw_id="3EB0ECHO", text=welcome.text, is_from_api=True)
        inbox.receive_own(lines.first(), echo)
        outbox.record_ack(line_id, "3EB0ECHO", level)
    assert session.count(Conversation) == 2

    with arranging(app) as db:
        sent = db.scalars(select(Message).where(Message.attempts == 1)).one()
        outbox.record_accepted(sent.id, "3EB0ECHO")
    with app.app_context():
        while worker.run_one_errand(config):  # WAHA, which is not there, is asked whose the hidden number is, in vain
            pass

    lid = session.one(select(Address).where(Address.kind == LID))
    assert (lid.lid_of, lid.guest_id) == (AYUS_PHONE, session.one(select(Guest).where(Guest.name.is_not(None))).id)
    assert session.one(select(Message).where(Message.attempts == 1)).status == status
    assert session.one(select(Message).where(Message.attempts == 0)).status == CANCELLED
    assert len(session.all(select(Conversation).where(Conversation.is_active))) == 1


def test_tick_between_echo_and_answer_finds_the_row_by_the_id_it_asked_for(app, session):
    check_in(app)
    with arranging(app) as db:
        welcome = db.scalars(select(Message)).one()
        line_id = welcome.line_id
        inbox.receive_own(lines.first(), inbox.Incoming(reach=AYUS_LID, raw_id="3EB0ECHO", text="as it was sent"))
        welcome.status, welcome.attempts, welcome.chosen_id = SENDING, 1, "3EB0ECHO"

    with arranging(app):
        assert outbox.record_ack(line_id, "3EB0ECHO", 2)

    assert session.one(select(Message).where(Message.raw_id == "3EB0ECHO")).status == DELIVERED
    assert session.one(select(Message).where(Message.attempts == 0)).status == CANCELLED
