"""What a bubble shows of places, cards, quotes, edits, deletions and reactions; and what a poll replaces of it."""

from datetime import timedelta

import pytest

from concierge import clock, effects, lines, outbox
from concierge.models import Conversation, Message
from tests.client import sign_in
from tests.database import arranging
from tests.statements import asked_of
from tests.story import guest_writes, staff_writes

HERS = "3EB0HERS"


@pytest.fixture
def desk(client, wayan):
    return sign_in(client, wayan)


def thread(desk, session) -> str:
    return desk.get(f"/conversations/{session.one(Conversation).id}").text


def poll(desk, session, seen: Conversation) -> str:
    return desk.get(f"/conversations/{seen.id}/thread?revision={seen.revision}&seq={seen.seq}").text


def change(app, act, **facts) -> None:
    with arranging(app):
        assert act(lines.first().id, HERS, **facts)


def test_place_leads_to_the_map(app, desk, session):
    place = {"latitude": -6.2087634, "longitude": 106.845599, "name": "Stasiun Gambir"}
    guest_writes(app, "Location", kind="location", details={"is_placeholder": True, "location": place})
    shown = thread(desk, session)

    assert "Stasiun Gambir" in shown
    assert (
        'href="https://www.openstreetmap.org/?mlat=-6.208763&amp;mlon=106.845599#map=17/-6.208763/106.845599"' in shown
    )


def test_card_shows_name_and_numbers(app, desk, session):
    card = {"name": "Dewi <b>Anggraini</b>", "phones": ["+62 813-9000-0002", "javascript:alert(1)"]}
    guest_writes(app, "Contact card", kind="contact", details={"is_placeholder": True, "contacts": [card]})
    shown = thread(desk, session)

    assert "Dewi &lt;b&gt;Anggraini" in shown
    assert '<a href="tel:+6281390000002">+62 813-9000-0002</a>' in shown
    assert 'href="javascript' not in shown.lower()


def test_reply_shows_what_it_quotes(app, desk, session, wayan):
    ours = staff_writes(app, "Breakfast is until ten", wayan)
    with arranging(app) as rows:
        rows.get(Message, ours).raw_id = "3EB0OURS"
    guest_writes(app, "Thank you", raw_id=HERS, quoted_raw_id="3EB0OURS", details={"quoted": {"text": "told"}})
    shown = thread(desk, session)

    assert f'<a class="quote" href="#message-{ours}"><b>Wayan Sudarma</b>' in shown
    assert "told" not in shown


def test_reply_to_what_we_do_not_have_shows_what_waha_told(app, desk, session):
    guest_writes(app, "Thank you", quoted_raw_id="3EB0OLD", details={"quoted": {"text": "Long ago", "is_guest": False}})
    shown = thread(desk, session)

    assert "Hotel, not in this thread" in shown
    assert "Long ago" in shown


def test_edited_words_are_marked_and_the_first_can_be_read(app, desk, session):
    guest_writes(app, "For two people", raw_id=HERS)
    change(app, effects.edit, is_ours=False, text="For three people", at=clock.now())
    shown = thread(desk, session)

    assert "For three people" in shown
    assert '<summary class="bubble__mark">edited</summary><p class="original__text" dir="auto">For two people' in shown


def test_deleted_words_are_folded_away_and_not_in_the_list(app, desk, session):
    guest_writes(app, "My card is 4111", raw_id=HERS)
    change(app, effects.revoke, is_ours=False, at=clock.now())
    shown = thread(desk, session)

    assert "Deleted by the guest" in shown
    assert shown.count("My card is 4111") == 1
    assert "Deleted message" in shown


def test_late_message_says_when_it_was_written(app, desk, session, hotel):
    guest_writes(app, "We land at nine", sent_at=clock.now() - timedelta(minutes=11))
    assert "came late, written" in thread(desk, session)


def test_message_of_a_moment_ago_is_not_late(app, desk, session):
    guest_writes(app, "We land at nine", sent_at=clock.now() - timedelta(minutes=9))
    assert "came late" not in thread(desk, session)


def test_reaction_is_on_the_bubble_until_it_is_taken_back(app, desk, session):
    guest_writes(app, "Halo", raw_id=HERS)
    change(app, effects.react, on_ours=False, is_ours=True, emoji="🙏", at=clock.now())
    assert "<bdi>🙏</bdi>" in thread(desk, session)

    change(app, effects.react, on_ours=False, is_ours=True, emoji="", at=clock.now())
    assert "reactions__one" not in thread(desk, session)


def test_poll_replaces_what_the_bubble_holds_and_not_the_bubble(app, desk, session):
    message_id = guest_writes(app, "For two people", raw_id=HERS)
    seen = session.one(Conversation)
    change(app, effects.edit, is_ours=False, text="For three people", at=clock.now())
    answer = poll(desk, session, seen)

    assert f'id="message-{message_id}-content" hx-ext="morph" hx-swap-oob="morph"' in answer
    assert f'id="message-{message_id}"' not in answer
    assert "For three people" in answer


def test_ack_replaces_the_tick_alone(app, desk, session, wayan):
    ours = staff_writes(app, "Breakfast is until ten", wayan)
    with arranging(app) as rows:
        rows.get(Message, ours).raw_id = HERS
    change(app, effects.react, on_ours=True, is_ours=False, emoji="🙏", at=clock.now())
    seen = session.one(Conversation)
    with arranging(app):
        outbox.record_ack(lines.first().id, HERS, 2)
    answer = poll(desk, session, seen)

    assert f'id="message-{ours}-state"' in answer
    assert f'id="message-{ours}-content"' not in answer


def test_thread_asks_as_much_for_many_bubbles_as_for_few(app, desk, session):
    def fill(first, last):
        for number in range(first, last):
            raw_id = f"3EB0{number}"
            guest_writes(app, f"Words {number}", raw_id=raw_id, quoted_raw_id=f"3EB0{number - 1}")
            with arranging(app):
                line_id = lines.first().id
                effects.react(line_id, raw_id, on_ours=False, is_ours=True, emoji="👍", at=clock.now())

    fill(0, 4)
    thread(desk, session)
    with asked_of(app) as few:
        thread(desk, session)
    fill(4, 24)
    with asked_of(app) as many:
        thread(desk, session)

    assert len(many) == len(few)
