"""Taking a message to send it, or one of unknown fate to look for it: each in one statement, under a lease."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, func, literal, not_, or_, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningUpdate

from concierge import lines
from concierge.extensions import database_now, db, read_in_order
from concierge.models import Line, Message
from concierge.models.message import IN_FLIGHT, QUEUED, SENDING

LEASE = timedelta(seconds=90)
MOST_IN_FLIGHT = 4
# A call takes its place on the line for so long: a worker that died must not block the line until its leases end.
PLACE_HELD = timedelta(seconds=12)
LOOK_LEASE = timedelta(seconds=30)
HOUR = timedelta(hours=1)


def _is(message: type[Message], *statuses: str) -> ColumnElement[bool]:
    """Written out, not as parameters: only so SQLite uses the partial indexes of these statuses."""
    written = [literal(status, literal_execute=True) for status in statuses]
    return message.status == written[0] if len(written) == 1 else message.status.in_(written)


# All statements are built here, once, while a single thread imports this module. Built by several senders at once
# they came out wrong: aliases are not safe to share before their columns were first asked for.
_CANDIDATE, _EARLIER, _CALLED, _GREETED = (aliased(Message) for _ in range(4))
_IS_BEHIND = exists().where(
    _EARLIER.conversation_id == _CANDIDATE.conversation_id,
    _EARLIER.seq < _CANDIDATE.seq,
    _is(_EARLIER, *IN_FLIGHT),
)
# `lines` may send; of these `open_lines` may also write to somebody who has not written to us.
_NEXT_DUE: Select[str] = (
    select(_CANDIDATE.id)
    .where(_is(_CANDIDATE, QUEUED), _CANDIDATE.due_at <= database_now())
    .where(_CANDIDATE.line_id.in_(bindparam("lines", expanding=True)))
    .where(or_(_CANDIDATE.expires_at.is_(None), _CANDIDATE.expires_at > database_now()))
    .where(or_(not_(_CANDIDATE.is_first_contact), _CANDIDATE.line_id.in_(bindparam("open_lines", expanding=True))))
    .where(not_(_IS_BEHIND))
    .order_by(_CANDIDATE.priority, _CANDIDATE.due_at, _CANDIDATE.created_at)
    .limit(1)
)
_CLAIM: ReturningUpdate[Message] = (
    update(Message)
    .where(Message.id == _NEXT_DUE.with_for_update(skip_locked=True, of=_CANDIDATE).scalar_subquery())
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
_IN_FLIGHT_NOW = (
    select(func.count())
    .where(_is(_CALLED, SENDING), _CALLED.line_id == Line.id, _CALLED.looking_since.is_(None))
    .where(_CALLED.tried_at > database_now(-PLACE_HELD))
    .correlate(Line)
    .scalar_subquery()
)
_FIRST_CONTACTS = (
    select(func.count())
    .where(
        Line.first_contacts_an_hour > 0,
        _GREETED.line_id == Line.id,
        _GREETED.is_first_contact,
        _GREETED.status != QUEUED,
    )
    .where(_GREETED.tried_at > database_now(-HOUR))
    .correlate(Line)
    .scalar_subquery()
)
_LINES: Select[str, int, int, int, bool, int] = select(
    Line.id,
    _IN_FLIGHT_NOW.label("in_flight"),
    _FIRST_CONTACTS.label("first_contacts"),
    Line.first_contacts_an_hour,
    or_(Line.restricted_until.is_(None), Line.restricted_until <= database_now()).label("may_open"),
    read_in_order(),
).where(
    or_(Line.paused_since.is_(None), Line.probe_at <= database_now()),
    or_(Line.next_send_at.is_(None), Line.next_send_at <= database_now()),
)
_NEXT_LOOK: Select[str] = (
    select(_CANDIDATE.id)
    .where(_is(_CANDIDATE, SENDING), _CANDIDATE.looking_since.is_not(None))
    .where(_CANDIDATE.due_at <= database_now())
    .order_by(_CANDIDATE.due_at)
    .limit(1)
)
_CLAIM_LOOK: ReturningUpdate[Message] = (
    update(Message)
    .where(Message.id == _NEXT_LOOK.with_for_update(skip_locked=True, of=_CANDIDATE).scalar_subquery())
    .values(claims=Message.claims + 1, due_at=database_now(LOOK_LEASE))
    .returning(Message)
    .execution_options(synchronize_session=False, populate_existing=True)
)


def claim_next(except_lines: Collection[str] = ()) -> Message | None:
    """Take the next message that may go out, under a lease; None when there is none.

    People before welcomes before automatic answers, then the oldest. Messages of one conversation go out in order,
    one at a time. PostgreSQL's workers skip what another one holds. A paused line lets one message through when its
    probe falls due; a line with a pace keeps it, however many workers there are. Of `except_lines` none is taken.
    """
    sendable = _sendable_lines(except_lines)
    if not sendable["lines"]:
        return None
    message = db.session.execute(_CLAIM, sendable).scalar_one_or_none()
    if message and not lines.may_send(message.line_id):
        db.session.rollback()
        return None
    return message


def is_something_due(except_lines: Collection[str] = ()) -> bool:
    """A reader's look, so that idle workers do not take the write lock."""
    sendable = _sendable_lines(except_lines)
    return bool(sendable["lines"]) and db.session.execute(_NEXT_DUE, sendable).first() is not None


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
    return db.session.execute(_CLAIM_LOOK).scalar_one_or_none()


def is_look_due() -> bool:
    """A reader's look for looks."""
    return db.session.execute(_NEXT_LOOK).first() is not None


def _sendable_lines(except_lines: Collection[str]) -> dict[str, list[str]]:
    """Asked once per claim, not once per waiting message: a line that may not send would be asked for each of them."""
    rows = db.session.execute(_LINES).all()
    sendable = [row for row in rows if row.in_flight < MOST_IN_FLIGHT and row.id not in except_lines]
    return {
        "lines": [row.id for row in sendable],
        "open_lines": [row.id for row in sendable if _has_room_for_strangers(row)],
    }


def _has_room_for_strangers(row: Row[str, int, int, int, bool, int]) -> bool:
    has_room = not row.first_contacts_an_hour or row.first_contacts < row.first_contacts_an_hour
    return bool(row.may_open) and has_room
