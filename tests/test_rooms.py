"""Rooms from a file: all of them or none."""

from collections.abc import Callable
from typing import Any

import pytest

from concierge import rooms
from concierge.models import Hotel, Room
from tests.database import Look

FAULTY = b"room_number,type,cleaning_state\n101,Standard,\n,Deluxe,\n\n101,Suite,\n" + b"9" * 21 + b",,\n102,,shiny\n"


@pytest.fixture
def read(arrange: Callable[..., Any], hotel: Hotel) -> Callable[[bytes], tuple[int, int]]:
    """`read(b"room_number\\n101")`: import into our hotel and commit."""

    def import_(content: bytes) -> tuple[int, int]:
        with arrange():
            return rooms.import_csv(hotel, content)

    return import_


@pytest.mark.parametrize(
    "content",
    [
        b"room_number,type\n101,Standard\n102,Deluxe\n",
        b"room_number;type\r\n101;Standard\r\n102;Deluxe",
        b"room_number\ttype\n101\t Standard \n102\tDeluxe\n",
        b"\xef\xbb\xbfroom_number,type,view\n101,Standard,sea\n102,Deluxe\n",
        b'type,room_number\n"Standard","101"\n\nDeluxe,102\n',
    ],
)
def test_files_of_every_habit_are_read(read: Callable[..., Any], session: Look, content: bytes) -> None:
    assert read(content) == (2, 0)
    assert {(room.number, room.type, room.cleaning_state) for room in session.all(Room)} == {
        ("101", "Standard", "clean"),
        ("102", "Deluxe", "clean"),
    }


def test_known_rooms_are_updated(read: Callable[..., Any], session: Look) -> None:
    read(b"room_number,type,cleaning_state\n101,Standard,dirty\n102,Standard,\n")
    assert read(b"room_number,type\n101,Deluxe\n103,Suite\n") == (1, 1)
    assert [(room.number, room.type, room.cleaning_state) for room in sorted(session.all(Room), key=_number)] == [
        ("101", "Deluxe", "dirty"),
        ("102", "Standard", "clean"),
        ("103", "Suite", "clean"),
    ]


def test_every_fault_is_named_by_its_line_and_nothing_is_kept(read: Callable[..., Any], session: Look) -> None:
    with pytest.raises(rooms.BadRows) as refused:
        read(FAULTY)
    words = str(refused.value)
    assert [line.partition(":")[0] for line in words.splitlines()[1:]] == ["line 3", "line 5", "line 6", "line 7"]
    assert "room 101 is in the file twice" in words
    assert "clean, dirty, inspected, out_of_order" in words
    assert session.count(Room) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"number\n101",
        b"\xff\xfe1\x000\x00",
        b"room_number\n10\x001\n",
        b'room_number\n"' + b"x" * 200_000,
        b"a\rb\r",
    ],
)
def test_a_file_that_is_none_is_refused_in_words(read: Callable[..., Any], session: Look, content: bytes) -> None:
    with pytest.raises(rooms.BadRows):
        read(content)
    assert session.count(Room) == 0


def _number(room: Room) -> str:
    return room.number
