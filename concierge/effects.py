"""What happens to a message after it was sent: edited, deleted, reacted to; a call that ended.

Each may come twice, out of order, or before its message: then it says that it is not here, and waits in the journal.
What the effects leave behind goes by their own time (`at`), not by that of their arrival.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from concierge import clock, threads
from concierge.extensions import db
from concierge.models import Event, Message, Reaction
from concierge.models.event import IGNORED, WAITING
from concierge.models.message import ANSWERED_CALL, CALL, GUEST, HOTEL
from concierge.outbox.rows import locked

# Later than WAHA's most patient retry, and than the reading back of what no webhook brought.
WAITS_FOR = timedelta(days=1)


def edit(line_id: str, raw_id: str, *, is_ours: bool, text: str, at: datetime) -> bool:
    """The writer changed his words; what was written first is kept. False when the message is not here."""
    message = _find(line_id, raw_id, is_ours)
    if message is None:
        return False
    if message.edited_at is None or at >= message.edited_at:
        message.edited_at = at
        _change_words(message, text)
        _changed(message)
    return True


def revoke(line_id: str, raw_id: str, *, is_ours: bool, at: datetime) -> bool:
    """The writer deleted it for everyone; staff may still look. False when the message is not here."""
    message = _find(line_id, raw_id, is_ours)
    if message is None:
        return False
    if message.revoked_at is None:
        message.revoked_at = at
        _changed(message)
    return True


def react(line_id: str, raw_id: str, *, on_ours: bool | None, is_ours: bool, emoji: str, at: datetime) -> bool:
    """Put on the bubble, or taken off with an empty emoji. False when the message is not here."""
    message = _find(line_id, raw_id, on_ours)
    if message is None:
        return False
    reaction = next((each for each in message.reactions if each.is_ours == is_ours), None)
    if reaction is None:
        message.reactions.append(Reaction(is_ours=is_ours, emoji=emoji, reacted_at=at))
        _changed(message)
    elif at >= reaction.reacted_at:
        reaction.emoji, reaction.reacted_at = emoji, at
        _changed(message)
    return True


def end_call(line_id: str, raw_id: str, *, was_answered: bool) -> bool:
    """It stopped ringing. Somebody took it on the hotel's phone: nobody waits for an answer to it any more.

    Every call is ended at last, also one that was taken. False when the call is not here.
    """
    message = _find(line_id, raw_id, is_ours=False)
    if message is None:
        return False
    if was_answered and message.kind == CALL:
        message.kind = ANSWERED_CALL
        message.text = "Call, taken on the hotel's phone"
        _note(message, has_ended=True)
        _changed(message)
        if message.conversation.waiting_since is not None:
            threads.restore_waiting(message.conversation_id)
    elif not (message.details or {}).get("has_ended"):
        _note(message, has_ended=True)
        _changed(message)
    return True


def give_up_waiting() -> int:
    """What came a day ago for a message that never did is ignored, and counted. How many there were."""
    gone: Any = db.session.execute(
        update(Event)
        .where(Event.outcome == WAITING, Event.created_at < clock.now() - WAITS_FOR)
        .values(outcome=IGNORED, reason="its message never came")
        .execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)


def is_of_another(line_id: str, raw_id: str, *, is_ours: bool) -> bool:
    """The message is here, and somebody else wrote it: not theirs to change."""
    role = GUEST if is_ours else HOTEL
    return db.session.scalar(_with_id(line_id, raw_id).where(Message.role == role)) is not None


def _find(line_id: str, raw_id: str, is_ours: bool | None) -> Message | None:
    """Locked, its revision taken. Nobody changes what somebody else wrote: that is why it matters whose it is."""
    query = _with_id(line_id, raw_id)
    if is_ours is not None:
        query = query.where(Message.role == (HOTEL if is_ours else GUEST))
    message_id = db.session.scalar(query.limit(1))
    return locked(message_id) if message_id else None


def _with_id(line_id: str, raw_id: str) -> Any:
    return select(Message.id).where(Message.line_id == line_id, Message.raw_id == raw_id)


def _change_words(message: Message, text: str) -> None:
    """No text: WhatsApp told of an edit that WAHA could not decrypt; the old words stay, and say so."""
    if not text:
        _note(message, is_edit_unread=True)
        return
    is_placeholder = (message.details or {}).get("is_placeholder")
    if message.original_text is None and not is_placeholder:
        message.original_text = message.text
    message.text = text
    _note(message, is_edit_unread=False, is_placeholder=False)


def _note(message: Message, **marks: bool) -> None:
    """Only what is true is kept."""
    kept = {**(message.details or {}), **marks}
    message.details = {name: value for name, value in kept.items() if value is not False} or None


def _changed(message: Message) -> None:
    message.content_revision = message.revision
