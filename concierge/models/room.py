"""A room: its number is the word that staff think in."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row, reference

CLEANING_STATES = ("clean", "dirty", "inspected", "out_of_order")


class Room(Row, db.Model):
    """`is_booked` follows the stays; what makes double occupancy impossible is the constraint on stays."""

    __tablename__ = "rooms"
    __table_args__ = (
        CheckConstraint(
            "cleaning_state IN ('clean', 'dirty', 'inspected', 'out_of_order')", name="ck_rooms_cleaning_state"
        ),
        Index(
            "uq_rooms_number",
            "hotel_id",
            "room_number",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
            sqlite_where=text("deleted_at IS NULL"),
        ),
    )

    hotel_id: Mapped[str] = reference("hotels.id")
    number: Mapped[str] = mapped_column("room_number", String(20))
    type: Mapped[str] = mapped_column(String(60), default="")
    is_booked: Mapped[bool] = mapped_column(Boolean, default=False)
    cleaning_state: Mapped[str] = mapped_column(String(20), default="clean")
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def label(self) -> str:
        """As lists of rooms show it: `302 · Deluxe`."""
        return f"{self.number} · {self.type}" if self.type else self.number
