"""The desk: who is in the house, check-in, check-out, and setting right whom a phone belongs to."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from concierge import desk, stays, texts
from concierge import phone as phones
from concierge.extensions import db
from concierge.models import Conversation, Stay
from concierge.models.hotel import LANGUAGES
from concierge.web import guards
from concierge.web.forms import CheckInForm, PhoneForm, is_uuid

bp = Blueprint("front_desk", __name__, url_prefix="/stays")
bp.before_request(guards.staff_only)


@bp.get("")
def stays_in_house() -> str:
    """Every open stay, by room."""
    hotel = guards.my_hotel()
    entries = desk.in_house(hotel)
    return render_template(
        "front_desk/stays_in_house.html",
        entries=entries,
        threads=desk.conversation_ids([stay for stay, _ in entries]),
        free_rooms=len(stays.free_rooms(hotel)),
    )


@bp.route("/new", methods=["GET", "POST"])
def new_stay() -> str | Response:
    """Check a guest in; the same form sent twice makes one stay."""
    hotel = guards.my_hotel()
    form = CheckInForm(hotel.country)
    form.offer(stays.free_rooms(hotel), hotel)
    if form.validate_on_submit() and (made := checked_in(form)):
        db.session.commit()
        return welcomed(made.stay, made.conversation)
    return show_check_in(form)


def show_check_in(form: CheckInForm, writer: Conversation | None = None) -> str:
    """The form; `writer` is the thread of somebody who wrote before he was checked in."""
    hotel = guards.my_hotel()
    welcomes = {code: texts.body(hotel, texts.WELCOME, code) for code in LANGUAGES}
    return render_template("front_desk/new_stay.html", form=form, welcomes=welcomes, writer=writer)


def welcomed(stay: Stay, conversation: Conversation) -> Response:
    """It is done; the thread shows how far the welcome came."""
    flash(f"{stay.guest_name} is checked in to {stay.room.number}. The welcome is on its way.")
    return redirect(url_for("conversations.thread", conversation_id=conversation.id), 303)


@bp.post("/<stay_id>/check-out")
def check_out(stay_id: str) -> Response:
    """The guest leaves."""
    stay = _stay(stay_id)
    stays.check_out(stay, guards.me())
    db.session.commit()
    flash(f"{stay.guest_name} is checked out of {stay.room.number}.")
    return redirect(url_for("front_desk.stays_in_house"), 303)


@bp.route("/<stay_id>/phone", methods=["GET", "POST"])
def phone(stay_id: str) -> str | Response:
    """Correct the phone; the welcome goes to the new one."""
    stay = _stay(stay_id)
    form = PhoneForm(guards.my_hotel().country)
    if form.validate_on_submit():
        welcome = stays.correct_phone(stay, form.phone, guards.me())
        db.session.commit()
        flash(f"The phone is corrected. The welcome goes to {phones.show(form.phone)}.")
        return redirect(url_for("conversations.thread", conversation_id=welcome.conversation_id), 303)
    conversation = stays.conversation_of(stay)
    return render_template(
        "front_desk/phone.html", form=form, stay=stay, conversation_id=conversation.id if conversation else None
    )


@bp.post("/<stay_id>/wrong-person")
def wrong_person(stay_id: str) -> Response:
    """Somebody else reads there: the door is closed, and the desk is led to the right number."""
    stay = _stay(stay_id)
    stays.wrong_person(stay)
    db.session.commit()
    flash("Nothing more about this stay goes to that number. Write the right one when you have it.")
    return redirect(url_for("front_desk.phone", stay_id=stay.id), 303)


@bp.post("/<stay_id>/name")
def name(stay_id: str) -> Response:
    """The answer to "this phone belonged to somebody else: same person?"."""
    stay = _stay(stay_id)
    answer = request.form.get("answer")
    if answer not in ("same", "other"):
        abort(400)
    try:
        stays.is_same_person(stay) if answer == "same" else stays.is_someone_else(stay)
        db.session.commit()
    except stays.PhoneInUse as fault:
        db.session.rollback()
        flash(str(fault), "late")
    return _back_to_thread(stay)


def checked_in(form: CheckInForm) -> stays.CheckedIn | None:
    """None when the story refuses; then the reason stands at its field."""
    hotel = guards.my_hotel()
    room = desk.find_room(hotel, form.room_number.data)
    if room is None:
        form.say("room_number", "There is no such room.")
        return None
    if room.cleaning_state == "out_of_order":
        form.say("room_number", f"Room {room.number} is out of order. Choose another one.")
        return None
    try:
        return stays.check_in(hotel, room, form.arrival(), guards.me())
    except stays.RoomOccupied as fault:
        form.say("room_number", fault)
        return None


def _stay(stay_id: str) -> Stay:
    """A stay of this hotel; another hotel's is as unknown as one that never was."""
    stay = desk.find_stay(guards.my_hotel(), stay_id) if is_uuid(stay_id) else None
    if stay is None:
        abort(404)
    return stay


def _back_to_thread(stay: Stay) -> Response:
    conversation = stays.conversation_of(stay)
    if conversation is None:
        return redirect(url_for("front_desk.stays_in_house"), 303)
    return redirect(url_for("conversations.thread", conversation_id=conversation.id), 303)
