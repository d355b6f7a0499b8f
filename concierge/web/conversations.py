"""The inbox: the list, a thread, its polls, replies, and what a person decides about a message."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as AnyResponse

from concierge import desk, outbox
from concierge.extensions import db
from concierge.models import Conversation, Message
from concierge.models.base import new_id
from concierge.models.message import STAFF
from concierge.web import guards, polling, screen
from concierge.web.forms import ReplyForm, is_uuid

MOST_ROWS = 500
LARGEST = 2**31 - 1  # what an integer column holds

bp = Blueprint("conversations", __name__)
bp.before_request(guards.staff_only)


class Changes(NamedTuple):
    """Messages that a page has not seen, and older ones whose state moved; of these, those that hold other things."""

    new: list[Message]
    old: list[Message]
    altered: Sequence[Message] = ()


@bp.get("/")
def home() -> AnyResponse:
    """The desk begins in the inbox."""
    return redirect(url_for("conversations.index"))


@bp.get("/conversations")
def index() -> str:
    """The list, and proof that nobody waits when nobody does."""
    return render_template("conversations/inbox.html", **_list_page())


@bp.get("/conversations/list")
def list_changes() -> str | AnyResponse:
    """The inbox's poll: 204, or the list and what stands around it."""
    return _answer_poll(_list_page())


@bp.get("/screen")
def state() -> str | AnyResponse:
    """The poll of pages without a list: count, WhatsApp's state, banner."""
    around = screen.current()
    address = url_for("conversations.state", state=around.fingerprint, pulse=polling.version())
    return _answer_poll({"screen": around, "poll_url": address})


@bp.get("/conversations/<conversation_id>")
def thread(conversation_id: str) -> str:
    """One guest's thread; `before` is a message's id and shows what came before it."""
    return _show_thread(_conversation(conversation_id), ReplyForm(formdata=None))


@bp.get("/conversations/<conversation_id>/thread")
def thread_changes(conversation_id: str) -> str | AnyResponse:
    """A thread's poll: 204, or the next question and only what changed."""
    conversation = _conversation(conversation_id)
    revision, seq = (max(0, min(request.args.get(name, 0, int), LARGEST)) for name in ("revision", "seq"))
    changed = _split(desk.changed_messages(conversation, revision), revision, seq)
    return _answer_poll(_thread_page(conversation), changed)


@bp.get("/conversations/<conversation_id>/earlier")
def earlier(conversation_id: str) -> str:
    """Older messages, to stand above what the page shows."""
    conversation = _conversation(conversation_id)
    return render_template(
        "conversations/_earlier_answer.html", conversation=conversation, **_bubbles(conversation), is_poll=True
    )


@bp.post("/conversations/<conversation_id>/replies")
def reply(conversation_id: str) -> str | AnyResponse:
    """Send what staff wrote. The form's hidden id makes a second press harmless."""
    conversation = _conversation(conversation_id)
    form = ReplyForm()
    if not form.validate_on_submit():
        return _refuse(conversation, form)
    if conversation.address_id is None:
        form.say("text", "There is no number to write to. Correct the phone first.")
        return _refuse(conversation, form)
    message = _post(conversation, form.text.data, _free_id(form.reply_id.data, conversation, form.text.data))
    if not _is_fragment():
        return _to_message(message)
    changed = Changes([message], [])
    return render_template("conversations/_replied.html", changed=changed, reply_id=new_id(), is_poll=True)


@bp.post("/messages/<message_id>/retry")
def retry(message_id: str) -> str | AnyResponse:
    """Send a failed or unconfirmed message again."""
    message = _message(message_id)
    return _decide(message, lambda: outbox.retry(message))


@bp.post("/messages/<message_id>/arrived")
def arrived(message_id: str) -> str | AnyResponse:
    """Somebody looked: an unconfirmed message did arrive."""
    message = _message(message_id)
    return _decide(message, lambda: outbox.confirm(message, guards.me()))


@bp.post("/messages/<message_id>/cancel")
def cancel(message_id: str) -> str | AnyResponse:
    """Take back what still waits."""
    message = _message(message_id)
    return _decide(message, lambda: outbox.cancel(message))


def _decide(message: Message, act: Callable[[], None]) -> str | AnyResponse:
    """Do it if it is not too late; either way the bubble then shows the truth."""
    try:
        act()
        db.session.commit()
    except outbox.TooLate as fault:
        db.session.rollback()
        if not _is_fragment():
            flash(str(fault), "waiting")
    if _is_fragment():
        return render_template("conversations/_bubbles.html", changed=Changes([], [message]))
    return _to_message(message)


def _to_message(message: Message) -> AnyResponse:
    place = url_for("conversations.thread", conversation_id=message.conversation_id, _anchor=f"message-{message.id}")
    return redirect(place, 303)


def _refuse(conversation: Conversation, form: ReplyForm) -> str | AnyResponse:
    problem = form.first_problem()
    if _is_fragment():
        return Response(render_template("conversations/_refused.html", problem=problem), 422)
    return Response(_show_thread(conversation, form), 422)


def _post(conversation: Conversation, text: str, message_id: str) -> Message:
    hold = timedelta(seconds=guards.my_hotel().undo_seconds)
    try:
        message = outbox.post(conversation, text, origin=STAFF, author=guards.me(), message_id=message_id, hold=hold)
        db.session.commit()
    except IntegrityError:  # the same form, sent twice at once: the other one was first
        db.session.rollback()
        message = db.session.get_one(Message, message_id)
    return message


def _free_id(wanted: str | None, conversation: Conversation, text: str) -> str:
    """The form's id, unless it already stands for other words: then both were meant."""
    first = db.session.get(Message, wanted) if is_uuid(wanted) else None
    is_same = first is not None and first.conversation_id == conversation.id and first.text == text
    return str(wanted) if is_uuid(wanted) and (first is None or is_same) else new_id()


def _list_page() -> dict[str, Any]:
    """What the inbox shows, and its next question."""
    listed, around = _waiting_list(), screen.current()
    return {
        "listed": listed,
        "list_fingerprint": listed.fingerprint,
        "screen": around,
        "poll_url": url_for(
            "conversations.list_changes",
            list=listed.fingerprint,
            state=around.fingerprint,
            rows=request.args.get("rows"),
            pulse=polling.version(),
        ),
    }


def _thread_page(conversation: Conversation) -> dict[str, Any]:
    """The same for a thread. Its header and stay change with the list: no message tells of a check-out."""
    page = _list_page()
    fingerprint = f"{page['list_fingerprint']}-{_fingerprint(conversation)}"
    return page | {
        "conversation": conversation,
        "list_fingerprint": fingerprint,
        "poll_url": url_for(
            "conversations.thread_changes",
            conversation_id=conversation.id,
            revision=conversation.revision,
            seq=conversation.seq,
            list=fingerprint,
            state=page["screen"].fingerprint,
            rows=request.args.get("rows"),
            pulse=polling.version(),
        ),
    }


def _waiting_list() -> desk.WaitingList:
    rows = request.args.get("rows", desk.ROWS, int)
    return desk.waiting_list(guards.my_hotel(), min(max(rows, desk.ROWS), MOST_ROWS))


def _fingerprint(conversation: Conversation) -> str:
    """What stands in the header and the stay beside the messages."""
    parts = (conversation, conversation.guest, conversation.stay, conversation.stay and conversation.stay.room)
    shown = [part.updated_at for part in parts if part]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]


def _show_thread(conversation: Conversation, form: ReplyForm) -> str:
    return render_template(
        "conversations/thread.html",
        form=form,
        reply_id=form.reply_id.data or new_id(),
        **_bubbles(conversation),
        **_thread_page(conversation),
        **_beside(conversation),
    )


def _beside(conversation: Conversation) -> dict[str, Any]:
    """What the stay panel shows."""
    return {"stays": desk.stays_of(conversation), "welcome": desk.welcome_of(conversation)}


def _bubbles(conversation: Conversation) -> dict[str, Any]:
    """The newest messages, or those before the one that the address names; `earlier` when there are more above."""
    before = request.args.get("before", "")
    start = desk.find_message(guards.my_hotel(), before) if is_uuid(before) else None
    found = desk.latest_messages(conversation, start, desk.BUBBLES + 1)
    messages = found[-desk.BUBBLES :]
    return {"messages": messages, "earlier": messages[0] if len(found) > desk.BUBBLES else None}


def _answer_poll(page: dict[str, Any], changed: Changes | None = None) -> str | AnyResponse:
    screen_changed = request.args.get("state") != page["screen"].fingerprint
    list_changed = "listed" in page and request.args.get("list") != page["list_fingerprint"]
    is_same = request.args.get("pulse") == polling.version()
    if is_same and not (screen_changed or list_changed or changed):
        return Response(status=204)
    beside = _beside(page["conversation"]) if "conversation" in page else {}
    return render_template(
        "conversations/_changes.html",
        **page,
        **beside,
        changed=changed,
        screen_changed=screen_changed,
        list_changed=list_changed,
        is_poll=True,
    )


def _split(messages: list[Message], revision: int, seq: int) -> Changes | None:
    """A page has every message up to `seq`: of those an ack changes the tick and nothing else."""
    if not messages:
        return None
    old = [each for each in messages if each.seq <= seq]
    return Changes(
        new=[each for each in messages if each.seq > seq],
        old=old,
        altered=[each for each in old if each.content_revision > revision],
    )


def _conversation(conversation_id: str) -> Conversation:
    """A conversation of this hotel; another hotel's is as unknown as one that never was.

    Of one that was joined with another the other; a page that shows it is sent there.
    """
    found = desk.find_conversation(guards.my_hotel(), conversation_id) if is_uuid(conversation_id) else None
    if found is None:
        abort(404)
    if found.joined_into_id is None:
        return found
    if request.method == "GET":
        abort(_to_thread(found.joined_into_id))
    return _conversation(found.joined_into_id)


def _to_thread(conversation_id: str) -> AnyResponse:
    place = url_for("conversations.thread", conversation_id=conversation_id)
    return Response(status=204, headers={"HX-Redirect": place}) if _is_fragment() else redirect(place, 303)


def _message(message_id: str) -> Message:
    found = desk.find_message(guards.my_hotel(), message_id) if is_uuid(message_id) else None
    return found or abort(404)


def _is_fragment() -> bool:
    """Asked by the page's own script, which wants the part; a plain form wants a page."""
    return request.headers.get("HX-Request") == "true"
