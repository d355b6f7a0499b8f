"""How a line is reached, and how it is: connected, paused, probing."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update

from concierge import clock, failures, vault
from concierge.config import Config
from concierge.extensions import database_now, db, wake_worker
from concierge.models import Line
from concierge.models.line import WORKING

FIRST_PROBE, SLOWEST_PROBE = 5, 60
_CURED_BY_A_LOOK = {failures.UNREACHABLE, failures.NOT_WORKING, failures.KEY_REFUSED, failures.UNKNOWN_SESSION}
RESTRICTED_FOR, LONGEST_RESTRICTION = timedelta(hours=1), timedelta(days=31)
CHECK_EVERY = timedelta(seconds=20)
CHECK_TROUBLED_EVERY = timedelta(seconds=5)


@dataclass(frozen=True)
class Connection:
    """Where a line's WAHA is and how to speak to it."""

    host: str
    api_path: str
    waha_session: str
    api_key: str

    def __repr__(self) -> str:
        """Never the key: it would end in a log."""
        return f"Connection({self.host!r}, {self.waha_session!r})"


def first() -> Line:
    """The line of the bare webhook URL."""
    return db.session.scalars(select(Line).order_by(Line.position).limit(1)).one()


def of_hotel(hotel_id: str) -> Line:
    """The line that a hotel's new conversations use."""
    return db.session.scalars(select(Line).where(Line.hotel_id == hotel_id).order_by(Line.position).limit(1)).one()


def connection_of(line: Line, config: Config) -> Connection:
    """The environment describes the first line and overrides what its row says."""
    if line.is_first:
        return Connection(
            config.waha_host or line.host or "", config.waha_api_path, config.waha_session, config.waha_api_key
        )
    try:
        key = vault.decrypt(config.secret_key, line.api_key_encrypted) if line.api_key_encrypted else ""
    except vault.WrongKey:
        key = ""  # WAHA refuses that, which staff read; raised here it would stop the other lines, too
    return Connection(line.host or "", config.waha_api_path, line.waha_session, key)


def hmac_key_of(line: Line, config: Config) -> str:
    """The key this line's webhooks are signed with; empty when they are not."""
    if line.is_first and config.waha_hmac_key:
        return config.waha_hmac_key
    return vault.decrypt(config.secret_key, line.hmac_key_encrypted) if line.hmac_key_encrypted else ""


def by_token(token: str, config: Config) -> Line | None:
    """The line whose secret webhook path this is."""
    if config.webhook_token and _digest(token) == _digest(config.webhook_token):
        return first()
    return db.session.scalar(select(Line).where(Line.webhook_token_hash == _digest(token)))


def may_send(line_id: str) -> bool:
    """Take the line's turn in the claim's own transaction: its pace, and where it is paused, its probe.

    Of several workers that want the same turn one gets it.
    """
    line = db.session.get_one(Line, line_id, populate_existing=True)
    if line.paused_since is None and not line.gap_seconds:
        return True
    turn: dict[str, Any] = {}
    is_free: list[ColumnElement[bool]] = []
    if line.gap_seconds:
        turn["next_send_at"] = database_now(timedelta(seconds=line.gap_seconds))
        is_free.append(or_(Line.next_send_at.is_(None), Line.next_send_at <= database_now()))
    if line.paused_since:
        wait = min(max(line.probe_seconds * 2, FIRST_PROBE), SLOWEST_PROBE)
        turn |= {"probe_at": database_now(timedelta(seconds=wait)), "probe_seconds": wait}
        is_free.append(Line.probe_at <= database_now())
    taken = db.session.execute(
        update(Line)
        .where(Line.id == line_id, *is_free)
        .values(**turn)
        .returning(Line.id)
        .execution_options(synchronize_session=False)
    )
    return taken.first() is not None


def pause(line_id: str, reason: str, status: str | None = None) -> None:
    """Stop sending on this line until a probe gets through. What WAHA said of its session is kept too."""
    # Not a full lock: webhooks hold the line's key while they wait for a conversation that we may hold.
    line = db.session.get_one(Line, line_id, with_for_update={"key_share": True}, populate_existing=True)
    if line.paused_since is None:
        line.paused_since = clock.now()
        line.probe_seconds = FIRST_PROBE
        line.probe_at = clock.now() + timedelta(seconds=FIRST_PROBE)
    line.pause_reason = reason
    if status:
        _set_status(line, status)


def restrict(line_id: str, until: datetime | None) -> None:
    """WhatsApp lets this account write to nobody new. Where nobody says until when, we try again in an hour: each try
    before its time makes it worse."""
    until = min(until or clock.now() + RESTRICTED_FOR, clock.now() + LONGEST_RESTRICTION)
    db.session.execute(
        update(Line)
        .where(Line.id == line_id, or_(Line.restricted_until.is_(None), Line.restricted_until < until))
        .values(restricted_until=until)
        .execution_options(synchronize_session="fetch")
    )


def resume(line_id: str) -> None:
    """The line works again: everything that waited goes out."""
    line = db.session.get_one(Line, line_id)
    if line.paused_since is None and line.probe_seconds == 0:
        return
    line.paused_since = line.pause_reason = line.probe_at = None
    line.probe_seconds = 0
    line.catch_up_at = clock.now()  # what WAHA could not deliver meanwhile is read back
    if line.status != WORKING and line.status is not None:
        _set_status(line, WORKING)
    wake_worker(db.session())


def record_status(line: Line, status: str, own_phone: str | None = None, own_lid: str | None = None) -> None:
    """What WAHA says of its session. WORKING makes a paused line's probe due at once."""
    _set_status(line, status)
    line.own_phone = own_phone or line.own_phone
    line.own_lid = own_lid or line.own_lid
    if status == WORKING and line.paused_since:
        line.probe_at = clock.now()
        wake_worker(db.session())


def watch(line: Line, *, silent_after_minutes: int, heartbeat_minutes: int) -> None:
    """How closely a line that says it works is watched; 0 is not at all."""
    line.silent_after_minutes = silent_after_minutes
    if line.heartbeat_minutes != heartbeat_minutes:
        line.heartbeat_minutes = heartbeat_minutes
        line.heartbeat_at = line.heartbeat_sent_at = line.heartbeat_code = None


def settle(line: Line) -> None:
    """A look found the session WORKING: what was paused because it was not goes on at once.

    Where sends were refused for another reason (too fast, an odd answer) the look proves nothing; the probe decides.
    """
    if line.status == WORKING and line.paused_since and line.pause_reason in _CURED_BY_A_LOOK:
        resume(line.id)


def claim_check() -> Line | None:
    """A line whose session should be looked at now; one worker takes it, troubled lines more often."""
    long_ago = or_(
        Line.checked_at.is_(None),
        Line.checked_at < database_now(-CHECK_EVERY),
        (Line.checked_at < database_now(-CHECK_TROUBLED_EVERY))
        & or_(Line.paused_since.is_not(None), Line.status != WORKING, Line.status.is_(None)),
    )
    candidate = (
        select(Line.id)
        .where(long_ago)
        .order_by(Line.checked_at)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return db.session.execute(
        update(Line)
        .where(Line.id == candidate.scalar_subquery())
        .values(checked_at=database_now())
        .returning(Line)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).scalar_one_or_none()


def _set_status(line: Line, status: str) -> None:
    if line.status != status:
        if status == WORKING:
            line.catch_up_at = clock.now()
        line.status = status[:40]
        line.status_at = clock.now()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
