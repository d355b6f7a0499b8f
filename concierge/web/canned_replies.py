"""The saved replies of a hotel: worded by its managers."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length, Optional

from concierge import canned_replies, texts
from concierge.canned_replies import Wording
from concierge.extensions import db
from concierge.models.hotel import LANGUAGES
from concierge.web import guards
from concierge.web.forms import Form, many_lines, one_line

bp = Blueprint("canned_replies", __name__, url_prefix="/replies")
bp.before_request(guards.managers_only)


def _title(language: str) -> StringField:
    return StringField(
        f"Title · {LANGUAGES[language]}",
        filters=[one_line],
        validators=[Optional(), Length(max=80, message="At most 80 letters.")],
        render_kw={"maxlength": 80, "autocomplete": "off"},
    )


def _body(language: str) -> TextAreaField:
    longest = canned_replies.LONGEST
    return TextAreaField(
        f"Text · {LANGUAGES[language]}",
        filters=[many_lines],
        validators=[Optional(), Length(max=longest, message=f"At most {longest} letters.")],
        render_kw={"rows": 4},
    )


class CannedReplyForm(Form):
    """One shortcut, and its words in each language; a language without words is left out."""

    shortcut = StringField(
        "Shortcut",
        filters=[one_line, lambda value: value.lstrip("/").lower() if value else value],
        validators=[
            DataRequired("Write what is typed after the slash."),
            Length(max=40, message="At most 40 letters."),
        ],
        render_kw={"maxlength": 41, "autocomplete": "off"},
    )
    title_id = _title("id")
    body_id = _body("id")
    title_en = _title("en")
    body_en = _body("en")

    def validate_body_id(self, field: TextAreaField) -> None:
        """Only holes that are filled, before anything is kept."""
        _check(field)

    def validate_body_en(self, field: TextAreaField) -> None:
        """The same."""
        _check(field)

    def is_worded(self) -> bool:
        """Every language has title and text, or neither; one has both. Else says at the field what is missing."""
        for language in LANGUAGES:
            title, body = self[f"title_{language}"], self[f"body_{language}"]
            if bool(title.data) != bool(body.data):
                missing = body if title.data else title
                self.say(missing.name, "Write this, too, or leave both of this language empty.")
        if not self.errors and not self.wordings():
            self.say("body_id", "Write the text in one language at least.")
        return not self.errors

    def wordings(self) -> dict[str, Wording]:
        """By language."""
        return {
            language: Wording(self[f"title_{language}"].data, self[f"body_{language}"].data)
            for language in LANGUAGES
            if self[f"body_{language}"].data
        }


@bp.get("")
def index() -> str:
    """All of them."""
    return render_template("settings/replies.html", replies=canned_replies.of_hotel(guards.my_hotel()))


@bp.route("/new", methods=["GET", "POST"])
def new() -> str | Response:
    """Another one."""
    form = CannedReplyForm()
    return _save(form) or _show(form)


@bp.route("/<shortcut>", methods=["GET", "POST"])
def edit(shortcut: str) -> str | Response:
    """Word one anew."""
    found = canned_replies.of_hotel(guards.my_hotel()).get(shortcut) or abort(404)
    kept = {"shortcut": shortcut}
    for language, reply in found.items():
        kept |= {f"title_{language}": reply.title, f"body_{language}": reply.body}
    form = CannedReplyForm(data=kept)
    return _save(form, shortcut) or _show(form, shortcut)


@bp.post("/<shortcut>/delete")
def delete(shortcut: str) -> Response:
    """Nobody is offered it any more."""
    canned_replies.remove(guards.my_hotel(), shortcut)
    db.session.commit()
    flash(f"/{shortcut} is deleted.")
    return redirect(url_for("settings.canned_replies.index"), 303)


def _save(form: CannedReplyForm, before: str | None = None) -> Response | None:
    """Back to the list; None when there was nothing to save, or something to say."""
    if not form.validate_on_submit() or not form.is_worded():
        return None
    try:
        canned_replies.keep(guards.my_hotel(), form.shortcut.data, form.wordings(), instead_of=before)
    except canned_replies.BadShortcut as fault:
        form.say("shortcut", fault)
        return None
    db.session.commit()
    flash(f"/{form.shortcut.data} is saved.")
    return redirect(url_for("settings.canned_replies.index"), 303)


def _show(form: CannedReplyForm, before: str | None = None) -> str:
    variables = ", ".join(f"{{{name}}} ({meaning})" for name, meaning in canned_replies.VARIABLES.items())
    return render_template("settings/reply.html", form=form, before=before, variables=variables)


def _check(field: TextAreaField) -> None:
    try:
        canned_replies.check(field.data or "")
    except texts.UnknownVariable as fault:
        raise ValidationError(str(fault)) from fault
