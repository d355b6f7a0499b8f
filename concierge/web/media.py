"""Files that guests sent: shown to signed-in staff of their hotel, and to nobody else; asked for once more."""

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from concierge import media
from concierge.extensions import db
from concierge.models import Media
from concierge.models.media import STORED
from concierge.web import guards
from concierge.web.conversations import Changes
from concierge.web.forms import is_uuid

KEPT_SECONDS = 3600
# Whatever the file is, opened by itself it may do nothing.
POLICY = "sandbox; default-src 'none'"
EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "application/pdf": "pdf",
}

bp = Blueprint("media", __name__)
bp.before_request(guards.staff_only)


@bp.get("/media/<media_id>")
def show(media_id: str) -> Response:
    """The file, or a part of it. Only what the bytes show to be picture, sound or film opens in the browser."""
    found = _media(media_id)
    place = guards.settings().media_dir / found.folder / found.id
    if found.state != STORED or not place.is_file():
        abort(404)
    answer = send_file(
        place.resolve(),
        mimetype=found.content_type,
        as_attachment=found.shown_as == "file",
        download_name=_name(found),
        conditional=True,
    )
    answer.headers["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@bp.post("/media/<media_id>/fetches")
def fetch_again(media_id: str) -> str | AnyResponse:
    """Try once more to get a file that could not be fetched."""
    found = _media(media_id)
    media.try_again(found)
    db.session.commit()
    message = found.message
    if request.headers.get("HX-Request") == "true":
        changed = Changes([], [message], [message])
        return render_template("conversations/_bubbles.html", changed=changed)
    place = url_for("conversations.thread", conversation_id=message.conversation_id, _anchor=f"message-{message.id}")
    return redirect(place, 303)


def _media(media_id: str) -> Media:
    found = media.find(guards.my_hotel(), media_id) if is_uuid(media_id) else None
    return found or abort(404)


def _name(found: Media) -> str:
    """The name that the guest's phone told, without what a file system or a header could take amiss."""
    told = "".join(sign for sign in found.filename or "" if sign.isprintable() and sign not in '/\\:*?"<>|')
    return told.strip(". ")[:120] or f"{found.id[:8]}.{EXTENSIONS.get(found.content_type or '', 'bin')}"
