"""The sounds of the alarm are ours: the script makes exactly the files that are served."""

from pathlib import Path

import pytest

from concierge.config import ROOT
from tools import sounds


def test_the_script_makes_the_files_that_are_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "FOLDER", tmp_path)
    sounds.main()
    for name in sounds.SOUNDS:
        assert (tmp_path / name).read_bytes() == (ROOT / "static" / "sounds" / name).read_bytes()
