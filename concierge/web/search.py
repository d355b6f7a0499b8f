"""Who is calling? A field, and a card for each guest who may be meant."""

from flask import Blueprint, render_template, request

from concierge import search
from concierge.web import guards
from concierge.web.forms import one_line

bp = Blueprint("search", __name__)
bp.before_request(guards.staff_only)


@bp.get("/search")
def index() -> str:
    """The whole page; for the page's own script only the cards."""
    words = one_line(request.args.get("q", ""))
    found = search.find(guards.my_hotel(), words)
    page = "search/_found.html" if request.headers.get("HX-Request") == "true" else "search/index.html"
    return render_template(page, words=words, found=found, most=search.MOST)
