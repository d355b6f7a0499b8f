"""`/health`: for load balancers and monitors. Says nothing about guests."""

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from concierge import health
from concierge.web import guards

bp = Blueprint("health", __name__)
bp.before_request(guards.anyone)


@bp.get("/health")
def show() -> tuple[Response, int]:
    """200 while everything is being sent and received, else 503 with what is wrong, since when."""
    try:
        faults = health.of_everything()
    except SQLAlchemyError:
        return jsonify({"status": "down", "parts": {"database": {"fault": "the database does not answer"}}}), 503
    parts = {
        name: {"fault": fault.what, "since": fault.since.isoformat() if fault.since else None} if fault else "ok"
        for name, fault in faults.items()
    }
    is_well = not any(faults.values())
    return jsonify(
        {"status": "ok" if is_well else "down", "parts": parts | {"database": "ok"}}
    ), 200 if is_well else 503
