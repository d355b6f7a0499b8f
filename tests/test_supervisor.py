"""`make run`, the real thing, on ports of its own."""

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests

from concierge import supervisor
from concierge.config import ROOT
from concierge.demo import DEMO_EMAIL, DEMO_PASSWORD
from concierge.simulator import RunningSimulator
from tests.postgres import free_port
from tests.processes import clean_environment, wait_for

READY = "Ctrl-C ends everything."
PATIENCE = 60


class Terminal:
    """One `make run`, without make: `flask serve`, its words in a file, its standard input closed."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port, self.simulator_port = free_port(), free_port()
        self.log = folder / "terminal.log"
        own = {
            "DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
            "SECRET_KEY": "a key that is long enough for the tests",
            "PORT": str(self.port),
            "SIMULATOR_PORT": str(self.simulator_port),
        }
        # `<&-`: services and cron jobs may start with no standard input at all.
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-m", "flask", "serve"],
                cwd=ROOT,
                env=clean_environment(**own | settings),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def words(self) -> str:
        return self.log.read_text()

    def wait_until_ready(self) -> None:
        wait_for(lambda: READY in self.words or self.process.poll() is not None, "the announcement", seconds=PATIENCE)
        assert READY in self.words, self.words

    def pid_of(self, name: str) -> int:
        found = re.search(rf"{name} started \(pid=(\d+)\)", self.words)
        assert found, self.words
        return int(found[1])

    def end(self, with_signal: int) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(PATIENCE)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    terminals: list[Terminal] = []

    def start(**settings: str) -> Terminal:
        terminals.append(Terminal(tmp_path, **settings))
        return terminals[-1]

    yield start
    for terminal in terminals:
        for pid in [*descendants(terminal.process.pid), terminal.process.pid]:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        terminal.process.wait()


def descendants(pid: int) -> list[int]:
    """Children, their children, and so on."""
    table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for child, parent in (map(int, line.split()) for line in table.splitlines()):
        children.setdefault(parent, []).append(child)
    found, waiting = [], [pid]
    while waiting:
        waiting += (born := children.get(waiting.pop(), []))
        found += born
    return found


def is_alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


@pytest.mark.parametrize("asked_to_end", [signal.SIGINT, signal.SIGHUP])
def test_everything_answers_and_ends_without_a_trace(run: Callable[..., Terminal], asked_to_end: int) -> None:
    terminal = run()
    terminal.wait_until_ready()
    assert DEMO_EMAIL in terminal.words
    assert DEMO_PASSWORD in terminal.words
    assert requests.get(f"http://127.0.0.1:{terminal.port}/health", timeout=5).status_code in {200, 503}
    assert requests.get(f"http://127.0.0.1:{terminal.simulator_port}/simulator", timeout=5).json()["simulator"] is True
    family = descendants(terminal.process.pid)

    code = terminal.end(asked_to_end)

    assert code == 0, terminal.words
    assert len(family) >= 5
    assert [pid for pid in family if is_alive(pid)] == []


def test_when_one_dies_all_stop_and_its_words_are_shown(run: Callable[..., Terminal]) -> None:
    terminal = run()
    terminal.wait_until_ready()
    family = descendants(terminal.process.pid)

    os.kill(terminal.pid_of("worker"), signal.SIGKILL)

    assert terminal.process.wait(PATIENCE) == signal.SIGKILL
    assert "The worker ended by itself" in terminal.words
    assert [pid for pid in family if is_alive(pid)] == []


def test_a_waha_of_ones_own_is_used_instead_of_the_demo(run: Callable[..., Terminal]) -> None:
    with RunningSimulator() as waha:
        terminal = run(WAHA_HOST=waha.url)
        terminal.wait_until_ready()
        assert DEMO_EMAIL not in terminal.words
        assert "simulator started" not in terminal.words
        assert terminal.end(signal.SIGTERM) == 0


def test_a_stranger_on_the_simulators_port_is_never_shown_demo_guests(run: Callable[..., Terminal]) -> None:
    stranger = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    Thread(target=stranger.serve_forever, args=(0.05,), daemon=True).start()
    try:
        terminal = run(SIMULATOR_PORT=str(stranger.server_port))
        assert terminal.process.wait(PATIENCE) == 1
        assert "is not our WAHA simulator" in terminal.words
    finally:
        stranger.shutdown()
        stranger.server_close()


def test_a_second_simulator_is_named_as_such(run: Callable[..., Terminal]) -> None:
    with RunningSimulator() as other:
        terminal = run(SIMULATOR_PORT=other.url.rpartition(":")[2])
        assert terminal.process.wait(PATIENCE) == 1
    assert "A WAHA simulator runs on port" in terminal.words


def test_a_taken_port_is_said_in_one_line(run: Callable[..., Terminal]) -> None:
    with RunningSimulator() as other:
        terminal = run(PORT=other.url.rpartition(":")[2])
        assert terminal.process.wait(PATIENCE) == 1
    assert "Concierge cannot use port" in terminal.words
    assert "Traceback" not in terminal.words


def test_the_development_key_is_kept_and_belongs_to_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "INSTANCE", tmp_path)
    monkeypatch.setattr(supervisor, "DEVELOPMENT_KEY", tmp_path / "key")

    first, second = supervisor._development_key(), supervisor._development_key()

    assert first == second
    assert len(first) == 64
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
