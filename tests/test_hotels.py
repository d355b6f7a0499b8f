"""The hotels of a chain."""

from collections.abc import Callable
from typing import Any

import pytest

from concierge import hotels, lines
from concierge.config import Config
from concierge.models import Hotel, Line
from tests.database import Look

KEY = "the key of the other hotel"
WRONG = {
    "name": ["", "  ", "x" * 121],
    "time_zone": ["Jakarta", "", "../../etc/passwd", "\x00"],
    "country": ["jp", "Japan", ""],
    "language": ["fr", ""],
    "waha_host": ["waha:3000", ""],
    "hmac_key": [""],
    "secret_key": [""],
}


@pytest.fixture
def found(arrange: Callable[..., Any], config: Config) -> Callable[..., None]:
    """`found(country="JP")`: a hotel in Kyoto, unless something else is said."""

    def make(**changes: str) -> None:
        described = {
            "name": "Hotel Kyoto", "waha_host": "https://waha.kyoto.example/", "waha_session": "kyoto", "country": "JP",
            "time_zone": "Asia/Tokyo", "language": "en", "api_key": "api key", "hmac_key": KEY,
            "secret_key": config.secret_key,
        }  # fmt: skip
        with arrange():
            hotels.create(**described | changes)

    return make


def test_a_hotel_comes_with_its_line(found: Callable[..., None], session: Look, config: Config) -> None:
    found()
    (line,) = [one for one in session.all(Line) if one.position == 1]
    connection = lines.connection_of(line, config)
    assert (connection.host, connection.waha_session) == ("https://waha.kyoto.example", "kyoto")
    assert connection.api_key == "api key"
    assert lines.hmac_key_of(line, config) == KEY


def test_a_copy_of_the_database_does_not_give_the_keys_away(found: Callable[..., None], session: Look) -> None:
    found()
    kept = repr(session.sql("SELECT * FROM lines"))
    assert KEY not in kept
    assert "api key" not in kept


def test_lines_are_numbered_on(found: Callable[..., None], session: Look) -> None:
    found()
    found(name="Hotel Osaka")
    assert sorted(line.position for line in session.all(Line)) == [0, 1, 2]


def test_what_cannot_be_is_refused(found: Callable[..., None], session: Look) -> None:
    for field, values in WRONG.items():
        for value in values:
            with pytest.raises(hotels.BadHotel):
                found(**{field: value})
    assert session.count(Hotel) == session.count(Line) == 1


def test_two_hotels_of_one_name_could_not_be_told_apart(found: Callable[..., None], session: Look) -> None:
    found()
    with pytest.raises(hotels.BadHotel, match="already"):
        found(name=" Hotel Kyoto ")
    assert session.count(Hotel) == 2


def test_the_only_hotel_needs_no_name(arrange: Callable[..., Any], hotel: Hotel) -> None:
    with arrange():
        assert hotels.named(None).id == hotel.id


def test_of_several_hotels_one_is_named(arrange: Callable[..., Any], found: Callable[..., None]) -> None:
    found()
    with arrange():
        assert hotels.named("Hotel Kyoto").name == "Hotel Kyoto"
        with pytest.raises(hotels.BadHotel, match="--hotel"):
            hotels.named(None)
        with pytest.raises(hotels.BadHotel, match="no hotel named"):
            hotels.named("Hotel Nowhere")
