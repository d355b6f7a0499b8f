"""Taking a message to send it, or one of unknown fate to look for it: each in one statement, under a lease."""

from datetime import timedelta
from functools import cache

from sqlalchemy import Select, bindparam, exists, func, not_, or_, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningUpdate

from concierge import lines
from concierge.extensions import database_now, db
from concierge.models import Line, Message
from concierge.models.message import IN_FLIGHT, QUEUED, SENDING

LEASE = timedelta(seconds=90)
MOST_IN_FLIGHT = 4
# A call takes its place on the line for so long: a worker that died must not block the line until its leases end.
PLACE_HELD = timedelta(seconds=12)
LOOK_LEASE = timedelta(seconds=15)
HOUR = timedelta(hours=1)

_CANDIDATE, _EARLIER = aliased(Message), aliased(Message)


def claim_next() -> Message | None:
    """Take the next message that may go out, under a lease; None when there is none.

    People before welcomes before automatic answers, then the oldest. Messages of one conversation go out in order,
    one at a time. PostgreSQL's workers skip what another one holds. A paused line lets one message through when its
    probe falls due; a line with a pace keeps it, however many workers there are.
    """
    sendable = _sendable_lines()
    if not sendable["lines"]:
        return None
    message = db.session.execute(_claim(), sendable).scalar_one_or_none()
    if message and not lines.may_send(message.line_id):
        db.session.rollback()
        return None
    return message


def is_something_due() -> bool:
    """A reader's look, so that idle workers do not take the write lock."""
    sendable = _sendable_lines()
    return bool(sendable["lines"]) and db.session.execute(_next_due(), sendable).first() is not None


def record_name(message_id: str, claim: int, chosen_id: str) -> bool:
    """Keep the id we ask WAHA to use, before the call. False when the claim is not ours any more."""
    kept = db.session.execute(
        update(Message)
        .where(Message.id == message_id, Message.claims == claim, Message.status == SENDING)
        .values(chosen_id=chosen_id)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return kept.first() is not None


def claim_look() -> Message | None:
    """Take a message of unknown fate that should be looked for now; the next look falls due ever later."""
    due = _next_look().with_for_update(skip_locked=True, of=_CANDIDATE).scalar_subquery()
    return db.session.execute(
        update(Message)
        .where(Message.id == due)
        .values(claims=Message.claims + 1, due_at=database_now(LOOK_LEASE))
        .returning(Message)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).scalar_one_or_none()


def is_look_due() -> bool:
    """A reader's look for looks."""
    return db.session.execute(_next_look()).first() is not None


@cache  # built once: putting this together again for each message took longer than running it
def _claim() -> ReturningUpdate[Message]:
    candidate = _next_due().with_for_update(skip_locked=True, of=_CANDIDATE)
    return (
        update(Message)
        .where(Message.id == candidate.scalar_subquery())
        .values(
            status=SENDING,
            due_at=database_now(LEASE),
            tried_at=database_now(),
            claims=Message.claims + 1,
            attempts=Message.attempts + 1,
        )
        .returning(Message)
        .execution_options(synchronize_session=False, populate_existing=True)
    )


@cache
def _next_due() -> Select[str]:
    """`lines` may send, of these `open_lines` may also write to somebody who has not written to us."""
    is_behind = exists().where(
        _EARLIER.conversation_id == _CANDIDATE.conversation_id,
        _EARLIER.seq < _CANDIDATE.seq,
        _EARLIER.status.in_(IN_FLIGHT),
    )
    may_open = _CANDIDATE.line_id.in_(bindparam("open_lines", expanding=True))
    return (
        select(_CANDIDATE.id)
        .where(_CANDIDATE.status == QUEUED, _CANDIDATE.due_at <= database_now())
        .where(_CANDIDATE.line_id.in_(bindparam("lines", expanding=True)))
        .where(or_(_CANDIDATE.expires_at.is_(None), _CANDIDATE.expires_at > database_now()))
        .where(or_(not_(_CANDIDATE.is_first_contact), may_open), not_(is_behind))
        .order_by(_CANDIDATE.priority, _CANDIDATE.due_at, _CANDIDATE.created_at)
        .limit(1)
    )


def _sendable_lines() -> dict[str, list[str]]:
    """Asked once per claim, not once per waiting message: a line that may not send would be asked for each of them."""
    rows = db.session.execute(_lines()).all()
    sendable = [row for row in rows if row.in_flight < MOST_IN_FLIGHT]
    return {
        "lines": [row.id for row in sendable],
        "open_lines": [row.id for row in sendable if row.first_contacts < row.first_contacts_an_hour],
    }


@cache
def _lines() -> Select[str, int, int, int]:
    in_flight = (
        select(func.count())
        .where(Message.line_id == Line.id, Message.status == SENDING, Message.looking_since.is_(None))
        .where(Message.tried_at > database_now(-PLACE_HELD))
        .correlate(Line)
        .scalar_subquery()
    )
    first_contacts = (
        select(func.count())
        .where(Message.line_id == Line.id, Message.is_first_contact, Message.status != QUEUED)
        .where(Message.tried_at > database_now(-HOUR))
        .correlate(Line)
        .scalar_subquery()
    )
    return select(
        Line.id,
        in_flight.label("in_flight"),
        first_contacts.label("first_contacts"),
        Line.first_contacts_an_hour,
    ).where(
        or_(Line.paused_since.is_(None), Line.probe_at <= database_now()),
        or_(Line.next_send_at.is_(None), Line.next_send_at <= database_now()),
    )


@cache
def _next_look() -> Select[str]:
    return (
        select(_CANDIDATE.id)
        .where(_CANDIDATE.status == SENDING, _CANDIDATE.looking_since.is_not(None))
        .where(_CANDIDATE.due_at <= database_now())
        .order_by(_CANDIDATE.due_at)
        .limit(1)
    )
