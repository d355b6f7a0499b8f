"""Notes for colleagues in a thread."""

from flask import Blueprint, Response, abort, flash, render_template
from werkzeug.wrappers import Response as AnyResponse

from concierge import drafts, notes
from concierge.extensions import db
from concierge.models import Conversation
from concierge.models.base import new_id
from concierge.models.draft import NOTE
from concierge.web import conversations, finding, guards
from concierge.web.composing_forms import NoteForm, id_or_none
from concierge.web.forms import is_uuid

bp = Blueprint("notes", __name__)
bp.before_request(guards.staff_only)


@bp.post("/conversations/<conversation_id>/notes")
def write(conversation_id: str) -> str | AnyResponse:
    """Save a note. The form's hidden id makes a second press harmless."""
    conversation = finding.conversation(conversation_id)
    form = NoteForm()
    if not form.validate_on_submit():
        return _refuse(conversation, form)
    note = notes.write(conversation, guards.me(), form.text.data, id_or_none(form.note_id.data) or new_id())
    drafts.forget(conversation, guards.me(), NOTE)
    db.session.commit()
    if not finding.is_fragment():
        return finding.to_thread(note.conversation_id, anchor=f"note-{note.id}")
    return render_template("conversations/_noted.html", notes=[note], note_id=new_id(), is_poll=True)


@bp.post("/notes/<note_id>/delete")
def delete(note_id: str) -> str | AnyResponse:
    """Take back one's own, while it is young."""
    note = notes.find(guards.my_hotel(), note_id) if is_uuid(note_id) else None
    if note is None:
        abort(404)
    try:
        notes.delete(note, guards.me())
        db.session.commit()
    except notes.NotDeletable as fault:
        db.session.rollback()
        if not finding.is_fragment():
            flash(str(fault), "waiting")
    if not finding.is_fragment():
        return finding.to_thread(note.conversation_id)
    return render_template("conversations/_notes.html", notes=[note] if note.deleted_at else [])


def _refuse(conversation: Conversation, form: NoteForm) -> AnyResponse:
    problem = form.first_problem()
    if finding.is_fragment():
        return Response(render_template("conversations/_note_refused.html", problem=problem), 422)
    tried = {"note_form": form, "note_id": id_or_none(form.note_id.data) or new_id(), "note_problem": problem}
    return Response(conversations.show_thread(conversation, tried), 422)
