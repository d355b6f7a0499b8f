"""Luck that can be repeated, and the count of what it spoilt."""

import time

import pytest
import requests

from .conftest import AYU, wait_until

SENDS = 24


def outcomes(waha):
    """What each of many sends came to."""
    return [outcome(waha, f"kabar {number}") for number in range(SENDS)]


def outcome(waha, text):
    try:
        return waha.send(text=text, timeout=2).status_code
    except requests.ConnectionError:
        return "dropped"


def test_the_same_seed_brings_the_same_luck(waha):
    chances = {"chance_drop_after": 0.3, "chance_500_before": 0.3}
    runs = []
    for seed in (7, 7, 8):
        waha.settings(seed=seed, **chances)
        runs.append(outcomes(waha))
    assert runs[0] == runs[1] != runs[2]
    assert {201, 500, "dropped"} == set(runs[0])


def test_the_luck_of_one_guest_does_not_depend_on_the_others(waha):
    waha.settings(seed=7, chance_500_before=0.5)
    alone = outcomes(waha)
    waha.settings(seed=7)
    for phone in range(628120000001, 628120000009):
        waha.send(str(phone))
    assert outcomes(waha) == alone


@pytest.mark.parametrize(("kind", "sent"), [("drop_before", 0), ("drop_after", 1), ("500_before", 0), ("500_after", 1)])
def test_each_fault_is_counted_and_does_what_it_says(waha, kind, sent):
    assert waha.control("faults") == {}
    waha.settings(**{f"chance_{kind}": 1})
    assert outcome(waha, "halo") in (500, "dropped")
    assert waha.control("faults") == {kind: 1}
    assert len(waha.transmissions()) == sent


@pytest.mark.parametrize(("kind", "sent"), [("hang_before", 0), ("hang_after", 1)])
def test_a_hanging_send_is_counted_and_ends_by_itself(waha, kind, sent):
    waha.settings(**{f"chance_{kind}": 1}, hang_seconds=0.5)
    with pytest.raises(requests.Timeout):
        waha.send(timeout=0.2)
    assert (waha.control("faults"), len(waha.transmissions())) == ({kind: 1}, sent)
    wait_until(lambda: waha.control("trouble")["hanging"] == 0, "the send to go on")
    wait_until(lambda: len(waha.transmissions()) == 1, "it to leave after all")


def test_faults_by_switch_and_by_number_count_too(waha):
    waha.switch(error_500_after=True)
    waha.send()
    waha.switch(error_500_after=False)
    with pytest.raises(requests.ConnectionError):
        waha.send("6281234569004")
    assert waha.control("faults") == {"500_after": 1, "drop_after": 1}


def test_luck_does_not_go_beyond_certainty(waha):
    answer = requests.put(waha.control_url + "/simulator/settings", json={"chance_drop_after": 1.5}, timeout=5)
    assert answer.status_code == 400


def test_acks_can_be_lost_while_messages_come(waha, hotel):
    waha.switch(acks_lost=True)
    waha.send()
    hotel.wait_for("message.any")
    wait_until(lambda: [one["state"] for one in waha.control("webhooks")].count("lost") == 3, "three lost acks")
    assert hotel.acks() == []
    assert waha.get(f"/api/default/chats/{AYU}@c.us/messages").json()[0]["ackName"] == "DEVICE"


@pytest.mark.parametrize(
    ("switch", "event"), [("acks_reordered", "message.ack"), ("webhooks_reordered", "message.any")]
)
def test_what_is_reordered_comes_in_another_order(waha, hotel, switch, event):
    waha.settings(seed=3)
    waha.switch(**{switch: 0.5})
    sent = [waha.send(text=str(number)).json()["key"]["id"] for number in range(6)]
    firsts = [one.body["payload"] for one in hotel.wait_for(event, 18 if event == "message.ack" else 6)]
    order = [one["id"].rpartition("_")[2] for one in firsts]
    assert set(order) == set(sent)
    assert list(dict.fromkeys(order)) != sent


def test_reordered_acks_hold_no_messages(waha, hotel):
    waha.switch(acks_reordered=60.0)
    before = time.monotonic()
    waha.send()
    hotel.wait_for("message.any")
    assert time.monotonic() - before < 5 and hotel.acks() == []


def test_connections_cut_by_going_down_are_counted(waha):
    waha.send()
    assert waha.control("faults") == {}
    waha.switch(down=True)
    assert waha.control("faults")["down_cut"] >= 1
