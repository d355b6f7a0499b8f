"""How far one member of staff has read a conversation."""

from sqlalchemy import Boolean, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from concierge.extensions import db
from concierge.models.base import Row, reference


class Reading(Row, db.Model):
    """`seq` is of the last message that was on this person's screen; `is_marked_unread` until it is opened again."""

    __tablename__ = "readings"
    __table_args__ = (Index("uq_readings", "conversation_id", "staff_id", unique=True),)

    conversation_id: Mapped[str] = reference("sessions.id")
    staff_id: Mapped[str] = reference("staff.id")
    seq: Mapped[int] = mapped_column(Integer, default=0)
    is_marked_unread: Mapped[bool] = mapped_column(Boolean, default=False)
