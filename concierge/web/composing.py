"""Writing to a guest: at once or later, with drafts, saved replies, and a stop when somebody else was faster."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, flash, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from concierge import answering, canned_replies, drafts, outbox, scheduling
from concierge.extensions import db
from concierge.models import Conversation, Message, ScheduledMessage
from concierge.models.base import new_id
from concierge.models.draft import NOTE, REPLY
from concierge.models.message import STAFF
from concierge.web import conversations, finding, guards
from concierge.web.composing_forms import LONGEST_REPLY, LaterForm, ReplyForm, id_or_none, number
from concierge.web.forms import is_uuid, many_lines

bp = Blueprint("composing", __name__)
bp.before_request(guards.staff_only)

STOPPED, GONE = 409, 410


@bp.post("/conversations/<conversation_id>/replies")
def reply(conversation_id: str) -> str | AnyResponse:
    """Send what staff wrote, unless somebody wrote since they began: that is shown first.

    The form's hidden id makes a second press harmless.
    """
    conversation = finding.conversation(conversation_id)
    form = ReplyForm()
    if not form.validate_on_submit():
        return _refuse(conversation, form)
    if conversation.address_id is None:
        form.say("text", "There is no number to write to. Correct the phone first.")
        return _refuse(conversation, form)
    try:
        message = _send(conversation, form)
    except answering.Overtaken as stop:
        db.session.rollback()
        return _stop(conversation, form, stop)
    if not finding.is_fragment():
        return finding.to_thread(message.conversation_id, anchor=f"message-{message.id}")
    changed = conversations.Changes([message], [])
    return render_template("conversations/_replied.html", changed=changed, **_fresh(message.seq))


@bp.post("/conversations/<conversation_id>/later")
def later(conversation_id: str) -> str | AnyResponse:
    """Keep what staff wrote until its time."""
    conversation = finding.conversation(conversation_id)
    form = LaterForm()
    if not form.validate_on_submit():
        return _refuse(conversation, form)
    try:
        send_at = form.send_at(guards.my_hotel().zone)
        row_id = _free_id(ScheduledMessage, conversation, form)
        planned = scheduling.plan(conversation, guards.me(), form.text.data, send_at, row_id)
    except scheduling.BadTime as fault:
        form.say("own_time", fault)
        return _refuse(conversation, form)
    _put_down(conversation)
    db.session.commit()
    return _show_planned(conversation, planned, "conversations/_planned_answer.html", **_fresh(conversation.seq))


@bp.post("/planned/<row_id>/cancel")
def cancel_planned(row_id: str) -> str | AnyResponse:
    """Say it not."""
    planned = _planned(row_id)
    return _decide(planned, lambda: scheduling.cancel(planned))


@bp.post("/planned/<row_id>/now")
def send_planned(row_id: str) -> str | AnyResponse:
    """Say it now."""
    planned = _planned(row_id)
    return _decide(planned, lambda: scheduling.send_now(planned, _hold()))


@bp.post("/conversations/<conversation_id>/drafts/<kind>")
def draft(conversation_id: str, kind: str) -> AnyResponse:
    """Keep what is being typed: 204; 410 with a fresh id for the form when these words are sent already."""
    if kind not in (REPLY, NOTE):
        abort(404)
    conversation = finding.conversation(conversation_id)
    text = many_lines(request.form.get("text", ""))[:LONGEST_REPLY]
    seq = number(request.form.get("seq")) or 0
    try:
        drafts.keep(conversation, guards.me(), kind, text, seq=seq, form_id=id_or_none(request.form.get("form_id")))
    except drafts.AlreadySent:
        return Response(new_id(), GONE, mimetype="text/plain")
    db.session.commit()
    return Response(status=204)


@bp.post("/conversations/<conversation_id>/answering")
def answer(conversation_id: str) -> AnyResponse:
    """Somebody types, or has stopped: colleagues see it."""
    conversation = finding.conversation(conversation_id)
    act = answering.end if request.form.get("is_over") else answering.begin
    act(conversation, guards.me())
    db.session.commit()
    return Response(status=204)


@bp.get("/conversations/<conversation_id>/canned-replies")
def offers(conversation_id: str) -> str:
    """The saved replies, as this guest would read them."""
    conversation = finding.conversation(conversation_id)
    found = canned_replies.offers(conversation, guards.my_hotel())
    return render_template("conversations/_canned.html", offers=found)


def _send(conversation: Conversation, form: ReplyForm) -> Message:
    """Looking whether somebody was faster and posting are one transaction, in a thread that is held."""
    message_id = _free_id(Message, conversation, form)
    conversation = answering.hold(conversation)
    if first := db.session.get(Message, message_id):
        return first
    if form.began_at is not None:
        answering.refuse_overtaken(conversation, form.began_at)
    message = outbox.post(
        conversation, form.text.data, origin=STAFF, author=guards.me(), message_id=message_id, hold=_hold()
    )
    _put_down(conversation)
    db.session.commit()
    return message


def _put_down(conversation: Conversation) -> None:
    """It is written: no draft is left, and nobody is answering."""
    drafts.forget(conversation, guards.me(), REPLY)
    answering.end(conversation, guards.me())


def _hold() -> timedelta:
    return timedelta(seconds=guards.my_hotel().undo_seconds)


def _free_id(model: type[Message] | type[ScheduledMessage], conversation: Conversation, form: ReplyForm) -> str:
    """The form's id, unless it already stands for other words: then both were meant."""
    wanted = form.reply_id.data
    if not is_uuid(wanted):
        return new_id()
    first: Any = db.session.get(model, wanted)
    is_same = first is None or (first.conversation_id == conversation.id and first.text == form.text.data)
    return str(wanted) if is_same else new_id()


def _fresh(seq: int) -> dict[str, Any]:
    """What the composer's form is given for the next words."""
    return {"reply_id": new_id(), "began_at": seq, "overtaken": None, "is_poll": True}


def _refuse(conversation: Conversation, form: ReplyForm) -> AnyResponse:
    if finding.is_fragment():
        return Response(render_template("conversations/_refused.html", problem=form.first_problem()), 422)
    return _page(conversation, form, 422, began_at=form.began_at or conversation.seq)


def _stop(conversation: Conversation, form: ReplyForm, stop: answering.Overtaken) -> AnyResponse:
    """Whoever reads what came and sends again has seen it: the form carries the last message's number now."""
    if finding.is_fragment():
        words = render_template(
            "conversations/_stopped.html", conversation=conversation, overtaken=stop, began_at=stop.seq, is_poll=True
        )
        return Response(words, STOPPED)
    return _page(conversation, form, STOPPED, overtaken=stop, began_at=stop.seq)


def _page(conversation: Conversation, form: ReplyForm, status: int, **tried: Any) -> AnyResponse:
    reply_id = id_or_none(form.reply_id.data) or new_id()
    tried |= {"form": form, "reply_id": reply_id, "problem": form.errors and form.first_problem()}
    return Response(conversations.show_thread(conversation, tried), status)


def _decide(planned: ScheduledMessage, act: Any) -> str | AnyResponse:
    """Do it if it is not too late; either way the thread then shows the truth."""
    try:
        act()
        db.session.commit()
    except scheduling.TooLate as fault:
        db.session.rollback()
        if not finding.is_fragment():
            flash(str(fault), "waiting")
    conversation = finding.conversation(planned.conversation_id)
    return _show_planned(conversation, planned, "conversations/_planned.html", is_poll=True)


def _show_planned(
    conversation: Conversation, planned: ScheduledMessage, part: str, **context: Any
) -> str | AnyResponse:
    if not finding.is_fragment():
        anchor = None if planned.posted_at or planned.cancelled_at else f"planned-{planned.id}"
        return finding.to_thread(conversation.id, anchor=anchor)
    return render_template(part, conversation=conversation, planned=scheduling.waiting(conversation), **context)


def _planned(row_id: str) -> ScheduledMessage:
    found = scheduling.find(guards.my_hotel(), row_id) if is_uuid(row_id) else None
    return found or abort(404)
