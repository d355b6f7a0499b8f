"""Who may see a file, how it is handed out, and what a bubble shows of it."""

from concierge import media
from concierge.models import Media, Message
from concierge.models.media import FAILED, WANTED
from tests.client import sign_in
from tests.database import arranging
from tests.story import guest_writes

JPEG = b"\xff\xd8\xff\xe0" + b"0123456789" * 100


def keep(app, config, body=JPEG, kind="image", filename=None) -> str:
    """A file of a guest, fetched; its id."""
    told = media.Told("false_6281234567890@c.us_3EB0FILE", "http://waha/api/files/a/b", "image/jpeg", filename)
    message_id = guest_writes(app, "Photo", raw_id="3EB0FILE", kind=kind, file=told, details={"is_placeholder": True})
    with arranging(app) as rows:
        kept = rows.get(Message, message_id).media
        place = config.media_dir / kept.folder / kept.id
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
        media.record_stored(kept.id, media.type_of(body), len(body))
        return kept.id


def thread(client, session) -> str:
    return client.get(f"/conversations/{session.one(Message).conversation_id}").text


def test_photo_is_shown_to_staff_of_the_hotel(app, config, client, wayan):
    media_id = keep(app, config)
    answer = sign_in(client, wayan).get(f"/media/{media_id}", buffered=True)

    assert (answer.status_code, answer.data) == (200, JPEG)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, max-age=3600"


def test_other_hotels_see_nothing(app, config, client, charlie, session):
    media_id = keep(app, config)
    sign_in(client, charlie)

    assert client.get(f"/media/{media_id}", buffered=True).status_code == 404
    assert client.post(f"/media/{media_id}/fetches").status_code == 404


def test_strangers_are_sent_to_the_login(app, config, client):
    media_id = keep(app, config)
    assert client.get(f"/media/{media_id}", buffered=True).location.startswith("/login")


def test_file_that_is_not_here_is_not_found(app, config, client, wayan, session):
    media_id = keep(app, config)
    kept = session.one(Media)
    (config.media_dir / kept.folder / kept.id).unlink()

    assert sign_in(client, wayan).get(f"/media/{media_id}", buffered=True).status_code == 404


def test_a_part_of_a_file_is_handed_out(app, config, client, wayan):
    media_id = keep(app, config)
    answer = sign_in(client, wayan).get(f"/media/{media_id}", buffered=True, headers={"Range": "bytes=4-13"})

    assert (answer.status_code, answer.data) == (206, b"0123456789")
    assert answer.headers["Content-Range"] == f"bytes 4-13/{len(JPEG)}"


def test_what_is_no_picture_is_only_handed_out_as_a_file(app, config, client, wayan):
    media_id = keep(app, config, b"<html><script>alert(1)</script>", filename="photo.jpg")
    answer = sign_in(client, wayan).get(f"/media/{media_id}", buffered=True)

    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_names_of_files_cannot_break_out(app, config, client, wayan):
    media_id = keep(app, config, b"%PDF-1.7", "document", '../..\\etc/Pasangan\r\nX: "voucher" ✈.pdf')
    disposition = sign_in(client, wayan).get(f"/media/{media_id}", buffered=True).headers["Content-Disposition"]

    assert disposition.startswith("attachment; filename=")
    assert "filename*=UTF-8''" in disposition
    assert not {"/", "\\", "\r", "\n"} & set(disposition.replace("UTF-8''", ""))


def test_thread_shows_a_photo_with_its_size_before_it_loads(app, config, client, wayan, session):
    media_id = keep(app, config)
    shown = thread(sign_in(client, wayan), session)

    assert f'<img src="/media/{media_id}" loading="lazy" width="240" height="180"' in shown


def test_thread_shows_sound_that_can_be_played(app, config, client, wayan, session):
    keep(app, config, b"OggS\x00\x02", "voice")
    assert '<audio class="media media--sound"' in thread(sign_in(client, wayan), session)


def test_thread_shows_a_picture_that_is_none_as_a_file(app, config, client, wayan, session):
    keep(app, config, b"<html>", filename="photo.jpg")
    shown = thread(sign_in(client, wayan), session)

    assert "<img src=\"/media/" not in shown  # fmt: skip
    assert "photo.jpg" in shown


def test_failed_file_says_why_and_can_be_asked_for_again(app, config, client, wayan, session):
    media_id = keep(app, config)
    with arranging(app) as rows:
        kept = rows.get(Media, media_id)
        kept.state, kept.reason = FAILED, media.GONE
    sign_in(client, wayan)
    assert "WhatsApp does not hand out this file any more" in thread(client, session)

    answer = client.post(f"/media/{media_id}/fetches", headers={"HX-Request": "true"})

    assert session.one(Media).state == WANTED
    assert "fetching…" in answer.text
    assert f'id="message-{session.one(Message).id}-content"' in answer.text


def test_without_a_script_asking_again_leads_back_to_the_message(app, config, client, wayan, session):
    media_id = keep(app, config)
    answer = sign_in(client, wayan).post(f"/media/{media_id}/fetches")

    assert (answer.status_code, answer.location.partition("#")[2]) == (303, f"message-{session.one(Message).id}")
