"""Production starts safely or not at all; whoever mends it can still migrate."""

import subprocess
import sys
from pathlib import Path

import pytest

from concierge.config import ROOT
from tests.processes import clean_environment

WEB = ("gunicorn", "wsgi:app")
WORKER = ("flask", "worker")


def start(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env=clean_environment(CONCIERGE_ENV="production", **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("program", [WEB, WORKER])
def test_production_without_its_secrets_says_how_to_mend_it(program: tuple[str, ...], tmp_path: Path) -> None:
    refused = start(*program, DATABASE_URL=f"sqlite:///{tmp_path / 'hotel.db'}")
    assert refused.returncode != 0
    for name in ("SECRET_KEY", "PUBLIC_URL", "WAHA_HMAC_KEY", "WAHA_HOST"):
        assert name in refused.stderr
    assert "Traceback" not in refused.stderr


def test_production_without_its_secrets_can_be_migrated(tmp_path: Path) -> None:
    database = tmp_path / "hotel.db"
    assert start("flask", "db", "upgrade", DATABASE_URL=f"sqlite:///{database}").returncode == 0
    assert database.exists()


def test_the_simulator_never_starts_in_production() -> None:
    refused = start("flask", "simulate-waha", "--port", "0")
    assert refused.returncode != 0
    assert "simulator" in refused.stderr
