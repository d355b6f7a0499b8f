"""Messages of unknown fate are looked for, and never repeated without proof."""

from itertools import pairwise

from concierge import failures, outbox
from concierge.models import Line, Message
from tests.database import arranging
from tests.outbox.steps import claim, give_up_looking, line_works, lose_track
from tests.story import check_in, staff_writes


def test_claim_takes_the_oldest_message_under_a_lease(app, session):
    check_in(app)

    claimed = claim(app)

    message = session.one(Message)
    assert (claimed, message.status, message.attempts, message.claims) == (message.id, "sending", 1, 1)
    assert message.due_at > message.created_at


def test_message_that_is_looked_for_holds_back_the_guests_later_ones(app, wayan):
    lose_track(app)
    staff_writes(app, "Sarapan jam 6", wayan)

    assert claim(app) is None


def test_message_that_is_looked_for_takes_no_place_on_the_line(app):
    for number in range(6):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")
    for _ in range(5):
        message_id = claim(app)
        with arranging(app):
            outbox.record_unknown(str(message_id), 1, failures.NO_ANSWER)

    assert claim(app) is not None


def test_message_whose_sender_died_is_looked_for_and_not_sent_again(app, session, wait):
    check_in(app)
    claim(app)
    wait(seconds=91)

    with arranging(app):
        assert outbox.expire_leases() == 1

    message = session.one(Message)
    assert (message.status, message.failure) == ("sending", failures.WORKER_DIED)
    assert message.looking_since is not None
    assert claim(app) is None


def test_looks_grow_rarer_and_end_after_ninety_seconds_with_a_person(app, session, wait):
    lose_track(app)
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
    lose_track(app)
    staff_writes(app, "Sarapan jam 6", wayan)
    give_up_looking(app, wait)

    assert claim(app) is not None


def test_our_own_id_that_a_working_line_does_not_know_is_proof_after_a_minute(app, session, wait):
    lose_track(app)
    line_works(app)
    statuses = []
    for _ in range(2):
        wait(seconds=31)
        with arranging(app) as db_session:
            message = outbox.claim_look()
            outbox.record_absent(message.id, message.claims, db_session.get(Line, message.line_id))
        statuses.append(session.one(Message).status)

    assert statuses == ["sending", "queued"]


def test_absence_on_a_line_that_came_back_a_moment_ago_proves_nothing(app, session, wait):
    lose_track(app)
    wait(seconds=70)
    line_works(app)

    with arranging(app) as db_session:
        message = outbox.claim_look()
        outbox.record_absent(message.id, message.claims, db_session.get(Line, message.line_id))

    assert session.one(Message).status == "sending"


def test_message_that_was_found_is_accepted(app, session):
    message_id = lose_track(app)

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
    message_id = str(claim(app))

    with arranging(app):
        assert not outbox.record_name(message_id, 7, "3EB0CHOSEN")


def test_lease_that_still_runs_is_left_alone(app, session, wait):
    check_in(app)
    claim(app)
    wait(seconds=80)

    with arranging(app):
        outbox.expire_leases()

    assert session.one(Message).status == "sending"


def test_answer_that_comes_after_the_lease_is_believed(app, session, wait):
    check_in(app)
    message_id = claim(app)
    wait(seconds=91)
    with arranging(app):
        outbox.expire_leases()

    with arranging(app):
        outbox.record_accepted(message_id, "3EB0LATE")

    assert (session.one(Message).status, session.one(Message).raw_id) == ("accepted", "3EB0LATE")


def test_refusal_that_comes_after_the_lease_does_not_send_again(app, session, wait):
    check_in(app)
    message_id = claim(app)
    wait(seconds=91)
    with arranging(app):
        outbox.expire_leases()
    give_up_looking(app, wait)

    with arranging(app):
        outbox.record_refused_by_line(message_id, 1, failures.UNREACHABLE)

    assert session.one(Message).status == "unconfirmed"
