"""What somebody has begun to write and not sent."""

from sqlalchemy import CheckConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from concierge.extensions import db
from concierge.models.base import Row, reference

REPLY, NOTE = "reply", "note"


class Draft(Row, db.Model):
    """One per person, conversation and box. `seq` is of the last message that was there when the writing began."""

    __tablename__ = "drafts"
    __table_args__ = (
        CheckConstraint("kind IN ('reply', 'note')", name="ck_drafts_kind"),
        Index("uq_drafts", "conversation_id", "staff_id", "kind", unique=True),
    )

    conversation_id: Mapped[str] = reference("sessions.id")
    staff_id: Mapped[str] = reference("staff.id", index=True)
    kind: Mapped[str] = mapped_column(String(10), default=REPLY)
    text: Mapped[str] = mapped_column(Text)
    seq: Mapped[int] = mapped_column(Integer, default=0)
