"""What both kinds of database share when they are saved."""

from dataclasses import dataclass
from datetime import datetime

from concierge import clock, health

RUNNING = "{} Stop web and worker first, or add --force when you are sure that none of them runs."


class BackupRefused(Exception):
    """A backup or a restore that does not happen; the text says why, and what to do."""


@dataclass(frozen=True)
class Taken:
    """What was in the database the moment the copy began: its version, and how many rows each table had."""

    migration: str | None
    rows: dict[str, int]


def refuse_fresh_report(seen_at: datetime | None) -> None:
    """Raises BackupRefused while a worker gives signs of life."""
    if seen_at and seen_at > clock.now() - health.SILENT_AFTER:
        raise BackupRefused(RUNNING.format("A worker is running."))


def refuse_difference(found: Taken, expected: Taken) -> None:
    """Raises BackupRefused where a copy holds something else than what was taken."""
    if found != expected:
        raise BackupRefused("The backup is damaged: it does not hold the rows that were saved.")
