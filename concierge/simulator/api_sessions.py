"""WAHA's endpoints about the server and its session: version, status, start and stop, QR code."""

import base64

from flask import Blueprint, Response, request

from . import ids, qr, shapes
from .answers import admit, need_line, need_session, network, refuse

bp = Blueprint("api_sessions", __name__)
bp.before_request(admit)


@bp.get("/ping")
def ping() -> dict:
    return {"message": "pong"}


@bp.get("/api/version")
@bp.get("/api/server/version")
def version() -> dict:
    return shapes.ENVIRONMENT


@bp.get("/api/server/status")
def status() -> dict:
    started_at = network().started_at
    return {"startTimestamp": started_at, "uptime": ids.now_ms() - started_at, "worker": shapes.ENVIRONMENT["worker"]}


@bp.get("/api/sessions")
def sessions() -> list[dict]:
    """Without all=true a stopped session is left out."""
    line = network().line
    is_shown = line.status != "STOPPED" or request.args.get("all") == "true"
    return [_line_as_dict()] if is_shown else []


@bp.get("/api/sessions/<name>")
def session(name: str) -> dict:
    _need_known(name)
    line = network().line
    engine = {} if line.status == "STOPPED" else {"engine": "NOWEB"}
    return _line_as_dict() | {"engine": engine}


@bp.get("/api/sessions/<name>/me")
def me(name: str) -> dict | Response:
    _need_known(name)
    # Nobody is an empty body, not null.
    return network().line.me or Response()


@bp.get("/api/sessions/<name>/timelock")
def timelock(name: str) -> dict:
    _need_known(name)
    return shapes.timelock(network().trouble.restricted_until)


@bp.get("/api/sessions/<name>/capping")
def capping(name: str) -> dict:
    _need_known(name)
    return shapes.capping()


@bp.post("/api/sessions/<name>/start")
def start(name: str) -> tuple[dict, int]:
    _need_known(name)
    if network().line.status != "STOPPED":
        refuse(422, f"Session '{name}' is already started.")
    network().start_line()
    return session(name), 201


@bp.post("/api/sessions/<name>/stop")
def stop(name: str) -> tuple[dict, int]:
    _need_known(name)
    if network().line.status != "STOPPED":
        network().set_line("STOPPED")
    return session(name), 201


@bp.post("/api/sessions/<name>/restart")
def restart(name: str) -> tuple[dict, int]:
    _need_known(name)
    network().set_line("STOPPED")
    network().start_line()
    return session(name), 201


@bp.post("/api/sessions/<name>/logout")
def logout(name: str) -> tuple[dict, int]:
    """Forgets the phone; a running session asks for a scan again."""
    _need_known(name)
    network().start_line(is_logged_out=True)
    return session(name), 201


@bp.get("/api/<name>/auth/qr")
def qr_code(name: str) -> Response | dict:
    need_session(name)
    need_line("SCAN_QR_CODE")
    if request.args.get("format") == "raw":
        return {"value": qr.TEXT}
    if request.accept_mimetypes.best == "application/json":
        return {"mimetype": "image/png", "data": base64.b64encode(qr.picture()).decode()}
    return Response(qr.picture(), mimetype="image/png")


def _need_known(name: str) -> None:
    if name != network().session:
        refuse(404, "Session not found")


def _line_as_dict() -> dict:
    waha = network()
    return waha.line.as_dict(_webhook(), has_store=not waha.trouble.store_off)


def _webhook() -> dict | None:
    settings = network().settings
    if not settings.webhook_url:
        return None
    retries = {"policy": "constant", "delaySeconds": settings.retry_delay_seconds, "attempts": settings.retry_attempts}
    messages = ["message.any", "message"] if settings.both_message_events else ["message.any"]
    happenings = ["message.ack", "message.reaction", "message.edited", "message.revoked"]
    events = ["session.status", *messages, *happenings, "call.received", "call.rejected"]
    return {"url": settings.webhook_url, "events": events, "retries": retries}
