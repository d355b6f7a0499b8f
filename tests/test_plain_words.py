"""The short way of plain words: it leaves what the long way leaves, and gives way to whatever is not plain."""

import json
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import JSON, String, cast, select

from concierge import clock, identity, intake, outbox, plain_words, stays
from concierge.extensions import db
from concierge.models import Conversation, Event, Guest, Line, Message, Stay
from concierge.models.event import APPLIED, IGNORED
from concierge.models.message import STAFF
from tests import database
from tests.database import arranging
from tests.statements import asked_of
from tests.story import AYUS_PHONE, check_in, conversation_with, guest_writes
from tests.web.at_once import at_once

AYUS_CHAT = f"{AYUS_PHONE.lstrip('+')}@c.us"
AYUS_LID = "99110000000001@lid"
NOON = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
US = {"id": "628110009999@c.us", "lid": "99110000000009@lid"}
_numbers = count()


def words(text="Halo", number=None, chat=AYUS_CHAT, name=None, data=None, **payload):
    """One event; `data` is what the engine tells beside it."""
    number = next(_numbers) if number is None else number
    data = (data or {}) | ({"pushName": name} if name else {})
    told = {"id": f"false_{chat}_3EB0{number:06}", "from": chat, "fromMe": False, "body": text, "_data": data}
    return {"id": f"evt_{number}", "event": "message", "session": "default", "me": US, "payload": told | payload}


@pytest.fixture
def door(app):
    """WAHA's, let in once: the line behind it is remembered."""
    waha = app.test_client(carries_token=False)
    assert waha.post_webhook({"id": "evt_first", "event": "nothing", "me": US}).status_code == 200
    return waha


@pytest.fixture
def short(monkeypatch):
    """Whether each message that tried the short way got through."""
    went, receive = [], plain_words.receive

    def noted(*args):
        went.append(receive(*args))
        return went[-1]

    monkeypatch.setattr(plain_words, "receive", noted)
    return went


TWIN = {"key": {"remoteJidAlt": f"{AYUS_PHONE.lstrip('+')}@s.whatsapp.net"}}
PLACE = {"latitude": -6.2, "longitude": 106.8, "description": "Gambir"}
TOLD = (
    (words("Halo"), True),
    (words("Halo?", timestamp=int(NOON.timestamp()) - 600), True),
    (words("Baik", replyTo={"id": "3EB0QUOTED", "body": "Selamat pagi", "participant": AYUS_CHAT}), True),
    (words("", location=PLACE), True),
    (words("Saya Ayu", name="Ayu"), False),
    (words("Ayu lagi", name="Ayu"), True),
    (words("Dari nomor lain", chat=AYUS_LID, data=TWIN), False),
    (words("Masih saya", chat=AYUS_LID, data=TWIN), True),
    (words("Tanpa nomor", chat=AYUS_LID), True),
    (words("Tanpa tanda") | {"id": None}, True),
    (words("\x00 \ud83d 👍🏽" + "x" * 5000), True),
)


def test_both_ways_leave_the_same_rows(_house, app, short, monkeypatch):
    left_short = _story(app, monkeypatch)
    assert short == [is_plain for _, is_plain in TOLD] + [True]
    database.restore(*_house)
    monkeypatch.setattr(intake, "plain_words_of", lambda *_: None)

    left_long = _story(app, monkeypatch)

    assert len(short) == len(TOLD) + 1
    for table, rows in left_long.items():
        assert left_short[table] == rows, table


def _story(app, monkeypatch):
    """A check-in whose welcome waits, every kind of plain words, an answer of staff, and words after it."""
    _stop_the_clock(monkeypatch, NOON)
    check_in(app)
    waha = app.test_client(carries_token=False)
    waha.post_webhook({"id": "evt_first", "event": "nothing", "me": US})
    for second, (event, _) in enumerate(TOLD, 1):
        _stop_the_clock(monkeypatch, NOON + timedelta(seconds=2 * second))
        assert waha.post_webhook(event).json == {"status": "applied"}
    with arranging(app):
        outbox.post(conversation_with(), "Selamat siang", origin=STAFF)
    _stop_the_clock(monkeypatch, NOON + timedelta(minutes=5))
    waha.post_webhook(words("Terima kasih", number=999_999))
    return _rows(app)


def _stop_the_clock(monkeypatch, at):
    class Stopped(datetime):
        @classmethod
        def now(cls, tz=None):
            return at

    monkeypatch.setattr(clock, "datetime", Stopped)


def _rows(app):
    """All rows as they are stored, ids named in order of appearance: two stories have no id in common."""
    names = {}
    with app.app_context(), db.engine.connect() as connection:
        return {
            table.name: [
                [names.setdefault(value, len(names)) if name.endswith("id") and value in ids else value
                 for name, value in row.items()]
                for row in found
            ]
            for table, found, ids in _found(connection)
        }  # fmt: skip


def _found(connection):
    tables = {}
    for table in db.metadata.sorted_tables:
        columns = [cast(c, String).label(c.name) if isinstance(c.type, JSON) else c for c in table.columns]
        order = [table.c[name] for name in ("created_at", "seq", "kind", "key", "number") if name in table.c]
        tables[table] = [dict(row._mapping) for row in connection.execute(select(*columns).order_by(*order))]
    ids = {row["id"] for rows in tables.values() for row in rows}
    return [(table, rows, ids) for table, rows in tables.items()]


def test_plain_words_take_three_statements_at_most_however_much_there_is(app, door, session):
    check_in(app)
    door.post_webhook(words("The first of a wait takes a fourth"))
    few = _asked_by_one(app, door)
    for guest in range(12):
        guest_writes(app, "Hello", phone=f"+62812000000{guest:02}")
    for _ in range(30):
        door.post_webhook(words())

    many = _asked_by_one(app, door)

    assert len(few) in {1, 3}  # PostgreSQL takes it all in one
    assert many == few


@pytest.mark.parametrize("told", [{"hasMedia": True}, {"name": "New"}, {"chat": "6281299999999@c.us"}])
def test_the_long_way_takes_a_number_of_questions_that_does_not_grow(app, door, session, told):
    check_in(app)
    door.post_webhook(words())
    few = _asked_by_one(app, door, **_another(told, 0))
    for guest in range(12):
        guest_writes(app, "Hello", phone=f"+62812000000{guest:02}")
    for _ in range(30):
        door.post_webhook(words())

    assert len(_asked_by_one(app, door, **_another(told, 1))) == len(few)


def _another(told, number):
    return {name: f"{number}{value}" if name in {"name", "chat"} else value for name, value in told.items()}


def _asked_by_one(app, door, **told):
    with asked_of(app) as asked:
        assert door.post_webhook(words(**told)).status_code == 200
    # Every five seconds the line is noted as heard of.
    return [one for one in asked if not one.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "UPDATE lines"))]


def test_what_came_before_its_message_takes_effect(app, door, session):
    check_in(app)
    edited = words("Halo!", editedMessageId="3EB0777777") | {"id": "evt_edit", "event": "message.edited"}
    door.post_webhook(edited)

    door.post_webhook(words("Halo", number=777777))

    assert session.one(select(Message).where(Message.role == "User")).text == "Halo!"


def test_line_is_noted_as_heard_of_every_five_seconds(app, door, session, wait):
    check_in(app)
    heard = []
    for seconds in (0, 6, 2, 6):
        wait(seconds=seconds)
        door.post_webhook(words())
        heard.append(session.one(Line).last_event_at)

    assert heard[0] < heard[1] == heard[2] < heard[3]


def test_words_from_a_number_that_became_ours_make_no_thread(app, door, session, short):
    """Another process learnt it: what this one remembers of the line is not believed."""
    check_in(app)
    with arranging(app) as rows:
        rows.scalars(select(Line)).one().own_phone = AYUS_PHONE

    assert door.post_webhook(words()).json == {"status": IGNORED}
    assert short == [False]
    assert session.one(Conversation).waiting_since is None


def test_fault_on_the_short_way_loses_nothing(app, door, session, monkeypatch, caplog):
    check_in(app)
    monkeypatch.setattr(plain_words.statements, "NOTE_GUEST_WROTE", "not a statement")  # all is stored by then

    assert door.post_webhook(words("Halo")).json == {"status": APPLIED}

    assert session.one(select(Message).where(Message.role == "User")).text == "Halo"
    assert session.one(Conversation).seq == 2
    assert "short way" in caplog.text and "Halo" not in caplog.text


def test_eight_deliveries_at_once_to_a_known_guest_are_one_message(app, door, session):
    check_in(app)
    event = words()

    assert at_once(8, lambda _: app.test_client().post_webhook(event).status_code) == [200] * 8

    assert session.one(Conversation).seq == 2
    assert len(session.all(select(Message).where(Message.role == "User"))) == 1


def test_eight_messages_at_once_of_a_known_guest_are_numbered_without_gaps(app, door, session, short):
    check_in(app)
    assert at_once(8, lambda number: app.test_client().post_webhook(words(number=number)).status_code) == [200] * 8

    assert short == [True] * 8
    assert sorted(one.seq for one in session.all(Message)) == list(range(1, 10))
    assert session.one(Conversation).revision == session.one(Conversation).seq == 9


def test_words_after_check_out_open_the_thread_again(app, door, session, short):
    stay = check_in(app)
    with arranging(app) as rows:
        stays.check_out(rows.get(Stay, stay.id))

    door.post_webhook(words("I forgot my passport"))

    thread = session.one(Conversation)
    assert (thread.is_active, thread.end, short) == (True, None, [False])


def test_forged_words_keep_nobody_from_writing(app, door, session):
    check_in(app)
    with asked_of(app) as asked:
        assert door.post_webhook(words(), **{"X-Webhook-Hmac": "0" * 128}).status_code == 401
    assert [one for one in asked if not one.startswith(("BEGIN", "SELECT"))] == []
    assert "BEGIN IMMEDIATE" not in asked


@pytest.mark.parametrize("turn", range(3))
def test_words_at_the_moment_of_check_out_are_in_an_open_thread(app, door, session, turn):
    stay = check_in(app)

    def act(number):
        if number < 6:
            return app.test_client().post_webhook(words()).status_code
        with arranging(app) as rows:
            stays.check_out(rows.get(Stay, stay.id))
        return 200

    assert at_once(7, act) == [200] * 7

    thread = session.one(Conversation)
    wrote = session.all(select(Message).where(Message.role == "User"))
    assert len(wrote) == 6
    assert [one.seq for one in session.all(select(Message).order_by(Message.seq))] == list(range(1, thread.seq + 1))


@pytest.mark.parametrize("turn", range(3))
def test_words_at_the_moment_of_joining_are_in_the_thread_that_stays(app, door, session, turn):
    """She is known by phone and by LID as two guests, who turn out to be one while both write."""
    guest_writes(app, "Halo")
    door.post_webhook(words("Siapa saya?", chat=AYUS_LID))
    one, other = (guest.id for guest in session.all(Guest))

    def act(number):
        if number < 6:
            return app.test_client().post_webhook(words(chat=(AYUS_CHAT, AYUS_LID)[number % 2])).status_code
        with arranging(app):
            identity.join(one, other)
        return 200

    assert at_once(7, act) == [200] * 7

    thread = session.one(select(Conversation).where(Conversation.is_active))
    assert {one.conversation_id for one in session.all(Message)} == {thread.id}
    assert [one.seq for one in session.all(select(Message).order_by(Message.seq))] == list(range(1, thread.seq + 1))


def test_event_is_kept_as_it_came(app, door, session):
    check_in(app)
    body = json.dumps(words("Halo")).encode()
    door.post_webhook(body)
    kept = session.all(Event)[-1]
    assert (kept.body, kept.outcome, kept.applied_at) == (body, APPLIED, kept.created_at)
