"""One bubble. An outgoing one is its own outbox row."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from concierge.extensions import ID, UtcDateTime, db
from concierge.models.address import Address
from concierge.models.base import Row, reference
from concierge.models.conversation import Conversation
from concierge.models.media import Media
from concierge.models.reaction import Reaction
from concierge.models.staff import Staff

HOTEL = "System"
GUEST = "User"

# A message's life. `accepted` is WAHA's word only: the first tick is shown at `sent`.
QUEUED, SENDING, ACCEPTED = "queued", "sending", "accepted"
SENT, DELIVERED, READ = "sent", "delivered", "read"
FAILED, CANCELLED, UNCONFIRMED = "failed", "cancelled", "unconfirmed"
STATUSES = (QUEUED, SENDING, ACCEPTED, SENT, DELIVERED, READ, FAILED, CANCELLED, UNCONFIRMED)

IN_FLIGHT = (QUEUED, SENDING)  # later messages of the conversation wait behind these
LADDER = (ACCEPTED, SENT, DELIVERED, READ)  # acks only climb
REACHED_WHATSAPP = (SENT, DELIVERED, READ)
NEEDS_A_PERSON = (FAILED, UNCONFIRMED)

# Who goes first when much is due: people, then welcomes, then automatic answers.
PRIORITIES = {"staff": 0, "welcome": 1, "automatic": 2}

# Who or what wrote it.
WELCOME, AUTOMATIC, STAFF, PHONE, GUEST_WROTE = "welcome", "automatic", "staff", "phone", "guest"
ORIGINS = (WELCOME, AUTOMATIC, STAFF, PHONE, GUEST_WROTE)

# A call that somebody took on the hotel's phone: nobody waits for an answer to it.
CALL, ANSWERED_CALL = "call", "answered_call"

# What came of calling a guest whom a message did not reach.
REACHED, NO_ANSWER, NOT_NEEDED = "reached", "no_answer", "not_needed"
CALL_OUTCOMES = (REACHED, NO_ANSWER, NOT_NEEDED)

_IS_QUEUED = text("status = 'queued'")
_IS_SENDING = text("status = 'sending'")
_IS_ACCEPTED = text("status = 'accepted'")
# What a person should see: not sent, perhaps sent, grown stale, or taken by WAHA and not by WhatsApp.
IS_TROUBLE = text(
    "call_outcome IS NULL AND (status IN ('failed', 'unconfirmed') OR failure = 'expired' OR flagged_at IS NOT NULL)"
)
_IS_ONLY_CHOSEN = text("raw_id IS NULL AND chosen_id IS NOT NULL")
_IN_FLIGHT = text("status IN ('queued', 'sending')")


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class Message(Row, db.Model):
    """`status` is of what the hotel sends; what a guest sent has none.

    `sent_at` is the sender's own time, never later than arrival (`created_at`). `due_at` is when a queued
    message may go out, and while it is `sending` when its lease ends, or, once its fate is unknown (`looking_since`),
    when it is looked for next. `raw_id` is WhatsApp's id without chat, `chosen_id` the one we asked WAHA to use,
    committed before the call; `tried_at` is when the last call began. `expires_at`: later it would be nonsense.
    `flagged_at`: WAHA took it a minute ago and WhatsApp has not. `failure` is a code that concierge.failures words.

    `content_revision` is the revision of the last change of what the bubble holds (edit, deletion, reaction, file),
    0 where it is as it came. `edited_at` is the editor's own time; `original_text` what was written first.
    `is_awaited` is no column: while the message is being stored it says that something came before it.
    """

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint(f"role IN ('{HOTEL}', '{GUEST}')", name="ck_messages_role"),
        CheckConstraint(f"status IN ({_listed(STATUSES)})", name="ck_messages_status"),
        CheckConstraint(f"(role = '{GUEST}') = (status IS NULL)", name="ck_messages_status_by_role"),
        CheckConstraint(f"call_outcome IN ({_listed(CALL_OUTCOMES)})", name="ck_messages_call_outcome"),
        CheckConstraint(f"origin IN ({_listed(ORIGINS)})", name="ck_messages_origin"),
        Index("uq_messages_seq", "session_id", "seq", unique=True),
        Index(
            "uq_messages_raw_id",
            "line_id",
            "raw_id",
            "role",
            unique=True,
            postgresql_where=text("raw_id IS NOT NULL"),
            sqlite_where=text("raw_id IS NOT NULL"),
        ),
        Index(
            "ix_messages_chosen_id",
            "line_id",
            "chosen_id",
            postgresql_where=_IS_ONLY_CHOSEN,
            sqlite_where=_IS_ONLY_CHOSEN,
        ),
        Index("ix_messages_trouble", "line_id", postgresql_where=IS_TROUBLE, sqlite_where=IS_TROUBLE),
        Index("ix_messages_revision", "session_id", "revision"),
        Index("ix_messages_thread", "session_id", "sent_at", "seq"),
        Index(
            "ix_messages_due",
            "priority",
            "due_at",
            "created_at",
            postgresql_where=_IS_QUEUED,
            sqlite_where=_IS_QUEUED,
        ),
        Index("ix_messages_accepted", "accepted_at", postgresql_where=_IS_ACCEPTED, sqlite_where=_IS_ACCEPTED),
        Index(
            "ix_messages_first_contact",
            "line_id",
            "tried_at",
            postgresql_where=text("is_first_contact"),
            sqlite_where=text("is_first_contact = 1"),
        ),
        Index("ix_messages_leased", "due_at", postgresql_where=_IS_SENDING, sqlite_where=_IS_SENDING),
        Index("ix_messages_in_flight", "session_id", "seq", postgresql_where=_IN_FLIGHT, sqlite_where=_IN_FLIGHT),
    )

    conversation_id: Mapped[str] = reference("sessions.id", name="session_id")
    line_id: Mapped[str] = reference("lines.id")
    address_id: Mapped[str | None] = reference("guest_addresses.id", nullable=True)
    author_id: Mapped[str | None] = reference("staff.id", nullable=True)
    role: Mapped[str] = mapped_column(String(10))
    origin: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20), default="text")
    text: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    seq: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    raw_id: Mapped[str | None] = mapped_column(String(200))
    quoted_raw_id: Mapped[str | None] = mapped_column(String(200))
    content_revision: Mapped[int] = mapped_column(Integer, default=0)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    original_text: Mapped[str | None] = mapped_column(Text)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_awaited = False

    status: Mapped[str | None] = mapped_column(String(20))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    claims: Mapped[int] = mapped_column(Integer, default=0)
    priority: Mapped[int] = mapped_column(Integer, default=0)
    is_first_contact: Mapped[bool] = mapped_column(Boolean, default=False)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    chosen_id: Mapped[str | None] = mapped_column(String(200))
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    looking_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    flagged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str | None] = mapped_column(String(40))
    call_outcome: Mapped[str | None] = mapped_column(String(20))
    call_outcome_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    call_outcome_by_id: Mapped[str | None] = mapped_column(
        ID, ForeignKey("staff.id", name="fk_messages_call_outcome_by")
    )
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    conversation: Mapped[Conversation] = relationship()
    address: Mapped[Address | None] = relationship()
    author: Mapped[Staff | None] = relationship(foreign_keys=[author_id])
    called_by: Mapped[Staff | None] = relationship(foreign_keys=[call_outcome_by_id])

    media: Mapped[Media | None] = relationship(back_populates="message")
    reactions: Mapped[list[Reaction]] = relationship(order_by=Reaction.is_ours)
    quoted_messages: Mapped[list["Message"]] = relationship(
        primaryjoin="and_(Message.line_id == foreign(remote(Message.line_id)),"
        " Message.quoted_raw_id == foreign(remote(Message.raw_id)))",
        viewonly=True,
    )

    @property
    def quoted(self) -> "Message | None":
        """The message that this one answers, where we have it."""
        return self.quoted_messages[0] if self.quoted_messages else None

    @property
    def is_ours(self) -> bool:
        """The hotel wrote it: a person, the automatic answer, or the phone itself."""
        return self.role == HOTEL
