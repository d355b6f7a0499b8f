"""A sign of life of each worker process: what the dead-man's light reads."""

from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row


class WorkerReport(Row, db.Model):
    """One row per worker process, kept fresh while it lives."""

    __tablename__ = "worker_reports"
    __table_args__ = (Index("ix_worker_reports_seen_at", "seen_at"),)

    host: Mapped[str] = mapped_column(String(200))
    pid: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
