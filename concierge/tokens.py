"""Tokens of programs that call us, and the answers they were given under an Idempotency-Key."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from concierge import clock
from concierge.extensions import db
from concierge.models import ApiToken, Hotel, IdempotentAnswer
from concierge.models.base import new_id

KEPT_FOR = timedelta(hours=24)
USE_NOTED_EVERY = timedelta(minutes=5)
UNANSWERED = 0


class OtherBody(Exception):
    """The key was used for another request; the text may be sent to the caller."""


def create(hotel: Hotel, name: str) -> str:
    """A new token, told once: only its hash is kept."""
    token = "cg_" + secrets.token_urlsafe(32)
    db.session.add(ApiToken(hotel_id=hotel.id, name=name, token_hash=_digest(token)))
    return token


def find(token: str) -> ApiToken | None:
    """Whose token this is."""
    return db.session.scalar(
        select(ApiToken).where(ApiToken.token_hash == _digest(token), ApiToken.deleted_at.is_(None))
    )


def note_use(token: ApiToken) -> None:
    """When a token was last used, to the nearest minutes: not a write for each call."""
    now = clock.now()
    if token.last_used_at is None or token.last_used_at < now - USE_NOTED_EVERY:
        token.last_used_at = now


def open_answer(caller: str, key: str, body: bytes) -> IdempotentAnswer:
    """What this caller was answered under this key within 24 hours, or a fresh row to be filled by `keep_answer`.

    A second request at the same moment waits here for what becomes of the first. Raises OtherBody.
    """
    db.session.execute(delete(IdempotentAnswer).where(_is_key(caller, key), _is_old()))
    _insert(caller, key, body)
    known = db.session.scalars(select(IdempotentAnswer).where(_is_key(caller, key))).one()
    if known.body_hash != _hash(body):
        raise OtherBody("This Idempotency-Key was used for another request.")
    return known


def is_answered(known: IdempotentAnswer) -> bool:
    """The row holds an answer already."""
    return known.status != UNANSWERED


def keep_answer(known: IdempotentAnswer, status: int, answer: dict[str, Any]) -> None:
    """In the commit of the effect: both are there or neither is."""
    known.status, known.answer = status, answer


def forget_old() -> None:
    """Delete answers older than 24 hours."""
    db.session.execute(delete(IdempotentAnswer).where(_is_old()))


def _is_key(caller: str, key: str) -> ColumnElement[bool]:
    return and_(IdempotentAnswer.caller == caller, IdempotentAnswer.key == key)


def _is_old() -> ColumnElement[bool]:
    return IdempotentAnswer.created_at < clock.now() - KEPT_FOR


def _insert(caller: str, key: str, body: bytes) -> None:
    """One statement that both databases know: it waits for another transaction that is inserting the same key."""
    is_sqlite = db.session.get_bind().dialect.name == "sqlite"
    now = clock.now()
    db.session.execute(
        (sqlite if is_sqlite else postgresql)
        .insert(IdempotentAnswer)
        .values(
            id=new_id(), caller=caller, key=key, body_hash=_hash(body), status=UNANSWERED, answer={},
            created_at=now, updated_at=now,
        )
        .on_conflict_do_nothing(index_elements=[IdempotentAnswer.caller, IdempotentAnswer.key])
    )  # fmt: skip


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
