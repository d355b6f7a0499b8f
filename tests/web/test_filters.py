"""How templates show times, names and guests' words."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from concierge import clock
from concierge.models import Conversation, Guest, Hotel, Message, Staff, Stay
from concierge.models.message import HOTEL, PHONE, STAFF
from concierge.web import filters

JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.fixture
def at_noon(wait: Callable[..., None]) -> None:
    """Noon in Jakarta, Sunday 22 November 2026."""
    wait(seconds=(datetime(2026, 11, 22, 5, tzinfo=UTC) - clock.now()).total_seconds())


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a & b \"c\" 'd'", "a &amp; b &#34;c&#34; &#39;d&#39;"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("data:text/html,<b>", "data:text/html,&lt;b&gt;"),
        ("no link", "no link"),
        ("", ""),
    ],
)
def test_guests_words_are_escaped(said: str, shown: str) -> None:
    assert str(filters.linked(said)) == shown


@pytest.mark.parametrize(
    ("said", "address", "after"),
    [
        ("See https://a.example/b.", "https://a.example/b", "."),
        ("(http://a.example)", "http://a.example", ")"),
        ("HTTPS://A.example/?x=1&y=2 ok", "HTTPS://A.example/?x=1&amp;y=2", " ok"),
        ('https://a.example/"onclick="x', "https://a.example/", "&#34;onclick=&#34;x"),
        ("https://a.example/<b>", "https://a.example/", "&lt;b&gt;"),
    ],
)
def test_addresses_can_be_followed_and_nothing_else_becomes_markup(said: str, address: str, after: str) -> None:
    shown = str(filters.linked(said))
    link = f'<a href="{address}" target="_blank" rel="noopener noreferrer nofollow">{address}</a>'
    assert link + after in shown
    assert shown.count("<a ") == 1


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ayu Lestari", "Ayu"), ("Pak Budi Santoso", "Budi"), ("Dr. Kenji", "Kenji"), ("~Rina", "Rina"),
        ("+62 812-3456-7890", "the guest"), ("Ibu", "the guest"), ("محمد علي", "محمد"),
    ],
)  # fmt: skip
def test_the_first_name_for_a_button(name: str, first: str) -> None:
    assert filters.first_name(Conversation(stay=Stay(guest_name=name), guest=Guest())) == first


@pytest.mark.parametrize(
    ("leaves_in", "words"),
    [(None, "no departure date"), (0, "leaves today"), (1, "1 night left"), (3, "3 nights left"),
     (-1, "should have left on Sat 21 Nov")],
)  # fmt: skip
def test_nights(at_noon: None, leaves_in: int | None, words: str) -> None:
    leaves = None if leaves_in is None else date(2026, 11, 22) + timedelta(days=leaves_in)
    assert filters.nights(Stay(checkout_date=leaves), JAKARTA) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 22, 4, 59, tzinfo=UTC), "11:59"),
        (datetime(2026, 11, 21, 17, 0, tzinfo=UTC), "00:00"),
        (datetime(2026, 11, 21, 16, 59, tzinfo=UTC), "yesterday 23:59"),
        (datetime(2026, 11, 20, 2, 0, tzinfo=UTC), "Fri 20 Nov 09:00"),
        (datetime(2025, 11, 20, 2, 0, tzinfo=UTC), "Thu 20 Nov 2025 09:00"),
    ],
)
def test_moments_are_the_hotel_s(at_noon: None, moment: datetime, words: str) -> None:
    assert filters.moment(moment, JAKARTA) == words


@pytest.mark.parametrize(
    ("ago", "words", "colour"),
    [
        (timedelta(seconds=59), "now", "waiting"),
        (timedelta(seconds=179), "2 min", "waiting"),
        (timedelta(seconds=180), "3 min", "waiting waiting--amber"),
        (timedelta(seconds=300), "5 min", "waiting waiting--red"),
        (timedelta(hours=2), "2 h", "waiting waiting--red"),
        (timedelta(hours=48), "2 d", "waiting waiting--red"),
    ],
)
def test_how_long_somebody_waits(ago: timedelta, words: str, colour: str) -> None:
    since, hotel = clock.now() - ago, Hotel(amber_minutes=3, red_minutes=5)
    assert (filters.waited(since), filters.waiting_class(since, hotel)) == (words, colour)


def test_a_preview_is_one_short_line() -> None:
    assert filters.preview("one\n two\t three ") == "one two three"
    cut = filters.preview("a" * 60_000)
    assert (len(cut), cut[-1]) == (filters.LONGEST_PREVIEW, "…")


def test_the_number_to_call_can_be_tapped_and_nothing_else_becomes_markup() -> None:
    message = Message(conversation=Conversation(guest=Guest(mobile_phone="+6281234567890")))
    assert filters.dialling("Call +62 812-3456-7890 <b>now</b>.", message) == (
        'Call <a href="tel:+6281234567890">+62 812-3456-7890</a> &lt;b&gt;now&lt;/b&gt;.'
    )
    assert filters.dialling("Nothing to do.", message) == "Nothing to do."
    nobody = Message(conversation=Conversation(guest=Guest()))
    assert filters.dialling("Call the guest & wait.", nobody) == "Call the guest &amp; wait."


def test_a_narrow_list_has_room_for_a_first_name() -> None:
    assert filters.short_author(Message(role=HOTEL, origin=STAFF, author=Staff(name="Wayan Sudana"))) == "Wayan"
    assert filters.short_author(Message(role=HOTEL, origin=PHONE)) == "From the phone"
