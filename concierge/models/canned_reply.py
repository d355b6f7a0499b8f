"""Answers that are written again and again, one per shortcut and language."""

from datetime import datetime

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row, reference

_IS_KEPT = text("deleted_at IS NULL")


class CannedReply(Row, db.Model):
    """`body` may hold {name}, {room} and {hotel}; what is empty for a guest refuses to be sent."""

    __tablename__ = "canned_replies"
    __table_args__ = (
        Index(
            "uq_canned_replies",
            "hotel_id",
            "shortcut",
            "language",
            unique=True,
            postgresql_where=_IS_KEPT,
            sqlite_where=_IS_KEPT,
        ),
    )

    hotel_id: Mapped[str] = reference("hotels.id")
    shortcut: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
