"""PostgreSQL: pg_dump inside a snapshot that is counted too; proven by reading every row of it back."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from sqlalchemy import URL, make_url

from concierge.backup.parts import RUNNING, BackupRefused, Taken, refuse_difference, refuse_fresh_report

CONNECT_SECONDS = 5
_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/*/bin", "/usr/local/opt/*/bin")
_ASIDE = "before_restore_"
_COPY = re.compile(rb'COPY public\."?(\w+)"? \(.*\) FROM stdin;\n')


class Postgresql:
    """One database of a server; what was restored over is kept in it as a schema of its own."""

    kind, file_name = "postgresql", "concierge.dump"

    def __init__(self, url: URL) -> None:
        self.url = url.set(drivername="postgresql")

    def copy(self, folder: Path) -> Taken:
        """Everything committed before this began, in pg_dump's custom format."""
        target = folder / self.file_name
        target.touch(0o600)
        with closing(self._connect()) as connection:
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            taken = _taken(connection)
            (snapshot,) = _one(connection, "SELECT pg_export_snapshot()")
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--exclude-schema={_ASIDE}*"]
            self._run("pg_dump", *options, f"--snapshot={snapshot}", f"--file={target}", f"--dbname={self._address}")
        return taken

    def prove(self, copy: Path, taken: Taken, verify_into: str | None = None) -> None:
        """Every row is read back and counted; with `verify_into` in a real database."""
        self._run("pg_restore", "--list", str(copy))
        rows = dict.fromkeys(taken.rows, 0) | self._rows_in(copy)
        refuse_difference(Taken(taken.migration, rows), taken)
        if verify_into:
            refuse_difference(Postgresql(make_url(verify_into))._load_and_count(copy), taken)

    def refuse_running(self) -> None:
        """A worker reports, or somebody is connected."""
        others = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        with closing(self._connect()) as connection:
            if _one(connection, "SELECT to_regclass('public.worker_reports') IS NOT NULL")[0]:
                last = "SELECT max(seen_at) FROM public.worker_reports WHERE stopped_at IS NULL"
                refuse_fresh_report(_one(connection, last)[0])
            if _one(connection, others)[0]:
                raise BackupRefused(RUNNING.format("Somebody is connected to the database."))

    def replace(self, copy: Path, stamp: str) -> str | None:
        """The present tables become the schema `before_restore_…`; where the restore fails they come back."""
        aside = f"{_ASIDE}{stamp}"
        with closing(self._connect()) as connection:
            is_empty = not _tables(connection)
            _move_schema(connection, "public", aside)
            try:
                self._load(copy)
            except BackupRefused:
                with connection, connection.cursor() as cursor:
                    cursor.execute("DROP SCHEMA public CASCADE")
                    cursor.execute(sql.SQL("ALTER SCHEMA {} RENAME TO public").format(sql.Identifier(aside)))
                raise
            if is_empty:
                with connection, connection.cursor() as cursor:
                    cursor.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(aside)))
        return None if is_empty else f"schema {aside}"

    def _load(self, copy: Path) -> None:
        options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
        self._run("pg_restore", *options, f"--dbname={self._address}", str(copy))

    def _load_and_count(self, copy: Path) -> Taken:
        with closing(self._connect()) as connection, connection:
            if _tables(connection):
                raise BackupRefused("The database of --verify-into is not empty: nothing was put into it.")
        self._load(copy)
        with closing(self._connect()) as connection:
            return _taken(connection)

    def _rows_in(self, copy: Path) -> dict[str, int]:
        """pg_restore as a reader: a table is its COPY line, its rows and a line of two characters."""
        command = [self._program("pg_restore"), "--data-only", "--file=-", str(copy)]
        rows: dict[str, int] = {}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self._environment) as run:
            lines = iter(run.stdout or ())
            for line in lines:
                if table := _COPY.fullmatch(line):
                    rows[table[1].decode()] = _count(lines)
        if run.returncode:
            raise BackupRefused(f"{copy} is damaged: pg_restore cannot read all of it.")
        return rows

    def _run(self, program: str, *words: str) -> None:
        command = [self._program(program), *words]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BackupRefused(f"{program} failed: {done.stderr.strip()[-300:]}")

    def _program(self, name: str) -> str:
        """The newest one; an older one than the server cannot read it."""
        on_path = shutil.which(name)
        found = [Path(on_path)] if on_path else []
        found += [folder / name for pattern in _FOLDERS for folder in Path("/").glob(pattern[1:])]
        versions = {_major(path): str(path) for path in found if os.access(path, os.X_OK)}
        with closing(self._connect()) as connection:
            server = connection.server_version // 10000
        if not versions:
            raise BackupRefused(f"{name} is missing. Install PostgreSQL's client programs, version {server} or newer.")
        if max(versions) < server:
            raise BackupRefused(
                f"{name} is of PostgreSQL {max(versions)}, the server of {server}: install its version."
            )
        return versions[max(versions)]

    def _connect(self) -> Any:
        try:
            return psycopg2.connect(self.url.render_as_string(hide_password=False), connect_timeout=CONNECT_SECONDS)
        except psycopg2.OperationalError as fault:
            raise BackupRefused(f"The database cannot be reached: {str(fault).strip()}") from fault

    @property
    def _address(self) -> str:
        """Without the password: what stands in a command line can be read by everybody on the machine."""
        return self.url.set(password="").render_as_string(hide_password=False).replace(":@", "@")

    @property
    def _environment(self) -> dict[str, str]:
        return os.environ | ({"PGPASSWORD": str(self.url.password)} if self.url.password else {})


def _move_schema(connection: Any, name: str, to: str) -> None:
    with connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to)))
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))


def _tables(connection: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        return [row[0] for row in cursor.fetchall()]


def _taken(connection: Any) -> Taken:
    rows = {name: _one(connection, f'SELECT count(*) FROM public."{name}"')[0] for name in _tables(connection)}
    version = _one(connection, "SELECT version_num FROM public.alembic_version") if "alembic_version" in rows else None
    return Taken(version[0] if version else None, rows)


def _one(connection: Any, question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()


def _count(lines: Iterator[bytes]) -> int:
    return sum(1 for _ in iter(lambda: next(lines, b"\\.\n"), b"\\.\n"))


def _major(program: Path) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\d+", said)
    return int(version[0]) if version else 0
