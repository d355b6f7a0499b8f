"""The worker: claims what is due, calls WAHA with no transaction open, records what came of it."""

from concierge.worker.answering import answer_one
from concierge.worker.checking import check_one
from concierge.worker.looking import look_for_one
from concierge.worker.process import Worker
from concierge.worker.sending import deliver_one

__all__ = ["Worker", "answer_one", "check_one", "deliver_one", "look_for_one"]
