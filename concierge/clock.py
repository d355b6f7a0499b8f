"""What time it is, in UTC. Tests move it with `shift()`; nothing else reads a clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_offset = timedelta()


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC) + _offset


def today(time_zone: str) -> date:
    """The date on the wall of a hotel in this zone (an IANA name)."""
    return now().astimezone(ZoneInfo(time_zone)).date()


def offset() -> timedelta:
    """How far tests have moved the clock; zero in life. The database's clock is shifted by it too."""
    return _offset


def shift(by: timedelta) -> None:
    """For tests: move the clock of this process."""
    global _offset  # noqa: PLW0603 - the one deliberate piece of module state: a clock
    _offset += by


def reset() -> None:
    """For tests: back to the real time."""
    global _offset  # noqa: PLW0603
    _offset = timedelta()
