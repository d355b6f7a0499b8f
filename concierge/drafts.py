"""What somebody has begun to write: kept per person, conversation and box until it is sent."""

from sqlalchemy import delete, func, select

from concierge import threads
from concierge.extensions import db
from concierge.models import Conversation, Draft, Message, Note, ScheduledMessage, Staff


class AlreadySent(Exception):
    """What the form was filled in for is done: a draft that comes late would invite to send it twice."""


def of(conversation: Conversation, person: Staff) -> dict[str, Draft]:
    """This person's drafts here, by box."""
    found = db.session.scalars(
        select(Draft).where(Draft.conversation_id == conversation.id, Draft.staff_id == person.id)
    )
    return {draft.kind: draft for draft in found}


def keep(
    conversation: Conversation, person: Staff, kind: str, text: str, *, seq: int = 0, form_id: str | None = None
) -> None:
    """Keep the text, or forget the draft where it is empty. Raises AlreadySent.

    `form_id` is what the message or note will be called; `seq` is of the last message when the writing began.
    """
    _lock(conversation)
    if form_id and _is_done(form_id):
        raise AlreadySent
    draft = _find(conversation.id, person.id, kind)
    if not text.strip():
        _forget(draft)
    elif draft:
        draft.text, draft.seq = text, seq
    else:
        db.session.add(Draft(conversation_id=conversation.id, staff_id=person.id, kind=kind, text=text, seq=seq))
        threads.number_change(conversation.id)  # the list marks it


def forget(conversation: Conversation, person: Staff, kind: str) -> None:
    """It was sent."""
    _forget(_find(conversation.id, person.id, kind))


def move(younger_id: str, older_id: str, seq: int) -> None:
    """Two threads became one, whose messages stand `seq` further on: of two drafts in one box none is lost."""
    for draft in db.session.scalars(select(Draft).where(Draft.conversation_id == younger_id)).all():
        other = _find(older_id, draft.staff_id, draft.kind)
        if other:
            other.text = f"{other.text}\n{draft.text}"
            db.session.delete(draft)
        else:
            draft.conversation_id, draft.seq = older_id, draft.seq + seq
    db.session.flush()


def _lock(conversation: Conversation) -> None:
    """A draft that is kept while its text is being sent would come back after it."""
    db.session.execute(
        select(Conversation.id).where(Conversation.id == conversation.id).with_for_update(key_share=True)
    )


def _is_done(form_id: str) -> bool:
    done = (
        select(func.count()).where(model.id == form_id).scalar_subquery() for model in (Message, Note, ScheduledMessage)
    )
    return any(db.session.execute(select(*done)).one())


def _find(conversation_id: str, staff_id: str, kind: str) -> Draft | None:
    return db.session.scalar(
        select(Draft).where(Draft.conversation_id == conversation_id, Draft.staff_id == staff_id, Draft.kind == kind)
    )


def _forget(draft: Draft | None) -> None:
    if draft is None:
        return
    db.session.execute(delete(Draft).where(Draft.id == draft.id))
    threads.number_change(draft.conversation_id)
