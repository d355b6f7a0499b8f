"""The inbox: the list, a thread, its polls, replies, and what a person decides about a message."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from concierge import desk, history, notes, outbox, scheduling
from concierge.extensions import db
from concierge.models import Conversation, Message
from concierge.web import attention, guards, listed, polling, screen, thread_parts
from concierge.web.finding import conversation as _conversation
from concierge.web.finding import is_fragment as _is_fragment
from concierge.web.finding import message as _message

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
    """One guest's thread, with the newest messages."""
    return show_thread(_conversation(conversation_id))


@bp.get("/conversations/<conversation_id>/thread")
def thread_changes(conversation_id: str) -> str | AnyResponse:
    """A thread's poll: 204, or the next question and only what changed."""
    conversation = _conversation(conversation_id)
    revision, seq = (max(0, min(request.args.get(name, 0, int), LARGEST)) for name in ("revision", "seq"))
    changed = _split(desk.changed_messages(conversation, revision), revision, seq)
    page = _thread_page(conversation) | {"notes": notes.changed(conversation, revision)}
    return _answer_poll(page, changed)


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


def _list_page() -> dict[str, Any]:
    """What the inbox shows, and its next question."""
    shown, around = listed.shown(), screen.current()
    fingerprint = listed.fingerprint(shown, around.line_word)
    return {
        "listed": shown,
        "list_fingerprint": fingerprint,
        "screen": around,
        "poll_url": url_for(
            "conversations.list_changes",
            list=fingerprint,
            state=around.fingerprint,
            pulse=polling.version(),
        ),
    }


def _thread_page(conversation: Conversation) -> dict[str, Any]:
    """The same for a thread. Its header and stay change with the list: no message tells of a check-out."""
    page = _list_page()
    fingerprint = f"{page['list_fingerprint']}-{_fingerprint(conversation)}"
    return page | {
        "conversation": conversation,
        "choices": attention.choices(conversation),
        "planned": scheduling.waiting(conversation),
        "list_fingerprint": fingerprint,
        "poll_url": url_for(
            "conversations.thread_changes",
            conversation_id=conversation.id,
            revision=conversation.revision,
            seq=conversation.seq,
            list=fingerprint,
            state=page["screen"].fingerprint,
            pulse=polling.version(),
        ),
    }


def _fingerprint(conversation: Conversation) -> str:
    """What stands in the header and the stay beside the messages."""
    parts = (conversation, conversation.guest, conversation.stay, conversation.stay and conversation.stay.room)
    shown = (*(part.updated_at for part in parts if part), conversation.needs_reply)
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]


def show_thread(conversation: Conversation, tried: dict[str, Any] | None = None) -> str:
    """The whole page; `tried` is what somebody wrote that could not be sent."""
    return render_template(
        "conversations/thread.html",
        **thread_parts.writing(conversation) | (tried or {}),
        **_bubbles(conversation),
        **_thread_page(conversation),
        **_beside(conversation),
    )


def _beside(conversation: Conversation) -> dict[str, Any]:
    """What the stay panel shows."""
    stays = desk.stays_of(conversation) or ([conversation.stay] if conversation.stay else [])
    return {
        "stays": stays,
        "past": history.past(conversation, [stay.id for stay in stays]),
        "welcome": desk.welcome_of(conversation),
    }


def _bubbles(conversation: Conversation) -> dict[str, Any]:
    """The newest messages; `earlier` when there are more above."""
    found = desk.latest_messages(conversation, most=desk.BUBBLES + 1)
    messages = found[-desk.BUBBLES :]
    earlier = messages[0] if len(found) > desk.BUBBLES else None
    return {"messages": thread_parts.with_notes(conversation, messages, earlier, None), "earlier": earlier}


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
