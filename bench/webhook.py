"""A new message through the webhook, committed, against one ORM insert and commit; and with WAHA in trouble."""

from collections.abc import Callable
from statistics import median

from flask import Flask

from bench import baseline, load, scratch
from bench.house import HMAC_KEY, MeasuredHouse, cpu_seconds
from bench.plan import Plan
from bench.report import Report

LEAST_RATIO, MOST_P99 = 0.6, 1.5
UNCHANGED = 0.9
WAHA_TROUBLES = {"well": {}, "down": {"down": True}, "slow": {"slow": 2.0}}


def measure(app: Flask, house: MeasuredHouse, plan: Plan, report: Report, kind: str) -> None:
    """The web alone first; then with worker and WAHA, whose troubles must not be felt."""
    baseline.make_table(house.database_url)
    scratch.meet_guests(app, load.GUESTS)
    house.start_baseline()
    house.start_measured_web()
    against_baseline(house, plan, report, kind)
    house.start_waha()
    house.start_worker()
    with_troubled_waha(house, plan, report, kind)


def against_baseline(house: MeasuredHouse, plan: Plan, report: Report, kind: str) -> None:
    """Turns in alternation: whatever else the machine does, both feel it."""
    turns = {
        "insert": lambda: _turn(f"{house.baseline_url}/insert", plan),
        "webhook": lambda: _webhook(house, plan),
    }
    _say_all(report, {"nothing at all (the generator's ceiling)": [_turn(f"{house.baseline_url}/nothing", plan)]})
    for turn in turns.values():
        _warm_up(turn)
    used = {"insert": cpu_seconds(house.baseline), "webhook": cpu_seconds(house.web)}
    results = _alternate(turns, plan.turns)
    used = {"insert": cpu_seconds(house.baseline) - used["insert"], "webhook": cpu_seconds(house.web) - used["webhook"]}
    _say_all(report, results)
    _say_processor(report, results, used)
    inserts, webhooks = results["insert"], results["webhook"]
    # Neighbours in time are compared, so that a slow minute of the machine counts in neither.
    rate = median(w.rate / i.rate for w, i in zip(webhooks, inserts, strict=True))
    p99 = median(w.p99 / i.p99 for w, i in zip(webhooks, inserts, strict=True))
    report.judge(f"{kind}: webhook's rate / one ORM insert's", rate, least=LEAST_RATIO)
    report.judge(f"{kind}: webhook's p99 / one ORM insert's", p99, most=MOST_P99)


def with_troubled_waha(house: MeasuredHouse, plan: Plan, report: Report, kind: str) -> None:
    """A worker runs beside it, and meets the trouble."""

    def turn(switches: dict[str, object]) -> load.Result:
        house.waha.trouble(down=False, slow=0.0)
        house.waha.trouble(**switches)
        return _webhook(house, plan)

    turn({})  # the worker has started by then, and has answered the guests who wrote so far
    results = _alternate({name: lambda s=s: turn(s) for name, s in WAHA_TROUBLES.items()}, plan.waha_turns)
    house.waha.trouble(down=False, slow=0.0)
    _say_all(report, {f"webhook, WAHA {name}": found for name, found in results.items()})
    for name in ("down", "slow"):
        ratio = median(bad.rate / well.rate for bad, well in zip(results[name], results["well"], strict=True))
        report.judge(f"{kind}: webhook's rate, WAHA {name} / WAHA well", ratio, least=UNCHANGED)


def _warm_up(turn: Callable[[], load.Result]) -> None:
    """Until every guest has written: a first message teaches a name, and is not what is measured here."""
    written = 0
    while written < 2 * load.GUESTS:
        written += turn().answers


def _alternate(turns: dict[str, Callable[[], load.Result]], times: int) -> dict[str, list[load.Result]]:
    """A B, B A, A B …: what slowly changes on the machine favours none."""
    orders = [list(turns.items()), list(reversed(turns.items()))]
    rounds = [{name: turn() for name, turn in orders[number % 2]} for number in range(times)]
    return {name: [one[name] for one in rounds] for name in turns}


_names = iter(range(16**4))


def _turn(url: str, plan: Plan, hmac_key: str = "") -> load.Result:
    return load.run(load.Job(url, f"{next(_names):04X}", plan.turn_seconds, hmac_key))


def _webhook(house: MeasuredHouse, plan: Plan) -> load.Result:
    return _turn(f"{house.web_url}/api/v1/waha/webhook", plan, HMAC_KEY)


def _say_processor(report: Report, results: dict[str, list[load.Result]], used: dict[str, float]) -> None:
    """Of the gunicorn processes alone: this hardly depends on what else the machine does."""
    each = {name: used[name] * 1000 / max(sum(one.answers for one in found), 1) for name, found in results.items()}
    if each["webhook"]:
        words = (
            f"insert {each['insert']:.2f} ms, webhook {each['webhook']:.2f} ms: {each['insert'] / each['webhook']:.2f}"
        )
        report.say("processor per request, without the database server", words)


def _say_all(report: Report, results: dict[str, list[load.Result]]) -> None:
    for name, found in results.items():
        rate, p50, p99 = (median(getattr(one, what) for one in found) for what in ("rate", "p50", "p99"))
        spread = f"{min(one.rate for one in found):.0f}–{max(one.rate for one in found):.0f}"
        refused = sum(one.refused for one in found)
        words = (
            f"{rate:.0f}/s ({spread})   p50 {p50:.1f} ms   p99 {p99:.1f} ms   generator {found[0].core:.0%} of a core"
        )
        report.say(name, words + (f"   NOT 200: {refused}" if refused else ""))
