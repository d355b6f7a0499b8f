"""Opening, re-opening and ending the thread of a guest. At most one is active per guest and line."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from concierge import clock
from concierge.extensions import db
from concierge.models import Address, Conversation, Guest, Line, Stay

REOPENS_FOR = timedelta(days=14)


def active(guest_id: str, line_id: str) -> Conversation | None:
    """The guest's active thread on this line."""
    return db.session.scalar(
        select(Conversation).where(
            Conversation.guest_id == guest_id, Conversation.line_id == line_id, Conversation.is_active
        )
    )


def for_stay(stay: Stay, line: Line, address: Address | None) -> Conversation:
    """Check-in links the active thread to the stay, or opens one; a second room of the guest joins it."""
    conversation = active(stay.guest_id, line.id) or _open(stay.guest, line)
    if conversation.stay is None or not conversation.stay.is_open:
        conversation.stay = stay
    if address:
        conversation.address_id = address.id
    db.session.flush()
    return conversation


def for_writer(guest: Guest, line: Line) -> Conversation:
    """The guest wrote: the active thread, else the latest one re-opened for 14 days, else a new one without a stay."""
    if conversation := active(guest.id, line.id):
        return conversation
    latest = db.session.scalar(
        select(Conversation)
        .where(Conversation.guest_id == guest.id, Conversation.line_id == line.id)
        .where(Conversation.joined_into_id.is_(None))
        .order_by(Conversation.end.desc())
        .limit(1)
    )
    if latest and latest.end and latest.end > clock.now() - REOPENS_FOR:
        return _reopen(latest)
    return _open(guest, line)


def end(conversation: Conversation) -> None:
    """The guest is gone; how long the thread was open is kept in seconds. Whoever had taken it has it no more."""
    conversation.is_active = False
    conversation.end = clock.now()
    conversation.duration = int((conversation.end - conversation.start).total_seconds())
    conversation.auto_reply_at = conversation.snoozed_until = None
    conversation.assigned_to_id = conversation.assigned_at = None
    db.session.flush()


def _open(guest: Guest, line: Line) -> Conversation:
    guest = _lasting(guest)
    try:
        with db.session.begin_nested():
            conversation = Conversation(
                hotel_id=guest.hotel_id, guest_id=guest.id, line_id=line.id, start=clock.now(), is_active=True
            )
            db.session.add(conversation)
            db.session.flush()
            return conversation
    except IntegrityError:
        other = active(guest.id, line.id)  # opened by somebody else this moment
        if other is None:
            raise
        return other


def _lasting(guest: Guest) -> Guest:
    """Whoever this guest is now: the lock waits for those who are joining him with another one this moment."""
    lock = {"read": True}
    found = db.session.get_one(Guest, guest.id, with_for_update=lock, populate_existing=True)
    if found.joined_into_id:
        return _lasting(db.session.get_one(Guest, found.joined_into_id))
    return found


def _reopen(conversation: Conversation) -> Conversation:
    try:
        with db.session.begin_nested():
            conversation.is_active = True
            conversation.end = conversation.duration = None
            db.session.flush()
            return conversation
    except IntegrityError:
        db.session.refresh(conversation)
        other = active(conversation.guest_id, conversation.line_id)
        if other is None:
            raise
        return other
