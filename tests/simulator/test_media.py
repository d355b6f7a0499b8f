"""Media as WAHA serves it: with the key, in ranges, for a while, and again when asked for by message."""

import pytest
import requests

from .conftest import AYU, wait_until

BEGINNINGS = {
    "image": b"\xff\xd8\xff",
    "video": b"\x00\x00\x00$ftyp",
    "voice": b"OggS",
    "audio": b"\xff\xfb",
    "document": b"%PDF-1.4",
    "sticker": b"RIFF",
}


@pytest.fixture
def served(waha):
    """Links that lead to the simulator itself."""
    waha.settings(media_base_url=waha.url)
    return waha


def link(hotel):
    return hotel.wait_for("message.any")[0].body["payload"]["media"]["url"]


@pytest.mark.parametrize(("kind", "beginning"), BEGINNINGS.items())
def test_each_kind_is_a_real_file(served, hotel, kind, beginning):
    served.guest_sends(kind)
    answer = served.http.get(link(hotel), timeout=5)
    assert (answer.status_code, answer.content[: len(beginning)]) == (200, beginning)
    mimetype = hotel.of("message.any")[0].body["payload"]["media"]["mimetype"]
    assert answer.headers["Content-Type"] == mimetype.partition(";")[0]


def test_the_host_of_a_link_is_what_waha_believes_it_to_be(waha, hotel):
    sent = waha.guest_sends("voice")
    assert link(hotel) == f"http://localhost:3000/api/files/default/{sent['raw_id']}.oga"


def test_a_file_needs_the_key(served, hotel):
    served.guest_sends("image")
    assert requests.get(link(hotel), timeout=5).status_code == 401
    assert served.http.get(link(hotel), headers={"X-Api-Key": "wrong"}, timeout=5).status_code == 401


def test_a_part_of_a_file_and_its_head_can_be_asked_for(served, hotel):
    served.guest_sends("voice")
    whole = served.http.get(link(hotel), timeout=5).content
    part = served.http.get(link(hotel), headers={"Range": "bytes=4-9"}, timeout=5)
    assert (part.status_code, part.content) == (206, whole[4:10])
    assert part.headers["Content-Range"] == f"bytes 4-9/{len(whole)}"
    head = served.http.head(link(hotel), timeout=5)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(whole)), b"")


def test_a_link_dies_and_is_alive_again_when_the_message_is_asked_for(served, hotel):
    served.settings(files_lifetime_seconds=0.2)
    sent = served.guest_sends("image", caption="Paspor")
    wait_until(lambda: served.http.get(link(hotel), timeout=5).status_code == 404, "the link to die")
    gone = served.http.get(link(hotel), timeout=5).json()
    assert gone["statusCode"] == 404 and gone["message"].startswith("ENOENT: no such file or directory")
    message = f"/api/default/chats/{AYU}@c.us/messages/{sent['id']}?downloadMedia="
    assert served.get(message + "false").json()["media"] is None
    assert served.http.get(link(hotel), timeout=5).status_code == 404
    served.settings(files_lifetime_seconds=180)
    again = served.get(message + "true").json()
    assert (again["media"]["url"], again["hasMedia"]) == (link(hotel), True)
    assert served.http.get(link(hotel), timeout=5).status_code == 200


def test_media_that_cannot_be_fetched_says_why(served, hotel):
    served.switch(media_failed=True)
    served.guest_sends("image")
    media = hotel.wait_for("message.any")[0].body["payload"]["media"]
    assert media["url"] is None and media["error"]["details"]


def test_every_link_can_be_dead(served, hotel):
    served.guest_sends("image")
    served.switch(media_404=True)
    assert served.http.get(link(hotel), timeout=5).status_code == 404
    served.switch(media_404=False)
    assert served.http.get(link(hotel), timeout=5).status_code == 200


def test_a_document_brings_its_name_and_a_photo_none(served, hotel):
    served.guest_sends("document", filename="Voucher Traveloka #8812.pdf")
    served.guest_sends("image", filename="IMG_1.jpg")
    names = {one.body["payload"]["media"]["filename"] for one in hotel.wait_for("message.any", 2)}
    assert names == {"Voucher Traveloka #8812.pdf", None}
