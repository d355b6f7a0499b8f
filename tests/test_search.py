"""Who is calling: a room, a part of a name, any spelling of a phone. Never a guest of another hotel."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from concierge import clock, search, stays
from concierge.models import Conversation, Hotel, Line, Stay
from tests.crowd import many_conversations
from tests.people import Employee, meet
from tests.story import AYUS_PHONE, check_in, guest_writes, staff_writes

KENJIS_PHONE = "+819012345678"


@pytest.fixture
def find(app: Flask, hotel: Hotel) -> Callable[[str], list[str]]:
    """`find("312")`: the names on the cards, the likeliest first."""

    def names(typed: str) -> list[str]:
        with app.app_context():
            return [
                each.stays[0].guest_name if each.stays else each.guest.shown_name for each in search.find(hotel, typed)
            ]

    return names


@pytest.fixture
def house(app: Flask) -> None:
    """Ayu in 312, Kenji in 31, and José Ángel in 208."""
    check_in(app, room="312", name="Ayu Lestari")
    check_in(app, room="31", name="Kenji Watanabe", phone=KENJIS_PHONE)
    check_in(app, room="208", name="José Ángel Núñez", phone="+34612345678")


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("312", ["Ayu Lestari"]),
        ("31", ["Kenji Watanabe", "Ayu Lestari"]),  # the room itself, then rooms that begin so
        (" 208 ", ["José Ángel Núñez"]),
        ("999", []),
        ("ayu", ["Ayu Lestari"]),
        ("LESTARI ayu", ["Ayu Lestari"]),
        ("wata", ["Kenji Watanabe"]),
        ("ÁNGEL", ["José Ángel Núñez"]),
        ("josé n", ["José Ángel Núñez"]),
        ("", []),
        ("   ", []),
        ("%", []),
        ("_y_", []),
        ("a" * 500, []),
    ],
)
def test_rooms_and_names_are_found(find: Callable[[str], list[str]], typed: str, names: list[str]) -> None:
    assert find(typed) == names


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(
    "typed",
    ["+6281234567890", "+62 812-3456-7890", "081234567890", "0812 3456", "0812", "6281234567890", "62 812 3456",
     "812345", "0062 812", "(0812) 3456-7890", "7890", "567890"],
)  # fmt: skip
def test_any_spelling_of_a_phone_finds_its_guest(find: Callable[[str], list[str]], typed: str) -> None:
    assert find(typed) == ["Ayu Lestari"]


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("typed", ["+81 90", "090-1234-5678", "+819012345678"])
def test_a_number_from_abroad_is_found_as_its_owner_says_it(find: Callable[[str], list[str]], typed: str) -> None:
    assert find(typed) == ["Kenji Watanabe"]


def test_another_hotel_s_guests_are_never_found(
    app: Flask, find: Callable[[str], list[str]], charlie: Employee, arrange: Callable[..., Any]
) -> None:
    theirs = meet(app, "Ayu Lestari", AYUS_PHONE, hotel_id=charlie.hotel_id)
    with arrange() as session:
        line = session.query(Line).filter_by(hotel_id=charlie.hotel_id).one()
        facts = {"hotel_id": charlie.hotel_id, "line_id": line.id, "guest_id": theirs.id}
        session.add(Conversation(**facts, start=clock.now()))
    assert [find(typed) for typed in ("ayu", "0812", "+6281234567890")] == [[], [], []]


def test_who_is_in_the_house_stands_before_who_left(
    app: Flask, find: Callable[[str], list[str]], arrange: Callable[..., Any]
) -> None:
    gone = check_in(app, room="101", name="Ayu Wandira", phone="+6281390000002")
    with arrange() as session:
        stays.check_out(session.get(Stay, gone.id))
    check_in(app, room="102", name="Ayu Lestari")
    assert find("ayu") == ["Ayu Lestari", "Ayu Wandira"]


def test_an_empty_room_leads_to_who_left_it_last(
    app: Flask, hotel: Hotel, find: Callable[[str], list[str]], arrange: Callable[..., Any]
) -> None:
    for name, phone in (("Budi", "+6281390000002"), ("Ayu", AYUS_PHONE)):
        stay = check_in(app, room="101", name=name, phone=phone)
        with arrange() as session:
            stays.check_out(session.get(Stay, stay.id))
    assert find("101") == ["Ayu"]


def test_a_card_holds_every_room_and_the_last_three_messages(app: Flask, hotel: Hotel, wayan: Employee) -> None:
    check_in(app, room="312")
    check_in(app, room="314")
    for text in ("First", "Second", "Third"):
        guest_writes(app, text)
    staff_writes(app, "Fourth", by=wayan)
    with app.app_context():
        (found,) = search.find(hotel, "ayu")
        assert [stay.room.number for stay in found.stays] == ["312", "314"]
        assert [message.text for message in found.last] == ["Second", "Third", "Fourth"]


def test_who_only_wrote_is_found_by_the_number(app: Flask, hotel: Hotel) -> None:
    guest_writes(app, "Hello?", phone="+6281390000002")
    with app.app_context():
        (found,) = search.find(hotel, "0813 9000")
        assert (found.stays, [message.text for message in found.last]) == ([], ["Hello?"])


def test_a_large_hotel_gets_no_longer_answer(app: Flask, hotel: Hotel, line: Line, arrange: Callable[..., Any]) -> None:
    many_conversations(arrange, line, 300)
    with app.app_context():
        assert len(search.find(hotel, "guest")) == search.MOST
