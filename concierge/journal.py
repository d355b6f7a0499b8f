"""The event journal: what came, raw, and what became of it. Rows go after 30 days, but never what could not be read."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, delete, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from concierge import clock
from concierge.extensions import db
from concierge.models import Event, Line, Message
from concierge.models.base import new_id
from concierge.models.event import APPLIED, IGNORED, UNREADABLE, WAITING

KEPT_FOR = timedelta(days=30)
OVERTAKEN_WITHIN = timedelta(days=1)
AT_ONCE = 100

EVENTS = cast(Table, Event.__table__)
_OF_ENTRY = ("id", "line_id", "key", "body_hash", "name", "body", "outcome", "applied_at", "created_at", "updated_at")
# Tried in one statement: two deliveries at once must not both get in.
ENTER = {
    dialect: kind.insert(EVENTS)
    .values({name: bindparam(f"event_{name}", type_=EVENTS.c[name].type) for name in _OF_ENTRY})
    .on_conflict_do_nothing(index_elements=[EVENTS.c.line_id, EVENTS.c.key])
    .returning(EVENTS.c.id)
    for dialect, kind in {"sqlite": sqlite, "postgresql": postgresql}.items()
}


def enter(line: Line, event_id: str | None, name: str, body: bytes) -> Event | None:
    """Write the body down; None when this very event is here already (WAHA's second try).

    Another body under a known event id is another event: nothing is lost to a sender that counts badly.
    """
    new = entry(line.id, event_id, name, body, clock.now())
    if event := _insert(new):
        return event
    known_hash = db.session.scalar(
        select(Event.body_hash).where(Event.line_id == line.id, Event.key == new["event_key"])
    )
    if known_hash == new["event_body_hash"]:
        return None
    return _insert(new | {"event_key": f"{new['event_key'][:130]}#{new['event_body_hash']}"})


def entry(line_id: str, event_id: str | None, name: str, body: bytes, now: datetime) -> dict[str, Any]:
    """What ENTER asks for."""
    body_hash = hashlib.sha256(body).hexdigest()
    return {
        "event_id": new_id(),
        "event_line_id": line_id,
        "event_key": event_id or f"sha256:{body_hash}",
        "event_body_hash": body_hash,
        "event_name": name,
        "event_body": body,
        "event_outcome": APPLIED,
        "event_applied_at": None,
        "event_created_at": now,
        "event_updated_at": now,
    }


def applied(event: Event) -> None:
    """Its effect is in this commit."""
    event.outcome, event.reason, event.waits_for = APPLIED, None, None
    event.applied_at = clock.now()


def ignored(event: Event, reason: str) -> None:
    """Understood, and without effect; counted."""
    event.outcome, event.reason = IGNORED, reason[:200]


def waits(event: Event, raw_id: str) -> None:
    """Its message is not here yet."""
    event.outcome, event.waits_for = WAITING, raw_id


def unreadable(event: Event, reason: str) -> None:
    """We failed on it: the body stays, staff see that something could not be read, replay applies it later."""
    event.outcome, event.reason = UNREADABLE, reason[:200]


def unread(line_id: str | None = None) -> list[Event]:
    """What could not be read, oldest first."""
    query = select(Event).where(Event.outcome == UNREADABLE).order_by(Event.created_at)
    return list(db.session.scalars(query.where(Event.line_id == line_id) if line_id else query))


def waiting_for(line_id: str, raw_id: str) -> list[Event]:
    """What came before the message it is about, in order of arrival."""
    return list(
        db.session.scalars(
            select(Event)
            .where(Event.line_id == line_id, Event.waits_for == raw_id, Event.outcome == WAITING)
            .order_by(Event.created_at)
        )
    )


def is_awaited(line_id: str | ColumnElement[str], raw_id: str | ColumnElement[str]) -> ColumnElement[bool]:
    """Whether something came before this message: a condition, to be asked along with another question."""
    return exists().where(EVENTS.c.line_id == line_id, EVENTS.c.waits_for == raw_id, EVENTS.c.outcome == WAITING)


def overtaken() -> list[Event]:
    """What waits although its message is here: both came in the same moment, and neither saw the other."""
    is_here = exists().where(Message.line_id == Event.line_id, Message.raw_id == Event.waits_for)
    return list(
        db.session.scalars(
            select(Event)
            .where(Event.outcome == WAITING, Event.created_at > clock.now() - OVERTAKEN_WITHIN, is_here)
            .order_by(Event.created_at)
            .limit(AT_ONCE)
        )
    )


def counts(line_id: str) -> list[tuple[str, str, str | None, int]]:
    """Name, outcome, reason and number of all that is kept, for the settings page."""
    rows = db.session.execute(
        select(Event.name, Event.outcome, Event.reason, func.count())
        .where(Event.line_id == line_id)
        .group_by(Event.name, Event.outcome, Event.reason)
        .order_by(Event.outcome, Event.name)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def forget_old() -> int:
    """Delete what is older than 30 days. How many rows went."""
    gone: Any = db.session.execute(
        delete(Event).where(Event.created_at < clock.now() - KEPT_FOR, Event.outcome != UNREADABLE)
    )
    return int(gone.rowcount)


def _insert(new: dict[str, Any]) -> Event | None:
    event_id = db.session.scalar(ENTER[db.session.get_bind().dialect.name], new)
    return db.session.get_one(Event, event_id) if event_id else None
