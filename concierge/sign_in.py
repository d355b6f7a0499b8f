"""Who is signing in: passwords, and patience with those who guess."""

import re
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from concierge import clock
from concierge.extensions import db
from concierge.models import Hotel, SignInAttempts, Staff
from concierge.models.base import new_id

SHORTEST_PASSWORD = 10
LONGEST_EMAIL, LONGEST_NAME = 254, 120
# Tries in a row before waiting begins: one person's typing errors, and a guesser with many addresses.
FREE_TRIES_FROM_ADDRESS = 5
FREE_TRIES_OF_ACCOUNT = 30
LONGEST_WAIT = timedelta(hours=1)

_hasher = PasswordHasher()
_NOBODYS_HASH = _hasher.hash("nobody has this password")


class TooManyTries(Exception):
    """Wait first; the text says until when, in minutes."""

    def __init__(self, wait: timedelta) -> None:
        minutes = max(1, -(-int(wait.total_seconds()) // 60))
        super().__init__(f"Too many tries. Wait {minutes} min, then try again.")


class BadEmail(ValueError):
    """The text may be shown to whoever adds a member of staff."""


class BadName(ValueError):
    """The text may be shown to whoever adds a member of staff."""


class WeakPassword(ValueError):
    """The text may be shown to whoever chooses a password."""


def find(email: str) -> Staff | None:
    """The member of staff with this e-mail, if they may sign in."""
    return db.session.scalar(
        select(Staff).where(Staff.email == email.strip().lower(), Staff.deleted_at.is_(None), Staff.is_active)
    )


def is_right(staff: Staff | None, password: str) -> bool:
    """Slow on purpose, and as slow for an account that does not exist."""
    try:
        _hasher.verify(staff.password_hash if staff else _NOBODYS_HASH, password)
    except (VerificationError, InvalidHashError):
        return False
    return staff is not None


def refuse_impatient(email: str, address: str) -> None:
    """Raise TooManyTries while this account (from here, or from anywhere) has to wait."""
    for attempts in _attempts(email, address):
        _refuse_blocked(attempts)


def note_failure(email: str, address: str) -> None:
    """After the free tries the wait is 1, 2, 4… minutes.

    Raises TooManyTries where it has begun meanwhile: of many guesses at the same moment, all past the first look,
    no more are answered than one after the other.
    """
    limits = {_key(email, address): FREE_TRIES_FROM_ADDRESS, _key(email): FREE_TRIES_OF_ACCOUNT}
    for key, free in limits.items():
        attempts = _counted(key)
        _refuse_blocked(attempts)
        if attempts.failures >= free:
            wait = timedelta(minutes=2 ** min(attempts.failures - free, 10))
            attempts.blocked_until = clock.now() + min(wait, LONGEST_WAIT)


def note_success(email: str, address: str) -> None:
    """Forget the failures."""
    db.session.execute(delete(SignInAttempts).where(SignInAttempts.key.in_(_keys(email, address))))


def hire(hotel: Hotel, email: str, name: str, role: str, password: str) -> Staff:
    """A new member of staff. Raises WeakPassword, BadEmail and BadName."""
    if not re.fullmatch(r"[^@\s\x00]+@[^@\s\x00]+", email.strip()) or len(email.strip()) > LONGEST_EMAIL:
        raise BadEmail(f"{email!r} is no e-mail address.")
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise BadName(f"The name must have 1 to {LONGEST_NAME} letters.")
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPassword(f"The password must have at least {SHORTEST_PASSWORD} characters.")
    staff = Staff(
        hotel_id=hotel.id,
        email=email.strip().lower(),
        name=name.strip(),
        role=role,
        password_hash=_hasher.hash(password),
    )
    db.session.add(staff)
    return staff


def _refuse_blocked(attempts: SignInAttempts) -> None:
    now = clock.now()
    if attempts.blocked_until and attempts.blocked_until > now:
        raise TooManyTries(attempts.blocked_until - now)


def _attempts(email: str, address: str) -> list[SignInAttempts]:
    """Only looked at: a lock held during the slow look at the password would let a guesser keep others waiting."""
    return list(db.session.scalars(select(SignInAttempts).where(SignInAttempts.key.in_(_keys(email, address)))))


def _counted(key: str) -> SignInAttempts:
    """One failure more, in one statement: guesses that come at the same moment are all counted."""
    insert = (sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql).insert(SignInAttempts)
    now = clock.now()
    return db.session.scalars(
        insert.values(id=new_id(), key=key, failures=1, created_at=now, updated_at=now)
        .on_conflict_do_update(
            index_elements=[SignInAttempts.key], set_={"failures": SignInAttempts.failures + 1, "updated_at": now}
        )
        .returning(SignInAttempts),
        execution_options={"populate_existing": True},
    ).one()


def _keys(email: str, address: str) -> tuple[str, str]:
    return _key(email, address), _key(email)


def _key(email: str, address: str = "anywhere") -> str:
    return f"{email.strip().lower()[:254]} from {address[:60]}"
