"""`make run`: the whole of Concierge in one terminal, kept together by honcho.

Without WAHA_HOST it is the demo: a hotel with guests, and a simulated WhatsApp in place of a real one. If one
process dies all stop, so that nobody types into a hotel whose messages go nowhere.
"""

import json
import os
import re
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from honcho.manager import Manager
from honcho.printer import Printer

from concierge import demo
from concierge.config import INSTANCE, ROOT, Config, UnsafeSettings
from concierge.demo import DEMO_EMAIL, DEMO_PASSWORD

DEMO_DATABASE = INSTANCE / "demo.db"
DEVELOPMENT_KEY = INSTANCE / "development-secret-key"
SIMULATOR_PORT = 3000
LAST_LINES = 25


class CannotStart(Exception):
    """Something is in the way; the text says what, and what to do about it."""


@dataclass(frozen=True)
class Plan:
    """What will run, in which environment, and where each part answers."""

    environment: dict[str, str]
    commands: dict[str, list[str]]
    web_url: str
    simulator_url: str = ""
    preparations: list[list[str]] = field(default_factory=list)


def serve(environment: Mapping[str, str] | None = None) -> int:
    """Run until Ctrl-C, SIGTERM or the death of a process. Returns the exit code: 0 when asked to end."""
    signal.signal(signal.SIGTERM, _leave)
    # A closed terminal must not leave its processes behind.
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    try:
        config = Config.from_environment() if environment is None else Config.from_mapping(environment)
        plan = _plan(config, dict(os.environ if environment is None else environment))
        _prepare(plan)
    except (CannotStart, UnsafeSettings) as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return _run(plan)


def _leave(*_: Any) -> None:
    raise SystemExit(0)


def _plan(config: Config, environment: dict[str, str]) -> Plan:
    config.refuse_unsafe()
    if config.is_development and not config.secret_key:
        environment["SECRET_KEY"] = _development_key()
    environment |= {"CONCIERGE_ENV": config.environment, "PYTHONUNBUFFERED": "1"}
    web_url = f"http://{'localhost' if config.host in {'127.0.0.1', '0.0.0.0', '::'} else config.host}:{config.port}"
    commands = {"web": _python("gunicorn", "--log-level", "warning", "wsgi:app"), "worker": _flask("worker")}
    _refuse_taken_port(config)
    if config.waha_host:
        return Plan(environment, commands, web_url, preparations=[_flask("db", "upgrade")])
    return _plan_demo(environment, commands, web_url)


def _plan_demo(environment: dict[str, str], commands: dict[str, list[str]], web_url: str) -> Plan:
    port = int(environment.get("SIMULATOR_PORT") or SIMULATOR_PORT)
    _refuse_other_waha(port)
    simulator_url = f"http://127.0.0.1:{port}"
    environment |= {
        "WAHA_HOST": simulator_url,
        # Demo guests live in a file of their own: they must never be met by a real WhatsApp.
        "DATABASE_URL": environment.get("DATABASE_URL") or f"sqlite:///{DEMO_DATABASE}",
    }
    return Plan(
        environment,
        commands | {"simulator": _flask("simulate-waha", "--port", str(port))},
        web_url,
        simulator_url.replace("127.0.0.1", "localhost"),
        [_flask("db", "upgrade"), _flask("seed-demo")],
    )


def _python(module: str, *words: str) -> list[str]:
    return [sys.executable, "-m", module, *words]


def _flask(*words: str) -> list[str]:
    return _python("flask", *words)


def _development_key() -> str:
    """The same key at every start, so that nobody is signed out by a restart; readable by its owner alone."""
    INSTANCE.mkdir(exist_ok=True)
    try:
        handle = os.open(DEVELOPMENT_KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return DEVELOPMENT_KEY.read_text()
    with os.fdopen(handle, "w") as file:
        file.write(key := secrets.token_hex(32))
    return key


def _refuse_taken_port(config: Config) -> None:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        socket.create_server((config.host, config.port), family=family).close()
    except OSError as fault:
        raise CannotStart(
            f"Concierge cannot use port {config.port} of {config.host}: {fault.strerror}."
            f" Is it running already? Another port: make run PORT={config.port + 1}"
        ) from fault


def _refuse_other_waha(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) != 0:
            return
    if _is_our_simulator(port):
        raise CannotStart(
            f"A WAHA simulator runs on port {port} already, perhaps from another `make run`. End that one first,"
            f" or use another port: make run SIMULATOR_PORT={port + 1}"
        )
    raise CannotStart(
        f"Something answers on port {port} that is not our WAHA simulator; perhaps it is a real WAHA, and the"
        " demo's guests must never meet a real WhatsApp. To work with that WAHA: make run"
        f" WAHA_HOST=http://127.0.0.1:{port}. To see the demo beside it: make run SIMULATOR_PORT={port + 1}"
    )


def _is_our_simulator(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/simulator", timeout=3) as answer:
            return json.load(answer).get("simulator") is True
    except (OSError, ValueError, AttributeError):
        return False


def _prepare(plan: Plan) -> None:
    print("Preparing the database …", flush=True)
    for command in plan.preparations:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=plan.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CannotStart(f"`{' '.join(command[2:])}` failed:\n{done.stdout}{done.stderr}")


def _run(plan: Plan) -> int:
    """0 when somebody asked for the end, else the exit code of the process that ended first (never 0)."""
    journal = _Journal()
    house = _House(journal, whenever_started=lambda: _announce_when_ready(plan))
    for name, command in plan.commands.items():
        # `exec`: the shell between would otherwise be the one that is signalled and reported.
        house.add_process(name, f"exec {shlex.join(command)}", env=plan.environment, cwd=str(ROOT))
    house.loop()
    if house.was_asked_to_end:
        return 0
    journal.show_who_ended()
    return abs(house.returncode or 1)


class _House(Manager):
    """honcho's manager, which also says when everything has been started."""

    def __init__(self, printer: Printer, whenever_started: Callable[[], None]) -> None:
        super().__init__(printer)
        self._whenever_started = whenever_started

    def _start(self) -> None:
        super()._start()
        # Only now: honcho forks, and a thread must not be forked with it.
        threading.Thread(target=self._whenever_started, daemon=True).start()

    @property
    def was_asked_to_end(self) -> bool:
        return self.returncode in {128 + signal.SIGINT, 128 + signal.SIGTERM}


class _Journal(Printer):
    """honcho's printer, which keeps the last lines of each process for the one that dies."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)
        self._last: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=LAST_LINES))
        self._ended: tuple[str, str] | None = None

    def write(self, message: Any) -> None:
        words = message.data.decode(errors="replace") if isinstance(message.data, bytes) else message.data
        self._last[message.name].append(words.rstrip("\n"))
        if message.name == "system" and self._ended is None and (stopped := _STOPPED.match(words)):
            self._ended = (stopped["name"], stopped["code"])
        with suppress(OSError):  # the terminal was closed: the processes still have to be ended in order
            super().write(message)

    def show_who_ended(self) -> None:
        """After the others' words of farewell, the reason must not have to be searched for."""
        if self._ended is None:
            return
        name, code = self._ended
        print(f"\nThe {name} ended by itself (exit code {code}), so everything was stopped. Its last words:")
        print("\n".join(f"  {line}" for line in self._last[name]) or "  (it said nothing)", flush=True)


_STOPPED = re.compile(r"(?P<name>\w+) stopped \(rc=(?P<code>-?\d+)\)")


def _announce_when_ready(plan: Plan) -> None:
    for url in filter(None, [f"{plan.web_url}/health", plan.simulator_url]):
        while not _answers(url):
            time.sleep(0.2)
    if plan.simulator_url:
        _introduce_guests(plan.simulator_url)
    lines = ["", f"  Concierge            {plan.web_url}"]
    if plan.simulator_url:
        lines += [
            f"  Sign in with         {DEMO_EMAIL}   {DEMO_PASSWORD}",
            f"  The guests' phones   {plan.simulator_url}   (simulated: no message reaches a real WhatsApp)",
        ]
    else:
        lines.append("  Nobody can sign in yet? .venv/bin/flask create-staff --help")
    print("\n".join([*lines, "", "  Ctrl-C ends everything.", ""]), flush=True)


def _introduce_guests(simulator_url: str) -> None:
    """The demo's guests have phones in the simulator from the start, so that anybody can answer as one of them."""
    for phone, name in demo.phones().items():
        guest = json.dumps({"phone": phone, "name": name}).encode()
        request = Request(f"{simulator_url}/simulator/guests", guest, {"Content-Type": "application/json"})
        with suppress(OSError):  # without them the demo works all the same
            urlopen(request, timeout=3).close()


def _answers(url: str) -> bool:
    try:
        urlopen(url, timeout=3).close()
    except HTTPError:
        return True  # /health says 503 until the worker has reported: it does answer
    except OSError:
        return False
    return True
