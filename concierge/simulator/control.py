"""The switches, as JSON under /simulator: transmissions, trouble, settings, webhooks. Guests are in control_guests.py.

For this computer only.
"""

import ipaddress
import json
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from . import ids, shapes, trouble
from .answers import network
from .switches import UnknownSwitch

bp = Blueprint("control", __name__, url_prefix="/simulator")

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


def only_from_here() -> tuple[dict, int] | None:
    """403 for other computers and other sites: a page on the web must not write as a guest through our browser."""
    if not _is_loopback(request.remote_addr or ""):
        return {"error": "The simulator's switches answer this computer only."}, 403
    if urlsplit(request.host_url).hostname not in LOOPBACK_NAMES:
        return {"error": "Open the simulator as localhost or 127.0.0.1."}, 403
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.host_url.rstrip("/"):
        return {"error": "Another site's page may not use the simulator's switches."}, 403
    if request.method in ("POST", "PUT") and not request.is_json:
        return {"error": "Send JSON (Content-Type: application/json)."}, 415
    return None


bp.before_request(only_from_here)


@bp.errorhandler(UnknownSwitch)
def unknown_switch(error: UnknownSwitch) -> tuple[dict, int]:
    return {"error": str(error)}, 400


@bp.get("", strict_slashes=False)
def identity() -> dict:
    waha = network()
    return {
        "simulator": True,
        "version": shapes.VERSION,
        "engine": "NOWEB",
        "session": waha.session,
        "line": waha.line.status,
        "control_url": waha.control_url,
    }


@bp.get("/transmissions")
def transmissions() -> dict:
    """Every text that left for WhatsApp, in order; count also counts those no longer kept."""
    with network().lock:
        state = network().state
        kept = [vars(one) for one in state.transmissions]
        return {"count": state.count, "count_by_chat": dict(state.count_by_chat), "transmissions": kept}


@bp.get("/trouble")
def current_trouble() -> dict:
    waha = network()
    numbers = trouble.TROUBLED_NUMBERS
    return {**waha.trouble.as_dict(), "line": waha.line.status, "hanging": waha.hanging_count, "numbers": numbers}


@bp.put("/trouble")
def change_trouble() -> dict:
    """Any of switches.Trouble, and line: STOPPED, STARTING, SCAN_QR_CODE, WORKING or FAILED."""
    asked = asked_for()
    line = asked.pop("line", None)
    network().change_trouble(asked)
    if line is not None:
        network().set_line(line)
    return current_trouble()


@bp.post("/release")
def release() -> dict:
    """Lets go what hangs: it is sent and answered now."""
    return {"released": network().release()}


@bp.get("/faults")
def faults() -> dict[str, int]:
    """{kind: how many sends were spoilt}, by switch, number or chance: hang, drop, 500 or down; before or after.

    down_cut counts the open connections that going down cut, idle ones too: the sum is at least the truth.
    """
    return network().faults.as_dict()


@bp.get("/settings")
def settings() -> dict:
    return network().settings.as_dict()


@bp.put("/settings")
def change_settings() -> dict:
    network().change_settings(asked_for())
    return settings()


@bp.get("/webhooks")
def webhooks() -> list[dict]:
    """The last 500, oldest first. state: waiting, held, retrying, delivered, given up."""
    return [delivery.as_dict() for delivery in list(network().sender.log)]


@bp.post("/webhooks")
def post_webhook() -> tuple[dict, int]:
    """{event, payload, ...} in an envelope, any of whose fields may be given; or {raw: "exactly this body"}.

    headers? are added to either.
    """
    asked = asked_for()
    headers, raw = asked.pop("headers", {}), asked.pop("raw", None)
    waha = network()
    event = str(asked.get("event", "raw"))
    envelope = shapes.envelope(event, {}, session=waha.session, me=waha.line.me) | asked
    content = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else envelope
    waha.sender.post(event, content, ids.now_ms(), headers)
    return {"id": envelope["id"]}, 201


@bp.delete("/state")
def reset() -> Response:
    network().reset()
    return Response(status=204)


def _is_loopback(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def asked_for() -> dict:
    try:
        asked = json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise UnknownSwitch("This is not JSON.") from error
    if not isinstance(asked, dict):
        raise UnknownSwitch("Send a JSON object.")
    return asked
