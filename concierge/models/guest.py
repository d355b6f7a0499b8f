"""A person who is or was a guest, or who wrote to us."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from concierge import phone
from concierge.extensions import ID, db
from concierge.models.address import Address
from concierge.models.base import Row, reference


class Guest(Row, db.Model):
    """`mobile_phone` is as last given and carries no constraint: who may be reached where is in the addresses.

    `name` is empty until somebody at the desk says it; what the guest calls himself on WhatsApp is a lesser field.
    `joined_into_id`: turned out to be that guest, who has everything now (concierge.identity).
    """

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('guest')", name="ck_users_role"),
        Index("ix_users_hotel", "hotel_id"),
    )

    hotel_id: Mapped[str] = reference("hotels.id")
    name: Mapped[str | None] = mapped_column(String(200))
    profile_name: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))
    mobile_phone: Mapped[str | None] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(20), default="guest")
    language: Mapped[str | None] = mapped_column(String(8))
    joined_into_id: Mapped[str | None] = mapped_column(ID, ForeignKey("users.id", name="fk_users_joined_into"))

    addresses: Mapped[list[Address]] = relationship(back_populates="guest")

    @property
    def shown_name(self) -> str:
        """The name from check-in; else the profile's, marked by `~` as WhatsApp does; else how they are reached."""
        if self.name:
            return self.name
        if self.profile_name:
            return f"~{self.profile_name}"
        return self.shown_phone or "Number hidden by WhatsApp"

    @property
    def shown_phone(self) -> str | None:
        """The number to call, as people write it."""
        return phone.show(self.mobile_phone) if self.mobile_phone else None
