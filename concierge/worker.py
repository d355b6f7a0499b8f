"""The worker: claims what is due, calls WAHA with no transaction open, records what came of it.

Beats of a send: claim (commit), call, record (commit). Whatever kills it in between leaves a lease that runs out.
"""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import DBAPIError

from concierge import auto_reply, clock, health, intake, journal, lines, outbox, tokens
from concierge.config import Config
from concierge.extensions import db, writing
from concierge.models import Line, Message, WorkerReport
from concierge.models.base import new_id
from concierge.waha.client import Accepted, NotSentEver, NotSentNow, Outcome, Unknown, WahaClient
from concierge.waking import Alarm

logger = logging.getLogger(__name__)

SENDERS = 4
SWEEP_SECONDS = 1.0
TIDY_SECONDS = 3600.0


def deliver_one(config: Config) -> bool:
    """Send the next message that is due. False when there was none."""
    if not outbox.is_something_due():
        db.session.rollback()
        return False
    db.session.rollback()
    with writing():
        message = outbox.claim_next()
        if message is None:
            db.session.rollback()
            return False
        job = _prepare(message, config)
        db.session.commit()
    if job is None:
        return True
    outcome, milliseconds = job.call()
    with writing():
        _record(job, outcome)
        db.session.commit()
    level = logging.INFO if isinstance(outcome, Accepted) else logging.WARNING
    logger.log(level, "message %s attempt %s: %s, %d ms", job.message_id, job.attempt, outcome, milliseconds)
    return True


def _prepare(message: Message, config: Config) -> "_Job | None":
    """A fault of ours before the call must neither hold the queue nor lose the message."""
    try:
        return _Job.of(message, config)
    except Exception:
        logger.exception("message %s could not be prepared", message.id)
        outbox.record_fault_of_ours(message.id, message.claims)
        return None


def answer_one() -> bool:
    """Give the next automatic answer that is due: claimed, worded and posted in one commit."""
    is_due = auto_reply.is_something_due()
    db.session.rollback()
    if not is_due:
        return False
    with writing():
        conversation = auto_reply.claim_next()
        if conversation:
            auto_reply.answer(conversation)
        db.session.commit()
    return conversation is not None


def check_one(config: Config) -> bool:
    """Look at the session of a line that was not looked at for a while. False when none was due."""
    with writing():
        line = lines.claim_check()
        db.session.commit()
        if line is None:
            return False
        line_id, client = line.id, WahaClient(**vars(lines.connection_of(line, config)))
        db.session.rollback()
    session = client.look()
    with writing():
        line = db.session.get_one(Line, line_id)
        if isinstance(session, NotSentNow):
            lines.pause(line_id, session.reason)
        elif session.status:
            own_phone = f"+{session.own_phone}" if session.own_phone else None
            lines.record_status(line, session.status, own_phone, session.own_lid)
            lines.settle(line)
        db.session.commit()
    return True


def apply_overtaken() -> bool:
    """Give messages the acks that crossed with the record of their send."""
    is_any = bool(journal.overtaken())
    db.session.rollback()
    if is_any:
        with writing():
            for event in journal.overtaken():
                intake.apply(db.session.get_one(Line, event.line_id), event)
            db.session.commit()
    return is_any


class _Job:
    """What a sender needs once the transaction is closed."""

    def __init__(self, message: Message, client: WahaClient, chat_id: str, must_look: bool) -> None:
        self.message_id, self.line_id, self.claim = message.id, message.line_id, message.claims
        self.attempt, self.text = message.attempts, message.text
        self.client, self.chat_id, self.must_look = client, chat_id, must_look

    @classmethod
    def of(cls, message: Message, config: Config) -> "_Job":
        line = db.session.get_one(Line, message.line_id)
        client = WahaClient(**vars(lines.connection_of(line, config)))
        is_open = message.address is not None and message.address.released_at is None
        chat_id = message.address.chat_id if message.address and is_open else ""
        return cls(message, client, chat_id, must_look=line.paused_since is not None)

    def call(self) -> tuple[Outcome, int]:
        """No transaction is open here. A probing message first asks whether the session works: a send would wait."""
        began = time.monotonic()
        outcome = self._call()
        return outcome, int((time.monotonic() - began) * 1000)

    def _call(self) -> Outcome:
        if not self.chat_id:
            return NotSentEver("no_address")
        if self.must_look:
            session = self.client.look()
            if isinstance(session, NotSentNow):
                return session
            if session.status not in (None, lines.WORKING):
                return NotSentNow("not_working", session.status)
        return self.client.send_text(self.chat_id, self.text)


def _record(job: _Job, outcome: Outcome) -> None:
    match outcome:
        case Accepted(raw_id):
            message = outbox.record_accepted(job.message_id, raw_id)
            intake.apply_waiting(db.session.get_one(Line, job.line_id), message)
        case NotSentNow(reason, status):
            outbox.record_refused_by_line(job.message_id, job.claim, reason, status)
        case NotSentEver(reason):
            outbox.record_refused(job.message_id, job.claim, reason)
        case Unknown(reason):
            outbox.record_unknown(job.message_id, job.claim, reason)


class Worker:
    """One process: a few senders, one who answers, one who keeps house."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.config: Config = app.config["CONCIERGE"]
        self.stopping = threading.Event()
        self.alarm = Alarm(app)
        self.report_id = new_id()
        self.started_at = clock.now()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; what is being sent is finished first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        logger.info("worker started, pid %s", os.getpid())
        threads = [threading.Thread(target=self._until_stopped, args=(self._deliver,)) for _ in range(SENDERS)]
        threads += [threading.Thread(target=self._unhurried, args=(work,)) for work in (self._answer, self._check)]
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
            self._safely(self._report)
            self._safely(apply_overtaken)
            if time.monotonic() >= next_tidy:
                self._safely(_tidy)
                next_tidy = time.monotonic() + TIDY_SECONDS
        self._safely(self._sign_off)

    def _deliver(self) -> bool:
        return deliver_one(self.config)

    def _answer(self) -> bool:
        return answer_one()

    def _check(self) -> bool:
        return check_one(self.config)

    def _report(self) -> bool:
        """A sign of life, and the leases of senders that gave none."""
        report = db.session.get(WorkerReport, self.report_id)
        if report and report.seen_at > clock.now() - health.REPORT_EVERY:
            db.session.rollback()
            return False
        db.session.rollback()
        with writing():
            outbox.expire_leases()
            db.session.merge(self._signature())
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
        journal.forget_old()
        tokens.forget_old()
        db.session.commit()
    return True
