"""Several callers at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

Answer = TypeVar("Answer")


def at_once(times: int, act: Callable[[int], Answer]) -> list[Answer]:
    """`act(0)`, `act(1)`… in threads that start together; what each answered."""
    ready = Barrier(times, timeout=10)

    def one(number: int) -> Answer:
        ready.wait()
        return act(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))
