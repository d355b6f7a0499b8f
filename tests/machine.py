"""What the tests need from the machine: PostgreSQL's binaries and a Chromium.

`python -m tests.machine` looks for both, installs what is missing where it may (as root, with apt) and otherwise
says in one line what to install. Nothing is ever skipped silently.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ON_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
POSTGRES_FOLDERS = ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/Applications/Postgres.app")
DEBIAN_SWITCHES = Path("/etc/postgresql-common/createcluster.d")

POSTGRES_ADVICE = (
    "PostgreSQL is missing. Install it (Debian, Ubuntu: sudo apt-get install postgresql; macOS: brew install"
    " postgresql@16), or set TEST_DATABASE_URL to a PostgreSQL where the tests may create a database."
)
CHROMIUM_ADVICE = (
    "Chromium is missing. Install it (Debian: sudo apt-get install chromium fonts-noto-color-emoji; Ubuntu:"
    " sudo snap install chromium; macOS: brew install --cask chromium), or set CHROMIUM to the path of one."
)


class Missing(Exception):
    """Something the tests need is not on this machine; the text says what to install."""


def postgres_binaries() -> Path:
    """The folder that holds initdb and postgres; the newest where there are several."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else _postgres_folders()
    usable = [folder for folder in found if (folder / "postgres").exists()]
    if not usable:
        raise Missing(POSTGRES_ADVICE)
    return usable[0]


def chromium() -> str:
    """The path of a Chromium or Chrome; CHROMIUM in the environment decides."""
    named = os.environ.get("CHROMIUM")
    if named:
        return _existing(named)
    on_path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    on_macos = next((path for path in CHROMIUM_ON_MACOS if Path(path).exists()), None)
    if not (on_path or on_macos):
        raise Missing(CHROMIUM_ADVICE)
    return str(on_path or on_macos)


def prepare() -> None:
    """Find or install both; raises Missing where neither works."""
    if not os.environ.get("TEST_DATABASE_URL"):
        _find_or_install(postgres_binaries, "postgresql")
    _find_or_install(chromium, "chromium", "fonts-noto-color-emoji")


def _postgres_folders() -> list[Path]:
    found = [path.parent for folder in POSTGRES_FOLDERS for path in Path(folder).glob("**/bin/initdb")]
    return sorted(found, key=lambda folder: [int(n) for n in _digits(folder)], reverse=True)


def _digits(folder: Path) -> list[str]:
    return "".join(c if c.isdigit() else " " for c in str(folder)).split()


def _existing(path: str) -> str:
    if not shutil.which(path):
        raise Missing(f"CHROMIUM is {path!r}, but no program is there.")
    return path


@contextmanager
def _without_system_cluster() -> Iterator[None]:
    """Debian's package would start a server for the whole machine; the tests only want the programs."""
    switch = DEBIAN_SWITCHES / "concierge-tests.conf"
    DEBIAN_SWITCHES.mkdir(parents=True, exist_ok=True)
    switch.write_text("create_main_cluster = false\n")
    try:
        yield
    finally:
        switch.unlink()


def _find_or_install(find: Callable[[], object], *packages: str) -> None:
    try:
        find()
    except Missing:
        if os.environ.get("CHROMIUM") and "chromium" in packages:
            raise
        _install(*packages)
        find()


def _install(*packages: str) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"Installing {' '.join(packages)} …", flush=True)
    with _without_system_cluster():
        _apt_get("update")
        _apt_get("install", "-y", "--no-install-recommends", *packages)


def _apt_get(*words: str) -> None:
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-qq", *words]
    done = subprocess.run(command, env=quiet, check=False, text=True, capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Missing(f"{' '.join(command)} failed: {done.stderr.strip()[-500:]}")


if __name__ == "__main__":
    try:
        prepare()
    except Missing as missing:
        sys.exit(str(missing))
