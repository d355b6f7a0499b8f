"""A file that came with a message: what was told of it, and what became of fetching it."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row, reference

if TYPE_CHECKING:
    from concierge.models.message import Message

WANTED, STORED, FAILED = "wanted", "stored", "failed"

_IS_WANTED = text("state = 'wanted'")


class Media(Row, db.Model):
    """`url`, `told_type` and `filename` are what WAHA told, never believed; `content_type` is what the bytes say.

    `told_id` is the message's whole id, by which WAHA is asked again. `due_at` is when it is fetched next, or, while
    somebody fetches it, when that claim ends. `reason` is why the last try failed (concierge.media words it).
    """

    __tablename__ = "media"
    __table_args__ = (
        CheckConstraint("state IN ('wanted', 'stored', 'failed')", name="ck_media_state"),
        Index("uq_media_message", "message_id", unique=True),
        Index("ix_media_due", "due_at", postgresql_where=_IS_WANTED, sqlite_where=_IS_WANTED),
    )

    hotel_id: Mapped[str] = reference("hotels.id")
    message_id: Mapped[str] = reference("messages.id")
    told_id: Mapped[str] = mapped_column(String(400))
    url: Mapped[str | None] = mapped_column(Text)
    told_type: Mapped[str | None] = mapped_column(String(200))
    filename: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default=WANTED)
    reason: Mapped[str | None] = mapped_column(String(40))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    claims: Mapped[int] = mapped_column(Integer, default=0)
    content_type: Mapped[str | None] = mapped_column(String(40))
    size: Mapped[int | None] = mapped_column(Integer)

    message: Mapped["Message"] = relationship(back_populates="media")

    @property
    def folder(self) -> str:
        """Where it lies under MEDIA_DIR: one folder per hotel and month."""
        return f"{self.hotel_id}/{self.created_at:%Y-%m}"

    @property
    def shown_as(self) -> str:
        """image, audio or video where a browser may show it; everything else is a file."""
        top = (self.content_type or "").partition("/")[0]
        return top if top in {"image", "audio", "video"} else "file"
