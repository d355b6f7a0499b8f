"""Something to be asked of WAHA: a row with a lease, done by the worker, because nobody else calls out."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row, reference
from concierge.models.line import Line

PHONE_OF_LID, LID_OF_PHONE = "phone_of_lid", "lid_of_phone"
WAITING, DONE, GIVEN_UP = "waiting", "done", "given_up"

_IS_WAITING = text("state = 'waiting'")


class Errand(Row, db.Model):
    """`subject` is an address's value. `due_at`: when it may be done, and while it is done, when its lease ends.

    `attempts` counts the answers that told nothing; `answer` is what WAHA knew, or what an echo showed before.
    """

    __tablename__ = "errands"
    __table_args__ = (
        CheckConstraint("kind IN ('phone_of_lid', 'lid_of_phone')", name="ck_errands_kind"),
        CheckConstraint("state IN ('waiting', 'done', 'given_up')", name="ck_errands_state"),
        Index("uq_errands_subject", "line_id", "kind", "subject", unique=True),
        Index("ix_errands_due", "due_at", postgresql_where=_IS_WAITING, sqlite_where=_IS_WAITING),
    )

    line_id: Mapped[str] = reference("lines.id")
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(20), default=WAITING)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claims: Mapped[int] = mapped_column(Integer, default=0)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    answer: Mapped[str | None] = mapped_column(String(60))

    line: Mapped[Line] = relationship()
