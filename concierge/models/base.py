"""What every row has: an id that sorts roughly by time but is never used for order, and two times."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils import uuid7

from concierge import clock
from concierge.extensions import ID, UtcDateTime


def new_id() -> str:
    """A UUID version 7 as 36 characters."""
    return str(uuid7())


def reference(target: str, *, nullable: bool = False, name: str | None = None, index: bool = False) -> Mapped[Any]:
    """A column that points at another row; rows that are pointed at are never deleted from under it."""
    column: list[Any] = [name, ID] if name else [ID]
    return mapped_column(*column, ForeignKey(target), nullable=nullable, index=index)


class Row:
    """Mixed into every model."""

    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)
