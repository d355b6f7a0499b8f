"""Who may enter which door. Every blueprint names one of these."""

from flask import abort, current_app, redirect, request, url_for
from flask_login import current_user
from flask_login.utils import login_url
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from concierge.config import Config
from concierge.extensions import db, login
from concierge.models import Hotel, Staff
from concierge.models.staff import identify


def staff_only() -> Response | None:
    """Signed-in staff. A stranger is sent to the login, an htmx request gets 401."""
    return None if current_user.is_authenticated else _to_login()


def managers_only() -> Response | None:
    """Settings and texts: managers and admins."""
    if not current_user.is_authenticated:
        return _to_login()
    if not current_user.may_manage():
        abort(403)
    return None


def anyone() -> None:
    """The login and health are open; the webhook and the API have locks of their own."""


def me() -> Staff:
    """Who is signed in. Behind `staff()` somebody always is."""
    person: Staff = current_user._get_current_object()
    return person


def my_hotel() -> Hotel:
    """The hotel of whoever is signed in: what belongs to another one does not exist here."""
    return me().hotel


def settings() -> Config:
    """What the environment said."""
    config: Config = current_app.config["CONCIERGE"]
    return config


def is_same(kept: str, staff_id: str, password_hash: str) -> bool:
    """Whether what the browser session keeps is of this person, with this password."""
    return kept == identify(staff_id, password_hash)


@login.user_loader
def _load(kept: str) -> Staff | None:
    staff_id = kept.partition(":")[0]
    person = db.session.scalar(
        select(Staff)
        .where(Staff.id == staff_id, Staff.is_active, Staff.deleted_at.is_(None))
        .options(joinedload(Staff.hotel))
    )
    return person if person and person.get_id() == kept else None


def _to_login() -> Response:
    if request.headers.get("HX-Request"):
        abort(401)  # a redirect would put the login page into a corner of the screen
    back = request.full_path.rstrip("?") if request.method == "GET" else url_for("conversations.index")
    return redirect(login_url("auth.sign_in", back), code=303)
