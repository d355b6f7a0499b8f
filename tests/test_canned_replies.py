"""Saved replies: filled in for a guest, refused where they would have a hole."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from concierge import canned_replies, texts
from concierge.canned_replies import Wording
from concierge.models import CannedReply, Conversation, Hotel
from tests.database import Look
from tests.story import check_in, guest_writes

Arrange = Callable[..., Any]
WIFI = {"en": Wording("Wi-Fi", "The password of {hotel} is melati."), "id": Wording("Wi-Fi", "Sandi {hotel}: melati.")}
KEY = {"en": Wording("Key", "Dear {name}, the key of {room} is here.")}


def keep(arrange: Arrange, hotel: Hotel, shortcut: str, wordings: dict[str, Wording], **more: Any) -> None:
    with arrange() as session:
        canned_replies.keep(session.get(Hotel, hotel.id), shortcut, wordings, **more)


def offers(arrange: Arrange, hotel: Hotel) -> list[canned_replies.Offer]:
    """For the one guest there is."""
    with arrange() as session:
        conversation = session.query(Conversation).one()
        return canned_replies.offers(conversation, session.get(Hotel, hotel.id))


def test_a_reply_is_filled_in_for_the_guest(app: Flask, arrange: Arrange, hotel: Hotel) -> None:
    check_in(app, language="en")
    keep(arrange, hotel, "key", KEY)
    (offer,) = offers(arrange, hotel)
    assert (offer.text, offer.missing) == ("Dear Ayu Lestari, the key of 101 is here.", ())


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_guest_s_language_comes_first(app: Flask, arrange: Arrange, hotel: Hotel, language: str) -> None:
    check_in(app, language=language)
    for shortcut in ("wifi", "breakfast"):
        keep(arrange, hotel, shortcut, WIFI)
    found = [(each.language, each.shortcut) for each in offers(arrange, hotel)]
    other = {"en": "id", "id": "en"}[language]
    assert found == [(language, "breakfast"), (language, "wifi"), (other, "breakfast"), (other, "wifi")]


def test_what_is_not_known_of_a_guest_refuses_the_reply(app: Flask, arrange: Arrange, hotel: Hotel) -> None:
    guest_writes(app, "Hello", profile_name="Astrid")
    keep(arrange, hotel, "key", KEY)
    (offer,) = offers(arrange, hotel)
    assert offer.missing == ("name", "room")
    assert "{room}" in offer.text


def test_a_name_that_looks_like_a_variable_is_a_name(app: Flask, arrange: Arrange, hotel: Hotel) -> None:
    check_in(app, name="{room}")
    keep(arrange, hotel, "key", KEY)
    assert offers(arrange, hotel)[0].text == "Dear {room}, the key of 101 is here."


def test_words_with_an_unknown_hole_are_not_kept(arrange: Arrange, hotel: Hotel, session: Look) -> None:
    with pytest.raises(texts.UnknownVariable, match="{guest}"):
        keep(arrange, hotel, "key", {"en": Wording("Key", "Dear {guest}")})
    assert session.count(CannedReply) == 0


@pytest.mark.parametrize("shortcut", ["", "Key", "the key", "/key", "schlüssel", "x" * 41])
def test_a_shortcut_can_be_typed(arrange: Arrange, hotel: Hotel, shortcut: str) -> None:
    with pytest.raises(canned_replies.BadShortcut):
        keep(arrange, hotel, shortcut, KEY)


def test_a_shortcut_belongs_to_one_reply(arrange: Arrange, hotel: Hotel, session: Look) -> None:
    keep(arrange, hotel, "key", KEY)
    keep(arrange, hotel, "wifi", WIFI)
    for former in (None, "wifi"):
        with pytest.raises(canned_replies.BadShortcut, match="there already"):
            keep(arrange, hotel, "key", WIFI, instead_of=former)


def test_rewording_renames_adds_and_takes_away(arrange: Arrange, hotel: Hotel, session: Look) -> None:
    keep(arrange, hotel, "wifi", WIFI)
    keep(arrange, hotel, "internet", {"id": Wording("Internet", "Sandi: melati")}, instead_of="wifi")
    kept = [(each.shortcut, each.language, each.body) for each in session.all(CannedReply) if not each.deleted_at]
    assert kept == [("internet", "id", "Sandi: melati")]


def test_a_removed_reply_s_shortcut_is_free_again(app: Flask, arrange: Arrange, hotel: Hotel) -> None:
    check_in(app)
    keep(arrange, hotel, "key", KEY)
    with arrange() as session:
        canned_replies.remove(session.get(Hotel, hotel.id), "key")
    assert offers(arrange, hotel) == []
    keep(arrange, hotel, "key", KEY)
    assert len(offers(arrange, hotel)) == 1
