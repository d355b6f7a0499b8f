"""What is asked of WAHA about who is who: once, again where it does not know yet, and given up after a day."""

import pytest
from sqlalchemy import select

from concierge import errands, guests, identity, inbox, lines, worker
from concierge.extensions import db
from concierge.guests import LID, PHONE, Reach
from concierge.models import Address, Conversation, Errand, Guest, Line
from concierge.simulator import ids
from concierge.waha.client import WahaClient
from concierge.waha.lookups import Reader
from tests.database import arranging
from tests.story import AYUS_PHONE, check_in, guest_writes
from tests.web.at_once import at_once

AYUS_LID = ids.lid_of(AYUS_PHONE.lstrip("+")).partition("@")[0]


@pytest.fixture(autouse=True)
def _no_transaction_during_a_call(monkeypatch):
    real = WahaClient._call

    def watched(*args, **kwargs):
        assert not db.session().in_transaction(), "a transaction is open while WAHA is called"
        return real(*args, **kwargs)

    monkeypatch.setattr(WahaClient, "_call", watched)


def test_hidden_number_that_waha_knows_joins_the_guest_in_the_house(app, config, session, waha):
    waha.write(AYUS_PHONE, "WhatsApp knows her")
    check_in(app)
    _lid_writes(app)

    assert _run(app, config)
    assert not _run(app, config)

    assert session.one(Errand).state == "done"
    assert session.one(Errand).answer == AYUS_PHONE
    assert session.one(select(Guest).where(Guest.joined_into_id.is_(None))).name == "Ayu Lestari"
    assert len(session.all(select(Conversation).where(Conversation.is_active))) == 1
    assert session.one(select(Address).where(Address.kind == LID)).lid_of == AYUS_PHONE


def test_number_that_stays_hidden_is_asked_for_ever_later_and_given_up(app, config, session, waha, wait):
    _lid_writes(app)
    assert _run(app, config)
    asked_after = []
    for span in ({"minutes": 1}, {"minutes": 10}, {"hours": 1}, {"days": 1}, {"days": 2}):
        wait(**{name: value - 0.1 for name, value in span.items()})
        too_early = _run(app, config)
        wait(**{name: 0.2 for name in span})
        asked_after.append((too_early, _run(app, config)))

    assert asked_after == [(False, True)] * 4 + [(False, False)]
    assert session.one(Errand).state == "given_up"
    assert session.one(Guest).shown_name == "Number hidden by WhatsApp"


def test_each_number_is_asked_for_once_however_often_it_writes(app, session):
    at_once(6, lambda number: _lid_writes(app, f"Message {number}"))

    assert session.one(Errand).subject == AYUS_LID


def test_phone_beside_the_lid_needs_no_errand(app, session):
    _lid_writes(app, also=Reach(PHONE, AYUS_PHONE))
    _lid_writes(app, "Again, alone")
    guest_writes(app, "From the phone")

    assert session.count(Errand) == 0


def test_after_a_first_send_the_hidden_number_is_learnt(app, config, session, waha):
    check_in(app)
    waha.write(AYUS_PHONE, "WhatsApp knows her")
    _ask_lid(app)

    _run(app, config)
    _lid_writes(app)

    assert session.one(Guest).name == "Ayu Lestari"
    assert {address.value for address in session.all(Address)} == {AYUS_PHONE, AYUS_LID}


def test_waha_that_is_down_spends_no_attempt(app, config, session, waha, wait):
    _lid_writes(app)
    waha.trouble(down=True)
    _run(app, config)
    waha.trouble(down=False)

    assert (session.one(Errand).state, session.one(Errand).attempts) == ("waiting", 0)
    wait(minutes=2)
    assert _run(app, config)
    assert session.one(Errand).attempts == 1


def test_line_that_is_away_is_not_asked(app, config, session, line):
    _lid_writes(app)
    with arranging(app):
        lines.pause(line.id, "unreachable")

    assert not _run(app, config)


def test_server_that_cannot_tell_is_given_up_in_the_end(app, config, session, waha, wait):
    waha.trouble(store_off=True)
    _lid_writes(app)
    for _ in range(6):
        _run(app, config)
        wait(days=2)

    assert session.one(Errand).state == "given_up"


def test_number_that_waha_learns_later_is_found_later(app, config, session, waha, wait):
    waha.write(AYUS_PHONE, "WhatsApp knows her")
    waha.trouble(lids_unknown=True)
    _lid_writes(app)
    _run(app, config)
    waha.trouble(lids_unknown=False)
    wait(minutes=2)
    _run(app, config)

    assert (session.one(Errand).state, session.one(Errand).attempts) == ("done", 2)


def test_four_workers_do_an_errand_once(app, config, session, waha, monkeypatch):
    calls = []
    monkeypatch.setattr(Reader, "phone_of_lid", lambda _self, lid: calls.append(lid))
    _lid_writes(app)

    at_once(4, lambda _: _run(app, config))

    assert calls == [AYUS_LID]


def test_worker_that_died_with_an_errand_leaves_it_to_another(app, config, session, waha, wait):
    _lid_writes(app)
    with arranging(app):
        claimed = errands.claim_next()
        lost = (claimed.id, claimed.claims)
    assert not _run(app, config)
    wait(seconds=31)
    assert _run(app, config)

    with arranging(app):
        assert not errands.record_known(*lost, AYUS_PHONE)


def test_answer_about_an_address_that_nobody_has_any_more_does_nothing(app, config, session, waha):
    waha.write(AYUS_PHONE, "WhatsApp knows her")
    check_in(app)
    _ask_lid(app)
    with arranging(app):
        guests.release(guests.find_address(lines.first().hotel_id, Reach(PHONE, AYUS_PHONE)))

    _run(app, config)

    assert session.one(Address).kind == PHONE


def test_what_an_echo_showed_is_learnt_without_asking_even_after_waha_gave_it_up(app, config, session, wait, waha):
    check_in(app)
    _ask_lid(app)
    for _ in range(6):
        _run(app, config)
        wait(days=2)
    assert session.one(Errand).state == "given_up"
    waha.trouble(down=True)
    with arranging(app):
        line = lines.first()
        phone = identity.meet(line, Reach(PHONE, AYUS_PHONE))
        errands.note_pair(line.id, Address(kind=LID, value=AYUS_LID), phone)

    assert _run(app, config)

    assert (session.one(Errand).state, session.one(Errand).answer) == ("done", AYUS_LID)
    assert session.one(select(Address).where(Address.kind == LID)).lid_of == AYUS_PHONE


def test_pair_that_is_known_is_no_errand(app, config, session):
    check_in(app)
    with arranging(app):
        line = lines.first()
        lid = identity.meet(line, Reach(LID, AYUS_LID), Reach(PHONE, AYUS_PHONE))
        errands.note_pair(line.id, identity.meet(line, Reach(PHONE, AYUS_PHONE)), lid)
        errands.note_pair(line.id, lid, lid)

    assert session.count(Errand) == 0


def test_phone_that_is_learnt_is_the_one_to_call(app, config, session, waha):
    waha.write(AYUS_PHONE, "WhatsApp knows her")
    _lid_writes(app)

    _run(app, config)

    assert session.one(Guest).mobile_phone == AYUS_PHONE


def _lid_writes(app, text="Halo", also=None):
    with arranging(app):
        incoming = inbox.Incoming(
            reach=Reach(LID, AYUS_LID), also=also, raw_id=f"3EB0{abs(hash(text)):X}"[:22], text=text
        )
        inbox.receive(lines.first(), incoming)


def _ask_lid(app):
    with arranging(app) as session:
        line = session.scalars(select(Line)).one()
        errands.ask_lid(line.id, identity.meet(line, Reach(PHONE, AYUS_PHONE)))


def _run(app, config):
    with app.app_context():
        return worker.run_one_errand(config)
