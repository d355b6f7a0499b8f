"""What the hotel says by itself."""

from collections.abc import Callable
from typing import Any

import pytest

from concierge import texts
from concierge.models import Guest, Hotel, Template
from concierge.texts import AUTO_REPLY, SHIPPED, VARIABLES, WELCOME
from tests.database import Look

WHO = {"name": "Ayu Lestari", "room": "302"}


@pytest.mark.parametrize(("kind", "language"), SHIPPED)
def test_shipped_texts_have_no_holes(kind: str, language: str) -> None:
    texts.check(kind, SHIPPED[kind, language])
    assert "{" not in texts.fill(SHIPPED[kind, language], dict.fromkeys(VARIABLES[kind], "x"))


@pytest.mark.parametrize(("language", "first_word"), [("id", "Halo"), ("en", "Hello"), ("fr", "Halo"), (None, "Halo")])
def test_a_guest_is_greeted_in_a_language_we_have(
    arrange: Callable[..., Any], hotel: Hotel, language: str | None, first_word: str
) -> None:
    with arrange():
        assert texts.welcome(hotel, **WHO, language=language).startswith(f"{first_word} Ayu Lestari,")


def test_the_welcome_names_hotel_and_room(arrange: Callable[..., Any], hotel: Hotel) -> None:
    with arrange():
        welcome = texts.welcome(hotel, **WHO, language="en")
    assert hotel.name in welcome
    assert "302" in welcome


def test_the_hotel_s_own_words_come_first(arrange: Callable[..., Any], hotel: Hotel) -> None:
    with arrange():
        texts.reword(hotel, WELCOME, "en", "{ name }, your key to {room} is ready.")
    with arrange():
        assert texts.welcome(hotel, **WHO, language="en") == "Ayu Lestari, your key to 302 is ready."
        assert texts.welcome(hotel, **WHO, language="id").startswith("Halo")


def test_rewording_twice_keeps_one_text(arrange: Callable[..., Any], hotel: Hotel, session: Look) -> None:
    for words in ("First", "Second"):
        with arrange():
            texts.reword(hotel, AUTO_REPLY, "id", words)
    assert session.one(Template).body == "Second"


@pytest.mark.parametrize(
    ("kind", "text", "unknown"),
    [
        (WELCOME, "Hello {guest}", "{guest}"),
        (WELCOME, "Hello {Name}", "{Name}"),
        (WELCOME, "Hello {}", "{}"),
        (WELCOME, "Hello {name.__class__}", "{name.__class__}"),
        (AUTO_REPLY, "We write to {room}", "{room}"),
    ],
)
def test_a_variable_that_nothing_fills_is_refused(
    arrange: Callable[..., Any], hotel: Hotel, session: Look, kind: str, text: str, unknown: str
) -> None:
    with arrange(), pytest.raises(texts.UnknownVariable) as refused:
        texts.reword(hotel, kind, "en", text)
    assert unknown in str(refused.value)
    assert "{hotel}" in str(refused.value)
    assert session.count(Template) == 0


def test_lonely_braces_are_only_braces() -> None:
    texts.check(WELCOME, "Hello } {name} {")
    assert texts.fill("Hello } {name} {", WHO) == "Hello } Ayu Lestari {"


@pytest.mark.parametrize("name", ["{room}", "{{room}}", "{name}", "{hotel}", "{0}", "%s", "\\1", "{room"])
def test_a_guest_with_an_odd_name_is_not_filled_in_twice(name: str) -> None:
    assert texts.fill("{name} in {room}", {"name": name, "room": "302"}) == f"{name} in 302"


def test_the_automatic_answer_speaks_the_guest_s_language(arrange: Callable[..., Any], hotel: Hotel) -> None:
    with arrange():
        said = texts.auto_reply(hotel, Guest(language="en"))
    assert said.startswith("Thank you")
    assert hotel.name in said
