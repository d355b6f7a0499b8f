"""Signing in and out."""

import re

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from concierge import sign_in as tries
from concierge.extensions import db, start_writing
from concierge.models import Staff
from concierge.web import guards
from concierge.web.forms import SignInForm

bp = Blueprint("auth", __name__)
bp.before_request(guards.anyone)

# No second slash and no backslash: browsers take both for another host.
_OUR_PATH = re.compile(r"/(?![/\\])[^\\]*")

WRONG = "E-mail or password is wrong."


@bp.route("/login", methods=["GET", "POST"])
def sign_in() -> str | AnyResponse:
    """The login; afterwards the page that was asked for."""
    if current_user.is_authenticated and request.method == "GET":
        return redirect(_next())
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("auth/login.html", form=form, problem=None)
    try:
        staff = _check(form.email.data, form.password.data)
    except tries.TooManyTries as fault:
        return _refuse(form, str(fault), 429)
    if staff is None:
        return _refuse(form, WRONG, 401)
    session.clear()
    session.permanent = True
    login_user(staff)
    return redirect(_next(), 303)


@bp.post("/logout")
def sign_out() -> AnyResponse:
    """Back to the login."""
    logout_user()
    session.clear()
    return redirect(url_for("auth.sign_in"), 303)


def _check(email: str, password: str) -> Staff | None:
    """The slow look at the password is over before the write lock is taken: others need not wait for it."""
    address = request.remote_addr or "unknown"
    tries.refuse_impatient(email, address)
    staff = tries.find(email)
    is_right = tries.is_right(staff, password)
    start_writing()
    if is_right:
        tries.note_success(email, address)
    else:
        tries.note_failure(email, address)
    db.session.commit()
    return staff if is_right else None


def _refuse(form: SignInForm, problem: str, status: int) -> AnyResponse:
    return Response(render_template("auth/login.html", form=form, problem=problem), status)


def _next() -> str:
    """Where to go on; only a path of ours, or a stranger could lead people away after the login."""
    wanted = request.args.get("next", "")
    is_ours = _OUR_PATH.fullmatch(wanted) and wanted.isprintable()
    return wanted if is_ours else url_for("conversations.index")
