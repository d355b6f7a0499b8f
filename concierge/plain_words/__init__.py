"""The short way of the common case: a guest whom we know writes words into a thread that is open.

No row is loaded; what is left is what `inbox.receive` leaves. Where anything is not so plain, nothing may be
committed: the caller rolls back and takes the long way, which knows everything.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import Connection, Row

from concierge import auto_reply, clock, journal
from concierge.inbox import Incoming
from concierge.models import Line
from concierge.models.base import new_id
from concierge.models.message import CALL, GUEST, GUEST_WROTE
from concierge.plain_words import statements
from concierge.plain_words.statements import FACTS

# How exactly is known when a line was last heard of: one row that every webhook writes would be a queue.
HEARD_WITHIN = timedelta(seconds=5)


@dataclass(frozen=True)
class KnownLine:
    """What is remembered of a line between webhooks. Nothing is committed unless its row still says the same."""

    id: str
    hotel_id: str
    own_phone: str | None
    own_lid: str | None
    hmac_key_encrypted: str | None
    webhook_token_hash: str | None

    @classmethod
    def of(cls, line: Line) -> Self:
        """As its row is now."""
        return cls(id=line.id, **{name: getattr(line, name) for name in FACTS})


@dataclass(frozen=True)
class Told:
    """An event that tells of a guest's message, with its body for the journal."""

    event_id: str | None
    name: str
    body: bytes
    incoming: Incoming


def are_in(incoming: Incoming) -> bool:
    """Whether the message is one row and nothing else."""
    return incoming.file is None and incoming.kind != CALL and not incoming.is_caught_up


def receive(connection: Connection, line: KnownLine, told: Told) -> bool:
    """Event and message are stored, the thread waits for an answer. False: nothing may be committed."""
    now = clock.now()
    thread = _store(connection, line, told, now)
    if thread is None or thread.heard_at is None:  # the line is not what we remember of it
        return False
    if thread.waiting_since == now:
        connection.execute(statements.NOTE_GUEST_WROTE, {"conversation_id": thread.id})
    if is_long_ago(thread.heard_at, now):
        connection.execute(statements.HEAR, {"line": line.id, "heard_at": now, "long_ago": now - HEARD_WITHIN})
    return True


def is_long_ago(heard_at: datetime | None, now: datetime) -> bool:
    """Whether it should be written down that the line was heard of now."""
    return heard_at is None or heard_at <= now - HEARD_WITHIN


def _store(connection: Connection, line: KnownLine, told: Told, now: datetime) -> Row[Any] | None:
    """The thread with its new numbers; None where something is not so plain."""
    entry = journal.entry(line.id, told.event_id, told.name, told.body, now) | {"event_applied_at": now}
    writer, message = _writer(line, told.incoming, now), _message(line, told.incoming, now)
    has_twin = told.incoming.also is not None
    if connection.dialect.name == "postgresql":
        return connection.execute(statements.AT_ONCE[has_twin], entry | writer | message).first()
    if connection.execute(journal.ENTER["sqlite"], entry).first() is None:
        return None
    thread = connection.execute(statements.NUMBER[has_twin], writer).first()
    if thread is None:
        return None
    numbers = {f"message_{name}": getattr(thread, its) for name, its in statements.OF_THREAD.items()}
    return thread if connection.execute(statements.STORE, message | numbers).first() else None


def _writer(line: KnownLine, incoming: Incoming, now: datetime) -> dict[str, Any]:
    twin = incoming.also
    return {
        **{f"known_{name}": getattr(line, name) for name in ("id", *FACTS)},
        **({"twin_kind": twin.kind, "twin_value": twin.value} if twin else {}),
        "kind": incoming.reach.kind,
        "value": incoming.reach.value,
        "profile": incoming.profile_name,
        "raw": incoming.raw_id,
        "now": now,
        "answer_at": now + auto_reply.QUIET_FOR,
    }


def _message(line: KnownLine, incoming: Incoming, now: datetime) -> dict[str, Any]:
    return {
        "message_id": new_id(),
        "message_line_id": line.id,
        "message_role": GUEST,
        "message_origin": GUEST_WROTE,
        "message_kind": incoming.kind,
        "message_text": incoming.text,
        "message_details": incoming.details or None,
        "message_raw_id": incoming.raw_id,
        "message_quoted_raw_id": incoming.quoted_raw_id,
        "message_sent_at": min(incoming.sent_at or now, now),
        "message_created_at": now,
        "message_updated_at": now,
    }
