"""Concierge as real processes (web, worker, simulator), started for one test and gone after it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from concierge.config import ROOT
from tests.postgres import free_port
from tests.waha import Guests

PATIENCE = 30
GUNICORN = ("gunicorn", "wsgi:app")
# Set, but empty: what a developer keeps in .env must not reach the tests.
FORGOTTEN = (
    "DATABASE_URL SECRET_KEY PUBLIC_URL ALLOW_PLAIN_HTTP WEBHOOK_ALLOW WEBHOOK_TOKEN MEDIA_DIR HOST PORT"
    " WAHA_HOST WAHA_API_PATH WAHA_SESSION WAHA_API_KEY WAHA_HMAC_KEY SIMULATOR_PORT"
).split()


def clean_environment(**settings: str) -> dict[str, str]:
    """This process's environment, with Concierge's own settings empty except these."""
    return os.environ | dict.fromkeys(FORGOTTEN, "") | {"CONCIERGE_ENV": "development", **settings}


class Household:
    """Used as `with Household(database_url, folder) as household:`; each process's words are in `folder`."""

    def __init__(self, database_url: str, folder: Path, **settings: str) -> None:
        self.web_url = f"http://127.0.0.1:{free_port()}"
        self.simulator_url = f"http://127.0.0.1:{free_port()}"
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environment = clean_environment(
            DATABASE_URL=database_url,
            SECRET_KEY="a key that is long enough for the tests",
            PORT=self.web_url.rpartition(":")[2],
            WAHA_HOST=self.simulator_url,
            MEDIA_DIR=str(folder / "media"),
            **settings,
        )

    def start(self, workers: int = 1) -> None:
        """The whole house; returns when web and simulator answer."""
        self.start_simulator()
        self.start_web()
        for _ in range(workers):
            self.start_worker()
        wait_for(self._simulator_answers, "the simulator", self)
        wait_for(self._web_answers, "the web process", self)

    def start_web(self) -> subprocess.Popen[bytes]:
        """gunicorn, as in production."""
        return self._start("web", *GUNICORN)

    def start_worker(self) -> subprocess.Popen[bytes]:
        """One worker process; start as many as you like."""
        return self._start("worker", "flask", "worker")

    def start_later_worker(self, minutes: float) -> subprocess.Popen[bytes]:
        """A worker whose clock is ahead: what the others left half done is its to look for."""
        return self._start("later", "tests.later", str(minutes))

    def start_simulator(self) -> subprocess.Popen[bytes]:
        """The stand-in WAHA."""
        return self._start("simulator", "flask", "simulate-waha", "--port", self.simulator_url.rpartition(":")[2])

    @property
    def guests(self) -> Guests:
        """What the guests do on this household's simulator."""
        return Guests(requests.get(f"{self.simulator_url}/simulator", timeout=2).json()["control_url"])

    def kill(self, process: subprocess.Popen[bytes], with_signal: int = signal.SIGKILL) -> None:
        """At once, with its children; a power cut by default."""
        _signal_group(process, with_signal)
        process.wait(PATIENCE)

    def words(self) -> str:
        """What the processes have said."""
        return "\n".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in sorted(self.folder.glob("*.log")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        for process in self.processes:
            _signal_group(process, signal.SIGTERM)
        for process in self.processes:
            _end(process)
        if kind:
            print(self.words())

    def _start(self, name: str, module: str, *words: str) -> subprocess.Popen[bytes]:
        log = self.folder / f"{name}-{len(self.processes)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def _simulator_answers(self) -> bool:
        return requests.get(f"{self.simulator_url}/simulator", timeout=2).ok

    def _web_answers(self) -> bool:
        # 503 is an answer too: a worker may not have reported yet.
        return requests.get(f"{self.web_url}/health", timeout=2).status_code in {200, 503}


def wait_for(
    is_so: Callable[[], bool], what: str, household: Household | None = None, seconds: float = PATIENCE
) -> None:
    """Ask again until it is so; after `seconds` fail, with the words of the processes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if is_so():
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}\n{household.words() if household else ''}")


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        _signal_group(process, signal.SIGKILL)
        process.wait(PATIENCE)
    # Whatever a killed parent left behind in its group.
    _signal_group(process, signal.SIGKILL)
