"""How the screen is for one person: colours, keys, alarm. Everybody sets their own."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import BooleanField, IntegerField, RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, NumberRange

from concierge.extensions import db
from concierge.web import guards
from concierge.web.forms import Form

bp = Blueprint("preferences", __name__)
bp.before_request(guards.staff_only)

_FROM_0_TO_100 = "From 0 to 100."
_THEMES = (("auto", "As the computer is set"), ("light", "Light"), ("dark", "Dark"))


class PreferencesForm(Form):
    """What a person may set; the names are the columns'."""

    theme = RadioField(
        "Colours",
        choices=[SelectChoice(value, words) for value, words in _THEMES],
        validators=[InputRequired("Choose one.")],
    )
    has_letter_keys = BooleanField("Single letters do things, for example J for the next conversation")
    sound_volume = IntegerField(
        "Volume of the alarm",
        validators=[InputRequired(_FROM_0_TO_100), NumberRange(0, 100, _FROM_0_TO_100)],
        render_kw={"type": "range", "min": 0, "max": 100, "step": 5},
    )
    wants_notifications = BooleanField("Tell me on the desktop, too, when I am looking at something else")


@bp.route("/preferences", methods=["GET", "POST"])
def index() -> str | Response:
    """The page of who is signed in."""
    form = PreferencesForm(obj=guards.me())
    if form.validate_on_submit():
        form.populate_obj(guards.me())
        db.session.commit()
        flash("Saved.")
        return redirect(url_for("preferences.index"), 303)
    return render_template("preferences/index.html", form=form)
