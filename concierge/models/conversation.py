"""One guest's thread on one line."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from concierge import clock
from concierge.extensions import ID, UtcDateTime, db
from concierge.models.address import Address
from concierge.models.base import Row, reference
from concierge.models.guest import Guest
from concierge.models.line import Line
from concierge.models.staff import Staff
from concierge.models.stay import Stay

_IS_ACTIVE = text("is_active = true")
_IS_TAKEN = text("assigned_to_id IS NOT NULL")
_WAITS = text("waiting_since IS NOT NULL")
_RESTS = text("snoozed_until IS NOT NULL")
_IS_CLOSED = text("is_active = false")
_IS_UNLINKED = text("checkin_room_id IS NULL AND is_active = true")


class Conversation(Row, db.Model):
    """`seq` numbers its messages, `revision` everything visible; both are raised in the transaction they number.

    `waiting_since` is the arrival of the first guest message after the last answer of a person.
    `auto_reply_at` is when the automatic answer falls due, unless somebody is faster.
    `address_id` is where the guest last wrote from, or was last written to: answers go there.
    `assigned_to_id` has taken it; `answering_by_id` is typing an answer, a lease that ends at `answering_until`.
    `snoozed_until`: it rests until then, or until the guest writes. `settled_seq`: up to that message somebody said
    that no reply is needed. `joined_into_id`: its messages are in that thread now, because two guests turned out to be
    one.
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
        Index("ix_sessions_waiting", "hotel_id", "waiting_since", postgresql_where=_WAITS, sqlite_where=_WAITS),
        Index("ix_sessions_resting", "hotel_id", "snoozed_until", postgresql_where=_RESTS, sqlite_where=_RESTS),
        Index("ix_sessions_recent", "hotel_id", "last_message_at"),
        Index(
            "ix_sessions_closed",
            "hotel_id",
            "is_active",
            "last_message_at",
            postgresql_where=_IS_CLOSED,
            sqlite_where=_IS_CLOSED,
        ),
        Index(
            "ix_sessions_unlinked",
            "hotel_id",
            "is_active",
            "last_message_at",
            postgresql_where=_IS_UNLINKED,
            sqlite_where=_IS_UNLINKED,
        ),
        Index("ix_sessions_changed", "hotel_id", "updated_at"),
        Index("ix_sessions_assigned", "assigned_to_id", postgresql_where=_IS_TAKEN, sqlite_where=_IS_TAKEN),
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
    assigned_to_id: Mapped[str | None] = mapped_column(ID, ForeignKey("staff.id", name="fk_sessions_assigned_to"))
    assigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answering_by_id: Mapped[str | None] = mapped_column(ID, ForeignKey("staff.id", name="fk_sessions_answering_by"))
    answering_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    snoozed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_seq: Mapped[int] = mapped_column(Integer, default=0)
    joined_into_id: Mapped[str | None] = mapped_column(ID, ForeignKey("sessions.id", name="fk_sessions_joined_into"))

    guest: Mapped[Guest] = relationship()
    stay: Mapped[Stay | None] = relationship()
    line: Mapped[Line] = relationship()
    address: Mapped[Address | None] = relationship()
    assigned_to: Mapped[Staff | None] = relationship(foreign_keys=[assigned_to_id])
    answering_by: Mapped[Staff | None] = relationship(foreign_keys=[answering_by_id])

    @property
    def is_resting(self) -> bool:
        """Somebody put it to rest, and its time has not come."""
        return self.snoozed_until is not None and self.snoozed_until > clock.now()

    @property
    def needs_reply(self) -> bool:
        """Its guest waits for a person, now."""
        return self.waiting_since is not None and not self.is_resting

    @property
    def is_unlinked(self) -> bool:
        """Somebody wrote, and nobody has said yet whose stay it belongs to."""
        return self.stay_id is None and self.is_active
