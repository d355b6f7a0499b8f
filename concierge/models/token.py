"""What a program signs in with, and the answers it was already given."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row, reference
from concierge.models.hotel import Hotel


class ApiToken(Row, db.Model):
    """Only the SHA-256 of a token is kept; it is random, so no slow hash is needed."""

    __tablename__ = "api_tokens"
    __table_args__ = (Index("uq_api_tokens_hash", "token_hash", unique=True),)

    hotel_id: Mapped[str] = reference("hotels.id", index=True)
    name: Mapped[str] = mapped_column(String(120))
    token_hash: Mapped[str] = mapped_column(String(64))
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    hotel: Mapped[Hotel] = relationship()


class IdempotentAnswer(Row, db.Model):
    """The answer to one Idempotency-Key of one caller, stored in the commit of its effect; kept 24 hours."""

    __tablename__ = "idempotent_answers"
    __table_args__ = (
        Index("uq_idempotent_answers_key", "caller", "key", unique=True),
        Index("ix_idempotent_answers_created_at", "created_at"),
    )

    caller: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(200))
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    answer: Mapped[dict[str, Any]] = mapped_column(JSON)
