"""What an operator types: `flask create-staff …`, `flask import-rooms …`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import FlaskGroup, ScriptInfo

from concierge import inbox, media, tokens
from concierge.config import Config
from concierge.models import ApiToken, Conversation, Event, Hotel, Line, Media, Message, Room, Staff
from concierge.models.event import APPLIED, UNREADABLE
from concierge.models.media import FAILED, STORED
from tests.client import HonestClient, sign_in
from tests.database import Look, arranging
from tests.people import Employee
from tests.story import guest_writes

PASSWORD = "rice fields at dawn"
Type = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Type:
    """`run("create-token", "kiosk")`: as typed after `flask`."""
    return lambda *words, **environment: _run(app, *words, **environment)


def _run(app: Flask, *words: str, **environment: str) -> Result:
    group = FlaskGroup(create_app=lambda: app, load_dotenv=False)
    info = ScriptInfo(create_app=lambda: app, load_dotenv_defaults=False)
    return CliRunner().invoke(group, list(words), obj=info, env=environment)


def _hire(run: Type, email: str = "wayan@hotel.example", password: str = PASSWORD) -> Result:
    words = ["create-staff", email, "--name", "Wayan Sudarma", "--role", "desk"]
    return run(*words, STAFF_PASSWORD=password)


def test_who_was_created_can_sign_in(run: Type, client: HonestClient, session: Look) -> None:
    assert _hire(run, "Wayan@Hotel.example").output == "Wayan Sudarma can sign in as wayan@hotel.example.\n"
    staff = session.one(Staff)
    wayan = Employee(staff.id, staff.hotel_id, staff.email, staff.name, PASSWORD)
    assert sign_in(client, wayan).get("/conversations").status_code == 200


@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("wayan@hotel.example", "short", "at least 10"),
        ("wayan", PASSWORD, "no e-mail address"),
        ("w" * 300 + "@hotel.example", PASSWORD, "no e-mail address"),
    ],
)
def test_who_cannot_be_created_is_told_why(run: Type, session: Look, email: str, password: str, words: str) -> None:
    result = _hire(run, email, password)
    assert (result.exit_code, words in result.output) == (1, True)
    assert session.count(Staff) == 0


def test_an_email_is_one_person_s(run: Type, session: Look) -> None:
    _hire(run)
    result = _hire(run, "WAYAN@hotel.example")
    assert result.exit_code == 1
    assert "can sign in already" in result.output
    assert session.count(Staff) == 1


def test_a_role_that_is_none_is_refused(run: Type) -> None:
    result = run("create-staff", "wayan@hotel.example", "--name", "Wayan", "--role", "king", STAFF_PASSWORD=PASSWORD)
    assert result.exit_code == 2
    assert "desk" in result.output


def test_a_token_is_shown_once_and_works(run: Type, app: Flask, session: Look) -> None:
    token = run("create-token", "kiosk").output.strip()
    assert session.one(ApiToken).token_hash == tokens._digest(token)
    answer = app.test_client().get("/api/v1/conversations", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_of_several_hotels_one_must_be_named(run: Type, session: Look) -> None:
    keys = {"LINE_HMAC_KEY": "the key of the other hotel", "LINE_API_KEY": "api key"}
    made = run("create-hotel", "Hotel Kyoto", "--waha-host", "https://waha.example", "--country", "JP", **keys)
    (line,) = [one for one in session.all(Line) if one.position == 1]
    assert made.output.strip().endswith(f"/api/v1/waha/webhook/{line.id}")
    unnamed = run("create-token", "kiosk")
    assert (unnamed.exit_code, "--hotel" in unnamed.output) == (1, True)
    assert run("create-token", "kiosk", "--hotel", "Hotel Kyoto").exit_code == 0
    assert session.one(ApiToken).hotel_id == line.hotel_id


@pytest.mark.parametrize("words", [("--country", "Japan"), ("--time-zone", "Kyoto"), ("--language", "jp")])
def test_a_hotel_that_cannot_be_is_refused(run: Type, session: Look, words: tuple[str, str]) -> None:
    keys = {"LINE_HMAC_KEY": "the key of the other hotel"}
    result = run("create-hotel", "Hotel Kyoto", "--waha-host", "https://waha.example", *words, **keys)
    assert (result.exit_code, result.output.startswith("Error: ")) == (1, True)
    assert session.count(Hotel) == 1


def test_a_hotel_without_a_webhook_key_is_refused(run: Type, session: Look) -> None:
    result = run("create-hotel", "Hotel Kyoto", "--waha-host", "https://waha.example")
    assert (result.exit_code, "LINE_HMAC_KEY" in result.output) == (1, True)
    assert session.count(Hotel) == 1


def test_rooms_are_imported_and_updated(run: Type, session: Look, tmp_path: Path) -> None:
    assert (
        _import(run, tmp_path, "room_number,type\n101,Standard\n102,Standard\n").output == "2 rooms added, 0 updated.\n"
    )
    assert _import(run, tmp_path, "room_number,type\n102,Deluxe\n103,Suite\n").output == "1 rooms added, 1 updated.\n"
    assert {(room.number, room.type) for room in session.all(Room)} == {
        ("101", "Standard"),
        ("102", "Deluxe"),
        ("103", "Suite"),
    }


def test_rooms_come_all_or_none(run: Type, session: Look, tmp_path: Path) -> None:
    result = _import(run, tmp_path, "room_number,type\n101,Standard\n,Deluxe\n101,Suite\n")
    assert result.exit_code == 1
    assert "line 3:" in result.output
    assert "line 4:" in result.output
    assert session.count(Room) == 0


def test_the_demo_is_seeded_once(run: Type, session: Look) -> None:
    assert "is ready" in run("seed-demo").output
    before = session.count(Room), session.count(Message), session.count(Staff)
    assert "nothing was changed" in run("seed-demo").output
    assert (session.count(Room), session.count(Message), session.count(Staff)) == before
    assert min(before) > 0


def test_nothing_of_the_demo_goes_out_or_is_answered(run: Type, session: Look) -> None:
    run("seed-demo")
    assert {one.status for one in session.all(Message)} == {None, "read", "failed"}
    assert session.sql("SELECT 1 FROM sessions WHERE auto_reply_at IS NOT NULL") == []


def test_what_we_stumbled_over_is_applied_after_the_mend(
    run: Type, client: HonestClient, session: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = {"id": "A1", "from": "6281234567890@c.us", "fromMe": False, "body": "Kolam renang buka?"}
    with monkeypatch.context() as patched:
        patched.setattr(inbox, "receive", _stumble)
        client.post_webhook({"event": "message", "id": "evt_1", "payload": payload})
    client.post_webhook(b"not JSON")
    assert run("replay-events").output == "1 of 2 events were applied.\n"
    assert session.one(Message).text == "Kolam renang buka?"
    assert {one.outcome for one in session.all(Event)} == {APPLIED, UNREADABLE}
    assert run("replay-events").output == "0 of 1 events were applied.\n"


def test_an_unsafe_production_s_worker_does_not_start(another_app: Callable[..., Flask]) -> None:
    unsafe = another_app(environment="production", waha_hmac_key="", public_url="")
    result = _run(unsafe, "worker")
    assert result.exit_code == 1
    assert "WAHA_HMAC_KEY" in result.output
    assert "PUBLIC_URL" in result.output


def test_an_unsafe_production_s_commands_still_run(another_app: Callable[..., Flask]) -> None:
    unsafe = another_app(environment="production", waha_hmac_key="", public_url="")
    assert _run(unsafe, "create-token", "kiosk").exit_code == 0


def test_the_simulator_never_starts_in_production(another_app: Callable[..., Flask]) -> None:
    result = _run(another_app(environment="production"), "simulate-waha", "--port", "0")
    assert (result.exit_code, "production" in result.output.lower()) == (1, True)


def _import(run: Type, folder: Path, content: str) -> Result:
    file = folder / "rooms.csv"
    file.write_text(content)
    return run("import-rooms", str(file))


def _stumble(*_: Any) -> None:
    raise RuntimeError("a fault of ours")


def test_old_files_are_removed_and_their_bubbles_say_so(
    run: Type,
    app: Flask,
    config: Config,
    session: Look,
    wait: Callable[..., None],
    client: HonestClient,
    wayan: Employee,
) -> None:
    old = _file(app, config, "3EB0OLD")
    wait(days=40)
    young = _file(app, config, "3EB0YOUNG")

    assert run("remove-media", "--older-than", "30").output == "Files removed: 1.\n"

    assert (old.exists(), young.exists()) == (False, True)
    assert [kept.state for kept in session.all(Media)] == [FAILED, STORED]
    page = sign_in(client, wayan).get(f"/conversations/{session.one(Conversation).id}").text
    assert "removed from Concierge to make room" in page
    assert run("remove-media", "--older-than", "30").output == "Files removed: 0.\n"


@pytest.mark.parametrize("days", ["0", "-1", "soon"])
def test_no_file_is_removed_by_a_typing_error(run: Type, app: Flask, config: Config, days: str) -> None:
    place = _file(app, config, "3EB0FILE")
    assert run("remove-media", "--older-than", days).exit_code == 2
    assert place.exists()


def _file(app: Flask, config: Config, raw_id: str) -> Path:
    """A guest's photo, fetched; where it lies."""
    message_id = guest_writes(app, "Photo", raw_id=raw_id, kind="image", file=media.Told(raw_id))
    with arranging(app) as rows:
        kept = rows.get(Message, message_id).media
        media.record_stored(kept.id, "image/jpeg", 3)
        place = config.media_dir / kept.folder / kept.id
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"jpg")
        return place
