"""What WAHA's events say, once read: a message, an ack, a change of a message, the state of the session."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from concierge.waha.content import File
from concierge.waha.values import Chat


@dataclass(frozen=True)
class MessageReceived:
    """A message of a direct chat: from the guest, or (from_us) from the hotel's own number."""

    chat: Chat
    also: Chat | None
    raw_id: str
    is_from_us: bool
    is_from_api: bool
    kind: str
    text: str
    sent_at: datetime | None
    profile_name: str | None
    ack: int
    details: dict[str, Any] = field(default_factory=dict)
    told_id: str = ""
    file: File | None = None
    quoted_raw_id: str | None = None


@dataclass(frozen=True)
class MessageAcked:
    """How far a message of ours came: -1 error, 0 pending, 1 server, 2 device, 3 read, 4 played."""

    raw_id: str
    level: int
    error_code: str | None = None


@dataclass(frozen=True)
class Edited:
    """The writer changed the words; no text: they could not be read. `at` is the writer's own time, if believable."""

    raw_id: str
    is_from_us: bool
    text: str
    at: datetime | None


@dataclass(frozen=True)
class Revoked:
    """The writer deleted the message for everyone."""

    raw_id: str
    is_from_us: bool
    at: datetime | None


@dataclass(frozen=True)
class Reacted:
    """No emoji: the reaction is taken back. `is_on_ours` is None where the event does not tell whose message it is."""

    raw_id: str
    is_from_us: bool
    is_on_ours: bool | None
    emoji: str
    at: datetime | None


@dataclass(frozen=True)
class CallEnded:
    """A call that rang before: somebody took it on the phone, or nobody did."""

    raw_id: str
    was_answered: bool


@dataclass(frozen=True)
class SessionChanged:
    """What WAHA says of its session, and who we are on WhatsApp."""

    status: str
    own_phone: str | None = None
    own_lid: str | None = None


@dataclass(frozen=True)
class Ignored:
    """Understood, and none of a front desk's business; `reason` is counted."""

    reason: str


Changed = Edited | Revoked | Reacted | CallEnded
Parsed = MessageReceived | MessageAcked | Changed | SessionChanged | Ignored
