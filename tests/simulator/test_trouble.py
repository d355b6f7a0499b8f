"""Everything that can go wrong, by switch and by number."""

import threading
import time

import pytest
import requests

from .conftest import AYU, wait_until

SHORT = 0.3


def send_in_thread(waha, answers, **what):
    """A send of its own connection, for what does not answer."""
    body = {"session": "default", "chatId": f"{what.get('phone', AYU)}@c.us", "text": "halo"}

    def send():
        answers.append(requests.post(waha.url + "/api/sendText", json=body, headers=dict(waha.http.headers), timeout=5))

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def test_down_refuses_connections_until_it_is_up_again(waha):
    waha.send()
    waha.switch(down=True)
    with pytest.raises(requests.ConnectionError) as refused:
        waha.send()
    assert "NewConnectionError" in repr(refused.value)
    waha.switch(down=False)
    assert waha.send().status_code == 201
    assert len(waha.transmissions()) == 2


def test_down_can_be_asked_for_at_wahas_own_address(waha):
    assert requests.put(waha.url + "/simulator/trouble", json={"down": True}, timeout=5).json()["down"] is True
    with pytest.raises(requests.ConnectionError):
        waha.get("/ping")


def test_refusing_answers_401_to_the_right_key(waha):
    waha.switch(refusing=True)
    assert waha.send().status_code == 401
    assert waha.transmissions() == []


def test_slow_answers_late(waha):
    waha.switch(slow=SHORT)
    before = time.monotonic()
    assert waha.send().status_code == 201
    assert time.monotonic() - before >= SHORT


def test_a_hanging_send_goes_out_when_released(waha):
    waha.switch(hang=True)
    answers = []
    thread = send_in_thread(waha, answers)
    wait_until(lambda: waha.control("trouble")["hanging"] == 1, "the send to hang")
    assert waha.transmissions() == []
    waha.switch(hang=False)
    thread.join(5)
    assert answers[0].status_code == 201
    assert len(waha.transmissions()) == 1


def test_hang_after_has_sent_all_the_same(waha):
    waha.switch(hang_after=True)
    with pytest.raises(requests.Timeout):
        waha.send(timeout=SHORT)
    assert len(waha.transmissions()) == 1


def test_hanging_typing_holds_no_send(waha):
    waha.switch(hang_typing=True)
    with pytest.raises(requests.Timeout):
        waha.post("/api/startTyping", {"session": "default", "chatId": f"{AYU}@c.us"}, timeout=SHORT)
    assert waha.send().status_code == 201


@pytest.mark.parametrize(("switch", "sent"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_tells_nothing(waha, switch, sent):
    waha.switch(**{switch: True})
    with pytest.raises(requests.ConnectionError) as dropped:
        waha.send()
    assert "NewConnectionError" not in repr(dropped.value)
    assert len(waha.transmissions()) == sent


@pytest.mark.parametrize(("switch", "sent"), [("error_500_before", 0), ("error_500_after", 1)])
def test_a_500_may_come_before_or_after_the_send(waha, switch, sent):
    waha.switch(**{switch: True})
    answer = waha.send(text="rahasia tamu")
    assert (answer.status_code, answer.json()["exception"]["message"]) == (500, "Connection Closed")
    assert answer.json()["request"]["body"]["text"] == "rahasia tamu"
    assert len(waha.transmissions()) == sent


@pytest.mark.parametrize("status", ["STARTING", "SCAN_QR_CODE", "FAILED", "STOPPED"])
def test_a_line_that_is_not_working_cannot_send(waha, status):
    waha.switch(line=status)
    answer = waha.send()
    assert answer.status_code == 422
    assert answer.json() == {
        "error": "Session status is not as expected. Try again later or restart the session",
        "session": "default",
        "status": status,
        "expected": ["WORKING"],
    }


def test_a_send_waits_for_a_line_that_comes_back(waha):
    waha.settings(session_wait_seconds=3, starting_seconds=0.1)
    waha.switch(line="FAILED")
    waha.post("/api/sessions/default/restart")
    assert waha.send().status_code == 201


def test_what_a_guest_writes_while_the_line_is_away_comes_afterwards(waha, hotel):
    waha.switch(line="STARTING")
    waha.guest_writes("masih di sana?")
    assert [one["event"] for one in waha.control("webhooks")] == ["session.status"]
    waha.switch(line="WORKING")
    assert hotel.wait_for("message.any")[0].body["payload"]["body"] == "masih di sana?"


def test_paused_webhooks_come_when_resumed(waha, hotel):
    waha.switch(webhooks_paused=True)
    waha.guest_writes("Halo")
    wait_until(lambda: waha.control("webhooks")[-1]["state"] == "held", "the webhook to be held")
    assert hotel.webhooks == []
    waha.switch(webhooks_paused=False)
    hotel.wait_for("message.any")


def test_doubled_webhooks_differ_in_their_request_id(waha, hotel):
    waha.switch(webhooks_doubled=True)
    waha.guest_writes("Halo")
    one, other = hotel.wait_for("message.any", 2)
    assert one.raw == other.raw
    assert one.headers["X-Webhook-Request-Id"] != other.headers["X-Webhook-Request-Id"]


def test_delayed_webhooks_come_later(waha, hotel):
    waha.switch(webhooks_delayed=SHORT)
    waha.guest_writes("Halo")
    before = time.monotonic()
    hotel.wait_for("message.any")
    assert time.monotonic() - before >= SHORT / 2


def test_9001_is_accepted_and_never_arrives(waha, hotel):
    assert waha.send("6281234569001").status_code == 201
    hotel.wait_for("message.ack", 2)
    assert waha.guest_reads("6281234569001") == {"read": 0}
    assert sorted(hotel.acks()) == ["PENDING", "SERVER"]


def test_a_chat_id_that_is_no_phone_never_arrives(waha, hotel):
    waha.send("081234567890")
    hotel.wait_for("message.ack", 2)
    time.sleep(0.1)
    assert sorted(hotel.acks()) == ["PENDING", "SERVER"]


def test_9002_has_no_lid(waha):
    answer = waha.send("6281234569002")
    assert answer.status_code == 500
    assert answer.json()["exception"]["message"] == "no LID found for 6281234569002@s.whatsapp.net from server"
    assert waha.transmissions() == []


def test_9003_hangs_until_released(waha):
    answers = []
    thread = send_in_thread(waha, answers, phone="6281234569003")
    wait_until(lambda: waha.control("trouble")["hanging"] == 1, "the send to hang")
    assert waha.post("/simulator/release", {}).json() == {"released": 1}
    thread.join(5)
    assert answers[0].status_code == 201


def test_9004_is_sent_and_the_answer_lost(waha):
    with pytest.raises(requests.ConnectionError):
        waha.send("6281234569004")
    assert len(waha.transmissions()) == 1


def test_9005_is_slow(waha):
    with pytest.raises(requests.Timeout):
        waha.send("6281234569005", timeout=SHORT)


def test_9006_is_refused_by_whatsapp(waha, hotel):
    assert waha.send("6281234569006").status_code == 201
    hotel.wait_for("message.ack", 2)
    assert sorted(hotel.acks()) == ["ERROR", "PENDING"]


def test_a_switch_that_does_not_exist_changes_nothing(waha):
    answer = requests.put(waha.control_url + "/simulator/trouble", json={"slow": 1, "broken": True}, timeout=5)
    assert answer.status_code == 400
    assert waha.control("trouble")["slow"] == 0


def test_reset_ends_all_trouble_and_forgets_everyone(waha):
    waha.send()
    waha.switch(refusing=True, line="FAILED")
    requests.delete(waha.control_url + "/simulator/state", timeout=5)
    assert waha.get("/api/sessions/default").json()["status"] == "WORKING"
    assert waha.control("guests") == waha.transmissions() == []


def test_only_the_last_messages_are_kept_but_all_are_counted(waha):
    waha.settings(keep_at_most=2)
    for text in ("satu", "dua", "tiga"):
        waha.send(text=text)
    assert [one["text"] for one in waha.transmissions()] == ["dua", "tiga"]
    assert waha.control("transmissions")["count"] == 3


@pytest.mark.parametrize("timestamp", ["yesterday", 1.5, -1, 10**30])
def test_a_guest_cannot_write_at_an_impossible_time(waha, timestamp):
    answer = waha.post(f"/simulator/guests/{AYU}/messages", {"text": "Halo", "timestamp": timestamp})
    assert answer.status_code == 400


def test_a_body_that_is_no_json_reaches_the_hotel_as_it_is(waha, hotel):
    waha.post("/simulator/webhooks", {"raw": '{"event": "odd", "payload": null}', "headers": {"X-Webhook-Hmac": "ä"}})
    assert hotel.wait_for("odd")[0].raw == b'{"event": "odd", "payload": null}'


def test_half_an_emoji_harms_nobody(waha, hotel):
    waha.guest_writes("\ud83d halo")
    assert hotel.wait_for("message.any")[0].body["payload"]["body"] == "\ud83d halo"
    assert waha.get(f"/api/default/chats/{AYU}@c.us/messages").json()[0]["body"] == "\ud83d halo"
