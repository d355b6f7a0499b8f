"""What staff want said at a later time. Not in the outbox until then: nothing waits behind it."""

from datetime import datetime

from sqlalchemy import Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row, reference
from concierge.models.staff import Staff

_IS_WAITING = text("posted_at IS NULL AND cancelled_at IS NULL")


class ScheduledMessage(Row, db.Model):
    """Posted at `send_at` by the worker as a message with this row's own id, so that it is posted once."""

    __tablename__ = "scheduled_messages"
    __table_args__ = (
        Index("ix_scheduled_messages_due", "send_at", postgresql_where=_IS_WAITING, sqlite_where=_IS_WAITING),
        Index("ix_scheduled_messages_conversation", "conversation_id"),
    )

    conversation_id: Mapped[str] = reference("sessions.id")
    author_id: Mapped[str] = reference("staff.id")
    text: Mapped[str] = mapped_column(Text)
    send_at: Mapped[datetime] = mapped_column(UtcDateTime)
    posted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(Integer)

    author: Mapped[Staff] = relationship()
