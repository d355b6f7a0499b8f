"""How a guest is reached on WhatsApp: a phone, or the hidden id (LID) that WhatsApp uses instead."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from concierge import phone
from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row, reference

if TYPE_CHECKING:
    from concierge.models.guest import Guest

PHONE = "phone"
LID = "lid"


class Address(Row, db.Model):
    """One phone or LID of one guest. Released, it may belong to somebody else; nothing more is sent to it.

    `lid_of` stands at a LID: the phone (E.164) that WhatsApp says is the same account.
    """

    __tablename__ = "guest_addresses"
    __table_args__ = (
        CheckConstraint("kind IN ('phone', 'lid')", name="ck_guest_addresses_kind"),
        Index(
            "uq_guest_addresses_value",
            "hotel_id",
            "kind",
            "value",
            unique=True,
            postgresql_where=text("released_at IS NULL"),
            sqlite_where=text("released_at IS NULL"),
        ),
    )

    hotel_id: Mapped[str] = reference("hotels.id")
    guest_id: Mapped[str] = reference("users.id", index=True)
    kind: Mapped[str] = mapped_column(String(10))
    value: Mapped[str] = mapped_column(String(60))
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lid_of: Mapped[str | None] = mapped_column(String(60))

    guest: Mapped["Guest"] = relationship(back_populates="addresses")

    @property
    def chat_id(self) -> str:
        """What WAHA calls this chat. Phones are E.164, LIDs bare digits."""
        return f"{self.value}@lid" if self.kind == LID else f"{self.value.lstrip('+')}@c.us"

    @property
    def shown(self) -> str:
        """As staff read it."""
        return phone.show(self.value) if self.kind == PHONE else "number hidden by WhatsApp"
