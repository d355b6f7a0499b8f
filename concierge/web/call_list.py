"""The call list: guests whom WhatsApp did not reach, and what came of calling them."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from concierge import call_list, desk
from concierge.extensions import db
from concierge.models.message import NO_ANSWER, NOT_NEEDED, REACHED
from concierge.web import guards
from concierge.web.forms import is_uuid

OUTCOMES = {REACHED: "Reached", NO_ANSWER: "No answer", NOT_NEEDED: "Not needed"}

bp = Blueprint("call_list", __name__)
bp.before_request(guards.staff_only)


@bp.get("/call-list")
def index() -> str:
    """Who should be called, the most important first."""
    return render_template("call_list/index.html", calls=call_list.calls(guards.my_hotel()), outcomes=OUTCOMES)


@bp.post("/messages/<message_id>/call")
def call(message_id: str) -> Response:
    """What came of the call."""
    message = desk.find_message(guards.my_hotel(), message_id) if is_uuid(message_id) else None
    outcome = request.form.get("outcome", "")
    if message is None:
        abort(404)
    if outcome not in OUTCOMES:
        abort(400)
    call_list.note_outcome(message, outcome, guards.me())
    db.session.commit()
    flash(f"{message.conversation.guest.shown_name}: {OUTCOMES[outcome].lower()}.")
    return redirect(url_for("call_list.index"), 303)
