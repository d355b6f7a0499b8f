"""The question of every open screen: answered with 204, by one query, while nothing that it shows has changed."""

from flask import Response, g, request, session

from concierge import clock, listing, pulse
from concierge.web import guards
from concierge.web.forms import is_uuid

# Where staff look at a screen that polls.
_SCREENS = {
    "conversations",
    "front_desk",
    "call_list",
    "linking",
    "settings",
    "settings.canned_replies",
    "search",
    "preferences",
}


def answer_unchanged() -> Response | None:
    """Who asks and what changed is one question, asked before anything of the page is read: what changes between the
    two is asked for again. None where the whole answer is needed."""
    kept = session.get("_user_id", "")
    staff_id = kept.partition(":")[0]
    if request.method != "GET" or request.blueprint not in _SCREENS or not is_uuid(staff_id):
        return None
    thread = (request.view_args or {}).get("conversation_id")
    taken = pulse.take(staff_id, thread if is_uuid(thread) else None)
    if taken is None or not guards.is_same(kept, taken.staff_id, taken.password_hash):
        return None
    g.pulse = taken.version
    asked, _, until = request.args.get("pulse", "").partition(".")
    is_over = until.isdecimal() and clock.now().timestamp() * 1000 >= int(until)
    return Response(status=204) if asked == taken.version and not is_over else None


def version() -> str | None:
    """What the page's next question carries; without it that one is answered in full.

    With the moment at which the page is another one although no row has changed: when the next rest ends.
    """
    if "pulse_until" not in g:
        until = listing.next_awakening(guards.my_hotel().id) if "pulse" in g else None
        g.pulse_until = f".{int(until.timestamp() * 1000) + 1}" if until else ""
    return f"{g.pulse}{g.pulse_until}" if "pulse" in g else None
