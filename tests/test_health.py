"""The dead-man's light: what stops the work, since when, and how much waits."""

from collections.abc import Callable
from typing import Any

import pytest

from concierge import clock, failures, guests, lines, outbox
from concierge.conversations import for_writer
from concierge.guests import PHONE, Reach
from concierge.models import Line, WorkerReport
from concierge.models.message import STAFF
from tests.client import HonestClient, sign_in
from tests.database import Look
from tests.people import Employee

Arrange = Callable[..., Any]


@pytest.fixture
def working(arrange: Arrange, line: Line) -> None:
    """A worker runs, and WhatsApp is connected."""
    with arrange() as session:
        session.add(WorkerReport(host="desk", pid=1, started_at=clock.now(), seen_at=clock.now()))
        lines.record_status(session.get(Line, line.id), "WORKING")


def _parts(client: HonestClient) -> tuple[int, dict[str, Any]]:
    answer = client.get("/health")
    return answer.status_code, answer.json["parts"]


def test_all_is_well(client: HonestClient, working: None) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json["status"]) == (200, "ok")
    assert set(answer.json["parts"].values()) == {"ok"}


def test_a_worker_that_never_ran_is_said(client: HonestClient) -> None:
    status, parts = _parts(client)
    assert (status, parts["worker"]) == (503, {"fault": "worker stopped", "since": None})


def test_a_worker_that_fell_silent_is_said(
    client: HonestClient, working: None, session: Look, wait: Callable[..., None]
) -> None:
    wait(seconds=19)
    assert _parts(client)[0] == 200
    wait(seconds=2)
    status, parts = _parts(client)
    assert (status, parts["worker"]["fault"]) == (503, "worker stopped")
    assert parts["worker"]["since"] == session.one(WorkerReport).seen_at.isoformat()


def test_a_worker_that_signed_off_is_said_at_once(client: HonestClient, working: None, arrange: Arrange) -> None:
    with arrange() as session:
        session.query(WorkerReport).one().stopped_at = clock.now()
    assert _parts(client)[1]["worker"]["fault"] == "worker stopped"


def test_a_second_worker_is_enough(client: HonestClient, working: None, arrange: Arrange) -> None:
    with arrange() as session:
        session.query(WorkerReport).one().stopped_at = clock.now()
        session.add(WorkerReport(host="desk", pid=2, started_at=clock.now(), seen_at=clock.now()))
    assert _parts(client)[0] == 200


def test_a_paused_line_is_said(client: HonestClient, working: None, arrange: Arrange, line: Line) -> None:
    with arrange():
        lines.pause(line.id, failures.UNREACHABLE)
    status, parts = _parts(client)
    assert (status, parts["line 0"]["fault"]) == (503, "the WAHA server cannot be reached")


@pytest.mark.parametrize(
    ("word", "said"), [("FAILED", "WhatsApp not connected"), ("SCAN_QR_CODE", "WhatsApp must be paired again")]
)
def test_a_line_that_is_not_connected_is_said(
    client: HonestClient, working: None, wait: Callable[..., None], word: str, said: str
) -> None:
    client.post_webhook({"id": "evt_1", "event": "session.status", "payload": {"status": word}})
    assert _parts(client)[0] == 200  # it may only be reconnecting
    wait(seconds=11)
    status, parts = _parts(client)
    assert (status, parts["line 0"]["fault"]) == (503, said)


def test_a_reconnect_disturbs_nobody(client: HonestClient, working: None, wait: Callable[..., None]) -> None:
    for number, word in enumerate(("STARTING", "WORKING")):
        client.post_webhook({"id": f"evt_{number}", "event": "session.status", "payload": {"status": word}})
        wait(seconds=8)
    assert _parts(client)[0] == 200


def test_a_line_nobody_has_heard_of_yet_is_no_fault(client: HonestClient) -> None:
    assert _parts(client)[1]["line 0"] == "ok"


def test_every_page_says_it(
    client: HonestClient, wayan: Employee, working: None, arrange: Arrange, line: Line, wait: Callable[..., None]
) -> None:
    with arrange():
        _leave_a_reply(line)
    wait(seconds=21)
    sign_in(client, wayan)
    for path in ("/conversations", "/stays", "/stays/new"):
        page = client.get(path).text
        assert "Nothing is being sent since" in page
        assert "worker stopped, 1 waiting. Start it again" in page


def test_pages_are_quiet_while_all_is_well(client: HonestClient, wayan: Employee, working: None) -> None:
    assert "Nothing is being sent" not in sign_in(client, wayan).get("/conversations").text


def test_both_faults_are_said_together(client: HonestClient, wayan: Employee, arrange: Arrange, line: Line) -> None:
    with arrange():
        lines.pause(line.id, failures.KEY_REFUSED)
    assert "worker stopped / WAHA refuses our key" in sign_in(client, wayan).get("/conversations").text


def test_what_could_not_be_read_is_said(client: HonestClient, wayan: Employee, working: None) -> None:
    client.post_webhook(b"not JSON")
    assert "1 message could not be read" in sign_in(client, wayan).get("/conversations").text


def test_the_light_tells_strangers_nothing_about_guests(client: HonestClient, working: None) -> None:
    payload = {"id": "A1", "from": "6281234567890@c.us", "fromMe": False, "body": "Kolam renang buka?"}
    client.post_webhook({"event": "message", "id": "evt_1", "payload": payload})
    assert not {"6281234567890", "Kolam"} & set(client.get("/health").text.split('"'))


def _leave_a_reply(line: Line) -> None:
    address = guests.meet(line.hotel_id, Reach(PHONE, "+6281234567890"))
    conversation = for_writer(address.guest, line)
    conversation.address_id = address.id
    outbox.post(conversation, "Handuk sudah di depan pintu", origin=STAFF)
