"""The question of every open screen: answered with 204, by one query, while nothing that it shows has changed."""

from flask import Response, g, request, session

from concierge import pulse
from concierge.web import guards
from concierge.web.forms import is_uuid

# Where staff look at a screen that polls.
_SCREENS = {"conversations", "front_desk", "call_list", "linking", "settings"}


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
    return Response(status=204) if request.args.get("pulse") == taken.version else None


def version() -> str | None:
    """What the page's next question carries; without it that one is answered in full."""
    found: str | None = g.get("pulse")
    return found
