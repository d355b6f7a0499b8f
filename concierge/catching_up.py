"""Which lines' chats are read back when, so that what no webhook brought is found. What is found enters as webhooks do.

Functions here only change rows; whoever calls them commits.
"""

from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select, update

from concierge import outbox
from concierge.extensions import database_now, db
from concierge.models import Line, Message
from concierge.models.line import WORKING
from concierge.models.message import GUEST, HOTEL
from concierge.outbox.rows import is_higher

EVERY = timedelta(minutes=5)
# Renewed with every page: a worker that died in the middle is noticed after this.
LEASE = timedelta(minutes=2)
# Messages carry the sender's time, which may lie a little before the arrival of others.
OVERLAP = timedelta(minutes=2)
_KEY = "caught-up:"


def was_read_back(key: str) -> bool:
    """No webhook brought the event of this key: it was read back from a chat."""
    return key.startswith(_KEY)


def event_key(raw_id: str, *, is_from_us: bool) -> str:
    """The same message read back twice is one event."""
    return f"{_KEY}{raw_id}:{'true' if is_from_us else 'false'}"


def request_all() -> None:
    """Every line is due now: a worker starts, and nobody knows what came while none ran."""
    db.session.execute(
        update(Line).values(catch_up_at=database_now()).execution_options(synchronize_session=False)
    )  # fmt: skip


def is_something_due() -> bool:
    """A reader's look, so that idle workers do not take the write lock."""
    return db.session.scalar(_next_due()) is not None


def claim_next() -> Line | None:
    """Take a line whose chats should be read; one worker reads one line."""
    due = _next_due().with_for_update(skip_locked=True, key_share=True).scalar_subquery()
    return db.session.execute(
        update(Line)
        .where(Line.id == due)
        .values(catch_up_at=database_now(EVERY), catch_up_until=database_now(LEASE))
        .returning(Line)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).scalar_one_or_none()


def begins_at(line: Line) -> datetime:
    """From when on messages are read: since the last full pass, else since we last heard of the line, or had it."""
    return (line.caught_up_at or line.last_event_at or line.created_at) - OVERLAP


def renew(line_id: str) -> None:
    """The pass goes on."""
    _set(line_id, catch_up_until=database_now(LEASE))


def finish(line_id: str, up_to: datetime) -> None:
    """A full pass: everything up to then is here."""
    _set(line_id, caught_up_at=up_to, catch_up_until=None, catch_up_hint=None)


def give_up(line_id: str, hint: str | None = None) -> None:
    """The pass ended early. `hint`: this server cannot, and why; shown in the settings, no fault."""
    values = {"catch_up_hint": hint} if hint else {}
    _set(line_id, catch_up_until=None, **values)


def known(line_id: str, raw_ids: list[str]) -> dict[tuple[str, bool], str | None]:
    """Which of these messages are here already: each with whether it is from us, and how far we know that it came."""
    rows = db.session.execute(
        select(Message.raw_id, Message.role, Message.status).where(
            Message.line_id == line_id, Message.raw_id.in_(raw_ids), Message.role.in_((GUEST, HOTEL))
        )
    )
    return {(row.raw_id or "", row.role == HOTEL): row.status for row in rows}


def is_news(ack: int, status: str | None) -> bool:
    """Whether the chat tells that a message of ours came further than any webhook said."""
    told = outbox.STATUS_OF_ACK.get(ack)
    return told is not None and is_higher(told, status)


def _next_due() -> Select[str]:
    return (
        select(Line.id)
        .where(Line.status == WORKING, Line.paused_since.is_(None))
        .where(or_(Line.catch_up_at.is_(None), Line.catch_up_at <= database_now()))
        .where(or_(Line.catch_up_until.is_(None), Line.catch_up_until <= database_now()))
        .order_by(Line.catch_up_at)
        .limit(1)
    )


def _set(line_id: str, **values: object) -> None:
    db.session.execute(
        update(Line).where(Line.id == line_id).values(**values).execution_options(synchronize_session=False)
    )
