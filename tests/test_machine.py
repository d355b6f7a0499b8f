"""A fresh machine: what is missing is said, never skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from concierge.config import ROOT
from tests import machine


def test_a_machine_without_postgresql_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine, "POSTGRES_FOLDERS", ())
    with pytest.raises(machine.Missing, match="apt-get install postgresql"):
        machine.postgres_binaries()


def test_the_newest_postgresql_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(machine, "POSTGRES_FOLDERS", (str(tmp_path),))
    for version in ("9.6", "15", "16"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        (folder / "initdb").touch()
        (folder / "postgres").touch()
    assert machine.postgres_binaries() == tmp_path / "16" / "bin"


def test_a_chromium_that_is_named_wrongly_is_not_replaced_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(machine.Missing, match="CHROMIUM"):
        machine.chromium()


def test_without_apt_a_fresh_machine_fails_in_one_line(tmp_path: Path) -> None:
    bare = {"PATH": str(tmp_path), "CHROMIUM": shutil.which("sh") or "", "TEST_DATABASE_URL": ""}
    done = subprocess.run(
        [sys.executable, "-c", FRESH], cwd=ROOT, env=os.environ | bare, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.strip() == machine.POSTGRES_ADVICE


# The module as `python -m tests.machine` runs it, on a machine where PostgreSQL is nowhere.
FRESH = """
import sys
from tests import machine
machine.POSTGRES_FOLDERS = ()
try:
    machine.prepare()
except machine.Missing as missing:
    sys.exit(str(missing))
"""
