"""Saying by hand who writes: a thread that WhatsApp hides the number of belongs to a guest in the house."""

from collections.abc import Sequence

from flask import Blueprint, flash, render_template
from werkzeug.wrappers import Response
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired

from concierge import desk, identity, stays
from concierge.extensions import db
from concierge.models import Conversation, Stay
from concierge.models.hotel import LANGUAGES
from concierge.web import front_desk, guards
from concierge.web.finding import conversation as _conversation
from concierge.web.finding import to_thread
from concierge.web.forms import CheckInForm, Choice, Form, one_line

bp = Blueprint("linking", __name__, url_prefix="/conversations/<conversation_id>/guest")
bp.before_request(guards.staff_only)


class LinkForm(Form):
    """Which guest in the house it is that writes."""

    stay_id = Choice("Guest", filters=[one_line], validators=[DataRequired("Choose the guest.")])

    def offer(self, guests: Sequence[Stay]) -> None:
        """Everybody in the house, by room."""
        self.stay_id.choices = [
            SelectChoice("", "Choose…"),
            *(SelectChoice(stay.id, f"{stay.room.number} · {stay.guest_name}") for stay in guests),
        ]
        if not self.is_submitted():
            self.stay_id.data = ""


@bp.route("", methods=["GET", "POST"])
def link(conversation_id: str) -> str | Response:
    """Choose the guest; the thread and the guest's own become one."""
    conversation = _conversation(conversation_id)
    if desk.stays_of(conversation):
        return to_thread(conversation.id)  # somebody was faster
    guests = [stay for stay, _ in desk.in_house(guards.my_hotel())]
    form = LinkForm()
    form.offer(guests)
    if form.validate_on_submit():
        stay = next(stay for stay in guests if stay.id == form.stay_id.data)
        thread = identity.link(conversation, stay)
        db.session.commit()
        flash(f"These messages are {stay.guest_name}'s now, room {stay.room.number}.")
        return to_thread(thread.id)
    likely = desk.likely_stays(conversation, guests)
    others = [stay for stay in guests if stay not in likely]
    return render_template("linking/link.html", form=form, conversation=conversation, likely=likely, others=others)


@bp.route("/new", methods=["GET", "POST"])
def new_stay(conversation_id: str) -> str | Response:
    """Check in whoever writes here; what was written so far comes along."""
    conversation, hotel = _conversation(conversation_id), guards.my_hotel()
    if desk.stays_of(conversation):
        return to_thread(conversation.id)
    form = CheckInForm(hotel.country)
    form.offer(stays.free_rooms(hotel), hotel)
    if not form.is_submitted():
        _fill_in(form, conversation)
    if form.validate_on_submit() and (made := front_desk.checked_in(form)):
        thread = identity.link(conversation, made.stay)
        db.session.commit()
        return front_desk.welcomed(made.stay, thread)
    return front_desk.show_check_in(form, conversation)


def _fill_in(form: CheckInForm, conversation: Conversation) -> None:
    """What is known of the writer."""
    guest = conversation.guest
    form.full_name.data = guest.name or guest.profile_name or ""
    form.phone_number.data = guest.shown_phone or ""
    if guest.language in LANGUAGES:
        form.language.data = guest.language
