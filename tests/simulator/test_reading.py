"""Chats read back: after lost webhooks everything is still there, in the shapes of the webhooks."""

import time

import pytest

from .conftest import AYU, wait_until

CHAT = f"/api/default/chats/{AYU}@c.us/messages?limit=50"


def test_what_is_read_back_has_the_shape_of_the_webhook(waha, hotel):
    kinds = ("text", "image", "voice", "document", "location", "contact", "poll")
    for kind in kinds:
        waha.guest_sends(kind, **({"text": "Halo"} if kind == "text" else {}))
    waha.hotel_phone_writes("dari HP")
    posted = {one.body["payload"]["id"]: one.body["payload"] for one in hotel.wait_for("message.any", len(kinds) + 1)}
    wait_until(lambda: hotel.acks() == ["DEVICE"], "the ack of the hotel's own message")
    read = waha.get(CHAT + "&filter.fromMe=false").json()
    assert [one["hasMedia"] for one in read] == [False, False, False, True, True, True, False]
    assert all(one == posted[one["id"]] for one in read)
    [own] = waha.get(CHAT + "&filter.fromMe=true").json()
    assert (own["source"], own["ackName"]) == ("app", "DEVICE")


def test_lost_webhooks_leave_their_messages_in_the_chat(waha, hotel):
    waha.switch(webhooks_lost=True)
    waha.guest_writes("hilang", timestamp=1000)
    waha.guest_writes("hilang juga", timestamp=2000)
    assert [one["state"] for one in waha.control("webhooks")] == ["lost", "lost"]
    waha.switch(webhooks_lost=False)
    waha.guest_writes("sampai", timestamp=3000)
    hotel.wait_for("message.any")
    assert [one.body["payload"]["body"] for one in hotel.webhooks] == ["sampai"]
    window = "&filter.timestamp.gte=1000&filter.timestamp.lte=2000"
    assert [one["body"] for one in waha.get(CHAT + window).json()] == ["hilang juga", "hilang"]
    assert len(waha.get("/api/default/chats/all/messages?limit=2&offset=2").json()) == 1


def test_media_is_left_out_of_a_list_when_asked(waha):
    waha.guest_sends("image")
    [read] = waha.get(CHAT + "&downloadMedia=false").json()
    assert (read["hasMedia"], read["media"]) == (True, None)
    assert waha.get(CHAT).json()[0]["media"]["url"]


def test_an_edited_message_is_read_back_as_it_is_now(waha):
    written = waha.guest_writes("tgl 12")
    waha.guest_edits(written["raw_id"], "tgl 13")
    assert [one["body"] for one in waha.get(CHAT).json()] == ["tgl 13"]


def test_a_deleted_message_is_read_back_empty(waha):
    sent = waha.guest_sends("image", caption="salah")
    waha.guest_deletes(sent["raw_id"])
    [read] = waha.get(CHAT).json()
    assert (read["body"], read["hasMedia"], read["media"], read["_data"]["message"]) == (None, False, None, None)


@pytest.mark.parametrize("path", ["chats", "chats/overview", "chats/all/messages", "chats/all/messages/x", "lids"])
def test_without_nowebs_store_nothing_can_be_read(waha, path):
    waha.switch(store_off=True)
    answer = waha.get(f"/api/default/{path}")
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")
    assert waha.get("/api/sessions/default").json()["config"]["noweb"]["store"]["enabled"] is False
    assert waha.send().status_code == 201


def test_a_hidden_id_stays_unknown_until_something_tells_the_phone(waha):
    waha.guest_writes("Halo", hides_phone=True)
    [chat] = waha.get("/api/default/chats").json()
    assert chat["id"].endswith("@lid")
    assert waha.get(f"/api/default/lids/{chat['id']}").json() == {"lid": chat["id"], "pn": None}
    waha.guest_writes("Ini saya", as_lid=True)
    assert waha.get(f"/api/default/lids/{chat['id']}").json()["pn"] == f"{AYU}@c.us"
    assert [one["id"] for one in waha.get("/api/default/chats").json()] == [f"{AYU}@c.us"]


def test_waha_may_not_know_any_hidden_id(waha):
    waha.guest_writes("Halo")
    written = waha.guest_writes("Halo lagi", as_lid=True)
    waha.switch(lids_unknown=True)
    assert waha.get(f"/api/default/lids/{written['chatId']}").json() == {"lid": written["chatId"], "pn": None}
    assert waha.get(f"/api/default/lids/pn/{AYU}").json() == {"lid": None, "pn": f"{AYU}@c.us"}
    assert waha.get("/api/default/lids").json() == []
    assert {one["id"] for one in waha.get("/api/default/chats").json()} == {f"{AYU}@c.us", written["chatId"]}
    [read] = waha.get(f"/api/default/chats/{written['chatId']}/messages").json()
    assert read["body"] == "Halo lagi"


def test_a_restricted_number_can_only_answer(waha):
    waha.guest_writes("Halo", phone="628120000001")
    until = int(time.time()) + 60
    waha.switch(restricted_until=until)
    refused = waha.send()
    assert (refused.status_code, refused.json()["exception"]["message"]) == (500, "server returned error 463")
    assert waha.send("628120000001").status_code == 201
    lock = waha.get("/api/sessions/default/timelock").json()
    assert lock == {"enforcementType": "DEFAULT", "isActive": True, "timeEnforcementEnds": until}
    assert len(waha.transmissions()) == 1


def test_a_restriction_ends_by_itself(waha):
    waha.switch(restricted_until=int(time.time()) - 1)
    assert waha.send().status_code == 201
    assert waha.get("/api/sessions/default/timelock").json()["isActive"] is False
    assert waha.get("/api/sessions/default/capping").json()["cappingStatus"] == "NONE"
