"""Chance that can be repeated, and the count of the faults that were injected."""

import random
import secrets
import threading
from collections import Counter

from .switches import Settings


class Dice:
    """The n-th roll for one thing depends on the seed, the thing and n only, however the threads mingle."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self.begin_again()

    def begin_again(self) -> None:
        self._unseeded = secrets.token_hex(8)
        self._rolls: Counter[str] = Counter()

    def roll(self, thing: str) -> float:
        """From 0 up to, but never, 1."""
        with self._lock:
            self._rolls[thing] += 1
            count = self._rolls[thing]
        seed = self._unseeded if self.settings.seed is None else self.settings.seed
        return random.Random(f"{seed}/{thing}/{count}").random()


class Faults:
    """How many sends were spoilt, by kind: where the hotel cannot know whether they left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count: Counter[str] = Counter()

    def add(self, kind: str, number: int = 1) -> None:
        with self._lock:
            self._count[kind] += number

    def as_dict(self) -> dict[str, int]:
        with self._lock:
            return dict(+self._count)

    def forget(self) -> None:
        with self._lock:
            self._count.clear()
