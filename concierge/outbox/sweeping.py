"""What time does to messages: leases run out, words grow stale, ticks stay away.

Threads are locked in one order, so that two workers that sweep at once do not wait for each other.
"""

from datetime import timedelta
from operator import attrgetter

from sqlalchemy import select

from concierge import clock, failures
from concierge.extensions import database_now, db
from concierge.models import Message
from concierge.models.message import ACCEPTED, CANCELLED, QUEUED, SENDING
from concierge.outbox.recording import record_unknown
from concierge.outbox.rows import has_status, locked, set_status

TICK_WITHIN = timedelta(seconds=60)
AT_ONCE = 200


def expire_leases() -> int:
    """Messages whose sender died in the middle: nobody knows, so they are looked for. How many there were."""
    expired = db.session.execute(
        select(Message.conversation_id, Message.id, Message.claims)
        .where(has_status(Message, SENDING), Message.looking_since.is_(None), Message.due_at < database_now())
        .limit(AT_ONCE)
    ).all()
    for _, message_id, claim in sorted(expired, key=attrgetter("conversation_id")):
        record_unknown(message_id, claim, failures.WORKER_DIED)
    return len(expired)


def expire_stale() -> int:
    """An outage must not end in nonsense at 3 a.m.: what waited past its shelf life is cancelled, with the reason."""
    stale = db.session.execute(
        select(Message.conversation_id, Message.id)
        .where(has_status(Message, QUEUED), Message.expires_at <= database_now())
        .limit(AT_ONCE)
    ).all()
    for _, message_id in sorted(stale, key=attrgetter("conversation_id")):
        message = locked(message_id)
        if message.status == QUEUED:
            set_status(message, CANCELLED, failures.EXPIRED)
    return len(stale)


def flag_unticked() -> int:
    """WAHA took it a minute ago, WhatsApp has not: staff should know. It is not sent again."""
    long_ago = clock.now() - TICK_WITHIN
    unticked = db.session.execute(
        select(Message.conversation_id, Message.id)
        .where(has_status(Message, ACCEPTED), Message.flagged_at.is_(None), Message.accepted_at < long_ago)
        .limit(AT_ONCE)
    ).all()
    for _, message_id in sorted(unticked, key=attrgetter("conversation_id")):
        message = locked(message_id)
        if message.status == ACCEPTED:
            message.flagged_at = clock.now()
    return len(unticked)
