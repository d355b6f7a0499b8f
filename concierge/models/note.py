"""What staff write for each other. A table of its own: no way leads from here to the outbox."""

from datetime import datetime

from sqlalchemy import Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row, reference
from concierge.models.staff import Staff


class Note(Row, db.Model):
    """Stands in the thread at the time it was written. `revision` is the conversation's when it last changed."""

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_conversation", "conversation_id", "created_at"),)

    conversation_id: Mapped[str] = reference("sessions.id")
    author_id: Mapped[str] = reference("staff.id")
    text: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(Integer)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    author: Mapped[Staff] = relationship()

    @property
    def sent_at(self) -> datetime:
        """Its place among the messages."""
        return self.created_at
