"""What a message holds, where the engines write it differently and no captured file shows it."""

from typing import Any

import pytest

from concierge.waha.content import File, content_of

OGG = {"url": "http://waha/api/files/a.oga", "mimetype": "audio/ogg; codecs=opus"}
MP3 = {"url": "http://waha/api/files/a.mp3", "mimetype": "audio/mpeg"}
PDF = {"url": "http://waha/api/files/a.pdf", "mimetype": "application/pdf", "filename": "Voucher.pdf"}
MP4 = {"url": "http://waha/api/files/a.mp4", "mimetype": "video/mp4"}


def content(**payload: Any) -> Any:
    return content_of({"id": "false_6281234567890@c.us_3EB0AAAA", "body": None, **payload})


def test_place_of_a_browser_engine_has_its_name_in_the_description_and_a_picture_for_words() -> None:
    told = {"latitude": -6.2, "longitude": 106.8, "description": "Stasiun Gambir\nJl. Medan Merdeka Tim."}
    found = content(body="/9j/4AAQSkZJRgABAQ", location=told)
    assert (found.kind, found.text) == ("location", "Location")
    assert found.details["location"] == {"latitude": -6.2, "longitude": 106.8, "name": "Stasiun Gambir"}


def test_place_that_is_nowhere_on_earth_gets_no_link() -> None:
    found = content(location={"latitude": "91", "longitude": "nan", "name": "Here"})
    assert found.details["location"] == {"name": "Here"}


def test_place_where_the_guest_is_now() -> None:
    assert content(location={"latitude": "1", "longitude": "2", "live": True}).details["location"]["is_live"] is True


def test_card_of_a_browser_engine_is_not_shown_as_words() -> None:
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Dewi\nTEL;waid=6281390000002:+62 813-9000-0002\nEND:VCARD"
    found = content(body=card, vCards=[card])
    assert (found.text, found.details["contacts"]) == (
        "Contact card",
        [{"name": "Dewi", "phones": ["+62 813-9000-0002"]}],
    )


@pytest.mark.parametrize(
    ("kind", "media", "data"),
    [
        ("voice", OGG, {"message": {"audioMessage": {"ptt": True}}}),  # NOWEB
        ("voice", OGG, {"Message": {"audioMessage": {"PTT": True}}}),  # GOWS
        ("voice", OGG, {"type": "ptt"}),  # WEBJS, WPP
        ("audio", MP3, {"message": {"audioMessage": {"ptt": False}}}),
        ("audio", MP3, {"type": "audio"}),
        ("video", MP4, {"message": {"viewOnceMessageV2": {"message": {"videoMessage": {}}}}}),
        ("video", MP4, {"Message": {"ptvMessage": {}}}),
        ("document", PDF, {"message": {"documentWithCaptionMessage": {"message": {"documentMessage": {}}}}}),
        ("document", MP4, {"Message": {"documentMessage": {}}}),  # a film sent as a file
        ("document", PDF, {"type": "document"}),
        ("sticker", {"mimetype": "application/was"}, {}),
        ("document", {"mimetype": "text/html"}, {}),
    ],
)
def test_file_is_called_what_the_engine_calls_it(kind: str, media: dict[str, Any], data: dict[str, Any]) -> None:
    assert content(hasMedia=True, media=media, _data=data).kind == kind


@pytest.mark.parametrize("media", [None, {"url": None, "mimetype": None, "error": {"details": "403"}}])
def test_file_that_waha_did_not_fetch_is_still_a_file(media: Any) -> None:
    assert content(hasMedia=True, media=media, _data={"type": "image"}).file == File(None, None, None)


def test_caption_stands_instead_of_the_placeholder() -> None:
    found = content(hasMedia=True, media=PDF, body="My voucher")
    assert (found.text, found.details, found.file.filename) == ("My voucher", {}, "Voucher.pdf")
