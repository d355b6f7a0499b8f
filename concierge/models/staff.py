"""Who may sign in, and how often somebody has tried in vain."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from concierge.extensions import UtcDateTime, db
from concierge.models.base import Row, reference
from concierge.models.hotel import Hotel

ROLES = ("desk", "manager", "admin")


def identify(staff_id: str, password_hash: str) -> str:
    """What a browser session keeps of a person."""
    return f"{staff_id}:{password_hash[-16:]}"


class Staff(Row, db.Model):
    """One member of staff of one hotel. The e-mail is kept in lower case.

    How the screen is for this person: `language` (None: the browser's), `theme`, single letters as `has_letter_keys`,
    the alarm's `sound_volume` (0 is silent) and whether the desktop is told (`wants_notifications`).
    """

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("theme IN ('auto', 'light', 'dark')", name="ck_staff_theme"),
        CheckConstraint("role IN ('desk', 'manager', 'admin')", name="ck_staff_role"),
        Index(
            "uq_staff_email",
            "email",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
            sqlite_where=text("deleted_at IS NULL"),
        ),
    )

    hotel_id: Mapped[str] = reference("hotels.id", index=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(20), default="desk")
    password_hash: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    language: Mapped[str | None] = mapped_column(String(8))
    theme: Mapped[str] = mapped_column(String(10), default="auto")
    has_letter_keys: Mapped[bool] = mapped_column(Boolean, default=True)
    sound_volume: Mapped[int] = mapped_column(Integer, default=70)
    wants_notifications: Mapped[bool] = mapped_column(Boolean, default=False)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    hotel: Mapped[Hotel] = relationship()

    # What Flask-Login asks of a user.
    is_authenticated = True
    is_anonymous = False

    def get_id(self) -> str:
        """What the browser session keeps; a new password ends every older browser session."""
        return identify(self.id, self.password_hash)

    @property
    def initials(self) -> str:
        """Two letters for the small round sign."""
        return "".join(part[0] for part in self.name.split()[:2]).upper()

    def may_manage(self) -> bool:
        """Settings and texts are for managers and admins."""
        return self.role in {"manager", "admin"}


class SignInAttempts(Row, db.Model):
    """Failures in a row of one key (an account from an address; an account from anywhere)."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("uq_sign_in_attempts_key", "key", unique=True),)

    key: Mapped[str] = mapped_column(String(400))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
