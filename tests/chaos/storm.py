"""What goes wrong, at random but repeatably: processes killed, WAHA away, answers lost, webhooks doubled and mixed."""

import os
import random
import threading
import time
from collections.abc import Callable

from tests.processes import Household
from tests.waha import Guests

# Beyond 40 s a call is given up: too long for every day, right for `make chaos`.
HANG_SECONDS = float(os.environ.get("CHAOS_HANG_SECONDS", "3"))
# Faults after which nobody can know whether a message left.
CHANCES = {
    "chance_drop_before": 0.03,
    "chance_drop_after": 0.03,
    "chance_500_before": 0.03,
    "chance_500_after": 0.03,
}
# WAHA takes its time, before or after it sends; workers are killed meanwhile.
HANGS = {"chance_hang_before": 0.02, "chance_hang_after": 0.02}


class Storm(threading.Thread):
    """Rages until `stop()`. `under_way` says how many calls are; `interrupted` counts those that a misfortune may have
    cut off, `misfortunes` all that happened."""

    def __init__(self, household: Household, guests: Guests, seed: int, under_way: Callable[[], int]) -> None:
        super().__init__(daemon=True)
        self.household, self.guests = household, guests
        self.luck = random.Random(seed)
        self.is_over = threading.Event()
        self.web, self.workers = household.start_web(), [household.start_worker() for _ in range(2)]
        self.under_way = under_way
        self.interrupted = self.misfortunes = 0
        guests.settings(
            seed=seed,
            keep_at_most=100_000,
            retry_delay_seconds=0.3,
            retry_attempts=500,
            server_ack_seconds=0.05,
            device_ack_seconds=0.1,
            session_wait_seconds=0.0,
            hang_seconds=HANG_SECONDS,
            **CHANCES,
            **HANGS,
        )
        guests.trouble(webhooks_doubled=True, webhooks_delayed=0.1, webhooks_reordered=0.3, acks_reordered=0.3)

    def run(self) -> None:
        """One misfortune after the other."""
        while not self.is_over.wait(self.luck.uniform(0.3, 1.5)):
            self.luck.choice([self._kill_worker, self._kill_web, self._waha_goes_away, self._line_breaks])()
            self.misfortunes += 1

    def stop(self) -> None:
        """Everything works again; what the storm left is for those who come after it."""
        self.is_over.set()
        self.join(60)
        self.guests.settings(**dict.fromkeys(CHANCES | HANGS, 0.0))
        self.guests.trouble(webhooks_doubled=False, webhooks_delayed=0.0, webhooks_reordered=0.0, acks_reordered=0.0)
        for worker in self.workers:
            self.household.kill(worker)
        self.interrupted += self.under_way()

    def _kill_worker(self) -> None:
        number = self.luck.randrange(len(self.workers))
        self.household.kill(self.workers[number])
        self.interrupted += self.under_way()
        self.workers[number] = self.household.start_worker()

    def _kill_web(self) -> None:
        self.household.kill(self.web)
        self.web = self.household.start_web()

    def _waha_goes_away(self) -> None:
        self.interrupted += self.under_way()
        self.guests.trouble(down=True)
        time.sleep(self.luck.uniform(0.2, 1.0))
        self.guests.trouble(down=False)

    def _line_breaks(self) -> None:
        self.guests.trouble(line=self.luck.choice(["STARTING", "SCAN_QR_CODE", "FAILED"]))
        time.sleep(self.luck.uniform(0.2, 1.0))
        self.guests.trouble(line="WORKING")
