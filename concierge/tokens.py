"""Tokens of programs that call us, and the answers they were given under an Idempotency-Key."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from concierge import clock
from concierge.extensions import db
from concierge.models import ApiToken, Hotel, IdempotentAnswer

KEPT_FOR = timedelta(hours=24)
USE_NOTED_EVERY = timedelta(minutes=5)


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


def answer_given(caller: str, key: str, body: bytes) -> IdempotentAnswer | None:
    """What this caller was answered under this key within 24 hours. Raises OtherBody."""
    known = db.session.scalar(
        select(IdempotentAnswer).where(IdempotentAnswer.caller == caller, IdempotentAnswer.key == key)
    )
    if known is None:
        return None
    if known.created_at < clock.now() - KEPT_FOR:
        db.session.delete(known)
        db.session.flush()
        return None
    if known.body_hash != _hash(body):
        raise OtherBody("This Idempotency-Key was used for another request.")
    return known


def keep_answer(caller: str, key: str, body: bytes, status: int, answer: dict[str, Any]) -> None:
    """In the commit of the effect: both are there or neither is."""
    db.session.add(
        IdempotentAnswer(caller=caller, key=key, body_hash=_hash(body), status=status, answer=answer)
    )
    db.session.flush()


def forget_old() -> None:
    """Delete answers older than 24 hours."""
    db.session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.created_at < clock.now() - KEPT_FOR))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
