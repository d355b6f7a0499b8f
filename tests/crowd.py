"""Many guests at once, in a few statements."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import insert

from concierge import clock
from concierge.models import Conversation, Guest, Line, Message
from concierge.models.base import new_id


def many_conversations(arrange: Callable[..., Any], line: Line, number: int) -> None:
    """So many guests who each wrote once and wait."""
    now = clock.now()
    guests = [{"id": new_id(), "hotel_id": line.hotel_id, "name": f"Guest {each}"} for each in range(number)]
    threads = [
        {"id": new_id(), "hotel_id": line.hotel_id, "line_id": line.id, "guest_id": guest["id"], "is_active": True,
         "start": now, "last_message_at": now, "waiting_since": now, "seq": 1, "revision": 1}
        for guest in guests
    ]  # fmt: skip
    messages = [
        {"id": new_id(), "conversation_id": each["id"], "line_id": line.id, "role": "User", "origin": "guest",
         "text": "Hello", "seq": 1, "revision": 1, "sent_at": now}
        for each in threads
    ]  # fmt: skip
    with arrange() as session:
        for model, rows in ((Guest, guests), (Conversation, threads), (Message, messages)):
            session.execute(insert(model), rows)
