"""Backups that are proven before they count, and their restore: the database and the media, never the SECRET_KEY.

A backup is a folder named by its UTC time: the database, the media and manifest.json, which says what is in it.
How each kind of database is copied, proven and replaced is in sqlite.py and postgresql.py.
"""

import hashlib
import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import make_url, update

from concierge import clock, failures
from concierge.backup.parts import BackupRefused, Taken
from concierge.backup.postgresql import Postgresql
from concierge.backup.sqlite import Sqlite
from concierge.config import ROOT
from concierge.extensions import db
from concierge.models import Conversation, Message
from concierge.models.message import IN_FLIGHT, UNCONFIRMED

KEPT = 7
MANIFEST, MEDIA = "manifest.json", "media"
PARTIAL = ".partial"
_ENGINES: dict[str, type[Sqlite | Postgresql]] = {"sqlite": Sqlite, "postgresql": Postgresql}
_NAME = re.compile(r"\d{8}T\d{6}Z")
_ABANDONED_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `rows` counts each table at the moment the backup began; `migration` is its version."""

    database: str
    migration: str | None
    rows: dict[str, int]
    sha256: str
    media_files: int


@dataclass(frozen=True)
class Restored:
    """`aside` names where the data that were replaced are kept; None where there were none."""

    manifest: Manifest
    aside: str | None


def make(url: str, media_dir: Path, folder: Path, *, keep: int = KEPT, verify_into: str | None = None) -> Path:
    """Save everything into a new folder in `folder`, prove it, then remove the oldest beyond `keep`.

    Web and worker go on meanwhile. `verify_into` is the URL of an empty PostgreSQL database into which the copy is
    really restored. Raises BackupRefused; then nothing was removed.
    """
    if keep < 1 or media_dir.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise BackupRefused("Keep at least one backup, and not inside the media folder.")
    name = f"{clock.now():%Y%m%dT%H%M%SZ}"
    partial, final = folder / f"{name}{PARTIAL}", folder / name
    _make_folder(folder, partial, final)
    try:
        engine = _engine(url)
        taken = engine.copy(partial)
        engine.prove(partial / engine.file_name, taken, verify_into)
        files = _copy_media(media_dir, partial / MEDIA, _newest(folder))
        sha256 = _digest(partial / engine.file_name)
        _write(partial / MANIFEST, asdict(Manifest(engine.kind, taken.migration, taken.rows, sha256, files)))
        partial.rename(final)
        _sync(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _remove_oldest(folder, keep)
    return final


def read(path: Path) -> Manifest:
    """What the backup says of itself, proven again: raises BackupRefused for one that is damaged or none at all."""
    try:
        manifest = Manifest(**json.loads((path / MANIFEST).read_text()))
        file = path / _ENGINES[manifest.database].file_name
        is_whole = _digest(file) == manifest.sha256
    except (OSError, ValueError, TypeError, KeyError) as fault:
        raise BackupRefused(f"{path} is no backup that can be read.") from fault
    if not is_whole:
        raise BackupRefused(f"{path} is damaged: {file.name} is not as it was saved.")
    return manifest


def restore(path: Path, url: str, media_dir: Path, *, force: bool = False) -> Restored:
    """Put this backup's database in place of the present one, which is kept aside, and add its media to the present.

    Raises BackupRefused, and then nothing was changed: for a damaged backup, one of another kind of database or of a
    newer Concierge, and, unless `force`, while web or worker are running. Migrations come next, then doubt_what_waited.
    """
    manifest = read(path)
    if manifest.database != make_url(url).get_backend_name():
        raise BackupRefused(f"This backup is of {manifest.database}, but DATABASE_URL is not.")
    if manifest.migration and not list((ROOT / "migrations" / "versions").glob(f"{manifest.migration}_*.py")):
        raise BackupRefused("This backup is of a newer Concierge. Update Concierge first.")
    engine = _engine(url)
    engine.prove(path / engine.file_name, Taken(manifest.migration, manifest.rows))
    if not force:
        engine.refuse_running()
    aside = engine.replace(path / engine.file_name, f"{clock.now():%Y%m%dt%H%M%Sz}")
    if (path / MEDIA).is_dir():
        _copy_media(path / MEDIA, media_dir)
    return Restored(manifest, aside)


def doubt_what_waited() -> int:
    """What waited when the backup was made may have been sent since: a person decides. How many messages there are."""
    now = clock.now()
    changed = db.session.execute(
        update(Message)
        .where(Message.status.in_(IN_FLIGHT))
        # Tried as far as anybody knows, just now: when the chats are read back, what went out is recognised.
        .values(
            status=UNCONFIRMED,
            failure=failures.WORKER_DIED,
            status_at=now,
            due_at=None,
            attempts=1,
            tried_at=now,
            looking_since=None,
        )
        .execution_options(synchronize_session=False)
    )
    # An automatic answer of back then would be nonsense now.
    silence = update(Conversation).where(Conversation.auto_reply_at.is_not(None)).values(auto_reply_at=None)
    db.session.execute(silence.execution_options(synchronize_session=False))
    return int(changed.rowcount)  # type: ignore[attr-defined]


def _engine(url: str) -> Sqlite | Postgresql:
    parts = make_url(url)
    return Sqlite(Path(parts.database or "")) if parts.get_backend_name() == "sqlite" else Postgresql(parts)


def _make_folder(folder: Path, partial: Path, final: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if final.exists():
            raise FileExistsError
        partial.mkdir(mode=0o700)
    except FileExistsError as fault:
        raise BackupRefused("Another backup was made this very second. Try again.") from fault
    except OSError as fault:
        raise BackupRefused(f"Backups cannot be kept in {folder}: {fault.strerror}.") from fault


def _copy_media(source: Path, target: Path, previous: Path | None = None) -> int:
    """Copy what is not there yet. A file that the previous backup has is linked: it takes no room twice."""
    files = [path for path in source.rglob("*") if path.is_file()] if source.is_dir() else []
    for path in files:
        name = path.relative_to(source)
        with suppress(FileNotFoundError):  # gone since we looked
            _copy_file(path, target / name, previous / MEDIA / name if previous else None)
    return sum(1 for path in target.rglob("*") if path.is_file())


def _copy_file(path: Path, target: Path, known: Path | None) -> None:
    if _is_same(path, target):
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if known and _is_same(path, known):
        os.link(known, target)
        return
    copy = target.with_name(f"{target.name}{PARTIAL}")
    shutil.copy2(path, copy)
    copy.chmod(0o600)
    copy.rename(target)


def _is_same(one: Path, other: Path) -> bool:
    """Same size and time: media are written once and never changed."""
    if not other.is_file():
        return False
    mine, theirs = one.stat(), other.stat()
    return (mine.st_size, mine.st_mtime_ns) == (theirs.st_size, theirs.st_mtime_ns)


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _write(file: Path, values: dict[str, Any]) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
        json.dump(values, target, indent=1)
        target.flush()
        os.fsync(target.fileno())


def _sync(folder: Path) -> None:
    """A new name survives a power cut once its folder was written too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _all(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def _newest(folder: Path) -> Path | None:
    return next(reversed(_all(folder)), None)


def _remove_oldest(folder: Path, keep: int) -> None:
    abandoned = (clock.now() - _ABANDONED_AFTER).timestamp()
    left_over = [path for path in folder.glob(f"*{PARTIAL}") if path.stat().st_mtime < abandoned]
    for path in [*_all(folder)[:-keep], *left_over]:
        shutil.rmtree(path)


__all__ = ["BackupRefused", "Manifest", "Restored", "doubt_what_waited", "make", "read", "restore"]
