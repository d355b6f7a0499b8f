"""When the automatic answer speaks, and when it stays silent."""

import threading

from sqlalchemy import select

from concierge import auto_reply, texts
from concierge.models import Conversation, Hotel, Message
from concierge.models.message import AUTOMATIC
from concierge.worker import answer_one
from tests.database import arranging
from tests.story import check_in, guest_writes, staff_writes

AUTOMATICS = select(Message).where(Message.origin == AUTOMATIC)


def test_answer_waits_for_five_quiet_seconds(app, session, wait):
    guest_writes(app, "Halo")
    wait(seconds=4)
    assert not _answer(app)
    wait(seconds=2)
    assert _answer(app)
    assert session.one(AUTOMATICS).role == "System"


def test_five_quick_messages_and_four_workers_make_one_answer(app, session, wait):
    for number in range(5):
        guest_writes(app, f"Halo {number}")
    wait(seconds=6)

    workers = [threading.Thread(target=_answer, args=(app,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(session.all(AUTOMATICS)) == 1


def test_second_question_in_the_quiet_window_gets_no_second_answer(app, session, wait):
    for minutes in (0, 10, 19):
        wait(minutes=minutes)
        guest_writes(app, f"Halo after {minutes}")
        wait(seconds=6)
        _answer(app)

    assert len(session.all(AUTOMATICS)) == 1


def test_question_after_the_window_is_answered_again_but_three_times_a_day_at_most(app, session, wait):
    for number in range(5):
        guest_writes(app, f"Halo {number}")
        wait(seconds=6)
        _answer(app)
        wait(minutes=31)
    assert len(session.all(AUTOMATICS)) == 3
    wait(hours=24)
    guest_writes(app, "Halo tomorrow")
    wait(seconds=6)
    _answer(app)
    assert len(session.all(AUTOMATICS)) == 4


def test_person_who_was_faster_silences_it(app, session, wait, wayan):
    guest_writes(app, "Halo")
    staff_writes(app, "Selamat siang", wayan)
    wait(seconds=6)

    assert not _answer(app)
    assert session.all(AUTOMATICS) == []


def test_person_who_answered_in_the_window_silences_it_for_the_next_question(app, session, wait, wayan):
    staff_writes(app, "Selamat siang", wayan)
    wait(minutes=20)
    guest_writes(app, "Dan sarapan?")
    wait(seconds=6)
    _answer(app)

    assert session.all(AUTOMATICS) == []


def test_answer_never_ends_the_guests_wait(app, session, wait):
    guest_writes(app, "Halo")
    wait(seconds=6)
    _answer(app)

    assert session.one(Conversation).waiting_since is not None


def test_answer_is_in_the_guests_language(app, session, wait):
    check_in(app, language="en")
    guest_writes(app, "Hello")
    wait(seconds=6)
    _answer(app)

    assert session.one(AUTOMATICS).text.startswith("Thank you")


def test_answer_is_worded_by_the_hotel(app, session, wait):
    with arranging(app) as db:
        texts.reword(db.scalars(select(Hotel)).one(), texts.AUTO_REPLY, "id", "Sebentar ya – {hotel}")
    guest_writes(app, "Halo")
    wait(seconds=6)
    _answer(app)

    assert session.one(AUTOMATICS).text == "Sebentar ya – Hotel"


def test_missed_call_gets_no_answer(app, session, wait):
    guest_writes(app, "Missed call", kind="call")
    wait(seconds=6)

    assert not _answer(app)


def test_claim_clears_what_was_due(app, session, wait):
    guest_writes(app, "Halo")
    wait(seconds=6)
    with arranging(app):
        assert auto_reply.claim_next() is not None
    with arranging(app):
        assert auto_reply.claim_next() is None


def _answer(app) -> bool:
    with app.app_context():
        return answer_one()
