"""What goes wrong, at random but repeatably: processes killed, WAHA away, answers lost, webhooks doubled and mixed."""

import random
import signal
import threading
import time

from tests.processes import Household
from tests.waha import Guests

# Faults after which nobody can know whether a message left.
CHANCES = {
    "chance_drop_before": 0.03,
    "chance_drop_after": 0.03,
    "chance_500_before": 0.03,
    "chance_500_after": 0.03,
}


class Storm(threading.Thread):
    """Rages until `stop()`; `kills` counts the workers that died with calls under way."""

    def __init__(self, household: Household, guests: Guests, seed: int) -> None:
        super().__init__(daemon=True)
        self.household, self.guests = household, guests
        self.luck = random.Random(seed)
        self.is_over = threading.Event()
        self.web, self.workers = household.start_web(), [household.start_worker() for _ in range(2)]
        self.kills = 0
        guests.settings(
            seed=seed,
            keep_at_most=100_000,
            retry_delay_seconds=0.3,
            retry_attempts=500,
            server_ack_seconds=0.05,
            device_ack_seconds=0.1,
            session_wait_seconds=0.0,
            **CHANCES,
        )
        guests.trouble(webhooks_doubled=True, webhooks_reordered=0.3, acks_reordered=0.3)

    def run(self) -> None:
        """One misfortune after the other."""
        while not self.is_over.wait(self.luck.uniform(2.0, 5.0)):
            self.luck.choice([self._kill_worker, self._kill_web, self._waha_goes_away, self._line_breaks])()

    def stop(self) -> None:
        """Everything works again; what the storm left is for those who come after it."""
        self.is_over.set()
        self.join(60)
        self.guests.settings(**dict.fromkeys(CHANCES, 0.0))
        self.guests.trouble(webhooks_doubled=False, webhooks_reordered=0.0, acks_reordered=0.0)
        for worker in self.workers:
            self.household.kill(worker)
            self.kills += 1

    def _kill_worker(self) -> None:
        number = self.luck.randrange(len(self.workers))
        self.household.kill(self.workers[number], signal.SIGKILL)
        self.kills += 1
        self.workers[number] = self.household.start_worker()

    def _kill_web(self) -> None:
        self.household.kill(self.web, signal.SIGKILL)
        self.web = self.household.start_web()

    def _waha_goes_away(self) -> None:
        self.guests.trouble(down=True)
        time.sleep(self.luck.uniform(0.2, 1.0))
        self.guests.trouble(down=False)

    def _line_breaks(self) -> None:
        self.guests.trouble(line=self.luck.choice(["STARTING", "SCAN_QR_CODE", "FAILED"]))
        time.sleep(self.luck.uniform(0.2, 1.0))
        self.guests.trouble(line="WORKING")
