"""Saying by hand who writes: a thread that WhatsApp hides the number of belongs to a guest in the house."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired

from concierge import desk, identity
from concierge.extensions import db
from concierge.models import Conversation, Stay
from concierge.web import guards
from concierge.web.forms import Choice, Form, is_uuid, one_line

bp = Blueprint("linking", __name__, url_prefix="/conversations/<conversation_id>/guest")
bp.before_request(guards.staff_only)


class LinkForm(Form):
    """Which guest in the house it is that writes."""

    stay_id = Choice("Guest", filters=[one_line], validators=[DataRequired("Choose the guest.")])

    def offer(self, stays: Sequence[Stay]) -> None:
        """Everybody in the house, by room."""
        self.stay_id.choices = [
            SelectChoice("", "Choose…"),
            *(SelectChoice(stay.id, f"{stay.room.number} · {stay.guest_name}") for stay in stays),
        ]
        if not self.is_submitted():
            self.stay_id.data = ""


@bp.route("", methods=["GET", "POST"])
def link(conversation_id: str) -> str | Response:
    """Choose the room; the thread and the guest's own become one."""
    conversation = _conversation(conversation_id)
    if conversation.joined_into_id or desk.stays_of(conversation):
        return _to_thread(conversation.joined_into_id or conversation.id)  # somebody was faster
    stays = [stay for stay, _ in desk.in_house(guards.my_hotel())]
    form = LinkForm()
    form.offer(stays)
    if form.validate_on_submit():
        stay = _chosen(stays, form.stay_id.data)
        thread = identity.link(conversation, stay)
        db.session.commit()
        flash(f"These messages are {stay.guest_name}'s now, room {stay.room.number}.")
        return _to_thread(thread.id)
    return render_template("linking/link.html", form=form, conversation=conversation, stays=stays)


def _conversation(conversation_id: str) -> Conversation:
    """A thread of this hotel; another hotel's is as unknown as one that never was."""
    found = desk.find_conversation(guards.my_hotel(), conversation_id) if is_uuid(conversation_id) else None
    return found or abort(404)


def _chosen(stays: list[Stay], stay_id: str) -> Stay:
    return next(stay for stay in stays if stay.id == stay_id)


def _to_thread(conversation_id: str) -> Response:
    return redirect(url_for("conversations.thread", conversation_id=conversation_id), 303)
