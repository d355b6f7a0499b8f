"""The event journal: each authentic webhook body, raw, in the same commit as its effect."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row, reference

APPLIED, IGNORED, WAITING, UNREADABLE = "applied", "ignored", "waiting", "unreadable"
OUTCOMES = (APPLIED, IGNORED, WAITING, UNREADABLE)


class Event(Row, db.Model):
    """`key` is the event's own id, else the body's hash: WAHA's second try finds it taken.

    `waits_for` is the raw message id that an ack (or edit, reaction, deletion) is early for. `created_at` is arrival.
    """

    __tablename__ = "webhook_events"
    __table_args__ = (
        CheckConstraint("outcome IN ('applied', 'ignored', 'waiting', 'unreadable')", name="ck_webhook_events_outcome"),
        Index("uq_webhook_events_key", "line_id", "key", unique=True),
        Index("ix_webhook_events_waits_for", "line_id", "waits_for"),
        Index("ix_webhook_events_created_at", "created_at"),
        Index("ix_webhook_events_outcome", "line_id", "outcome", "name"),
    )

    line_id: Mapped[str] = reference("lines.id")
    key: Mapped[str] = mapped_column(String(200))
    body_hash: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(60))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    outcome: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(200))
    waits_for: Mapped[str | None] = mapped_column(String(200))
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
