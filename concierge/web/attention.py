"""What staff say about a conversation: I have it, no reply is needed, let it rest, I have seen it.

A page's own script gets 204 and asks for what changed; a plain form is led back to the thread.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, abort, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from concierge import attention, desk
from concierge.attention import Rest
from concierge.extensions import db
from concierge.models import Conversation, Hotel, Staff
from concierge.web import guards
from concierge.web.finding import conversation as _conversation
from concierge.web.finding import is_fragment, to_thread

LARGEST = 2**31 - 1  # what an integer column holds
# In the browser session: the thread of which this person said last that no reply is needed, and what brings it back.
SETTLED = "settled"

bp = Blueprint("attention", __name__, url_prefix="/conversations/<conversation_id>")
bp.before_request(guards.staff_only)


@dataclass(frozen=True)
class Choices:
    """What can be done about the attention that a thread gets; `can_undo` only by who settled it last."""

    colleagues: list[Staff]
    rests: list[Rest]
    can_undo: bool


def choices(conversation: Conversation) -> Choices:
    """For the person who is signed in."""
    hotel = guards.my_hotel()
    return Choices(desk.colleagues(hotel), attention.rests_for(hotel), _can_undo(conversation))


@bp.post("/take")
def take(conversation_id: str) -> AnyResponse:
    """I have it, or who is named has it; an empty name is nobody."""
    conversation = _conversation(conversation_id)
    attention.take(conversation, _person(request.form.get("person")))
    return _done(conversation)


@bp.post("/settle")
def settle(conversation_id: str) -> AnyResponse:
    """No reply is needed to what the screen showed."""
    conversation = _conversation(conversation_id)
    before = attention.settle(conversation, _seq())
    if before < conversation.settled_seq:
        session[SETTLED] = [conversation.id, before, conversation.seq]
    return _done(conversation)


@bp.post("/unsettle")
def unsettle(conversation_id: str) -> AnyResponse:
    """Undo that; twice, or by somebody else, is nothing."""
    conversation = _conversation(conversation_id)
    if _can_undo(conversation):
        attention.unsettle(conversation, session.pop(SETTLED)[1])
    return _done(conversation)


@bp.post("/rest")
def rest(conversation_id: str) -> AnyResponse:
    """Let it rest until a time that was offered, or one of one's own."""
    conversation = _conversation(conversation_id)
    try:
        attention.rest(conversation, _until(guards.my_hotel()), _seq())
    except (attention.ImpossibleTime, attention.GuestWrote) as fault:
        db.session.rollback()
        flash(str(fault), "waiting")
        return to_thread(conversation_id, is_fragment=is_fragment())
    return _done(conversation)


@bp.post("/wake")
def wake(conversation_id: str) -> AnyResponse:
    """It has rested long enough."""
    conversation = _conversation(conversation_id)
    attention.wake(conversation)
    return _done(conversation)


@bp.post("/unread")
def unread(conversation_id: str) -> AnyResponse:
    """Come back to it later: the way leads to the list, for a thread on the screen is being read."""
    attention.mark_unread(_conversation(conversation_id), guards.me())
    db.session.commit()
    place = url_for("conversations.index")
    return Response(status=204, headers={"HX-Redirect": place}) if is_fragment() else redirect(place, 303)


@bp.post("/seen")
def seen(conversation_id: str) -> AnyResponse:
    """The thread was on this person's screen for some seconds."""
    attention.note_seen(_conversation(conversation_id), guards.me(), _seq())
    db.session.commit()
    return Response(status=204)


def _done(conversation: Conversation) -> AnyResponse:
    db.session.commit()
    return Response(status=204) if is_fragment() else to_thread(conversation.id)


def _person(named: str | None) -> Staff | None:
    if not named:
        return guards.me() if named is None else None
    return next((each for each in desk.colleagues(guards.my_hotel()) if each.id == named), None) or abort(404)


def _seq() -> int:
    """The last message on the screen; none where a form does not say it."""
    return max(0, min(request.form.get("seq", 0, int), LARGEST))


def _until(hotel: Hotel) -> datetime:
    """A time of one's own is the hotel's. Raises ImpossibleTime."""
    wanted = request.form.get("until", "")
    if offered := next((each for each in attention.rests_for(hotel) if each.code == wanted), None):
        return offered.until
    try:
        return datetime.fromisoformat(request.form.get("own", "")).replace(tzinfo=hotel.zone)
    except ValueError as fault:
        raise attention.ImpossibleTime("Choose a day and a time.") from fault


def _can_undo(conversation: Conversation) -> bool:
    settled_id, _, seq = session.get(SETTLED, (None, 0, 0))
    return bool(settled_id == conversation.id and seq == conversation.seq and conversation.waiting_since is None)
