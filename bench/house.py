"""Concierge's processes as they are measured, with the baseline and the stub WAHA beside them."""

import os
import secrets
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import requests

from concierge.config import Config
from tests.postgres import free_port
from tests.processes import Household

PATIENCE = 60
HMAC_KEY = secrets.token_hex(16)


class MeasuredHouse(Household):
    """A household whose webhooks are signed, as in production."""

    def __init__(self, database_url: str, folder: Path) -> None:
        super().__init__(database_url, folder, WAHA_HMAC_KEY=HMAC_KEY)
        self.database_url = database_url
        self.baseline_url = f"http://127.0.0.1:{free_port()}"

    @property
    def config(self) -> Config:
        """The settings of its processes, for what is done from here."""
        return Config.from_mapping(self.environment)

    def start_baseline(self) -> None:
        """The bare route, under gunicorn with Concierge's own settings."""
        bind = self.baseline_url.removeprefix("http://")
        self.baseline = self._start("baseline", "gunicorn", "--bind", bind, "bench.baseline:create()")
        self._wait_for(lambda: requests.post(f"{self.baseline_url}/nothing", timeout=2).ok, "the baseline")

    def start_measured_web(self) -> None:
        """The web, once it answers."""
        self.web = self.start_web()
        self._wait_for(self._web_answers, "the web process")

    def start_stub(self) -> None:
        """The stub in WAHA's place."""
        self._start("stub", "bench.stub", "--port", self.simulator_url.rpartition(":")[2])
        self._wait_for(lambda: self.arrivals() == [], "the stub")

    def start_waha(self) -> None:
        """The simulator, whose webhooks go nowhere; from now on `waha` is its switches, in reach while it is down."""
        self.start_simulator()
        self._wait_for(self._simulator_answers, "the simulator")
        self.waha = self.guests
        self.waha.settings(webhook_url=None, keep_at_most=100_000)

    def arrivals(self) -> list[float]:
        """When each send reached the stub."""
        return requests.get(f"{self.simulator_url}/arrivals", timeout=10).json()

    def forget_arrivals(self) -> None:
        requests.post(f"{self.simulator_url}/forget", timeout=10)

    def _wait_for(self, answers: Callable[[], bool], what: str) -> None:
        """On a busy machine the first answer may take longer than one try waits for it."""
        if not waited(answers, PATIENCE):
            raise RuntimeError(f"{what} did not answer within {PATIENCE} s\n{self.words()}")


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """What a process and its children have used of the processor so far; 0 where there is no /proc to ask."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            words = stat.read_text().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12]) if int(words[2]) == process.pid else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def waited(is_so: Callable[[], bool], seconds: float) -> bool:
    """Whether it became so in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(requests.RequestException):
            if is_so():
                return True
        time.sleep(0.02)
    return False
