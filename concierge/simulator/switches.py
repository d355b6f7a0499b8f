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
            if not _fits(value, kinds[name]):
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


def _fits(value: object, kind: object) -> bool:
    if value is None:
        return kind in (str | None, float | None)
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    if kind in (str, str | None):
        return isinstance(value, str)
    numbers = (int,) if kind is int else (int, float)
    return isinstance(value, numbers) and 0 <= value <= 86_400 * 365
