"""The settings of the hotel: for managers and admins."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from concierge import failures, journal, lines, texts
from concierge import phone as phones
from concierge.config import Config
from concierge.extensions import db
from concierge.models import Hotel, Line
from concierge.models.event import IGNORED, UNREADABLE
from concierge.models.hotel import LANGUAGES
from concierge.models.line import WORKING
from concierge.web import canned_replies, guards
from concierge.web.forms import HotelForm, PaceForm, TextForm
from concierge.web.line_forms import WatchForm

bp = Blueprint("settings", __name__, url_prefix="/settings")
bp.before_request(guards.managers_only)
bp.register_blueprint(canned_replies.bp)

_SENT_WHEN = {
    texts.WELCOME: "Sent at check-in.",
    texts.AUTO_REPLY: "Sent when nobody has answered yet, at most once in half an hour.",
}
SAMPLE = {"name": "Ayu Lestari", "room": "312"}


@bp.route("", methods=["GET", "POST"])
def hotel() -> str | Response:
    """Name, time zone, country and language."""
    ours = guards.my_hotel()
    form = HotelForm(obj=ours)
    if form.validate_on_submit():
        form.populate_obj(ours)
        db.session.commit()
        flash("The hotel is saved.")
        return redirect(url_for("settings.hotel"), 303)
    return render_template("settings/hotel.html", form=form)


@bp.get("/texts")
def texts_of_hotel() -> str:
    """Every text in every language."""
    return _show_texts()


@bp.post("/texts/<kind>/<language>")
def text(kind: str, language: str) -> str | Response:
    """Word one text anew; a variable that nothing fills in is said at the field."""
    if kind not in texts.VARIABLES or language not in LANGUAGES:
        abort(404)
    form = TextForm()
    if form.validate_on_submit():
        try:
            texts.reword(guards.my_hotel(), kind, language, form.body.data)
            db.session.commit()
            flash("The text is saved.")
            return redirect(url_for("settings.texts_of_hotel", _anchor=f"{kind}-{language}"), 303)
        except texts.UnknownVariable as fault:
            form.say("body", fault)
    return _show_texts({(kind, language): form})


@bp.get("/line")
def line() -> str:
    """How WhatsApp is reached, how it is, and what it said that we ignored or could not read."""
    return _show_line(PaceForm(formdata=None, data=_pace()))


@bp.post("/line/pace")
def pace() -> str | Response:
    """How fast the line sends, and for how long staff can take their words back."""
    form = PaceForm()
    if not form.validate_on_submit():
        return _show_line(form)
    shown = lines.of_hotel(guards.my_hotel().id)
    guards.my_hotel().undo_seconds = form.undo_seconds.data
    shown.gap_seconds = float(form.gap_seconds.data)
    shown.next_send_at = None
    shown.first_contacts_an_hour = form.first_contacts_an_hour.data
    shown.is_typing_shown = form.is_typing_shown.data
    db.session.commit()
    flash("The pace is saved.")
    return redirect(url_for("settings.line", _anchor="pace"), 303)


@bp.post("/line/watch")
def watch() -> str | Response:
    """How closely the line is watched."""
    form = WatchForm()
    if not form.validate_on_submit():
        return _show_line(PaceForm(formdata=None, data=_pace()), form)
    lines.watch(
        lines.of_hotel(guards.my_hotel().id),
        silent_after_minutes=form.silent_after_minutes.data,
        heartbeat_minutes=form.heartbeat_minutes.data,
    )
    db.session.commit()
    flash("The watch is saved.")
    return redirect(url_for("settings.line", _anchor="watch"), 303)


def _pace() -> dict[str, object]:
    shown = lines.of_hotel(guards.my_hotel().id)
    return {
        "undo_seconds": guards.my_hotel().undo_seconds,
        "gap_seconds": shown.gap_seconds,
        "first_contacts_an_hour": shown.first_contacts_an_hour,
        "is_typing_shown": shown.is_typing_shown,
    }


def _show_line(form: PaceForm, watch_form: WatchForm | None = None) -> str:
    shown = lines.of_hotel(guards.my_hotel().id)
    settings = guards.settings()
    connection = lines.connection_of(shown, settings)
    return render_template(
        "settings/line.html",
        form=form,
        watch_form=watch_form or WatchForm(formdata=None, obj=shown),
        line=shown,
        host=connection.host,
        waha_session=connection.waha_session,
        own_phone=phones.show(shown.own_phone) if shown.own_phone else None,
        trouble=_trouble(shown),
        webhook_url=_webhook_url(shown, settings),
        events=[row for row in journal.counts(shown.id) if row[1] in (IGNORED, UNREADABLE)],
    )


def _show_texts(tried: dict[tuple[str, str], TextForm] | None = None) -> str:
    entries = [
        _entry(guards.my_hotel(), kind, language, (tried or {}).get((kind, language)))
        for kind in texts.VARIABLES
        for language in LANGUAGES
    ]
    return render_template("settings/texts.html", texts=entries)


def _entry(hotel: Hotel, kind: str, language: str, tried: TextForm | None) -> dict[str, object]:
    """One text with its form; `tried` is what somebody typed that could not be kept."""
    stored = texts.body(hotel, kind, language)
    form = tried or TextForm(formdata=None, data={"body": stored}, prefix="")
    form.body.id = f"body-{kind}-{language}"
    words = form.body.data or ""
    sample = texts.fill(words, SAMPLE | {"hotel": hotel.name})
    return {"kind": kind, "language": language, "form": form, "sample": sample, "hint": _hint(kind)}


def _hint(kind: str) -> str:
    """When it is sent, and what may stand in it."""
    variables = ", ".join(f"{{{name}}} ({meaning})" for name, meaning in texts.VARIABLES[kind].items())
    return f"{_SENT_WHEN[kind]} You can use {variables}."


def _trouble(line: Line) -> failures.Words | None:
    if line.paused_since is None and line.status == WORKING:
        return None
    return failures.of_line(line.status, line.pause_reason)


def _webhook_url(line: Line, settings: Config) -> str | None:
    """What to paste into WAHA; of lines beyond the first nobody knows it any more."""
    if not line.is_first:
        return None
    base = (settings.public_url or request.host_url).rstrip("/")
    token = f"/{settings.webhook_token}" if settings.webhook_token else ""
    return f"{base}/api/v1/waha/webhook{token}"
