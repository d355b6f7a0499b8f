"""The worker's process: its threads, its signs of life, and what time does to messages."""

import logging
import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import DBAPIError

from concierge import clock, effects, health, journal, outbox, tokens
from concierge.config import Config
from concierge.extensions import db, writing
from concierge.models import WorkerReport
from concierge.models.base import new_id
from concierge.waking import Alarm
from concierge.worker.answering import answer_one
from concierge.worker.catching_up import ask_to_catch_up, catch_up_one
from concierge.worker.checking import beat_one, check_one
from concierge.worker.errands import run_one_errand
from concierge.worker.fetching import fetch_one
from concierge.worker.looking import look_for_one
from concierge.worker.overtaking import apply_overtaken
from concierge.worker.scheduling import post_planned
from concierge.worker.sending import Job, send, take_one

logger = logging.getLogger(__name__)

# More than a line has in flight: one slow line leaves senders for the others.
SENDERS = 8
FETCHERS = 2  # one large file does not keep the next photo waiting
SWEEP_SECONDS = 1.0
TIDY_SECONDS = 3600.0


class Worker:
    """One process: senders, one who looks, one who answers, one who posts what was planned, one who checks lines, two
    who fetch files, and one who keeps house."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.config: Config = app.config["CONCIERGE"]
        self.stopping = threading.Event()
        self.alarm = Alarm(app)
        self.report_id = new_id()
        self.started_at = clock.now()
        self.looking = threading.Lock()
        self.in_vain_at = -1
        # A line that hangs keeps the senders it has, and gets no others.
        self.under_way: Counter[str] = Counter()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; what is being sent is finished first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        logger.info("worker started, pid %s", os.getpid())
        self._safely(ask_to_catch_up)
        threads = [threading.Thread(target=self._until_stopped, args=(self._deliver,)) for _ in range(SENDERS)]
        unhurried = (
            self._look,
            self._answer,
            self._check,
            self._ask,
            self._catch_up,
            self._post_planned,
            *[self._fetch] * FETCHERS,
        )
        threads += [threading.Thread(target=self._unhurried, args=(work,)) for work in unhurried]
        threads.append(threading.Thread(target=self._keep_house))
        for thread in [*threads, self.alarm]:
            thread.start()
        self.stopping.wait()
        self.alarm.stop()
        for thread in threads:
            thread.join()

    def stop(self) -> None:
        """Finish what is under way, take nothing new."""
        self.stopping.set()
        self.alarm.ring()

    def _until_stopped(self, work: Callable[[], bool]) -> None:
        """Repeat `work`; when it had nothing to do, wait for the alarm or for the sweep."""
        while not self.stopping.is_set():
            heard = self.alarm.count
            if not self._safely(work):
                self.alarm.wait(heard, SWEEP_SECONDS)

    def _unhurried(self, work: Callable[[], bool]) -> None:
        """Repeat `work`, for which a second is soon enough: each commit would wake it for nothing."""
        while not self.stopping.is_set():
            if not self._safely(work):
                self.stopping.wait(SWEEP_SECONDS)

    def _keep_house(self) -> None:
        next_tidy = 0.0
        while not self.stopping.wait(min(SWEEP_SECONDS, health.REPORT_EVERY.total_seconds())):
            self.alarm.ring()  # what fell due by itself sent no signal
            self._safely(self._report)
            self._safely(apply_overtaken)
            if time.monotonic() >= next_tidy:
                self._safely(_tidy)
                next_tidy = time.monotonic() + TIDY_SECONDS
        self._safely(self._sign_off)

    def _deliver(self) -> bool:
        job = self._take()
        if job is None:
            return False
        try:
            send(job)
        finally:
            with self.looking:
                self.under_way[job.line_id] -= 1
            self.alarm.ring()  # what waited behind it may go now
        return True

    def _take(self) -> Job | None:
        """One sender of the process looks at a time, and after a look in vain none until something was committed:
        else each commit would make all of them ask the same question."""
        with self.looking:
            rung = self.alarm.count
            if rung == self.in_vain_at:
                return None
            full = [line_id for line_id, calls in self.under_way.items() if calls >= outbox.MOST_IN_FLIGHT]
            job = take_one(self.config, full)
            if job:
                self.under_way[job.line_id] += 1
            else:
                self.in_vain_at = rung
            return job

    def _look(self) -> bool:
        return look_for_one(self.config)

    def _answer(self) -> bool:
        return answer_one()

    def _post_planned(self) -> bool:
        return post_planned()

    def _check(self) -> bool:
        return check_one(self.config)

    def _fetch(self) -> bool:
        return fetch_one(self.config)

    def _ask(self) -> bool:
        return run_one_errand(self.config) or beat_one(self.config)

    def _catch_up(self) -> bool:
        return catch_up_one(self.config, self.stopping.is_set)

    def _report(self) -> bool:
        """A sign of life, and the leases of senders that gave none."""
        report = db.session.get(WorkerReport, self.report_id)
        if report and report.seen_at > clock.now() - health.REPORT_EVERY:
            db.session.rollback()
            return False
        db.session.rollback()
        with writing():
            db.session.merge(self._signature())
            db.session.commit()
        for sweep in (outbox.expire_leases, outbox.expire_stale, outbox.flag_unticked):
            with writing():  # each lets go of the threads that it has locked
                sweep()
                db.session.commit()
        return True

    def _sign_off(self) -> bool:
        with writing():
            report = self._signature()
            report.stopped_at = clock.now()
            db.session.merge(report)
            db.session.commit()
        return True

    def _signature(self) -> WorkerReport:
        return WorkerReport(
            id=self.report_id,
            host=socket.gethostname()[:200],
            pid=os.getpid(),
            started_at=self.started_at,
            seen_at=clock.now(),
        )

    def _safely(self, work: Callable[[], bool]) -> bool:
        """A fault must never end a thread: it is logged, and after a breath the work goes on."""
        with self.app.app_context():
            try:
                return work()
            except DBAPIError as fault:
                logger.warning("the database did not answer: %s", type(fault.orig).__name__)
            except Exception:
                logger.exception("a beat of the worker failed")
            finally:
                db.session.rollback()
        self.stopping.wait(SWEEP_SECONDS)
        return False


def _tidy() -> bool:
    with writing():
        effects.give_up_waiting()
        journal.forget_old()
        tokens.forget_old()
        db.session.commit()
    return True
