"""Passwords, and who may become a member of staff."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from concierge import sign_in
from concierge.models import Hotel, SignInAttempts, Staff
from tests.database import Look

PASSWORD = "rice fields at dawn"
HERE, THERE = "127.0.0.1", "203.0.113.9"


def test_a_password_is_kept_as_a_slow_hash(arrange: Callable[..., Any], hotel: Hotel, session: Look) -> None:
    with arrange():
        sign_in.hire(hotel, " Wayan@Hotel.Example ", " Wayan Sudarma ", "desk", PASSWORD)
    staff = session.one(Staff)
    assert (staff.email, staff.name) == ("wayan@hotel.example", "Wayan Sudarma")
    assert staff.password_hash.startswith("$argon2id$")
    assert sign_in.is_right(staff, PASSWORD)
    assert not sign_in.is_right(staff, PASSWORD + " ")


def test_nobody_has_no_password() -> None:
    assert not sign_in.is_right(None, "nobody has this password")


def test_a_hash_that_is_none_opens_nothing() -> None:
    assert not sign_in.is_right(Staff(password_hash="plain"), "plain")


@pytest.mark.parametrize("password", ["", "short", "123456789"])
def test_a_weak_password_is_refused(arrange: Callable[..., Any], hotel: Hotel, session: Look, password: str) -> None:
    with arrange(), pytest.raises(sign_in.WeakPassword, match="at least 10"):
        sign_in.hire(hotel, "wayan@hotel.example", "Wayan", "desk", password)
    assert session.count(Staff) == 0


@pytest.mark.parametrize(
    "email", ["", "wayan", "wayan@", "@hotel", "way an@hotel.example", "a@b@c", "w\x00@h", "w" * 250 + "@h.id"]
)
def test_an_address_that_is_none_is_refused(arrange: Callable[..., Any], hotel: Hotel, email: str) -> None:
    with arrange(), pytest.raises(sign_in.BadEmail):
        sign_in.hire(hotel, email, "Wayan", "desk", PASSWORD)


@pytest.mark.parametrize("name", ["", "  ", "W" * 121])
def test_a_name_that_is_none_is_refused(arrange: Callable[..., Any], hotel: Hotel, name: str) -> None:
    with arrange(), pytest.raises(sign_in.BadName):
        sign_in.hire(hotel, "wayan@hotel.example", name, "desk", PASSWORD)


@pytest.mark.parametrize(("failures", "minutes"), [(5, 1), (6, 2), (7, 4), (8, 8), (11, 60), (2000, 60)])
def test_waiting_doubles_up_to_an_hour(arrange: Callable[..., Any], failures: int, minutes: int) -> None:
    with arrange() as session:
        session.add(SignInAttempts(key=f"wayan@hotel.example from {HERE}", failures=failures - 1))
    with arrange():
        sign_in.note_failure("wayan@hotel.example", HERE)
        with pytest.raises(sign_in.TooManyTries, match=f"Wait {minutes} min"):
            sign_in.refuse_impatient(" Wayan@hotel.example", HERE)
        sign_in.refuse_impatient("wayan@hotel.example", THERE)
        sign_in.refuse_impatient("made@hotel.example", HERE)


def test_part_of_a_minute_is_told_as_a_whole_one() -> None:
    assert str(sign_in.TooManyTries(timedelta(seconds=61))).startswith("Too many tries. Wait 2 min")
    assert str(sign_in.TooManyTries(timedelta(milliseconds=1))).startswith("Too many tries. Wait 1 min")
