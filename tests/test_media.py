"""Files of guests: fetched from the line's own host alone, kept whole, and honest about what could not be had."""

import errno
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from concierge import media, worker
from concierge.config import Config
from concierge.extensions import db
from concierge.models import Conversation, Media, Message
from concierge.models.media import FAILED, STORED, WANTED
from concierge.waha.media import MediaClient
from concierge.worker import fetching
from tests.database import arranging
from tests.story import guest_writes

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 1000
TOLD_ID = "false_6281234567890@c.us_3EB0PHOTO"
LINK = "/api/files/default/3EB0PHOTO.jpeg"
BY_ID = "/api/default/chats/6281234567890%40c.us/messages/false_6281234567890%40c.us_3EB0PHOTO?downloadMedia=true"


class Server:
    """Answers what `pages` says, else 404; remembers what was asked, and with which key."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self.asked: list[tuple[str, str | None]] = []
        server = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, self.headers.get("X-Api-Key")))
                status, body, headers = server.pages.get(self.path, (404, b'{"message": "ENOENT"}', {}))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def holds(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        self.pages[path] = (status, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server():
    running = Server()
    yield running
    running.close()


@pytest.fixture
def elsewhere():
    running = Server()
    yield running
    running.close()


@pytest.fixture
def ours(config, server, tmp_path) -> Config:
    """The settings, with a WAHA that holds files and an empty folder for them."""
    return replace(config, waha_host=server.url, media_dir=tmp_path / "media")


@pytest.fixture(autouse=True)
def _no_transaction_during_a_call(monkeypatch):
    real = MediaClient.fetch

    def watched(*args, **kwargs):
        assert not db.session().in_transaction(), "a transaction is open while a file is fetched"
        return real(*args, **kwargs)

    monkeypatch.setattr(MediaClient, "fetch", watched)


def send_photo(app, url: str | None = f"http://localhost:3000{LINK}", filename: str | None = None) -> None:
    told = media.Told(TOLD_ID, url, "image/jpeg", filename)
    guest_writes(app, "Photo", raw_id="3EB0PHOTO", kind="image", file=told, details={"is_placeholder": True})


def fetch(app, config) -> bool:
    with app.app_context():
        return worker.fetch_one(config)


def test_photo_is_fetched_and_kept(app, ours, server, session):
    server.holds(LINK, JPEG)
    send_photo(app)
    assert session.one(Media).state == WANTED

    assert fetch(app, ours)
    assert not fetch(app, ours)

    kept = session.one(Media)
    place = ours.media_dir / kept.folder / kept.id
    assert (kept.state, kept.content_type, kept.size) == (STORED, "image/jpeg", len(JPEG))
    assert place.read_bytes() == JPEG
    assert place.stat().st_mode & 0o777 == 0o600
    assert list(place.parent.iterdir()) == [place]


def test_stored_file_is_news_for_the_screen(app, ours, server, session):
    server.holds(LINK, JPEG)
    send_photo(app)
    before = session.one(Conversation).revision
    fetch(app, ours)

    message = session.one(Message)
    assert message.content_revision == message.revision == before + 1


@pytest.mark.parametrize("named", ["http://localhost:3000", "http://192.0.2.1:8080/waha", "https://evil.example"])
def test_file_comes_from_the_line_s_host_whatever_host_is_named(app, ours, server, session, named):
    server.holds(LINK, JPEG)
    send_photo(app, f"{named}{LINK}")
    fetch(app, ours)

    assert session.one(Media).state == STORED
    assert server.asked == [(LINK, ours.waha_api_key)]


def test_another_host_is_never_asked(app, ours, server, elsewhere, session):
    elsewhere.holds("/bucket/photo.jpg", JPEG)
    send_photo(app, f"{elsewhere.url}/bucket/photo.jpg?signature=x")
    fetch(app, ours)

    assert (session.one(Media).state, session.one(Media).reason) == (FAILED, media.FOREIGN_HOST)
    assert elsewhere.asked == server.asked == []


def test_file_beside_waha_on_its_own_host_gets_no_key(app, ours, server, session):
    server.holds("/bucket/photo.jpg?signature=x", JPEG)
    send_photo(app, f"{server.url}/bucket/photo.jpg?signature=x")
    fetch(app, ours)

    assert session.one(Media).state == STORED
    assert server.asked == [("/bucket/photo.jpg?signature=x", None)]


@pytest.mark.parametrize(
    "path",
    [
        "/api/server/environment",
        "/api/files/../server/environment",
        "/api/files/%2e%2e/server/environment",
        "/api/files/%252e%252e/server/environment",
        "/api/files/..\\server\\environment",
    ],
)
def test_a_link_reaches_nothing_else_of_waha(app, ours, server, session, path):
    server.holds("/api/server/environment", b'{"WAHA_API_KEY": "secret"}')
    send_photo(app, f"{server.url}{path}")
    fetch(app, ours)

    assert session.one(Media).state == FAILED
    assert server.asked == []


def test_an_id_that_a_guest_made_up_reaches_nothing_else_of_waha(app, ours, server, session):
    server.holds("/api/server/environment", b'{"media": {"url": "/api/files/x"}}')
    told = media.Told("false_6281234567890@c.us_/../../../../../server/environment?", None)
    guest_writes(app, "Photo", raw_id="3EB0PHOTO", kind="image", file=told)
    fetch(app, ours)

    assert [path.split("?")[0].count("/") for path, _ in server.asked] == [6]
    assert session.one(Media).state == WANTED


@pytest.mark.parametrize("answer", [301, 302, 307, 308])
def test_redirect_is_not_followed_when_a_message_is_asked_for(app, ours, server, elsewhere, session, answer):
    elsewhere.holds(BY_ID, f'{{"media": {{"url": "{LINK}"}}}}'.encode())
    server.holds(BY_ID, b"", answer, Location=f"{elsewhere.url}{BY_ID}")
    send_photo(app, url=None)
    fetch(app, ours)

    assert session.one(Media).state == WANTED
    assert elsewhere.asked == []


def test_redirect_is_not_followed(app, ours, server, elsewhere, session):
    elsewhere.holds(LINK, JPEG)
    server.holds(LINK, b"", 302, Location=f"{elsewhere.url}{LINK}")
    send_photo(app)
    fetch(app, ours)

    assert (session.one(Media).state, session.one(Media).reason) == (WANTED, media.ODD_ANSWER)
    assert elsewhere.asked == []


def test_dead_link_is_asked_for_again_by_its_message(app, ours, server, session):
    server.holds(BY_ID, b'{"id": "x", "media": {"url": "http://localhost:3000/api/files/default/anew.jpeg"}}')
    server.holds("/api/files/default/anew.jpeg", JPEG)
    send_photo(app)
    fetch(app, ours)

    assert session.one(Media).state == STORED
    assert [path for path, _ in server.asked] == [LINK, BY_ID, "/api/files/default/anew.jpeg"]


def test_file_without_a_link_is_asked_for_by_its_message(app, ours, server, session):
    server.holds(BY_ID, f'{{"media": {{"url": "http://localhost:3000{LINK}"}}}}'.encode())
    server.holds(LINK, JPEG)
    send_photo(app, url=None)
    fetch(app, ours)

    assert session.one(Media).state == STORED


def test_what_is_gone_is_tried_for_about_an_hour_and_then_fails_with_words(app, ours, session, wait):
    send_photo(app)
    waited = 0
    while session.one(Media).state == WANTED:
        assert fetch(app, ours)
        assert not fetch(app, ours), "not again at once"
        wait(minutes=1)
        waited += 1
        while session.one(Media).state == WANTED and not _is_due(app):
            wait(minutes=1)
            waited += 1

    assert 50 <= waited <= 80
    assert (session.one(Media).state, session.one(Media).reason) == (FAILED, media.GONE)
    assert "Look at the hotel's phone" in media.words(session.one(Media))


def test_unreachable_server_is_tried_again(app, ours, server, session, wait):
    server.holds(LINK, JPEG)
    send_photo(app)
    fetch(app, replace(ours, waha_host="http://127.0.0.1:9"))
    assert (session.one(Media).state, session.one(Media).reason) == (WANTED, media.UNREACHABLE)

    wait(seconds=6)
    fetch(app, ours)

    assert (session.one(Media).state, session.one(Media).reason) == (STORED, None)


@pytest.mark.parametrize("is_told", [True, False])
def test_too_large_a_file_is_not_kept(app, ours, server, session, monkeypatch, is_told):
    monkeypatch.setattr(media, "LARGEST", 1000)
    server.holds(LINK, JPEG, **({"Content_Length": str(len(JPEG))} if is_told else {}))
    send_photo(app)
    fetch(app, ours)

    kept = session.one(Media)
    assert (kept.state, kept.reason) == (FAILED, media.TOO_LARGE)
    assert [path for path in ours.media_dir.rglob("*") if path.is_file()] == []


def test_half_a_file_is_not_a_file(app, ours, server, session):
    server.holds(LINK, JPEG[:2000], Content_Length=str(len(JPEG)))
    send_photo(app)
    fetch(app, ours)

    assert (session.one(Media).state, session.one(Media).reason) == (WANTED, media.UNREACHABLE)


def test_type_is_what_the_bytes_say(app, ours, server, session):
    server.holds(LINK, b"<html><script>alert(1)</script></html>", Content_Type="image/jpeg")
    send_photo(app)
    fetch(app, ours)

    assert session.one(Media).content_type == "application/octet-stream"


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "application/octet-stream"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"\x00\x00\x00\x20ftypheic", "application/octet-stream"),
        (b"OggS\x00\x02", "audio/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<svg xmlns=", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_types_are_told_by_their_first_bytes(beginning, kind):
    assert media.type_of(beginning) == kind


def test_disk_that_refuses_is_told_and_tried_again(app, ours, server, session):
    ours.media_dir.write_text("a file where the folder should be")
    server.holds(LINK, JPEG)
    send_photo(app)
    fetch(app, ours)

    assert (session.one(Media).state, session.one(Media).reason) == (WANTED, media.OUR_FAULT)


def test_nothing_is_fetched_onto_a_disk_that_is_nearly_full(app, ours, server, session, monkeypatch):
    monkeypatch.setattr(media, "LEAST_FREE", 2**62)
    server.holds(LINK, JPEG)
    send_photo(app)
    fetch(app, ours)

    refused = session.one(Media)
    assert (refused.state, refused.reason) == (FAILED, media.DISK_FULL)
    assert "try again" in media.words(refused)
    assert server.asked == []

    monkeypatch.undo()
    with arranging(app) as rows:
        media.try_again(rows.get(Media, refused.id))
    fetch(app, ours)

    assert session.one(Media).state == STORED


def test_disk_that_fills_while_the_file_comes_is_said(app, ours, server, session, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetching.os, "fsync", full)
    server.holds(LINK, JPEG)
    send_photo(app)
    fetch(app, ours)

    assert (session.one(Media).state, session.one(Media).reason) == (FAILED, media.DISK_FULL)
    assert [path for path in ours.media_dir.rglob("*") if path.is_file()] == []


def test_fetcher_that_was_killed_leaves_the_file_to_the_next(app, ours, server, session, wait):
    server.holds(LINK, JPEG)
    send_photo(app)
    with arranging(app):
        claimed = media.claim_next()
        half = ours.media_dir / claimed.folder / f".{claimed.id}.{claimed.claims}"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    assert not fetch(app, ours), "its lease holds"

    wait(minutes=6)
    assert fetch(app, ours)

    assert session.one(Media).state == STORED
    assert not half.exists()


def test_a_failure_that_comes_late_undoes_nothing(app, session):
    send_photo(app)
    with arranging(app):
        claimed = media.claim_next()
        media.record_stored(claimed.id, "image/jpeg", 10)
        media.record_failed(claimed.id, claimed.claims, media.GONE)

    assert session.one(Media).state == STORED


def test_person_may_ask_once_more(app, ours, server, session):
    send_photo(app, "https://other.example/photo.jpg")
    fetch(app, ours)
    assert session.one(Media).state == FAILED
    with arranging(app) as rows:
        media.try_again(rows.get(Media, session.one(Media).id))

    wanted = session.one(Media)
    assert (wanted.state, wanted.attempts, wanted.reason) == (WANTED, 0, None)
    with app.app_context():
        assert media.is_something_due()


def _is_due(app) -> bool:
    with app.app_context():
        return media.is_something_due()
