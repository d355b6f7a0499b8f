"""The doors: who may use the switches, where it starts, how much it holds."""

import threading

import pytest
import requests

from concierge.simulator import RunningSimulator, SimulatorRefused, serve

from .conftest import AYU, wait_until


@pytest.mark.parametrize("environment", ["production", "", "staging"])
def test_it_never_starts_where_real_guests_are(running, environment):
    taken_port = int(running.url.rsplit(":", 1)[1])  # if it tried to start all the same, it could not
    with pytest.raises(SimulatorRefused, match="development and testing only"):
        serve("127.0.0.1", taken_port, environment=environment)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Host": "evil.example"},
        {"Content-Type": "text/plain"},
    ],
)
def test_another_sites_page_cannot_write_as_a_guest(waha, headers):
    headers = {"Content-Type": "application/json"} | headers
    url = f"{waha.url}/simulator/guests/{AYU}/messages"
    answer = requests.post(url, data='{"text": "x"}', headers=headers, timeout=5)
    assert answer.status_code in (403, 415)
    assert waha.control("guests") == []


def test_the_switches_answer_this_computer_only(running):
    client = running.app.test_client()
    assert client.get("/simulator/trouble", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403
    assert client.get("/simulator/trouble", environ_base={"REMOTE_ADDR": "127.0.0.1"}).status_code == 200


def test_sixty_sends_can_hang_at_once(waha):
    waha.switch(hang=True)
    body = {"session": "default", "chatId": f"{AYU}@c.us", "text": "halo"}
    send = lambda: requests.post(waha.url + "/api/sendText", json=body, headers=dict(waha.http.headers), timeout=10)  # noqa: E731
    threads = [threading.Thread(target=send) for _ in range(60)]
    for thread in threads:
        thread.start()
    wait_until(lambda: waha.control("trouble")["hanging"] == 60, "sixty hanging sends")
    waha.switch(hang=False)
    for thread in threads:
        thread.join(5)
    assert waha.control("transmissions")["count_by_chat"] == {f"{AYU}@c.us": 60}


def test_a_connection_serves_several_calls(waha):
    assert waha.get("/ping").headers["Connection"] == "keep-alive"
    assert waha.post("/api/sendText", {"session": "default"}).status_code == 500
    assert waha.get("/ping").json() == {"message": "pong"}


def test_a_taken_port_is_said(waha, running):
    port = int(running.url.rsplit(":", 1)[1])
    with pytest.raises(OSError):
        RunningSimulator(port=port).start()
