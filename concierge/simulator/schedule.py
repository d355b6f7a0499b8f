"""Things to do later, in one thread. What is done must be quick: slow work goes to a pool."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Schedule:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Callable, tuple]] = []
        self._order = itertools.count()
        self._is_stopped = False
        threading.Thread(target=self._run, name="simulator-schedule", daemon=True).start()

    def after(self, seconds: float, do: Callable, *what: object) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), do, what))
            self._changed.notify()

    def clear(self) -> None:
        with self._changed:
            self._due.clear()

    def stop(self) -> None:
        with self._changed:
            self._is_stopped = True
            self._changed.notify()

    def _run(self) -> None:
        while (task := self._next()) is not None:
            do, what = task
            try:
                do(*what)
            except Exception:
                logger.exception("The simulator could not do what was due")

    def _next(self) -> tuple[Callable, tuple] | None:
        with self._changed:
            while not self._is_stopped:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    _, _, do, what = heapq.heappop(self._due)
                    return do, what
                self._changed.wait(wait)
        return None
