"""SQLite: copied by its own backup API inside one reading transaction, which disturbs no writer."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from concierge.backup.parts import RUNNING, BackupRefused, Taken, refuse_difference, refuse_fresh_report

LOCK_SECONDS = 2
_ITS_OWN = "sqlite_"


class Sqlite:
    """One database file."""

    kind, file_name = "sqlite", "concierge.db"

    def __init__(self, file: Path) -> None:
        self.file = file

    def copy(self, folder: Path) -> Taken:
        """Everything committed before this began, in one file without a journal beside it."""
        if not self.file.is_file():
            raise BackupRefused(f"There is no database at {self.file}.")
        target = folder / self.file_name
        target.touch(0o600)
        with closing(_open(self.file)) as source, closing(_open(target)) as copy:
            source.execute("BEGIN")  # the count and the copy see the same moment
            taken = _taken(source)
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        _sync(target)
        return taken

    def prove(self, copy: Path, taken: Taken, verify_into: str | None = None) -> None:
        """Every page, every reference, every count."""
        if verify_into:
            raise BackupRefused("--verify-into is for PostgreSQL; a SQLite backup is proven where it lies.")
        try:
            with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
                is_whole = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                # A last page that is cut off reads as zeros: integrity_check was seen to call that ok.
                is_whole = is_whole and _size(connection) == copy.stat().st_size
                is_tied = not connection.execute("PRAGMA foreign_key_check").fetchall()
                found = _taken(connection)
        except sqlite3.DatabaseError as fault:
            raise BackupRefused(f"{copy} is damaged: {fault}.") from fault
        if not (is_whole and is_tied):
            raise BackupRefused(f"{copy} is damaged: SQLite's own checks fail.")
        refuse_difference(found, taken)

    def refuse_running(self) -> None:
        """A worker reports; whoever else has the file open keeps it from leaving WAL mode."""
        if not self.file.is_file():
            return
        try:
            with closing(_open(self.file)) as connection:
                refuse_fresh_report(_last_report(connection))
                connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as fault:
            raise BackupRefused(RUNNING.format("The database is in use.")) from fault
        except sqlite3.DatabaseError:
            return  # a damaged file is a reason to restore

    def replace(self, copy: Path, stamp: str) -> str | None:
        """The file changes in one step; the old one stays beside it."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        incoming = self.file.with_name(f"{self.file.name}.restoring")
        incoming.write_bytes(copy.read_bytes())
        incoming.chmod(0o600)
        _sync(incoming)
        aside = self.file.with_name(f"{self.file.name}.before-restore-{stamp}")
        was_there = self.file.is_file()
        for ending in ("", "-wal", "-shm"):
            part = self.file.with_name(f"{self.file.name}{ending}")
            if part.exists():
                part.rename(f"{aside}{ending}")
        incoming.rename(self.file)
        return str(aside) if was_there else None


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=LOCK_SECONDS, isolation_level=None)


def _size(connection: sqlite3.Connection) -> int:
    pages, page_size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * page_size)


def _taken(connection: sqlite3.Connection) -> Taken:
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    ours = [name for name in names if not name.startswith(_ITS_OWN)]
    rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in ours}
    version = (
        connection.execute("SELECT version_num FROM alembic_version").fetchone() if "alembic_version" in rows else None
    )
    return Taken(version[0] if version else None, rows)


def _last_report(connection: sqlite3.Connection) -> datetime | None:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'worker_reports'").fetchone():
        return None
    seen_at = connection.execute("SELECT max(seen_at) FROM worker_reports WHERE stopped_at IS NULL").fetchone()[0]
    return datetime.fromisoformat(seen_at).replace(tzinfo=UTC) if seen_at else None


def _sync(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())
