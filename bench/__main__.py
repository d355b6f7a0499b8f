"""`make bench`, or `make bench ARGS=quick`: loopback only, ends what it started, exit code 0 whatever the figures."""

import argparse
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from bench import drain, idle, lists, poll, scratch, webhook
from bench.house import MeasuredHouse
from bench.plan import FULL, QUICK, Plan
from bench.report import Report
from tests.machine import Missing

PARTS = ("webhook", "poll", "lists", "idle", "drain")


def main() -> None:
    asked = _asked()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    plan, report, began = QUICK if asked.length == "quick" else FULL, Report(), time.monotonic()
    try:
        for kind in asked.database or scratch.KINDS:
            for part in asked.part or PARTS:
                if time.monotonic() - began < plan.budget_seconds:
                    _measure_safely(part, kind, plan, report)
                else:
                    report.say(f"{part}, {kind}: not measured", "the time is over, the machine is busy")
    except KeyboardInterrupt:
        print("\nStopped; what follows is what was measured.")
    print(report.table())
    print(f"\n{time.monotonic() - began:.0f} s")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("length", nargs="?", choices=("full", "quick"), default="full")
    parser.add_argument("--database", action="append", choices=scratch.KINDS)
    parser.add_argument("--part", action="append", choices=PARTS)
    return parser.parse_args()


def _measure_safely(part: str, kind: str, plan: Plan, report: Report) -> None:
    """A part that breaks must not take the others' figures with it."""
    try:
        _measure(part, kind, plan, report)
    except Missing as missing:
        report.say(f"{part}, {kind}: not measured", str(missing))
    except Exception:
        traceback.print_exc(limit=-3)
        report.say(f"{part}, {kind}: not measured", "see above")


def _measure(part: str, kind: str, plan: Plan, report: Report) -> None:
    """Each part on a database and with processes of its own."""
    report.title(f"{part}, {kind}")
    with tempfile.TemporaryDirectory(prefix="concierge-bench-") as name, scratch.database_url(kind, Path(name)) as url:
        with MeasuredHouse(url, Path(name)) as house:
            app, seeds = scratch.build(url, house.config)
            measures: dict[str, Callable[[], None]] = {
                "webhook": lambda: webhook.measure(app, house, plan, report, kind),
                "poll": lambda: poll.measure(app, house, plan, report, kind),
                "lists": lambda: lists.measure(app, plan, report, kind),
                "idle": lambda: idle.measure(app, house, plan, report, kind),
                "drain": lambda: drain.measure(app, seeds, house, plan, report, kind),
            }
            measures[part]()
        scratch.close(app)


if __name__ == "__main__":
    sys.exit(main())
