"""A message's life: posted, claimed, accepted, refused or unknown, acked, retried, cancelled."""

import threading

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from concierge import failures, outbox, stays
from concierge.extensions import db, writing
from concierge.models import Conversation, Line, Message, Staff, Stay
from tests.database import arranging
from tests.story import check_in, guest_writes, look, staff_writes

OTHER_PHONE = "+6281390000002"


def test_claim_takes_the_oldest_message_under_a_lease(app, session):
    check_in(app)

    claimed = _claim(app)

    message = session.one(Message)
    assert (claimed, message.status, message.attempts, message.claims) == (message.id, "sending", 1, 1)
    assert message.due_at > message.created_at


def test_claim_looks_for_its_candidate_among_other_rows_than_the_one_it_updates():
    """Were `messages` itself inside the subquery, it would mean the row being updated, and every row would match."""
    words = str(outbox._CLAIM.compile(dialect=postgresql.dialect()))

    subquery = words.partition("(SELECT")[2].partition("RETURNING")[0]

    assert "messages_1" in subquery and "messages_2" in subquery
    assert "messages." not in subquery


def test_nothing_is_claimed_twice(app):
    check_in(app)

    assert _claim(app) is not None
    assert _claim(app) is None


def test_eight_claimers_share_twenty_guests_without_taking_one_twice(app):
    for number in range(20):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")
    claimed: list[str] = []

    def claim_all() -> None:
        misses = 0
        while misses < 5:
            message_id = _claim(app)
            misses = 0 if message_id else misses + 1
            claimed.extend([message_id] if message_id else [])

    threads = [threading.Thread(target=claim_all) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claimed) == len(set(claimed)) == 20


def test_later_message_of_a_guest_waits_behind_one_that_is_being_sent(app, wayan):
    check_in(app)
    staff_writes(app, "Sarapan jam 6", wayan)
    first = _claim(app)

    assert _claim(app) is None
    with arranging(app):
        outbox.record_accepted(first, "3EB01")
    assert _claim(app) is not None


def test_other_guests_do_not_wait_behind_it(app):
    check_in(app, room="101")
    check_in(app, room="102", name="Budi", phone=OTHER_PHONE)

    assert {_claim(app), _claim(app)} != {None}


@pytest.mark.parametrize("record", [outbox.record_refused, outbox.record_unknown])
def test_failed_and_unconfirmed_messages_hold_nothing_back(app, wayan, record):
    check_in(app)
    staff_writes(app, "Sarapan jam 6", wayan)
    with arranging(app):
        record(_claim_here(), 1, failures.NO_WHATSAPP)

    assert _claim(app) is not None


def test_refusal_of_the_line_costs_no_attempt_and_pauses_it(app, session):
    check_in(app)
    _refuse_by_line(app, _claim(app))

    message, line = session.one(Message), session.one(Line)
    assert (message.status, message.attempts) == ("queued", 0)
    assert (line.pause_reason, line.paused_since is not None) == (failures.UNREACHABLE, True)


def test_paused_line_lets_one_message_probe_at_a_time_and_ever_more_rarely(app, session, wait):
    for number in range(3):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")
    _refuse_by_line(app, _claim(app))
    assert _claim(app) is None, "the first probe comes after 5 seconds"
    pauses = []
    for _ in range(5):
        wait(seconds=61)
        probe = _claim(app)
        assert probe and _claim(app) is None, "one probe at a time"
        pauses.append(session.one(Line).probe_seconds)
        with arranging(app) as db_session:
            outbox.record_refused_by_line(probe, db_session.get(Message, probe).claims, failures.UNREACHABLE)

    assert pauses == [10, 20, 40, 60, 60]


def test_line_that_works_again_lets_everything_go(app, wait):
    for number in range(3):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")
    _refuse_by_line(app, _claim(app))
    wait(seconds=6)

    probe = _claim(app)
    with arranging(app):
        outbox.record_accepted(probe, "3EB0PROBE")

    assert [_claim(app) is not None for _ in range(3)] == [True, True, False]


def test_lease_that_ran_out_leaves_the_message_unconfirmed(app, session, wait):
    check_in(app)
    _claim(app)
    wait(seconds=91)

    with arranging(app):
        assert outbox.expire_leases() == 1

    message = session.one(Message)
    assert (message.status, message.failure) == ("unconfirmed", failures.WORKER_DIED)
    assert _claim(app) is None, "never sent again by itself"


def test_lease_that_still_runs_is_left_alone(app, session, wait):
    check_in(app)
    _claim(app)
    wait(seconds=80)

    with arranging(app):
        outbox.expire_leases()

    assert session.one(Message).status == "sending"


def test_answer_that_comes_after_the_lease_is_believed(app, session, wait):
    check_in(app)
    message_id = _claim(app)
    wait(seconds=91)
    with arranging(app):
        outbox.expire_leases()

    with arranging(app):
        outbox.record_accepted(message_id, "3EB0LATE")

    assert (session.one(Message).status, session.one(Message).raw_id) == ("accepted", "3EB0LATE")


def test_refusal_that_comes_after_the_lease_does_not_send_again(app, session, wait):
    check_in(app)
    message_id = _claim(app)
    wait(seconds=91)
    with arranging(app):
        outbox.expire_leases()

    with arranging(app):
        outbox.record_refused_by_line(message_id, 1, failures.UNREACHABLE)

    assert session.one(Message).status == "unconfirmed"


def test_acks_climb_and_never_fall(app, session):
    line_id = _accepted(app, "3EB01")
    seen = []
    for level in (0, 1, 2, 1, 3, 2, -1, 4, 0):
        with arranging(app):
            assert outbox.record_ack(line_id, "3EB01", level)
        seen.append(session.one(Message).status)

    assert seen == ["accepted", "sent", "delivered", "delivered", "read", "read", "read", "read", "read"]


def test_error_ack_fails_what_has_no_tick_yet(app, session):
    line_id = _accepted(app, "3EB01")

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
    line_id = _accepted(app, "3EB01")
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
    line_id = _accepted(app, "3EB01")
    before = session.one(Conversation).revision

    with arranging(app):
        outbox.record_ack(line_id, "3EB01", 1)

    assert session.one(Conversation).revision == session.one(Message).revision == before + 1


def test_failed_answer_lets_the_guest_wait_again(app, session, wayan):
    guest_writes(app, "Halo?")
    began = session.one(Conversation).waiting_since
    staff_writes(app, "Selamat siang", wayan)

    with arranging(app):
        outbox.record_refused(_claim_here(), 1, failures.NO_WHATSAPP)

    assert session.one(Conversation).waiting_since == began


def test_answer_taken_back_lets_the_guest_wait_again(app, session, wayan):
    guest_writes(app, "Halo?")
    message_id = staff_writes(app, "Selamat siang", wayan)

    with arranging(app) as db_session:
        outbox.cancel(db_session.get(Message, message_id))

    assert session.one(Conversation).waiting_since is not None
    assert look(app, Message, message_id).status == "cancelled"


def test_what_is_on_its_way_cannot_be_taken_back(app, session):
    check_in(app)
    _claim(app)

    with arranging(app) as db_session, pytest.raises(outbox.TooLate):
        outbox.cancel(db_session.scalars(select(Message)).one())


def test_failed_message_is_sent_again_as_the_same_row(app, session):
    check_in(app)
    with arranging(app):
        outbox.record_refused(_claim_here(), 1, failures.NO_WHATSAPP)

    with arranging(app) as db_session:
        outbox.retry(db_session.scalars(select(Message)).one())

    assert _claim(app) == session.one(Message).id


def test_message_on_its_way_is_not_sent_again(app):
    line_id = _accepted(app, "3EB01")
    with arranging(app):
        outbox.record_ack(line_id, "3EB01", 1)

    with arranging(app) as db_session, pytest.raises(outbox.TooLate):
        outbox.retry(db_session.scalars(select(Message)).one())


def test_person_confirms_what_arrived(app, session, wayan):
    check_in(app)
    with arranging(app):
        outbox.record_unknown(_claim_here(), 1, failures.NO_ANSWER)

    with arranging(app) as db_session:
        outbox.confirm(db_session.scalars(select(Message)).one(), db_session.get(Staff, wayan.id))

    message = session.one(Message)
    assert (message.status, message.details) == ("delivered", {"confirmed_by": wayan.name})


def test_fault_of_ours_is_tried_again_but_not_for_ever(app, session, wait):
    check_in(app)
    for _ in range(outbox.MOST_FAULTS_OF_OURS):
        with arranging(app):
            message = outbox.claim_next()
            outbox.record_fault_of_ours(message.id, message.claims)
        wait(minutes=1)

    assert (session.one(Message).status, session.one(Message).failure) == ("failed", failures.OUR_FAULT)


def test_message_without_an_address_fails_at_once_with_words(app, session):
    stay = check_in(app)
    with arranging(app) as db_session:
        stays.wrong_person(db_session.get(Stay, stay.id))
        conversation = stays.conversation_of(db_session.get(Stay, stay.id))
        outbox.post(conversation, "Halo", origin="staff")

    message = session.one(select(Message).where(Message.text == "Halo"))
    assert (message.status, message.failure) == ("failed", failures.NO_ADDRESS)


def test_echo_that_made_its_own_bubble_gives_its_id_to_the_row_that_sent(app, session):
    check_in(app)
    message_id = _claim(app)
    with arranging(app) as db_session:
        sent = db_session.get(Message, message_id)
        echo = outbox.post(sent.conversation, "other words", origin="staff")
        echo.raw_id, echo.status = "3EB0ECHO", "sent"

    with arranging(app):
        outbox.record_accepted(message_id, "3EB0ECHO")

    assert look(app, Message, message_id).raw_id == "3EB0ECHO"
    assert session.one(select(Message).where(Message.text == "other words")).status == "cancelled"


def _claim(app) -> str | None:
    with app.app_context(), writing():
        message = outbox.claim_next()
        message_id = message.id if message else None
        db.session.commit()
        return message_id


def _claim_here() -> str:
    message = outbox.claim_next()
    assert message is not None
    return message.id


def _refuse_by_line(app, message_id: str | None) -> None:
    with arranging(app):
        outbox.record_refused_by_line(str(message_id), 1, failures.UNREACHABLE)


def _accepted(app, raw_id: str) -> str:
    check_in(app)
    with arranging(app):
        return outbox.record_accepted(_claim_here(), raw_id).line_id
