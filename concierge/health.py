"""The dead-man's light: is anything being sent, since when not, and how much waits."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from concierge import clock, failures, heartbeat
from concierge.extensions import db
from concierge.models import Event, Line, Message, WorkerReport
from concierge.models.event import UNREADABLE
from concierge.models.line import WORKING
from concierge.models.message import QUEUED

REPORT_EVERY = timedelta(seconds=5)
SILENT_AFTER = timedelta(seconds=20)
# A reconnect takes seconds and repairs itself: nobody is called for it.
FLAP = timedelta(seconds=10)
# All that is looked at of a line: who asks for these columns alone can ask for its faults.
OF_A_LINE = (
    "status",
    "status_at",
    "created_at",
    "paused_since",
    "pause_reason",
    "restricted_until",
    "last_event_at",
    "silent_after_minutes",
    "heartbeat_minutes",
    "heartbeat_sent_at",
    "heartbeat_seen_at",
)
_START_AGAIN = "Start it again: `flask worker`."


@dataclass(frozen=True)
class Fault:
    """Something that stops the work: what, since when (None: it never worked), what to do.

    A doubt does not stop everything: the line says it works, and it may not, or not for everybody. `until` where
    somebody said when it ends.
    """

    code: str
    what: str
    do: str
    since: datetime | None
    is_doubt: bool = False
    until: datetime | None = None


@dataclass(frozen=True)
class Health:
    """How a hotel's sending is. `waiting` counts its messages in the outbox, `unreadable` its events."""

    faults: tuple[Fault, ...]
    line_status: str | None
    waiting: int
    unreadable: int
    last_event_at: datetime | None

    @property
    def is_sending(self) -> bool:
        """Nothing is known to stand in the way."""
        return not self.stops

    @property
    def stops(self) -> tuple[Fault, ...]:
        """Because of these nothing is sent."""
        return tuple(fault for fault in self.faults if not fault.is_doubt)

    @property
    def doubts(self) -> tuple[Fault, ...]:
        """Because of these perhaps nothing comes in, or goes out."""
        return tuple(fault for fault in self.faults if fault.is_doubt)

    @property
    def fingerprint(self) -> str:
        """Changes whenever what a page shows of this changes."""
        shown = [(fault.code, fault.what, fault.since, fault.until) for fault in self.faults]
        return hashlib.sha256(repr((shown, self.waiting, self.unreadable)).encode()).hexdigest()[:12]


def of_hotel(hotel_id: str) -> Health:
    """The health of one hotel's line, and of the workers."""
    line = db.session.scalars(select(Line).where(Line.hotel_id == hotel_id).order_by(Line.position).limit(1)).one()
    faults = tuple(fault for fault in (_of_workers(), *_of_line(line)) if fault)
    waiting = select(func.count()).where(Message.line_id == line.id, Message.status == QUEUED)
    unreadable = select(func.count()).where(Event.line_id == line.id, Event.outcome == UNREADABLE)
    return Health(
        faults=faults,
        line_status=line.status,
        # What is on its way this very second does not wait: it would make the count flicker.
        waiting=db.session.scalar(waiting) or 0 if any(not fault.is_doubt for fault in faults) else 0,
        unreadable=db.session.scalar(unreadable) or 0,
        last_event_at=line.last_event_at,
    )


def faults(worker_seen_at: datetime | None, line: Line) -> tuple[Fault, ...]:
    """What stands in the way, for who has looked already: at the last sign of a worker, and at the line."""
    is_alive = worker_seen_at is not None and worker_seen_at > clock.now() - SILENT_AFTER
    of_workers = None if is_alive else Fault("worker", "worker stopped", _START_AGAIN, worker_seen_at)
    return tuple(fault for fault in (of_workers, *_of_line(line)) if fault)


def of_everything() -> dict[str, Fault | None]:
    """Workers and each line, by name, for the health endpoint."""
    parts: dict[str, Fault | None] = {"worker": _of_workers()}
    for line in db.session.scalars(select(Line).order_by(Line.position)):
        parts[f"line {line.position}"] = next(iter(_of_line(line)), None)
    return parts


def _of_workers() -> Fault | None:
    seen_at, stopped = db.session.execute(
        select(func.max(WorkerReport.seen_at), func.count()).where(WorkerReport.stopped_at.is_(None))
    ).one()
    if seen_at and seen_at > clock.now() - SILENT_AFTER:
        return None
    since = seen_at or db.session.scalar(select(func.max(WorkerReport.stopped_at)))
    return Fault("worker", "worker stopped", _START_AGAIN, since)


def _of_line(line: Line) -> list[Fault]:
    """What stops it, alone; else every doubt about it."""
    if line.paused_since:
        words = failures.of_line(line.status, line.pause_reason)
        return [Fault(line.pause_reason or "paused", words.what, words.do, line.paused_since)]
    is_known = line.status is not None and line.status != WORKING
    if is_known and line.status_at and line.status_at < clock.now() - FLAP:
        words = failures.of_line(line.status, None)
        return [Fault("status", words.what, words.do, line.status_at)]
    doubts = [_restriction_of(line), _doubt_about(line) if line.status == WORKING else None]
    return [doubt for doubt in doubts if doubt]


def _restriction_of(line: Line) -> Fault | None:
    if line.restricted_until is None or line.restricted_until <= clock.now():
        return None
    words = failures.ACCOUNT_RESTRICTED
    return Fault("restricted", words.what, words.do, None, is_doubt=True, until=line.restricted_until)


def _doubt_about(line: Line) -> Fault | None:
    """WORKING can lie: WAHA says connected, and nothing comes through (WAHA issues 925, 1456, 1717, 2151)."""
    if since := heartbeat.missed_since(line):
        return Fault("heartbeat", failures.NOT_BACK.what, failures.NOT_BACK.do, since, is_doubt=True)
    heard_at = line.last_event_at or line.status_at or line.created_at
    longest = timedelta(minutes=line.silent_after_minutes)
    if line.silent_after_minutes and heard_at < clock.now() - longest:
        return Fault("silent", failures.SILENT.what, failures.SILENT.do, heard_at, is_doubt=True)
    return None
