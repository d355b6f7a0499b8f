"""Which message goes next: order, fairness, pace and leases."""

import threading

from sqlalchemy.dialects import postgresql

from concierge import failures, outbox
from concierge.models import Line, Message
from concierge.outbox import claiming
from tests.database import arranging
from tests.outbox.steps import claim, pace, refuse_by_line
from tests.story import check_in, conversation_with, guest_writes, look, staff_writes

OTHER_PHONE = "+6281390000002"


def test_claim_looks_for_its_candidate_among_other_rows_than_the_one_it_updates():
    """Were `messages` itself inside the subquery, it would mean the row being updated, and every row would match."""
    for statement in (claiming._CLAIM, claiming._CLAIM_LOOK):
        words = str(statement.compile(dialect=postgresql.dialect()))

        subquery = words.partition("(SELECT")[2].partition("RETURNING")[0]

        assert "messages_1" in subquery
        assert "messages." not in subquery


def test_nothing_is_claimed_twice(app):
    check_in(app)

    assert claim(app) is not None
    assert claim(app) is None


def test_eight_claimers_share_twenty_guests_without_taking_one_twice(app):
    for number in range(20):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")
    claimed: list[str] = []

    def claim_all() -> None:
        misses = 0
        while misses < 10:
            message_id = claim(app)
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

    claimed = [claim(app) for _ in range(6)]

    assert [message_id is not None for message_id in claimed] == [True] * 4 + [False] * 2


def test_later_message_of_a_guest_waits_behind_one_that_is_being_sent(app, wayan):
    check_in(app)
    staff_writes(app, "Sarapan jam 6", wayan)
    first = claim(app)

    assert claim(app) is None
    with arranging(app):
        outbox.record_accepted(first, "3EB01")
    assert claim(app) is not None


def test_other_guests_do_not_wait_behind_it(app):
    check_in(app, room="101")
    check_in(app, room="102", name="Budi", phone=OTHER_PHONE)

    assert {claim(app), claim(app)} != {None}


def test_paused_line_lets_one_message_probe_at_a_time_and_ever_more_rarely(app, session, wait):
    for number in range(3):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")
    refuse_by_line(app, claim(app))
    assert claim(app) is None, "the first probe comes after 5 seconds"
    pauses = []
    for _ in range(5):
        wait(seconds=61)
        probe = claim(app)
        assert probe and claim(app) is None, "one probe at a time"
        pauses.append(session.one(Line).probe_seconds)
        with arranging(app) as db_session:
            outbox.record_refused_by_line(probe, db_session.get(Message, probe).claims, failures.UNREACHABLE)

    assert pauses == [10, 20, 40, 60, 60]


def test_line_that_works_again_lets_everything_go(app, wait):
    for number in range(3):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")
    refuse_by_line(app, claim(app))
    wait(seconds=6)

    probe = claim(app)
    with arranging(app):
        outbox.record_accepted(probe, "3EB0PROBE")

    assert [claim(app) is not None for _ in range(3)] == [True, True, False]


def test_people_go_before_welcomes_and_these_before_automatic_answers(app, session):
    with arranging(app):
        outbox.post(conversation_with("+6281234500001"), "automatic", origin="automatic")
        outbox.post(conversation_with("+6281234500002"), "welcome", origin="welcome")
        outbox.post(conversation_with("+6281234500003"), "staff", origin="staff")

    assert [look(app, Message, str(claim(app))).text for _ in range(3)] == ["staff", "welcome", "automatic"]


def test_line_keeps_its_pace_whoever_claims(app, wait):
    pace(app, gap_seconds=10)
    for number in range(3):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")

    first = [claim(app) is not None for _ in range(3)]
    wait(seconds=11)
    second = [claim(app) is not None for _ in range(3)]

    assert first == second == [True, False, False]


def test_eight_claimers_at_once_keep_the_pace(app):
    pace(app, gap_seconds=60)
    for number in range(8):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")
    claimed: list[str | None] = []
    threads = [threading.Thread(target=lambda: claimed.append(claim(app))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([message_id for message_id in claimed if message_id]) == 1


def test_first_contacts_are_capped_but_never_answers(app, session):
    pace(app, first_contacts_an_hour=2)
    guest_writes(app, "Halo", phone="+6281234509999")
    for number in range(3):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")
    with arranging(app):
        outbox.post(conversation_with("+6281234509999"), "An answer", origin="staff")

    claimed = [look(app, Message, message_id).text for message_id in iter(lambda: claim(app), None)]

    assert claimed[0] == "An answer"
    assert len(claimed) == 3


def test_without_a_cap_everybody_is_welcomed(app):
    pace(app, first_contacts_an_hour=0)
    check_in(app)

    assert claim(app) is not None


def test_guest_who_writes_is_no_first_contact_any_more(app):
    pace(app, first_contacts_an_hour=1)
    check_in(app, room="102", name="Somebody", phone=OTHER_PHONE)
    claim(app)
    check_in(app)
    assert claim(app) is None

    guest_writes(app, "Halo")

    assert claim(app) is not None
