"""A guest in a room, from check-in to check-out."""

from datetime import date, datetime

from sqlalchemy import Boolean, Date, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from concierge import clock
from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row, reference
from concierge.models.guest import Guest
from concierge.models.room import Room

_IS_OPEN = text("checked_in_at IS NOT NULL AND checked_out_at IS NULL")


class Stay(Row, db.Model):
    """Dates are the hotel's; `checkout_date` may be open. `guest_name` is the name given at this check-in.

    `is_name_asked`: the phone was known under another name, and the desk has not said yet whether this is
    the same person.
    """

    __tablename__ = "checkin_rooms"
    __table_args__ = (
        Index("uq_checkin_rooms_open_room", "room_id", unique=True, postgresql_where=_IS_OPEN, sqlite_where=_IS_OPEN),
        Index("ix_checkin_rooms_guest", "user_id"),
        Index("ix_checkin_rooms_open", "hotel_id", postgresql_where=_IS_OPEN, sqlite_where=_IS_OPEN),
    )

    hotel_id: Mapped[str] = reference("hotels.id")
    guest_id: Mapped[str] = reference("users.id", name="user_id")
    room_id: Mapped[str] = reference("rooms.id")
    guest_name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8), default="id")
    checkin_date: Mapped[date] = mapped_column(Date)
    checkout_date: Mapped[date | None] = mapped_column(Date)
    checked_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_in_by_id: Mapped[str | None] = reference("staff.id", nullable=True)
    checked_out_by_id: Mapped[str | None] = reference("staff.id", nullable=True)
    is_name_asked: Mapped[bool] = mapped_column(Boolean, default=False)

    guest: Mapped[Guest] = relationship()
    room: Mapped[Room] = relationship()

    @property
    def is_open(self) -> bool:
        """The guest is in the house."""
        return self.checked_in_at is not None and self.checked_out_at is None

    def nights_left(self, time_zone: str) -> int | None:
        """Nights until the planned check-out, never negative; None when it is open."""
        if self.checkout_date is None:
            return None
        return max((self.checkout_date - clock.today(time_zone)).days, 0)
