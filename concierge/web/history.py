"""Paging through years of a guest's story: pages of their own, and for the thread's script the bubbles alone."""

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request

from concierge import desk, history
from concierge.models import Conversation, Message
from concierge.web import finding, guards, thread_parts
from concierge.web.forms import is_uuid

bp = Blueprint("history", __name__, url_prefix="/conversations/<conversation_id>")
bp.before_request(guards.staff_only)


@bp.get("/earlier")
def earlier(conversation_id: str) -> str:
    """What was written before a message (`before`), or up to a time (`until`: how an earlier stay is opened)."""
    conversation = finding.conversation(conversation_id)
    if "until" in request.args:
        return _answer(conversation, "earlier", _until(conversation, request.args["until"]))
    return _answer(conversation, "earlier", _before(conversation, _named("before")))


@bp.get("/later")
def later(conversation_id: str) -> str:
    """What was written after a message (`after`), down to the newest."""
    conversation = finding.conversation(conversation_id)
    start = _named("after")
    shown = _after(conversation, start) if start else _before(conversation, None)
    return _answer(conversation, "later", shown)


def _answer(conversation: Conversation, way: str, shown: dict[str, Any]) -> str:
    """For the script the bubbles and the next question in that direction; else a page with both."""
    is_part = finding.is_fragment()
    page = f"conversations/_{way}_answer.html" if is_part else "conversations/history.html"
    return render_template(page, conversation=conversation, is_poll=is_part, **shown)


def _named(parameter: str) -> Message | None:
    wanted = request.args.get(parameter, "")
    return desk.find_message(guards.my_hotel(), wanted) if is_uuid(wanted) else None


def _before(conversation: Conversation, start: Message | None) -> dict[str, Any]:
    return _page(conversation, desk.latest_messages(conversation, start, desk.BUBBLES + 1), start)


def _until(conversation: Conversation, time: str) -> dict[str, Any]:
    last = history.last_until(conversation, moment) if (moment := _moment(time)) else None
    if last is None:
        return {"messages": [], "earlier": None, "later": None}
    following = desk.messages_after(conversation, last, 1)
    above = desk.latest_messages(conversation, last, desk.BUBBLES)
    return _page(conversation, [*above, last], following[0] if following else None)


def _after(conversation: Conversation, start: Message) -> dict[str, Any]:
    found = desk.messages_after(conversation, start, desk.BUBBLES + 1)
    messages = found[: desk.BUBBLES]
    below = found[desk.BUBBLES] if len(found) > desk.BUBBLES else None
    return {
        "messages": thread_parts.with_notes(conversation, messages, start, below),
        "earlier": messages[0] if messages else None,
        "later": messages[-1] if below else None,
    }


def _page(conversation: Conversation, found: list[Message], below: Message | None) -> dict[str, Any]:
    """The last of these; `below` comes after them."""
    messages = found[-desk.BUBBLES :]
    above = messages[0] if len(found) > desk.BUBBLES else None
    return {
        "messages": thread_parts.with_notes(conversation, messages, above, below),
        "earlier": above,
        "later": messages[-1] if below and messages else None,
    }


def _moment(text: str) -> datetime | None:
    """A time of ours from an address, or nothing."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
