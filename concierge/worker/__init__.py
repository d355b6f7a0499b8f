"""The worker: claims what is due, calls WAHA with no transaction open, records what came of it."""

from concierge.worker.answering import answer_one
from concierge.worker.catching_up import catch_up_one
from concierge.worker.checking import beat_one, check_one
from concierge.worker.errands import run_one_errand
from concierge.worker.fetching import fetch_one
from concierge.worker.looking import look_for_one
from concierge.worker.overtaking import apply_overtaken
from concierge.worker.process import Worker
from concierge.worker.scheduling import post_planned
from concierge.worker.sending import deliver_one

__all__ = [
    "Worker",
    "answer_one",
    "apply_overtaken",
    "beat_one",
    "catch_up_one",
    "check_one",
    "deliver_one",
    "fetch_one",
    "look_for_one",
    "post_planned",
    "run_one_errand",
]
