"""A property. Everything else belongs to one."""

from zoneinfo import ZoneInfo

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from concierge.extensions import db
from concierge.models.base import Row

# Guests are written to in these; the texts of both are shipped.
LANGUAGES = {"id": "Bahasa Indonesia", "en": "English"}


class Hotel(Row, db.Model):
    """Name, zone, country (for phones typed without a code) and the language of guests nobody knows yet.

    `undo_seconds`: how long what staff typed is held before it goes out. A guest who waits turns amber and red after so
    many minutes; managers are called after `escalate_minutes` (0: never).
    """

    __tablename__ = "hotels"

    name: Mapped[str] = mapped_column(String(120))
    time_zone: Mapped[str] = mapped_column(String(64), default="Asia/Jakarta")
    country: Mapped[str] = mapped_column(String(2), default="ID")
    language: Mapped[str] = mapped_column(String(8), default="id")
    undo_seconds: Mapped[int] = mapped_column(Integer, default=5)
    amber_minutes: Mapped[int] = mapped_column(Integer, default=3)
    red_minutes: Mapped[int] = mapped_column(Integer, default=5)
    escalate_minutes: Mapped[int] = mapped_column(Integer, default=10)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this hotel shows times."""
        return ZoneInfo(self.time_zone)
