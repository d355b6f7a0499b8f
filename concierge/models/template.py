"""The texts of a hotel: one per kind and language, worded by its manager."""

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from concierge.extensions import db
from concierge.models.base import Row, reference

KINDS = ("welcome", "auto_reply")


class Template(Row, db.Model):
    """`body` may hold {name}, {room} and {hotel}."""

    __tablename__ = "templates"
    __table_args__ = (
        CheckConstraint("kind IN ('welcome', 'auto_reply')", name="ck_templates_kind"),
        Index("uq_templates_kind_language", "hotel_id", "kind", "language", unique=True),
    )

    hotel_id: Mapped[str] = reference("hotels.id")
    kind: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(8))
    body: Mapped[str] = mapped_column(Text)
