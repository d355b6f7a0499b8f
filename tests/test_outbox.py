"""A message's life: posted, claimed, accepted, refused or unknown, acked, retried, cancelled."""

import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from concierge import failures, lines, outbox, stays
from concierge.extensions import db, writing
from concierge.models import Conversation, Line, Message, Staff, Stay
from concierge.outbox.recording import MOST_FAULTS_OF_OURS
from tests.database import arranging
from tests.story import check_in, conversation_with, guest_writes, look, staff_writes

OTHER_PHONE = "+6281390000002"


def test_claim_takes_the_oldest_message_under_a_lease(app, session):
    check_in(app)

    claimed = _claim(app)

    message = session.one(Message)
    assert (claimed, message.status, message.attempts, message.claims) == (message.id, "sending", 1, 1)
    assert message.due_at > message.created_at


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
        while misses < 10:
            message_id = _claim(app)
            misses = 0 if message_id else misses + 1
            if message_id:
                claimed.append(message_id)
                with arranging(app):
                    outbox.record_accepted(message_id, f"3EB0{message_id[-12:]}")

    threads = [threading.Thread(target=claim_all) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claimed) == len(set(claimed)) == 20


def test_line_has_four_calls_under_way_at_most(app):
    for number in range(6):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")

    claimed = [_claim(app) for _ in range(6)]

    assert [message_id is not None for message_id in claimed] == [True] * 4 + [False] * 2


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


def test_failed_message_holds_nothing_back(app, wayan):
    check_in(app)
    staff_writes(app, "Sarapan jam 6", wayan)
    with arranging(app):
        outbox.record_refused(_claim_here(), 1, failures.NO_WHATSAPP)

    assert _claim(app) is not None


def test_message_that_is_looked_for_holds_back_the_guests_later_ones(app, wayan):
    _lose_track(app)
    staff_writes(app, "Sarapan jam 6", wayan)

    assert _claim(app) is None


def test_message_that_is_looked_for_takes_no_place_on_the_line(app):
    for number in range(6):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")
    for _ in range(5):
        message_id = _claim(app)
        with arranging(app):
            outbox.record_unknown(str(message_id), 1, failures.NO_ANSWER)

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


def test_message_whose_sender_died_is_looked_for_and_not_sent_again(app, session, wait):
    check_in(app)
    _claim(app)
    wait(seconds=91)

    with arranging(app):
        assert outbox.expire_leases() == 1

    message = session.one(Message)
    assert (message.status, message.failure) == ("sending", failures.WORKER_DIED)
    assert message.looking_since is not None
    assert _claim(app) is None


def test_looks_grow_rarer_and_end_after_ninety_seconds_with_a_person(app, session, wait):
    _lose_track(app)
    looks = []
    for second in range(120):
        wait(seconds=1)
        with arranging(app):
            if message := outbox.claim_look():
                looks.append(second)
                outbox.record_unseen(message.id, message.claims)

    message = session.one(Message)
    assert (message.status, message.failure, message.looking_since) == ("unconfirmed", failures.NO_ANSWER, None)
    assert 5 <= len(looks) <= 15
    gaps = [later - earlier for earlier, later in pairwise(looks)]
    assert gaps[0] <= 4 < gaps[-2]


def test_unconfirmed_message_holds_nothing_back(app, wait, wayan):
    _lose_track(app)
    staff_writes(app, "Sarapan jam 6", wayan)
    _give_up_looking(app, wait)

    assert _claim(app) is not None


def test_our_own_id_that_a_working_line_does_not_know_is_proof_after_a_minute(app, session, wait):
    _lose_track(app)
    _line_works(app)
    statuses = []
    for _ in range(2):
        wait(seconds=31)
        with arranging(app) as db_session:
            message = outbox.claim_look()
            outbox.record_absent(message.id, message.claims, db_session.get(Line, message.line_id))
        statuses.append(session.one(Message).status)

    assert statuses == ["sending", "queued"]


def test_absence_on_a_line_that_came_back_a_moment_ago_proves_nothing(app, session, wait):
    _lose_track(app)
    wait(seconds=70)
    _line_works(app)

    with arranging(app) as db_session:
        message = outbox.claim_look()
        outbox.record_absent(message.id, message.claims, db_session.get(Line, message.line_id))

    assert session.one(Message).status == "sending"


def test_message_that_was_found_is_accepted(app, session):
    message_id = _lose_track(app)

    with arranging(app):
        outbox.record_accepted(message_id, "3EB0FOUND")

    message = session.one(Message)
    assert (message.status, message.raw_id, message.looking_since, message.failure) == (
        "accepted", "3EB0FOUND", None, None,
    )  # fmt: skip


def test_ack_under_the_id_we_chose_finds_the_message_whose_answer_was_lost(app, session):
    check_in(app)
    with arranging(app):
        message = outbox.claim_next()
        outbox.record_name(message.id, message.claims, "3EB0CHOSEN")
        outbox.record_unknown(message.id, message.claims, failures.NO_ANSWER)

    with arranging(app):
        assert outbox.record_ack(session.one(Line).id, "3EB0CHOSEN", 2)

    message = session.one(Message)
    assert (message.status, message.raw_id, message.looking_since) == ("delivered", "3EB0CHOSEN", None)


def test_name_is_not_kept_for_a_claim_that_was_lost(app, wait):
    check_in(app)
    message_id = str(_claim(app))

    with arranging(app):
        assert not outbox.record_name(message_id, 7, "3EB0CHOSEN")


def test_message_without_a_tick_for_a_minute_is_flagged_once(app, session, wait):
    _accepted(app, "3EB01")
    with arranging(app):
        assert outbox.flag_unticked() == 0
    wait(seconds=61)

    with arranging(app):
        assert outbox.flag_unticked() == 1
    with arranging(app):
        assert outbox.flag_unticked() == 0

    assert session.one(Message).flagged_at is not None


def test_tick_takes_the_flag_away(app, session, wait):
    line_id = _accepted(app, "3EB01")
    wait(seconds=61)
    with arranging(app):
        outbox.flag_unticked()

    with arranging(app):
        outbox.record_ack(line_id, "3EB01", 1)

    assert (session.one(Message).status, session.one(Message).flagged_at) == ("sent", None)


@pytest.mark.parametrize(("origin", "minutes"), [("automatic", 10), ("staff", 120)])
def test_words_past_their_shelf_life_are_cancelled_with_the_reason(app, session, wait, origin, minutes):
    with arranging(app):
        outbox.post(conversation_with(), "Segera", origin=origin)
    wait(minutes=minutes - 1)
    with arranging(app):
        assert outbox.expire_stale() == 0
    wait(minutes=2)

    assert _claim(app) is None
    with arranging(app):
        assert outbox.expire_stale() == 1

    assert (session.one(Message).status, session.one(Message).failure) == ("cancelled", failures.EXPIRED)


def test_welcome_does_not_grow_stale_before_check_out(app, wait):
    check_in(app)
    wait(days=2)

    assert _claim(app) is not None


def test_expired_answer_can_still_be_sent(app, session, wait, wayan):
    message_id = staff_writes(app, "Segera", wayan)
    wait(hours=3)
    with arranging(app) as db_session:
        outbox.expire_stale()
        outbox.retry(db_session.get(Message, message_id))

    assert _claim(app) == message_id


def test_people_go_before_welcomes_and_these_before_automatic_answers(app, session):
    with arranging(app):
        outbox.post(conversation_with("+6281234500001"), "automatic", origin="automatic")
        outbox.post(conversation_with("+6281234500002"), "welcome", origin="welcome")
        outbox.post(conversation_with("+6281234500003"), "staff", origin="staff")

    assert [look(app, Message, str(_claim(app))).text for _ in range(3)] == ["staff", "welcome", "automatic"]


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

    assert _claim(app) is not None


def test_held_message_can_be_taken_back_until_it_goes(app, session, wait):
    with arranging(app):
        outbox.post(conversation_with(), "Salah kamar", origin="staff", hold=timedelta(seconds=5))
    assert _claim(app) is None
    wait(seconds=6)

    assert _claim(app) is not None


def test_line_keeps_its_pace_whoever_claims(app, wait):
    _pace(app, gap_seconds=10)
    for number in range(3):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")

    first = [_claim(app) is not None for _ in range(3)]
    wait(seconds=11)
    second = [_claim(app) is not None for _ in range(3)]

    assert first == second == [True, False, False]


def test_eight_claimers_at_once_keep_the_pace(app):
    _pace(app, gap_seconds=60)
    for number in range(8):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")
    claimed: list[str | None] = []
    threads = [threading.Thread(target=lambda: claimed.append(_claim(app))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([message_id for message_id in claimed if message_id]) == 1


def test_first_contacts_are_capped_but_never_answers(app, session):
    _pace(app, first_contacts_an_hour=2)
    guest_writes(app, "Halo", phone="+6281234509999")
    for number in range(3):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")
    with arranging(app):
        outbox.post(conversation_with("+6281234509999"), "An answer", origin="staff")

    claimed = [look(app, Message, message_id).text for message_id in iter(lambda: _claim(app), None)]

    assert claimed[0] == "An answer"
    assert len(claimed) == 3


def test_guest_who_writes_is_no_first_contact_any_more(app):
    _pace(app, first_contacts_an_hour=0)
    check_in(app)
    assert _claim(app) is None

    guest_writes(app, "Halo")

    assert _claim(app) is not None


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
    _give_up_looking(app, wait)

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


def test_person_confirms_what_arrived(app, session, wait, wayan):
    _lose_track(app)
    _give_up_looking(app, wait)

    with arranging(app) as db_session:
        outbox.confirm(db_session.scalars(select(Message)).one(), db_session.get(Staff, wayan.id))

    message = session.one(Message)
    assert (message.status, message.details) == ("delivered", {"confirmed_by": wayan.name})


def test_fault_of_ours_is_tried_again_but_not_for_ever(app, session, wait):
    check_in(app)
    for _ in range(MOST_FAULTS_OF_OURS):
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


def _lose_track(app) -> str:
    check_in(app)
    with arranging(app):
        message = outbox.claim_next()
        outbox.record_unknown(message.id, message.claims, failures.NO_ANSWER)
        return message.id


def _give_up_looking(app, wait) -> None:
    wait(seconds=91)
    with arranging(app):
        message = outbox.claim_look()
        outbox.record_unseen(message.id, message.claims)


def _line_works(app) -> None:
    with arranging(app) as db_session:
        lines.record_status(db_session.scalars(select(Line)).one(), "WORKING")


def _pace(app, **settings) -> None:
    with arranging(app) as db_session:
        line = db_session.scalars(select(Line)).one()
        for name, value in settings.items():
            setattr(line, name, value)


def _refuse_by_line(app, message_id: str | None) -> None:
    with arranging(app):
        outbox.record_refused_by_line(str(message_id), 1, failures.UNREACHABLE)


def _accepted(app, raw_id: str) -> str:
    check_in(app)
    with arranging(app):
        return outbox.record_accepted(_claim_here(), raw_id).line_id
