"""The statements of the short way, built once: several threads share them.

Locks are taken in the order of the long way (the event's key, the thread, the message, the line): two orders are a
deadlock. What is asked of other tables is asked inside, so that each step is one question.
"""

from typing import Any, cast

from sqlalchemy import Insert, Table, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from concierge import journal
from concierge.guests import LID
from concierge.models import Address, Conversation, Guest, Line, Message
from concierge.models.message import QUEUED

# What must not have changed since a line was remembered.
FACTS = ("hotel_id", "own_phone", "own_lid", "hmac_key_encrypted", "webhook_token_hash")
# Columns of a message that come from its thread, by the thread's own names.
OF_THREAD = {"session_id": "id", "address_id": "address_id", "seq": "seq", "revision": "revision"}
_GIVEN = (
    "id", "line_id", "role", "origin", "kind", "text", "details", "raw_id", "quoted_raw_id", "sent_at", "created_at",
    "updated_at",
)  # fmt: skip

_lines, _addresses, _guests = (cast(Table, model.__table__) for model in (Line, Address, Guest))
_threads, _messages = cast(Table, Conversation.__table__), cast(Table, Message.__table__)


def _writer(*, has_twin: bool) -> Any:
    """The guest with this address, where nothing is new about profile, phone and LID, or who it is."""
    profile = bindparam("profile", type_=_guests.c.profile_name.type)
    # One inside the other: as a join PostgreSQL reads all guests first while it has no statistics.
    return (
        select(_guests.c.id)
        .where(_guests.c.id == _addressee(has_twin=has_twin))
        .where(_guests.c.joined_into_id.is_(None))
        .where(_guests.c.profile_name.is_not_distinct_from(func.coalesce(profile, _guests.c.profile_name)))
        .scalar_subquery()
    )


def _addressee(*, has_twin: bool) -> Any:
    query = select(_addresses.c.guest_id).where(*_is_address())
    if not has_twin:
        return query.where(or_(_addresses.c.kind != LID, _addresses.c.lid_of.is_not(None))).scalar_subquery()
    twin = _addresses.alias()
    is_noted = or_(
        and_(_addresses.c.kind == LID, _addresses.c.lid_of == twin.c.value),
        and_(twin.c.kind == LID, twin.c.lid_of == _addresses.c.value),
    )
    return (
        query.join(twin, and_(twin.c.guest_id == _addresses.c.guest_id, is_noted))
        .where(twin.c.hotel_id == bindparam("known_hotel_id"), twin.c.released_at.is_(None))
        .where(twin.c.kind == bindparam("twin_kind"), twin.c.value == bindparam("twin_value"))
        .scalar_subquery()
    )


def _is_address() -> tuple[Any, ...]:
    return (
        _addresses.c.hotel_id == bindparam("known_hotel_id"),
        _addresses.c.kind == bindparam("kind"),
        _addresses.c.value == bindparam("value"),
        _addresses.c.released_at.is_(None),
    )


def _heard_at() -> Any:
    """When the line was last heard of, or made; nothing where it is not any more what is remembered of it."""
    facts = (_lines.c[name].is_not_distinct_from(bindparam(f"known_{name}")) for name in FACTS)
    heard_at = func.coalesce(_lines.c.last_event_at, _lines.c.created_at, type_=_lines.c.last_event_at.type)
    return select(heard_at).where(_lines.c.id == bindparam("known_id"), *facts).scalar_subquery().label("heard_at")


def _numbering(*, has_twin: bool) -> Any:
    """As threads.number_message, with what receiving a guest's message changes in its thread."""
    now = bindparam("now", type_=_threads.c.last_message_at.type)
    return (
        update(_threads)
        .where(_threads.c.session_id == _writer(has_twin=has_twin))
        .where(_threads.c.line_id == bindparam("known_id"), _threads.c.is_active)
        .where(~journal.is_awaited(bindparam("known_id"), bindparam("raw")))
        .values(
            seq=_threads.c.seq + 1,
            revision=_threads.c.revision + 1,
            waiting_since=func.coalesce(_threads.c.waiting_since, now),
            last_message_at=now,
            updated_at=now,
            snoozed_until=None,
            auto_reply_at=bindparam("answer_at", type_=_threads.c.auto_reply_at.type),
            address_id=select(_addresses.c.id).where(*_is_address()).scalar_subquery(),
        )
        .returning(
            _threads.c.id,
            _threads.c.seq,
            _threads.c.revision,
            _threads.c.address_id,
            _threads.c.waiting_since,
            _heard_at(),
        )
    )


def _of_message(*names: str) -> dict[str, Any]:
    return {name: bindparam(f"message_{name}", type_=_messages.c[name].type) for name in names}


def _at_once(*, has_twin: bool) -> Any:
    """Event, thread and message in one, each only after the one before: on PostgreSQL each question is a journey."""
    entry = journal.ENTER["postgresql"].cte("entry")
    thread = _numbering(has_twin=has_twin).where(exists(select(entry.c.id))).cte("thread")
    columns = _of_message(*_GIVEN) | {name: thread.c[told] for name, told in OF_THREAD.items()}
    store: Insert = postgresql.insert(_messages).on_conflict_do_nothing()
    message = store.from_select(list(columns), select(*columns.values())).returning(_messages.c.id).cte("message")
    return select(thread.c.id, thread.c.waiting_since, thread.c.heard_at).where(exists(select(message.c.id)))


NUMBER = {has_twin: _numbering(has_twin=has_twin) for has_twin in (False, True)}
AT_ONCE = {has_twin: _at_once(has_twin=has_twin) for has_twin in (False, True)}
STORE = (
    sqlite.insert(_messages).values(_of_message(*_GIVEN, *OF_THREAD)).on_conflict_do_nothing().returning(_messages.c.id)
)
# As outbox.note_guest_wrote.
NOTE_GUEST_WROTE = (
    update(_messages)
    .where(_messages.c.session_id == bindparam("conversation_id"))
    .where(_messages.c.status == QUEUED, _messages.c.is_first_contact)
    .values(is_first_contact=False)
)
HEAR = (
    update(_lines)
    .where(
        _lines.c.id
        == select(_lines.c.id)
        .where(_lines.c.id == bindparam("line"))
        .where(or_(_lines.c.last_event_at.is_(None), _lines.c.last_event_at <= bindparam("long_ago")))
        .with_for_update(key_share=True, skip_locked=True)  # of many at once, one writes and nobody waits
        .scalar_subquery()
    )
    .values(last_event_at=bindparam("heard_at", type_=_lines.c.last_event_at.type))
)
