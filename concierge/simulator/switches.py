"""What can be changed while the simulator runs: how it behaves (Settings) and what is wrong with it (Trouble)."""

from dataclasses import asdict, dataclass, fields
from typing import Any

LINE_STATUSES = ("STOPPED", "STARTING", "SCAN_QR_CODE", "WORKING", "FAILED")


class UnknownSwitch(ValueError):
    """There is no switch of this name, or it cannot take this value."""


@dataclass
class Switches:
    def change(self, values: dict[str, Any]) -> None:
        """All of the values or none of them. Raises UnknownSwitch."""
        kinds = {field.name: field.type for field in fields(self)}
        for name, value in values.items():
            if name not in kinds:
                raise UnknownSwitch(f"There is no switch named {name!r}. There are: {', '.join(kinds)}.")
            if not _fits(value, kinds[name]) or (name.startswith("chance_") and value > 1):
                raise UnknownSwitch(f"{name} does not take {value!r}.")
        for name, value in values.items():
            setattr(self, name, value)

    def as_dict(self) -> dict:
        return asdict(self)


@dataclass
class Settings(Switches):
    webhook_url: str | None = None
    hmac_key: str | None = None
    both_message_events: bool = False
    server_ack_seconds: float = 0.3
    device_ack_seconds: float = 1.0
    read_ack_seconds: float | None = None  # None: a message is read when the guest opens the chat
    retry_delay_seconds: float = 2.0
    retry_attempts: int = 15
    # A real WAHA waits 5 to 10 s for the line before it answers 422.
    session_wait_seconds: float = 1.0
    starting_seconds: float = 0.3
    keep_at_most: int = 10_000
    files_lifetime_seconds: float = 180.0  # 0: for ever
    # What a WAHA says that was never told its own address.
    media_base_url: str = "http://localhost:3000"
    call_seconds: float = 1.0  # a call rings so long, then it is rejected
    hang_seconds: float | None = None  # None: what hangs does so until released
    seed: int | None = None  # the same seed, the same luck
    # Of each send, from 0 to 1.
    chance_hang_before: float = 0.0
    chance_hang_after: float = 0.0
    chance_drop_before: float = 0.0
    chance_drop_after: float = 0.0
    chance_500_before: float = 0.0
    chance_500_after: float = 0.0

    def as_dict(self) -> dict:
        values = super().as_dict()
        key = values.pop("hmac_key")
        return {**values, "has_hmac_key": bool(key)}


@dataclass
class Trouble(Switches):
    down: bool = False  # the port is closed: connection refused
    drop_before: bool = False  # connection dropped, nothing sent
    refusing: bool = False  # 401 whatever the key
    slow: float = 0.0  # seconds before every answer
    hang: bool = False  # no answer, not sent until released
    hang_after: bool = False  # sent, but no answer
    hang_typing: bool = False  # seen and typing never answer
    drop_after: bool = False  # sent, connection dropped
    error_500_before: bool = False
    error_500_after: bool = False
    webhooks_paused: bool = False
    webhooks_doubled: bool = False
    webhooks_delayed: float = 0.0  # seconds
    webhooks_reordered: float = 0.0  # each is delayed by a random time up to so many seconds
    webhooks_lost: bool = False  # never posted, and never again
    acks_lost: bool = False  # what happens to a message is not told
    acks_reordered: float = 0.0  # as webhooks_reordered, acks only
    media_failed: bool = False  # WAHA cannot get the file from WhatsApp
    media_404: bool = False  # every link is dead
    lids_unknown: bool = False  # WAHA does not know whose phone is behind a hidden id
    store_off: bool = False  # NOWEB without its store: chats cannot be read
    restricted_until: int = 0  # s since 1970: until then nobody can be written to who has not written first


def _fits(value: object, kind: object) -> bool:
    if value is None:
        return kind in (str | None, float | None, int | None)
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    if kind in (str, str | None):
        return isinstance(value, str)
    if kind in (int, int | None):
        return isinstance(value, int) and 0 <= value < 10**10
    return isinstance(value, (int, float)) and 0 <= value <= 86_400 * 365
