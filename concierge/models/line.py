"""One WhatsApp number: one WAHA session on one WAHA server, and how it is."""

from datetime import datetime

from sqlalchemy import Boolean, Float, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row, reference
from concierge.models.hotel import Hotel

WORKING = "WORKING"


class Line(Row, db.Model):
    """The first line (position 0) is described by the environment, which overrides what is stored here.

    `status` is WAHA's word for its session; `paused_since` is ours: sends were refused, and one message
    at a time probes from `probe_at` on. `gap_seconds` is the pace: no two sends begin closer together.
    Everything up to `caught_up_at` was read back from the chats; `catch_up_at` is when that is due again and
    `catch_up_until` when the lease of who does it ends; `catch_up_hint` says why it cannot be done.
    Until `restricted_until` WhatsApp lets this account write to nobody who has not written first.
    A heartbeat with `heartbeat_code` left at `heartbeat_sent_at`; one came back at `heartbeat_seen_at`.
    API key and HMAC key are encrypted (concierge.lines).
    """

    __tablename__ = "lines"
    __table_args__ = (
        Index("uq_lines_position", "position", unique=True),
        Index("uq_lines_token", "webhook_token_hash", unique=True),
    )

    hotel_id: Mapped[str] = reference("hotels.id", index=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    name: Mapped[str] = mapped_column(String(120), default="WhatsApp")
    host: Mapped[str | None] = mapped_column(String(500))
    waha_session: Mapped[str] = mapped_column(String(64), default="default")
    api_key_encrypted: Mapped[str | None] = mapped_column(Text)
    hmac_key_encrypted: Mapped[str | None] = mapped_column(Text)
    webhook_token_hash: Mapped[str | None] = mapped_column(String(64))

    own_phone: Mapped[str | None] = mapped_column(String(20))
    own_lid: Mapped[str | None] = mapped_column(String(40))
    status: Mapped[str | None] = mapped_column(String(40))
    status_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_event_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    paused_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pause_reason: Mapped[str | None] = mapped_column(String(40))
    probe_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    probe_seconds: Mapped[int] = mapped_column(Integer, default=0)

    gap_seconds: Mapped[float] = mapped_column(Float, default=1.0)
    next_send_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_typing_shown: Mapped[bool] = mapped_column(Boolean, default=True)
    first_contacts_an_hour: Mapped[int] = mapped_column(Integer, default=60)

    restricted_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    caught_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    catch_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    catch_up_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    catch_up_hint: Mapped[str | None] = mapped_column(String(40))
    silent_after_minutes: Mapped[int] = mapped_column(Integer, default=1440)
    heartbeat_minutes: Mapped[int] = mapped_column(Integer, default=0)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heartbeat_code: Mapped[str | None] = mapped_column(String(20))
    heartbeat_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heartbeat_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    hotel: Mapped[Hotel] = relationship()

    @property
    def is_first(self) -> bool:
        """The line of the bare webhook URL, described by the environment."""
        return self.position == 0
