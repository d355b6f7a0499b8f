"""Phone numbers, however they are written."""

import pytest

from concierge import phone

INDONESIAN = "+6281234567890"
SPELLINGS = [
    "081234567890", "0812 3456 7890", "0812-3456-7890", "(0812) 3456-7890", "0812.3456.7890", " 081234567890 ",
    "+62 812-3456-7890", "+6281234567890", "+62 (0)812 3456 7890", "0062 812 3456 7890", "6281234567890",
    "62 812 3456 7890", "6281234567890@c.us", "6281234567890@s.whatsapp.net", "6281234567890:12@s.whatsapp.net",
    "+62\u00a0812\u20113456\u20117890", "٠٨١٢٣٤٥٦٧٨٩٠",
]  # fmt: skip
ABROAD = [
    ("+1 415 555 2671", "ID", "+14155552671"),
    ("001 415 555 2671", "ID", "+14155552671"),
    ("14155552671@c.us", "ID", "+14155552671"),
    ("(415) 555-2671", "US", "+14155552671"),
    ("090-1234-5678", "JP", "+819012345678"),
    ("+81 90-1234-5678", "ID", "+819012345678"),
    ("07911 123456", "GB", "+447911123456"),
    ("+44 7911 123456", "ID", "+447911123456"),
    ("0412 345 678", "AU", "+61412345678"),
    ("612 34 56 78", "ES", "+34612345678"),
    ("338 123 4567", "IT", "+393381234567"),
    ("+39 06 698 1234", "ID", "+39066981234"),
    ("+55 11 96123-4567", "ID", "+5511961234567"),
    ("+7 912 345-67-89", "ID", "+79123456789"),
    ("8 (912) 345-67-89", "RU", "+79123456789"),
    ("+65 8123 4567", "ID", "+6581234567"),
    ("8123 4567", "SG", "+6581234567"),
    ("0151 23456789", "DE", "+4915123456789"),
]
IMPOSSIBLE = [
    "", "   ", "Ayu", "+", "00", "0", "123", "+1 555", "+999 1234567890", "0812", "+62 812", "0" * 61, "9" * 60,
    "08123456789012345", "ayu@c.us", "12345@g.us", "status@broadcast", "\x00", "\ud83d", "+62 812-3456-7890 ext. 5",
    "123@c.us", "08@c.us",
]  # fmt: skip


@pytest.mark.parametrize("typed", SPELLINGS)
def test_every_spelling_is_one_number(typed: str) -> None:
    assert phone.parse(typed, "ID") == INDONESIAN


@pytest.mark.parametrize(("typed", "country", "stored"), ABROAD)
def test_every_country_s_numbers_are_understood(typed: str, country: str, stored: str) -> None:
    assert phone.parse(typed, country) == stored


def test_a_foreign_number_never_becomes_indonesian() -> None:
    assert not phone.parse("+1 415 555 2671", "ID").startswith("+62")
    assert phone.parse("81234567890", "ID") == INDONESIAN  # a leading zero left out is a local number


@pytest.mark.parametrize("typed", IMPOSSIBLE)
def test_what_cannot_be_called_is_refused_in_words(typed: str) -> None:
    with pytest.raises(phone.ImpossiblePhone) as refused:
        phone.parse(typed, "ID")
    assert str(refused.value).endswith((".", "7890."))


@pytest.mark.parametrize("stored", [INDONESIAN, "+14155552671", "+819012345678"])
def test_what_is_shown_is_read_back(stored: str) -> None:
    assert phone.parse(phone.show(stored), "GB") == stored


def test_numbers_are_shown_as_people_write_them() -> None:
    assert phone.show(INDONESIAN) == "+62 812-3456-7890"
    assert phone.show("+14155552671") == "+1 415-555-2671"


@pytest.mark.parametrize("odd", ["", "Ayu", "+99999999999999999999", "99110000000001"])
def test_what_is_no_number_is_shown_as_it_is(odd: str) -> None:
    assert phone.show(odd) == odd
    assert phone.country_of(odd) is None


def test_the_country_is_told() -> None:
    assert (phone.country_of(INDONESIAN), phone.country_of("+819012345678")) == ("ID", "JP")
