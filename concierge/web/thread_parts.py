"""What a thread shows besides its messages: notes between them, the boxes in which staff write, who is answering."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask

from concierge import answering, canned_replies, clock, drafts, notes
from concierge.models import Conversation, Message, Note
from concierge.models.base import new_id
from concierge.models.draft import NOTE, REPLY
from concierge.models.staff import Staff
from concierge.web import filters, guards
from concierge.web.composing_forms import NoteForm, ReplyForm


def with_notes(
    conversation: Conversation, messages: Sequence[Message], earlier: Message | None, before: Message | None
) -> list[Message | Note]:
    """The notes of the same span of time put between these messages; `earlier` when there are more above."""
    found = notes.between(conversation, earlier.sent_at if earlier else None, before.sent_at if before else None)
    return sorted([*messages, *found], key=lambda each: each.sent_at)


def writing(conversation: Conversation) -> dict[str, Any]:
    """The two boxes as this person left them."""
    mine = drafts.of(conversation, guards.me())
    reply, note = mine.get(REPLY), mine.get(NOTE)
    return {
        "form": ReplyForm(formdata=None, data={"text": reply.text if reply else ""}),
        "reply_id": new_id(),
        "began_at": reply.seq if reply else conversation.seq,
        "reply_kept": reply,
        "note_form": NoteForm(formdata=None, data={"text": note.text if note else ""}),
        "note_id": new_id(),
        "note_kept": note,
        "overtaken": None,
        "problem": None,
        "note_problem": None,
    }


def init_app(app: Flask) -> None:
    """Make what the parts ask known to the templates."""
    app.jinja_env.filters.update(
        answered_by=_answered_by, deletable_until=_deletable_until, variable=_variable, upcoming=_upcoming
    )
    app.jinja_env.tests["note"] = lambda each: isinstance(each, Note)


def _answered_by(conversation: Conversation, person: Staff) -> Staff | None:
    """The colleague who is typing; of oneself one knows it."""
    is_other = answering.is_held(conversation) and conversation.answering_by_id != person.id
    return conversation.answering_by if is_other else None


def _deletable_until(note: Note, person: Staff) -> datetime | None:
    """Until when this person may delete it; None where that is over, or was never."""
    until = note.created_at + notes.DELETABLE_FOR
    return until if note.author_id == person.id and until > clock.now() else None


def _variable(name: str) -> str:
    """What a {variable} stands for."""
    return canned_replies.VARIABLES[name]


def _upcoming(moment: datetime, zone: ZoneInfo) -> str:
    """`at 14:30`, `tomorrow 08:00`, `Wed 25 Nov 08:00`."""
    days = (moment.astimezone(zone).date() - clock.today(zone.key)).days
    hour = filters.hour(moment, zone)
    if days <= 0:
        return f"at {hour}"
    return f"tomorrow {hour}" if days == 1 else f"{filters.short_day(moment, zone)} {hour}"
