"""Every kind of message and what happens to one has the shape that a real WAHA was seen to send."""

import base64

import pytest
import requests

from tests.wire.captured import requests_of

from .conftest import AYU

CAPTURED = {
    "image": "14",
    "document": "16",
    "voice": "17",
    "video": "18",
    "sticker": "19",
    "location": "23",
    "contact": "25",
    "poll": "35",
}
WORDLESS = ("document", "voice", "audio", "sticker", "location", "contact", "poll", "unsupported")


def shape(value):
    """The names and the kinds of values, all the way down."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def captured(file, number=0):
    return requests_of(file)[number]["body"]["payload"]


def told(hotel, event="message.any"):
    return hotel.wait_for(event)[0].body["payload"]


@pytest.mark.parametrize(("kind", "file"), CAPTURED.items())
def test_each_kind_has_the_captured_shape(waha, hotel, kind, file):
    facts = {"caption": "Bukti transfer DP"} if kind in ("image", "video") else {}
    place = {"latitude": -6.2, "longitude": 106.8, "name": "Gambir", "address": "Jl.", "url": "https://maps.example"}
    if kind == "location":
        facts = {"location": place}
    waha.guest_sends(kind, name="Budi Santoso", **facts)
    ours, theirs = told(hotel), captured(file)
    # The address of the hidden id beside the phone is there on newer servers only.
    for name in ("remoteJidAlt", "addressingMode"):
        ours["_data"]["key"].pop(name)
    assert shape(ours) == shape(theirs)
    assert list(ours) == list(theirs)


@pytest.mark.parametrize("kind", WORDLESS)
def test_what_has_no_words_has_no_body(waha, hotel, kind):
    waha.guest_sends(kind)
    assert told(hotel)["body"] is None


def test_only_a_voice_note_is_push_to_talk(waha, hotel):
    waha.guest_sends("voice")
    waha.guest_sends("audio")
    payloads = [one.body["payload"] for one in hotel.wait_for("message.any", 2)]
    kinds = {one["media"]["mimetype"]: one["_data"]["message"]["audioMessage"]["ptt"] for one in payloads}
    assert kinds == {"audio/ogg; codecs=opus": True, "audio/mpeg": False}


def test_a_reply_quotes_by_raw_id(waha, hotel):
    asked = waha.guest_writes("Selamat pagi, kamar deluxe masih ada?")
    waha.guest_sends("reply", text="Iya yang itu", reply_to=asked["id"], name="Budi")
    ours = next(one.body["payload"] for one in hotel.wait_for("message.any", 2) if one.body["payload"]["replyTo"])
    assert shape(ours["replyTo"]) == shape(captured("12")["replyTo"])
    assert (ours["replyTo"]["id"], ours["replyTo"]["body"]) == (
        asked["raw_id"],
        "Selamat pagi, kamar deluxe masih ada?",
    )
    assert shape(ours["_data"]["message"]) == shape(captured("12")["_data"]["message"])


def test_a_reply_to_the_hotel_names_the_hotel(waha, hotel):
    raw_id = waha.send(text="Sarapan jam 7").json()["key"]["id"]
    waha.guest_sends("voice", reply_to=raw_id)
    ours = next(one.body["payload"] for one in hotel.wait_for("message.any", 2) if not one.body["payload"]["fromMe"])
    assert ours["replyTo"]["participant"] == "628110009999@c.us"


def test_a_reply_to_nothing_is_refused(waha):
    for body in ({"kind": "reply", "text": "ya"}, {"text": "ya", "reply_to": "3EB0NOPE"}, {"kind": "smell"}):
        assert waha.post(f"/simulator/guests/{AYU}/messages", body).status_code == 400


def test_a_file_may_lie_about_its_type(waha, hotel):
    file = {"data": base64.b64encode(b"<script>alert(1)</script>").decode(), "mimetype": "image/png"}
    waha.guest_sends("image", file=file)
    assert told(hotel)["media"]["url"].endswith(".png")
    shown = requests.get(f"{waha.url}/simulator/guests/{AYU}/files/{told(hotel)['id']}", timeout=5)
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


def test_a_reaction_and_its_removal(waha, hotel):
    raw_id = waha.send().json()["key"]["id"]
    waha.guest_reacts(raw_id, "🙏")
    waha.guest_reacts(raw_id, "")
    reactions = {one.body["payload"]["reaction"]["text"]: one.body for one in hotel.wait_for("message.reaction", 2)}
    assert set(reactions) == {"🙏", ""}
    ours = reactions["🙏"]["payload"]
    assert shape(ours) == shape(captured("48"))
    assert ours["reaction"]["messageId"] == f"true_{AYU}@c.us_{raw_id}"


def test_an_edit_names_the_message_it_changes(waha, hotel):
    written = waha.guest_writes("Check-in tgl 12", name="Budi")
    waha.guest_edits(written["raw_id"], "Check-in tgl 13 ya")
    ours, theirs = told(hotel, "message.edited"), captured("43")
    for name in ("remoteJidAlt", "addressingMode"):
        ours["_data"]["key"].pop(name)
    assert shape(ours) == shape(theirs)
    assert (ours["editedMessageId"], ours["body"]) == (written["raw_id"], "Check-in tgl 13 ya")
    assert ours["id"] != written["id"]


def test_a_deletion_names_the_message_that_is_gone(waha, hotel):
    written = waha.guest_writes("salah kirim", name="Budi")
    waha.guest_deletes(written["raw_id"])
    ours, theirs = told(hotel, "message.revoked"), captured("46")
    for data in (ours["_data"], ours["after"]["_data"]):
        data["key"].pop("remoteJidAlt")
        data["key"].pop("addressingMode")
    assert shape(ours) == shape(theirs)
    assert ours["revokedMessageId"] == written["raw_id"]


def test_a_call_rings_and_is_rejected(waha, hotel):
    waha.settings(call_seconds=0.1)
    call = waha.guest_calls()
    received, rejected = told(hotel, "call.received"), told(hotel, "call.rejected")
    assert shape(received) == shape(captured("56"))
    assert received["id"] == rejected["id"] == call["id"]
    assert (received["_data"]["status"], rejected["_data"]["status"]) == ("offer", "terminate")


def test_a_video_call_may_come_under_the_hidden_id(waha, hotel):
    waha.guest_calls(is_video=True, as_lid=True)
    received = told(hotel, "call.received")
    assert received["isVideo"] is True and received["from"].endswith("@lid")


def test_the_hotel_writes_on_its_own_phone(waha, hotel):
    waha.hotel_phone_writes("Balasan dari HP resepsionis")
    ours, theirs = told(hotel), captured("33")
    assert shape(ours) == shape(theirs)
    assert (ours["fromMe"], ours["source"], ours["ackName"]) == (True, "app", "SERVER")
    assert waha.transmissions() == []
    hotel.wait_for("message.ack")
    assert hotel.acks() == ["DEVICE"]


def test_the_hotel_edits_on_its_own_phone(waha, hotel):
    written = waha.hotel_phone_writes("jam 7")
    waha.guest_edits(written["raw_id"], "jam 8")
    edited = told(hotel, "message.edited")
    assert (edited["fromMe"], edited["source"], edited["body"]) == (True, "app", "jam 8")


def test_a_guest_behind_a_hidden_id_may_hide_the_phone(waha, hotel):
    waha.guest_writes("Halo", hides_phone=True)
    payload = told(hotel)
    assert payload["from"].endswith("@lid")
    assert AYU not in str(payload)


def test_a_message_can_come_again_under_the_other_address(waha, hotel):
    first = waha.guest_writes("Halo")
    waha.deliver_again(first["raw_id"], hides_phone=True)
    one, other = (hook.body["payload"] for hook in hotel.wait_for("message.any", 2))
    assert {one["from"].partition("@")[2], other["from"].partition("@")[2]} == {"c.us", "lid"}
    assert AYU not in str(one if one["from"].endswith("@lid") else other)
    assert one["id"].rpartition("_")[2] == other["id"].rpartition("_")[2] == first["raw_id"]
    assert len(waha.get("/api/default/chats/all/messages").json()) == 1
