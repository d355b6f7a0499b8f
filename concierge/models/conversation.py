"""One guest's thread on one line."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from concierge.extensions import ID, UtcDateTime, db
from concierge.models.address import Address
from concierge.models.base import Row, reference
from concierge.models.guest import Guest
from concierge.models.line import Line
from concierge.models.stay import Stay

_IS_ACTIVE = text("is_active = true")


class Conversation(Row, db.Model):
    """`seq` numbers its messages, `revision` everything visible; both are raised in the transaction they number.

    `waiting_since` is the arrival of the first guest message after the last answer of a person.
    `auto_reply_at` is when the automatic answer falls due, unless somebody is faster.
    `address_id` is where the guest last wrote from, or was last written to: answers go there.
    `joined_into_id`: its messages are in that thread now, because two guests turned out to be one.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        Index(
            "uq_sessions_active",
            "session_id",
            "line_id",
            unique=True,
            postgresql_where=_IS_ACTIVE,
            sqlite_where=_IS_ACTIVE,
        ),
        Index("ix_sessions_guest", "session_id"),
        Index("ix_sessions_stay", "checkin_room_id"),
        Index("ix_sessions_waiting", "hotel_id", "is_active", "waiting_since"),
        Index("ix_sessions_recent", "hotel_id", "last_message_at"),
        Index("ix_sessions_auto_reply", "auto_reply_at"),
    )

    hotel_id: Mapped[str] = reference("hotels.id")
    guest_id: Mapped[str] = reference("users.id", name="session_id")
    stay_id: Mapped[str | None] = reference("checkin_rooms.id", name="checkin_room_id", nullable=True)
    line_id: Mapped[str] = reference("lines.id")
    address_id: Mapped[str | None] = reference("guest_addresses.id", nullable=True)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    start: Mapped[datetime] = mapped_column(UtcDateTime)
    end: Mapped[datetime | None] = mapped_column(UtcDateTime)
    duration: Mapped[int | None] = mapped_column(Integer)
    seq: Mapped[int] = mapped_column(Integer, default=0)
    revision: Mapped[int] = mapped_column(Integer, default=0)
    last_message_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    auto_reply_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    joined_into_id: Mapped[str | None] = mapped_column(ID, ForeignKey("sessions.id", name="fk_sessions_joined_into"))

    guest: Mapped[Guest] = relationship()
    stay: Mapped[Stay | None] = relationship()
    line: Mapped[Line] = relationship()
    address: Mapped[Address | None] = relationship()
