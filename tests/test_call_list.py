"""Who should be called, and what came of it."""

import pytest
from sqlalchemy import select

from concierge import call_list, failures, lines, outbox
from concierge.models import Message, Staff
from tests.client import sign_in
from tests.database import arranging
from tests.story import check_in, guest_writes, staff_writes

OTHER_PHONE = "+6281390000002"


def test_guest_whose_welcome_failed_is_on_the_list(app):
    _fail(app, check_in)

    assert _names(app) == ["Ayu Lestari"]


def test_message_that_waits_or_arrived_puts_nobody_on_the_list(app):
    check_in(app, room="101")
    check_in(app, room="102", name="Budi", phone=OTHER_PHONE)
    with arranging(app):
        outbox.record_accepted(outbox.claim_next().id, "3EB01")

    assert _names(app) == []


def test_accepted_message_without_a_tick_is_on_the_list(app, wait):
    check_in(app)
    with arranging(app):
        outbox.record_accepted(outbox.claim_next().id, "3EB01")
    wait(seconds=61)
    with arranging(app):
        outbox.flag_unticked()

    assert _names(app) == ["Ayu Lestari"]


def test_guest_who_wrote_since_need_not_be_called(app):
    _fail(app, check_in)

    guest_writes(app, "Halo")

    assert _names(app) == []


def test_guest_whom_a_later_message_reached_need_not_be_called(app, wayan):
    _fail(app, check_in)
    staff_writes(app, "Halo", wayan)
    with arranging(app):
        message = outbox.record_accepted(outbox.claim_next().id, "3EB02")
        outbox.record_ack(message.line_id, "3EB02", 1)

    assert _names(app) == []


def test_unanswered_people_come_before_welcomes_and_no_answer_comes_last(app, wayan):
    _fail(app, check_in, room="101", name="Ayu", phone="+6281234500001")
    _fail(app, check_in, room="102", name="Budi", phone="+6281234500002")
    guest_writes(app, "Halo?", phone="+6281234500003", profile_name="Citra")
    _fail(app, lambda app: staff_writes(app, "Ya?", wayan, phone="+6281234500003"))
    assert _names(app) == ["~Citra", "Ayu", "Budi"]

    _outcome(app, wayan, "Ayu", "no_answer")

    assert _names(app) == ["~Citra", "Budi", "Ayu"]
    assert _count(app) == 2


@pytest.mark.parametrize("outcome", ["reached", "not_needed"])
def test_call_that_settled_it_takes_the_guest_off_the_list(app, session, wayan, outcome):
    _fail(app, check_in)

    _outcome(app, wayan, "Ayu Lestari", outcome)

    assert _names(app) == []
    message = session.one(Message)
    assert (message.call_outcome, message.call_outcome_by_id) == (outcome, wayan.id)


def test_several_lost_messages_are_one_call(app, wayan):
    _fail(app, check_in)
    _fail(app, lambda app: staff_writes(app, "Halo?", wayan))

    with arranging(app):
        (call,) = call_list.calls(lines.first().hotel)
        assert call.more == 1


def test_screen_shows_number_reason_and_outcomes(app, client, wayan):
    _fail(app, check_in)
    sign_in(client, wayan)

    page = client.get("/call-list").text

    assert "+62 812-3456-7890" in page and "no WhatsApp" in page
    assert all(words in page for words in ("Reached", "No answer", "Not needed"))


def test_outcome_is_noted_by_the_screen(app, client, session, wayan):
    _fail(app, check_in)
    sign_in(client, wayan)

    answer = client.post(f"/messages/{session.one(Message).id}/call", data={"outcome": "reached"})

    assert answer.status_code == 303
    assert session.one(Message).call_outcome == "reached"


def test_unknown_outcome_and_other_hotels_messages_are_refused(app, client, session, wayan, charlie):
    _fail(app, check_in)
    message_id = session.one(Message).id

    assert sign_in(client, wayan).post(f"/messages/{message_id}/call", data={"outcome": "maybe"}).status_code == 400
    assert (
        sign_in(app.test_client(), charlie)
        .post(f"/messages/{message_id}/call", data={"outcome": "reached"})
        .status_code
        == 404
    )
    assert session.one(Message).call_outcome is None


def test_empty_list_says_so(app, client, wayan):
    assert "Nobody has to be called" in sign_in(client, wayan).get("/call-list").text


def _fail(app, story, **facts) -> None:
    story(app, **facts)
    with arranging(app):
        message = outbox.claim_next()
        outbox.record_refused(message.id, message.claims, failures.NO_WHATSAPP)


def _names(app) -> list[str]:
    with arranging(app):
        return [call.conversation.guest.shown_name for call in call_list.calls(lines.first().hotel)]


def _count(app) -> int:
    with arranging(app):
        return call_list.count(lines.first().hotel)


def _outcome(app, by, name: str, outcome: str) -> None:
    with arranging(app) as session:
        messages = session.scalars(select(Message).where(Message.role == "System"))
        message = next(one for one in messages if one.conversation.guest.shown_name == name)
        call_list.note_outcome(message, outcome, session.get(Staff, by.id))
