"""What staff write for each other in a thread. Nothing in here leads to the guest."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from concierge import clock, threads
from concierge.extensions import db
from concierge.models import Conversation, Hotel, Note, Staff

DELETABLE_FOR = timedelta(minutes=5)


class NotDeletable(Exception):
    """Colleagues may have acted on it by now, or it is theirs; the text may be shown to staff."""


def write(conversation: Conversation, author: Staff, text: str, note_id: str) -> Note:
    """Leave a note. A second one of the same id gives back the first."""
    if first := db.session.get(Note, note_id):
        return first
    numbers = threads.lock(conversation.id)
    note = Note(
        id=note_id,
        conversation_id=numbers.conversation_id,
        author_id=author.id,
        text=text,
        revision=numbers.revision,
    )
    db.session.add(note)
    db.session.flush()
    return note


def delete(note: Note, person: Staff) -> None:
    """Take back a note of one's own while it is young. Raises NotDeletable."""
    revision = threads.number_change(note.conversation_id)
    db.session.refresh(note, with_for_update=True)
    if note.author_id != person.id:
        raise NotDeletable("Only who wrote a note can delete it.")
    if note.deleted_at is None and note.created_at < clock.now() - DELETABLE_FOR:
        raise NotDeletable("Too late: a note can be deleted for five minutes. Write another one that corrects it.")
    note.deleted_at = note.deleted_at or clock.now()
    note.revision = revision


def find(hotel: Hotel, note_id: str) -> Note | None:
    """A note of this hotel."""
    return db.session.scalar(
        select(Note).join(Conversation).where(Note.id == note_id, Conversation.hotel_id == hotel.id)
    )


def between(conversation: Conversation, since: datetime | None, before: datetime | None) -> Sequence[Note]:
    """The notes of the guest's whole story on this line, as its messages are shown; from `since` to before `before`."""
    found = (
        select(Note)
        .join(Conversation, Conversation.id == Note.conversation_id)
        .options(joinedload(Note.author))
        .where(Conversation.guest_id == conversation.guest_id, Conversation.line_id == conversation.line_id)
        .where(Note.deleted_at.is_(None))
        .order_by(Note.created_at)
    )
    if since:
        found = found.where(Note.created_at >= since)
    if before:
        found = found.where(Note.created_at < before)
    return db.session.scalars(found).all()


def changed(conversation: Conversation, revision: int) -> Sequence[Note]:
    """What was written or deleted since a revision."""
    return db.session.scalars(
        select(Note)
        .options(joinedload(Note.author))
        .where(Note.conversation_id == conversation.id, Note.revision > revision)
        .order_by(Note.created_at)
    ).all()


def move(younger_id: str, older_id: str, revision: int) -> None:
    """Two threads became one."""
    db.session.execute(
        update(Note)
        .where(Note.conversation_id == younger_id)
        .values(conversation_id=older_id, revision=revision)
        .execution_options(synchronize_session=False)
    )
