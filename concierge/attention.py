"""Who looks after a conversation: seen, taken, put to rest, and said to need no reply. None of these tells another.

Whoever may sign in changes them; what a guest writes ends a rest (concierge.inbox), and is never settled beforehand.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, bindparam, or_, select
from sqlalchemy.exc import IntegrityError

from concierge import answering, clock, threads
from concierge.extensions import UtcDateTime, db
from concierge.models import Conversation, Hotel, Message, Reading, Staff
from concierge.models.message import GUEST

LONGEST_REST = timedelta(days=90)
EVENING, MORNING = time(18), time(8)
# "This evening" has to be worth it.
SOON = timedelta(minutes=30)


class GuestWrote(Exception):
    """Something came since the screen was drawn; the text may be shown to staff."""


class ImpossibleTime(Exception):
    """Nothing can rest until then; the text may be shown to staff."""


@dataclass(frozen=True)
class Rest:
    """A time that is offered: `code` names it in a form."""

    code: str
    until: datetime


def needs_reply() -> ColumnElement[bool]:
    """As Conversation.needs_reply, for a question to the database; read when the statement runs."""
    now = bindparam(None, callable_=clock.now, type_=UtcDateTime(), unique=True)
    is_awake = or_(Conversation.snoozed_until.is_(None), Conversation.snoozed_until <= now)
    return Conversation.waiting_since.is_not(None) & is_awake & Conversation.joined_into_id.is_(None)


def take(conversation: Conversation, person: Staff | None) -> None:
    """This person has it from now on; None: nobody."""
    conversation = answering.hold(conversation)
    conversation.assigned_to_id = person.id if person else None
    conversation.assigned_at = clock.now() if person else None


def settle(conversation: Conversation, seq: int) -> int:
    """No reply is needed to anything up to `seq`, the last message that was on the screen.

    What was settled before comes back, for `unsettle`. A guest who wrote since then waits on.
    """
    conversation = answering.hold(conversation)
    before = conversation.settled_seq
    conversation.settled_seq = max(before, min(seq, conversation.seq))
    _count_wait_again(conversation)
    if conversation.waiting_since is None:
        conversation.auto_reply_at = conversation.snoozed_until = None
    return before


def unsettle(conversation: Conversation, before: int) -> None:
    """Undo: the guest waits as he did. `before` is what `settle` gave back."""
    conversation = answering.hold(conversation)
    conversation.settled_seq = max(0, min(before, conversation.settled_seq))
    _count_wait_again(conversation)


def rest(conversation: Conversation, until: datetime, seq: int) -> None:
    """It need not be looked at until then, or until the guest writes. Raises ImpossibleTime and GuestWrote."""
    if until <= clock.now():
        raise ImpossibleTime("This time is over. Choose a later one.")
    if until > clock.now() + LONGEST_REST:
        raise ImpossibleTime(f"At most {LONGEST_REST.days} days ahead.")
    conversation = answering.hold(conversation)
    if _wrote_after(conversation, seq):
        raise GuestWrote("The guest has just written: look at that first.")
    conversation.snoozed_until = until


def wake(conversation: Conversation) -> None:
    """It is to be looked at again."""
    answering.hold(conversation).snoozed_until = None


def rests_for(hotel: Hotel) -> list[Rest]:
    """What is offered now: in an hour, this evening while that is some time away, tomorrow morning."""
    now, zone = clock.now(), hotel.zone
    evening, tomorrow = _at(now, EVENING, zone), _at(now + timedelta(days=1), MORNING, zone)
    offered = [Rest("hour", now + timedelta(hours=1)), Rest("evening", evening), Rest("tomorrow", tomorrow)]
    return [each for each in offered if each.until >= now + SOON]


def note_seen(conversation: Conversation, person: Staff, seq: int) -> None:
    """Everything up to `seq` was on this person's screen. Says nothing about who answers."""
    reading = _reading(conversation, person)
    seen = max(reading.seq, min(seq, conversation.seq))
    if (reading.seq, reading.is_marked_unread) == (seen, False):
        return
    reading.seq, reading.is_marked_unread = seen, False
    _show_anew(person)


def mark_unread(conversation: Conversation, person: Staff) -> None:
    """This person wants to come back to it. The messages were on the screen all the same."""
    reading = _reading(conversation, person)
    if not reading.is_marked_unread:
        reading.seq, reading.is_marked_unread = reading.seq or conversation.seq, True
        _show_anew(person)


def carry(younger: Conversation, older: Conversation) -> None:
    """Two threads become one, `younger` behind `older`; asked while the messages are still apart.

    Who had one of them has both; nothing rests that has just changed. Read is only what was read without a gap.
    """
    if older.assigned_to_id is None:
        older.assigned_to_id, older.assigned_at = younger.assigned_to_id, younger.assigned_at
    older.snoozed_until = None
    if younger.settled_seq and older.waiting_since is None:
        older.settled_seq = older.seq + younger.settled_seq
    known = {each.staff_id: each for each in _readings(older)}
    for theirs in _readings(younger):
        _carry_reading(theirs, known.get(theirs.staff_id), older)


def _carry_reading(theirs: Reading, known: Reading | None, older: Conversation) -> None:
    if known is None and older.waiting_since is None:
        theirs.conversation_id, theirs.seq = older.id, older.seq + theirs.seq
        return
    if known:
        known.is_marked_unread = known.is_marked_unread or theirs.is_marked_unread
        known.seq = older.seq + theirs.seq if known.seq >= older.seq else known.seq
    db.session.delete(theirs)


def _readings(conversation: Conversation) -> list[Reading]:
    return list(db.session.scalars(select(Reading).where(Reading.conversation_id == conversation.id)))


def _reading(conversation: Conversation, person: Staff) -> Reading:
    mine = select(Reading).where(Reading.conversation_id == conversation.id, Reading.staff_id == person.id)
    if found := db.session.scalar(mine):
        return found
    try:
        with db.session.begin_nested():
            made = Reading(conversation_id=conversation.id, staff_id=person.id, seq=0, is_marked_unread=False)
            db.session.add(made)
            db.session.flush()
            return made
    except IntegrityError:
        return db.session.scalars(mine).one()  # another screen of this person, this moment


def _show_anew(person: Staff) -> None:
    """The other screens of this person show it; nobody else's do."""
    person.updated_at = clock.now()


def _count_wait_again(conversation: Conversation) -> None:
    threads.restore_waiting(conversation.id)
    db.session.refresh(conversation)


def _wrote_after(conversation: Conversation, seq: int) -> bool:
    later = select(Message.id).where(Message.conversation_id == conversation.id, Message.seq > seq)
    return db.session.scalar(later.where(Message.role == GUEST).limit(1)) is not None


def _at(moment: datetime, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(moment.astimezone(zone).date(), hour, zone)
