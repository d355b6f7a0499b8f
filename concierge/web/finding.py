"""What an address names, of the hotel of whoever is signed in; and how the answer is wanted."""

from flask import Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from concierge import desk
from concierge.models import Conversation, Message
from concierge.web import guards
from concierge.web.forms import is_uuid


def conversation(conversation_id: str) -> Conversation:
    """A conversation of this hotel; another hotel's is as unknown as one that never was.

    Of one that was joined with another the other; a page that shows it is sent there.
    """
    found = desk.find_conversation(guards.my_hotel(), conversation_id) if is_uuid(conversation_id) else None
    if found is None:
        abort(404)
    if found.joined_into_id is None:
        return found
    if request.method == "GET":
        abort(to_thread(found.joined_into_id, is_fragment=is_fragment()))
    return conversation(found.joined_into_id)


def message(message_id: str) -> Message:
    """A message of this hotel."""
    found = desk.find_message(guards.my_hotel(), message_id) if is_uuid(message_id) else None
    return found or abort(404)


def is_fragment() -> bool:
    """Asked by the page's own script, which wants the part; a plain form wants a page."""
    return request.headers.get("HX-Request") == "true"


def to_thread(conversation_id: str, *, is_fragment: bool = False, anchor: str | None = None) -> AnyResponse:
    """Lead to a thread, and there to one of its parts."""
    place = url_for("conversations.thread", conversation_id=conversation_id, _anchor=anchor)
    return Response(status=204, headers={"HX-Redirect": place}) if is_fragment else redirect(place, 303)
