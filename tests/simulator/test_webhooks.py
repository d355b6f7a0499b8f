"""What the hotel is told: envelopes, signatures, retries, the ack ladder."""

import hashlib
import hmac
import json
import re
import time

import pytest

from .conftest import AYU, HMAC_KEY, wait_until

ENVELOPE = ["id", "timestamp", "event", "session", "metadata", "me", "payload", "engine", "environment"]


def test_a_guests_message_arrives_in_wahas_envelope(waha, hotel):
    waha.guest_writes("Halo, kamar masih ada?", name="Ayu Lestari")
    [webhook] = hotel.wait_for("message.any")
    assert list(webhook.body) == ENVELOPE
    assert re.fullmatch("evt_[0-9a-z]{26}", webhook.body["id"])
    payload = webhook.body["payload"]
    assert payload["id"].startswith(f"false_{AYU}@c.us_3EB0")
    assert (payload["from"], payload["fromMe"], payload["source"]) == (f"{AYU}@c.us", False, "app")
    assert payload["body"] == "Halo, kamar masih ada?" and "to" not in payload
    assert payload["_data"]["pushName"] == "Ayu Lestari"


def test_a_guest_behind_a_hidden_id_brings_the_phone_along(waha, hotel):
    waha.guest_writes("Halo", as_lid=True)
    payload = hotel.wait_for("message.any")[0].body["payload"]
    assert payload["from"].endswith("@lid")
    assert payload["_data"]["key"]["remoteJidAlt"] == f"{AYU}@s.whatsapp.net"


def test_the_signature_covers_the_body_as_sent(waha, hotel):
    waha.guest_writes("Terima kasih 🙏")
    webhook = hotel.wait_for("message.any")[0]
    expected = hmac.new(HMAC_KEY.encode(), webhook.raw, hashlib.sha512).hexdigest()
    assert webhook.headers["X-Webhook-Hmac"] == expected
    assert webhook.headers["X-Webhook-Hmac-Algorithm"] == "sha512"
    assert webhook.headers["X-Webhook-Timestamp"] == str(webhook.body["timestamp"])
    assert webhook.headers["User-Agent"].startswith("WAHA/")
    assert webhook.raw == json.dumps(webhook.body, separators=(",", ":"), ensure_ascii=False).encode()


def test_without_a_key_nothing_is_signed(waha, hotel):
    waha.settings(hmac_key=None)
    waha.guest_writes("Halo")
    assert "X-Webhook-Hmac" not in hotel.wait_for("message.any")[0].headers


@pytest.mark.parametrize("refusal", [500, 401, 304])
def test_anything_but_2xx_is_tried_again_byte_for_byte(waha, hotel, refusal):
    hotel.answers = [refusal, refusal]
    waha.guest_writes("Halo")
    tries = hotel.wait_for("message.any", 3)
    assert len({one.raw for one in tries}) == 1
    assert len({one.headers["X-Webhook-Request-Id"] for one in tries}) == 1
    wait_until(lambda: waha.control("webhooks")[-1]["state"] == "delivered", "the third try")


def test_waha_gives_up_after_its_attempts(waha, hotel):
    waha.settings(retry_attempts=2)
    hotel.answers = [500] * 9
    waha.guest_writes("Halo")
    wait_until(lambda: waha.control("webhooks")[-1]["state"] == "given up", "giving up")
    assert waha.control("webhooks")[-1]["tries"] == 3


def test_our_own_send_is_echoed(waha, hotel):
    raw_id = waha.send(text="Selamat datang").json()["key"]["id"]
    payload = hotel.wait_for("message.any")[0].body["payload"]
    assert payload["id"] == f"true_{AYU}@c.us_{raw_id}"
    assert (payload["fromMe"], payload["source"], payload["from"]) == (True, "api", f"{AYU}@c.us")
    assert (payload["ack"], payload["ackName"]) == (0, "PENDING")


def test_acks_climb_and_are_read_when_the_guest_opens_the_chat(waha, hotel):
    waha.send()
    hotel.wait_for("message.ack", 3)
    assert sorted(hotel.acks()) == ["DEVICE", "PENDING", "SERVER"]
    assert waha.guest_reads() == {"read": 1}
    assert hotel.wait_for("message.ack", 4)[-1].body["payload"]["ackName"] == "READ"


def test_an_ack_never_falls_back(waha, hotel):
    waha.settings(device_ack_seconds=0.1)
    waha.send()
    waha.guest_reads()
    hotel.wait_for("message.ack", 2)
    time.sleep(0.2)
    assert "READ" in hotel.acks() and "DEVICE" not in hotel.acks()


def test_acks_keep_their_delays(waha, hotel):
    waha.settings(device_ack_seconds=60)
    waha.send()
    hotel.wait_for("message.ack", 2)
    assert sorted(hotel.acks()) == ["PENDING", "SERVER"]


def test_both_message_events_carry_one_message(waha, hotel):
    waha.settings(both_message_events=True)
    waha.guest_writes("Halo")
    [one], [other] = hotel.wait_for("message"), hotel.wait_for("message.any")
    assert one.body["payload"] == other.body["payload"]
    assert one.headers["X-Webhook-Request-Id"] != other.headers["X-Webhook-Request-Id"]


def test_an_old_message_keeps_its_own_time_and_id(waha, hotel):
    waha.guest_writes("dari kemarin", timestamp=1700000000, id="3EB0OLD", event="message")
    payload = hotel.wait_for("message")[0].body["payload"]
    assert (payload["timestamp"], payload["id"]) == (1700000000, f"false_{AYU}@c.us_3EB0OLD")


def test_any_event_can_be_posted(waha, hotel):
    waha.post("/simulator/webhooks", {"event": "call.received", "payload": {"id": "c1"}, "engine": "GOWS"})
    webhook = hotel.wait_for("call.received")[0]
    assert (webhook.body["payload"], webhook.body["engine"]) == ({"id": "c1"}, "GOWS")


def test_status_changes_are_told_with_the_last_three(waha, hotel):
    for status in ("STARTING", "FAILED", "WORKING"):
        waha.switch(line=status)
    payloads = [one.body["payload"] for one in hotel.wait_for("session.status", 3)]
    last = next(one for one in payloads if one["status"] == "WORKING")
    assert [one["status"] for one in last["statuses"]] == ["STARTING", "FAILED", "WORKING"]
