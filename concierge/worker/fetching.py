"""Fetching one file. Beats: claim (commit), fetch with no transaction open, put it in its place, record (commit)."""

import errno
import logging
import os
import shutil
from pathlib import Path

from concierge import lines, media
from concierge.config import Config
from concierge.extensions import db, writing
from concierge.models import Line, Media
from concierge.waha.media import Fetched, Gone, MediaClient, NotFetched

logger = logging.getLogger(__name__)

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def fetch_one(config: Config) -> bool:
    """Fetch the next file that is wanted. False when there was none."""
    is_due = media.is_something_due()
    db.session.rollback()
    if not is_due:
        return False
    with writing():
        claimed = media.claim_next()
        job = _Job(claimed, config) if claimed else None
        db.session.commit()
    if job is None:
        return False
    outcome = _attempt(job)
    with writing():
        _record(job, outcome)
        db.session.commit()
    level = logging.INFO if isinstance(outcome, Fetched) else logging.WARNING
    words = outcome.reason if isinstance(outcome, NotFetched) else "fetched"
    logger.log(level, "file %s attempt %s: %s", job.media_id, job.attempt, words)
    return True


class _Job:
    """What is fetched, and where it goes, once the transaction is closed."""

    def __init__(self, wanted: Media, config: Config) -> None:
        line = db.session.get_one(Line, wanted.message.line_id)
        self.media_id, self.claim, self.attempt = wanted.id, wanted.claims, wanted.attempts
        self.url, self.told_id, self.new_url = wanted.url, wanted.told_id, ""
        self.client = MediaClient(**vars(lines.connection_of(line, config)))
        self.place = config.media_dir / wanted.folder / wanted.id
        self.draft = self.place.with_name(f".{wanted.id}.{wanted.claims}")


def _attempt(job: _Job) -> Fetched | NotFetched:
    """A fault of the disk is told and tried again like one of the network: the worker goes on."""
    try:
        job.place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if shutil.disk_usage(job.place.parent).free < media.LEAST_FREE:
            return NotFetched(media.DISK_FULL)
        try:
            outcome = _fetch(job)
            if isinstance(outcome, Fetched):
                _put_in_place(job)
            return outcome
        finally:
            for draft in job.place.parent.glob(f".{job.media_id}.*"):  # of a worker that was killed, too
                draft.unlink(missing_ok=True)
    except OSError as fault:
        logger.exception("file %s could not be kept", job.media_id)
        return NotFetched(media.DISK_FULL if fault.errno in _NO_ROOM else media.OUR_FAULT)


def _fetch(job: _Job) -> Fetched | NotFetched:
    """By the link, and where that is dead or was never told, by the message."""
    outcome = _fetch_from(job, job.url) if job.url else Gone()
    if isinstance(outcome, Gone):
        found = job.client.find_url(job.told_id)
        job.new_url = found if isinstance(found, str) else ""
        outcome = _fetch_from(job, found) if isinstance(found, str) else found
    return NotFetched(media.GONE) if isinstance(outcome, Gone) else outcome


def _fetch_from(job: _Job, url: str) -> Fetched | Gone | NotFetched:
    """Each try starts its file anew."""
    with os.fdopen(os.open(job.draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        outcome = job.client.fetch(url, file, media.LARGEST)
        file.flush()
        os.fsync(file.fileno())
    return outcome


def _put_in_place(job: _Job) -> None:
    """All of it or nothing, also when the machine loses its power: the row says that it is here only afterwards."""
    job.draft.replace(job.place)
    _sync(job.place.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _record(job: _Job, outcome: Fetched | NotFetched) -> None:
    if isinstance(outcome, Fetched):
        media.record_stored(job.media_id, media.type_of(outcome.beginning), outcome.size)
        return
    if job.new_url:
        media.note_url(job.media_id, job.new_url)
    media.record_failed(job.media_id, job.claim, outcome.reason)
