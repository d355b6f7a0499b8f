"""How long each measure takes: the full run stays under 15 minutes, the quick one under 3."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Turns of A and B in alternation, messages, the seconds after which a drain is no longer waited for, workers.

    No part begins after `budget_seconds`: on a busy machine some are left out rather than the run becoming long.
    """

    turns: int
    turn_seconds: float
    waha_turns: int
    idle_messages: int
    small_drains: int
    drain_seconds: float
    workers: tuple[int, ...]
    budget_seconds: float


FULL = Plan(
    turns=7,
    turn_seconds=4,
    waha_turns=3,
    idle_messages=100,
    small_drains=3,
    drain_seconds=40,
    workers=(1, 2, 4),
    budget_seconds=780,
)
QUICK = Plan(
    turns=2,
    turn_seconds=1.5,
    waha_turns=2,
    idle_messages=20,
    small_drains=1,
    drain_seconds=4,
    workers=(1, 4),
    budget_seconds=115,
)
