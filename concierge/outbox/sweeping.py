"""What time does to messages: leases run out, words grow stale, ticks stay away."""

from datetime import timedelta

from sqlalchemy import select

from concierge import clock, failures
from concierge.extensions import database_now, db
from concierge.models import Message
from concierge.models.message import ACCEPTED, CANCELLED, QUEUED, SENDING
from concierge.outbox.recording import record_unknown
from concierge.outbox.rows import locked, set_status

TICK_WITHIN = timedelta(seconds=60)
AT_ONCE = 200


def expire_leases() -> int:
    """Messages whose sender died in the middle: nobody knows, so they are looked for. How many there were."""
    expired = db.session.execute(
        select(Message.id, Message.claims)
        .where(Message.status == SENDING, Message.looking_since.is_(None), Message.due_at < database_now())
        .order_by(Message.conversation_id)
        .limit(AT_ONCE)
    ).all()
    for message_id, claim in expired:
        record_unknown(message_id, claim, failures.WORKER_DIED)
    return len(expired)


def expire_stale() -> int:
    """An outage must not end in nonsense at 3 a.m.: what waited past its shelf life is cancelled, with the reason."""
    stale = db.session.scalars(
        select(Message.id)
        .where(Message.status == QUEUED, Message.expires_at <= database_now())
        .order_by(Message.conversation_id)
        .limit(AT_ONCE)
    ).all()
    for message_id in stale:
        message = locked(message_id)
        if message.status == QUEUED:
            set_status(message, CANCELLED, failures.EXPIRED)
    return len(stale)


def flag_unticked() -> int:
    """WAHA took it a minute ago, WhatsApp has not: staff should know. It is not sent again."""
    unticked = db.session.scalars(
        select(Message.id)
        .where(
            Message.status == ACCEPTED, Message.flagged_at.is_(None), Message.accepted_at < clock.now() - TICK_WITHIN
        )
        .order_by(Message.conversation_id)
        .limit(AT_ONCE)
    ).all()
    for message_id in unticked:
        message = locked(message_id)
        if message.status == ACCEPTED:
            message.flagged_at = clock.now()
    return len(unticked)
