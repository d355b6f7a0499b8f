"""A short message to the hotel's own number that has to come back: the proof that a line which says it works does.

It makes no message and no conversation: what the hotel writes to itself is ignored by the inbox.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select, update

from concierge import clock
from concierge.extensions import database_now, db
from concierge.models import Line
from concierge.models.line import WORKING

COMES_BACK_WITHIN = timedelta(minutes=2)


def words(code: str) -> str:
    """What is sent."""
    return f"Concierge looks whether WhatsApp works ({code}). Nothing to do."


def is_something_due() -> bool:
    """A reader's look, so that idle workers do not take the write lock."""
    return db.session.scalar(_next_due()) is not None


def claim_next() -> Line | None:
    """Take a line whose next heartbeat is due, with a fresh code; one worker gets it."""
    due = _next_due().with_for_update(skip_locked=True, key_share=True).scalar_subquery()
    line = db.session.execute(
        update(Line)
        .where(Line.id == due)
        .values(heartbeat_code=secrets.token_hex(4))
        .returning(Line)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).scalar_one_or_none()
    if line:
        line.heartbeat_at = clock.now() + timedelta(minutes=line.heartbeat_minutes)
    return line


def note_sent(line_id: str, at: datetime) -> None:
    """WAHA took it, or may have: from now on it is missed."""
    db.session.execute(
        update(Line).where(Line.id == line_id).values(heartbeat_sent_at=at).execution_options(synchronize_session=False)
    )


def note_back(line: Line, text: str) -> None:
    """The hotel wrote to itself; perhaps it was the heartbeat."""
    if line.heartbeat_code and line.heartbeat_code in text:
        line.heartbeat_seen_at = clock.now()


def missed_since(line: Line) -> datetime | None:
    """When the heartbeat left that did not come back in time."""
    if not line.heartbeat_minutes or line.heartbeat_sent_at is None:
        return None
    is_back = line.heartbeat_seen_at is not None and line.heartbeat_seen_at >= line.heartbeat_sent_at
    is_late = line.heartbeat_sent_at < clock.now() - COMES_BACK_WITHIN
    return line.heartbeat_sent_at if is_late and not is_back else None


def _next_due() -> Select[str]:
    return (
        select(Line.id)
        .where(Line.heartbeat_minutes > 0, Line.own_phone.is_not(None))
        .where(Line.status == WORKING, Line.paused_since.is_(None), _is_due())
        .limit(1)
    )


def _is_due() -> ColumnElement[bool]:
    return or_(Line.heartbeat_at.is_(None), Line.heartbeat_at <= database_now())
