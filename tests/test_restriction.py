"""WhatsApp restricts the account: nobody new is written to until it may, and staff read until when."""

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from concierge import clock, failures, lines, worker
from concierge.models import Line, Message
from tests.client import sign_in
from tests.database import arranging
from tests.story import check_in, guest_writes

OTHER_PHONE = "+6281390000002"


def test_restricted_account_writes_to_nobody_new_until_it_may(app, config, session, waha, wait):
    ends = int(time.time()) + 7200
    waha.trouble(restricted_until=ends)
    check_in(app)
    check_in(app, room="102", name="Budi", phone=OTHER_PHONE)

    assert _deliver(app, config)
    assert not _deliver(app, config), "the next new guest is held, not tried"

    assert session.one(Line).restricted_until == datetime.fromtimestamp(ends, UTC)
    lost, held = session.all(select(Message).order_by(Message.status))
    assert (lost.status, lost.failure, held.status) == ("failed", failures.RESTRICTED, "queued")
    wait(hours=2)
    waha.trouble(restricted_until=0)
    assert _deliver(app, config)


def test_guest_who_writes_is_answered_by_a_restricted_account(app, config, session, waha):
    with arranging(app):
        lines.restrict(lines.first().id, clock.now() + timedelta(hours=2))
    check_in(app)
    assert not _deliver(app, config)

    guest_writes(app, "Halo")

    assert _deliver(app, config)


def test_where_nobody_says_until_when_it_is_tried_again_in_an_hour(app, config, session, waha, monkeypatch):
    waha.trouble(restricted_until=int(time.time()) + 7200)
    monkeypatch.setattr("concierge.waha.client.WahaClient.restricted_until", lambda self: None)
    check_in(app)
    _deliver(app, config)

    assert session.one(Line).restricted_until - clock.now() < timedelta(hours=1)


def test_staff_read_until_when_new_guests_cannot_be_written_to(app, client, wayan, hotel):
    until = clock.now() + timedelta(hours=2)
    with arranging(app):
        line = lines.first()
        line.status = "WORKING"
        lines.restrict(line.id, until)

    page = sign_in(client, wayan).get("/conversations").text

    assert "does not let this number write to new guests until" in page
    assert f"{until.astimezone(hotel.zone):%H:%M}" in page


def _deliver(app, config) -> bool:
    with app.app_context():
        return worker.deliver_one(config)
