"""WAHA's endpoint that serves media: with the key, for a while, in ranges."""

from io import BytesIO

from flask import Blueprint, Response, send_file

from .answers import admit, network, refuse

bp = Blueprint("api_files", __name__)
bp.before_request(admit)


@bp.get("/api/files/<session>/<name>")
def media(session: str, name: str) -> Response:
    found = network().media.find(name) if session == network().session else None
    if found is None:
        # As captured: what is missing is answered by the static server's fallback.
        refuse(404, "ENOENT: no such file or directory, stat '/app/.media/index.html'")
    answer = send_file(BytesIO(found.data), mimetype=found.mimetype.partition(";")[0], conditional=True)
    answer.headers["Cache-Control"] = "public, max-age=0"
    return answer
