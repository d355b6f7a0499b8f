"""What somebody put on a bubble. In a direct chat there are two who can: the guest and the hotel's phone."""

from datetime import datetime

from sqlalchemy import Boolean, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row, reference


class Reaction(Row, db.Model):
    """An empty `emoji` is a reaction taken back: it stays, so that an older one that comes late does not return."""

    __tablename__ = "reactions"
    __table_args__ = (Index("uq_reactions_message", "message_id", "is_ours", unique=True),)

    message_id: Mapped[str] = reference("messages.id")
    is_ours: Mapped[bool] = mapped_column(Boolean)
    emoji: Mapped[str] = mapped_column(String(40))
    reacted_at: Mapped[datetime] = mapped_column(UtcDateTime)
