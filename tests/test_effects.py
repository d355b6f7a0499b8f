"""Edits, deletions, reactions and ended calls: whatever order they come in, the bubble tells the truth."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from concierge import clock, effects, lines, worker
from concierge.models import Conversation, Event, Message, Reaction
from concierge.models.event import APPLIED, IGNORED, WAITING
from concierge.models.message import ANSWERED_CALL, CALL
from tests.client import HonestClient
from tests.database import arranging
from tests.statements import asked_of
from tests.story import AYUS_PHONE, guest_writes, staff_writes

CHAT = f"{AYUS_PHONE.lstrip('+')}@c.us"
HERS = "3EB0HERS"
NOW = 1795337216


def of_hers(name, at=NOW, **payload):
    """An event of the guest about her message."""
    return {"id": f"evt_{name}_{at}_{payload}", "event": name, "timestamp": at * 1000, "payload": {
        "id": f"false_{CHAT}_3EB0ACTION{at}", "from": CHAT, "fromMe": False, "timestamp": at, **payload}}  # fmt: skip


def edited(text, at=NOW, **more):
    return of_hers("message.edited", at, body=text, editedMessageId=HERS, **more)


def revoked(at=NOW):
    after = {"id": f"false_{CHAT}_3EB0GONE", "from": CHAT, "fromMe": False, "timestamp": at}
    return of_hers("message.revoked", at, after=after, before=None, revokedMessageId=HERS)


def reacted(emoji, at=NOW, message=f"false_{CHAT}_{HERS}", **more):
    return of_hers("message.reaction", at, reaction={"text": emoji, "messageId": message}, **more)


@pytest.fixture
def door(app) -> HonestClient:
    return app.test_client(carries_token=False)


def test_edit_replaces_the_words_and_keeps_the_first(app, door, session):
    guest_writes(app, "Check-in tgl 12", raw_id=HERS)

    door.post_webhook(edited("Check-in tgl 13"))
    door.post_webhook(edited("Check-in tgl 14", at=NOW + 60))

    message = session.one(Message)
    assert (message.text, message.original_text) == ("Check-in tgl 14", "Check-in tgl 12")
    assert message.content_revision == message.revision == session.one(Conversation).revision


def test_older_edit_that_comes_late_changes_nothing(app, door, session):
    guest_writes(app, "first", raw_id=HERS)

    door.post_webhook(edited("third", at=NOW + 60))
    door.post_webhook(edited("second", at=NOW))

    assert session.one(Message).text == "third"


def test_edits_of_one_second_keep_the_order_in_which_waha_told_them(app, door, session):
    guest_writes(app, "first", raw_id=HERS)
    second, third = (
        edited("second") | {"timestamp": NOW * 1000 + 300},
        edited("third") | {"timestamp": NOW * 1000 + 700},
    )

    door.post_webhook(third)
    door.post_webhook(second)

    assert session.one(Message).text == "third"


def test_edit_from_a_clock_that_runs_ahead_keeps_no_later_one_out(app, door, session, wait):
    guest_writes(app, "first", raw_id=HERS)
    far_ahead = int((clock.now() + timedelta(days=400)).timestamp())

    door.post_webhook(edited("second", at=far_ahead))
    wait(minutes=1)
    door.post_webhook(edited("third", at=int(clock.now().timestamp())))

    assert session.one(Message).text == "third"


def test_edit_that_waha_could_not_read_leaves_the_words_and_says_so(app, door, session):
    guest_writes(app, "Check-in tgl 12", raw_id=HERS)

    door.post_webhook(edited(""))

    message = session.one(Message)
    assert (message.text, message.details) == ("Check-in tgl 12", {"is_edit_unread": True})
    assert message.edited_at is not None


def test_guest_cannot_edit_what_the_hotel_wrote(app, door, session, wayan):
    ours = staff_writes(app, "The price is 100", wayan)
    with arranging(app) as rows:
        rows.get(Message, ours).raw_id = HERS

    door.post_webhook(edited("The price is 1"))

    assert session.one(Message).text == "The price is 100"
    assert session.one(Event).outcome == IGNORED


def test_hotel_edits_and_deletes_on_its_own_phone(app, door, session, wayan):
    ours = staff_writes(app, "Room 12", wayan)
    with arranging(app) as rows:
        rows.get(Message, ours).raw_id = HERS

    door.post_webhook(edited("Room 21", fromMe=True))
    gone = revoked()
    gone["payload"]["after"]["fromMe"] = True
    door.post_webhook(gone)

    message = session.one(Message)
    assert (message.text, message.original_text) == ("Room 21", "Room 12")
    assert message.revoked_at is not None


def test_deletion_keeps_the_words_for_staff(app, door, session):
    guest_writes(app, "Maaf salah kirim", raw_id=HERS)

    door.post_webhook(revoked())

    message = session.one(Message)
    assert (message.text, message.revoked_at is not None) == ("Maaf salah kirim", True)


@pytest.mark.parametrize("event", [edited("Later words"), revoked(), reacted("🙏")], ids=["edit", "delete", "react"])
def test_what_comes_before_its_message_waits_for_it(app, door, session, event):
    door.post_webhook(event)
    assert session.one(Event).outcome == WAITING

    door.post_webhook(_message())

    message = session.one(Message)
    assert message.content_revision > 0
    assert {each.outcome for each in session.all(Event)} == {APPLIED}


def test_effect_that_crossed_its_message_is_applied_by_the_worker(app, door, session):
    door.post_webhook(edited("Later words"))
    guest_writes(app, "First words", raw_id=HERS)  # not through the door: nobody looked whether something waits
    assert session.one(Message).text == "First words"

    with app.app_context():
        assert worker.apply_overtaken()
        assert not worker.apply_overtaken()

    assert session.one(Message).text == "Later words"


@pytest.mark.parametrize("event", [edited("Later words"), revoked(), reacted("🙏")], ids=["edit", "delete", "react"])
def test_what_waited_a_day_in_vain_is_ignored_and_counted(app, door, session, wait, event):
    door.post_webhook(event)
    wait(hours=23)
    assert _give_up(app) == 0
    wait(hours=2)

    assert (_give_up(app), _give_up(app)) == (1, 0)
    assert (session.one(Event).outcome, session.one(Event).reason) == (IGNORED, "its message never came")


def test_reaction_stands_on_the_bubble_and_goes(app, door, session):
    guest_writes(app, "Halo", raw_id=HERS)

    door.post_webhook(reacted("🙏"))
    assert session.one(Reaction).emoji == "🙏"
    door.post_webhook(reacted("", at=NOW + 5))

    assert session.one(Reaction).emoji == ""


def test_older_reaction_does_not_return_after_it_was_taken_back(app, door, session):
    guest_writes(app, "Halo", raw_id=HERS)

    door.post_webhook(reacted("", at=NOW + 5))
    door.post_webhook(reacted("🙏", at=NOW))

    assert session.one(Reaction).emoji == ""


def test_guest_and_hotel_react_to_one_message(app, door, session):
    guest_writes(app, "Halo", raw_id=HERS)

    door.post_webhook(reacted("🙏"))
    door.post_webhook(reacted("👍", at=NOW + 1, fromMe=True))

    assert {(each.is_ours, each.emoji) for each in session.all(Reaction)} == {(False, "🙏"), (True, "👍")}


def test_reaction_makes_nobody_wait_and_opens_nothing(app, door, session, wayan):
    guest_writes(app, "Halo", raw_id=HERS)
    staff_writes(app, "Halo juga", wayan)
    with arranging(app) as rows:
        rows.scalars(select(Conversation)).one().is_active = False
    before = session.one(Conversation)

    door.post_webhook(reacted("🙏"))

    after = session.one(Conversation)
    assert (after.is_active, after.waiting_since, after.auto_reply_at) == (False, None, None)
    assert (after.revision, after.seq) == (before.revision + 1, before.seq)


def test_effects_told_twice_are_applied_once(app, door, session):
    guest_writes(app, "Halo", raw_id=HERS)
    for number in range(2):
        door.post_webhook(reacted("🙏") | {"id": f"evt_again_{number}"})
        door.post_webhook(edited("Halo!") | {"id": f"evt_edit_again_{number}"})

    assert session.count(Reaction) == 1
    assert session.one(Message).original_text == "Halo"


def test_rejected_call_has_ended_and_still_waits(app, door, session):
    door.post_webhook(_call("received"))
    door.post_webhook(_call("rejected"))

    message = session.one(Message)
    assert (message.kind, message.text, message.details["has_ended"]) == (CALL, "Missed call", True)
    assert session.one(Conversation).waiting_since is not None


@pytest.mark.parametrize("order", [("received", "accepted", "rejected"), ("accepted", "received", "rejected")])
def test_call_taken_on_the_phone_is_not_missed(app, door, session, order):
    for name in order:
        door.post_webhook(_call(name))

    message = session.one(Message)
    assert (message.kind, message.text) == (ANSWERED_CALL, "Call, taken on the hotel's phone")
    assert session.one(Conversation).waiting_since is None


def test_what_was_asked_before_the_call_still_waits(app, door, session):
    guest_writes(app, "AC-nya bocor")
    asked_at = session.one(Conversation).waiting_since
    door.post_webhook(_call("received"))
    door.post_webhook(_call("accepted"))

    assert session.one(Conversation).waiting_since == asked_at


def test_an_effect_on_nothing_says_so(app):
    with arranging(app):
        line_id = lines.first().id
        assert not effects.edit(line_id, "3EB0NOBODY", is_ours=False, text="x", at=clock.now())
        assert not effects.revoke(line_id, "3EB0NOBODY", is_ours=False, at=clock.now())
        assert not effects.end_call(line_id, "3EB0NOBODY", was_answered=True)


def test_plain_text_asks_nothing_about_effects(app, door):
    """The common case pays nothing: what waits is asked for together with whether the message is known."""
    guest_writes(app, "Halo")
    with asked_of(app) as asked:
        door.post_webhook(_message())
    assert [one for one in asked if "media" in one or "reactions" in one] == []
    assert len([one for one in asked if "EXISTS" in one and "waits_for" in one]) == 1


def _give_up(app):
    with arranging(app):
        return effects.give_up_waiting()


def _message():
    return of_hers("message.any", id=f"false_{CHAT}_{HERS}", body="First words", hasMedia=False)


def _call(name):
    return {"id": f"evt_{name}", "event": f"call.{name}", "timestamp": NOW * 1000, "payload": {
        "id": "CALLA1", "from": CHAT, "timestamp": NOW, "isVideo": False, "isGroup": False}}  # fmt: skip
