"""A private PostgreSQL server for the tests, in a folder of its own, gone when they end."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from tests.machine import postgres_binaries

# Nothing here has to survive a crash: without fsync the suite is several times faster.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
}
PATIENCE = 30


@contextmanager
def server() -> Iterator[str]:
    """The URL of a fresh database: on TEST_DATABASE_URL where that is given, else on a server started here."""
    given = os.environ.get("TEST_DATABASE_URL")
    with _scratch_database(given) if given else _private_server() as url:
        yield url


@contextmanager
def _scratch_database(given: str) -> Iterator[str]:
    name = f"concierge_test_{secrets.token_hex(4)}"
    plain = given.replace("postgresql+psycopg2://", "postgresql://")
    _run_sql(plain, f'CREATE DATABASE "{name}"')
    base, _, options = plain.partition("?")
    try:
        yield base.rpartition("/")[0] + f"/{name}" + (f"?{options}" if options else "")
    finally:
        _run_sql(plain, f'DROP DATABASE "{name}" WITH (FORCE)')


def _run_sql(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()


@contextmanager
def _private_server() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="concierge-postgres-"))
    account = _account()
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    try:
        yield from _serve(folder, account)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(folder: Path, account: pwd.struct_passwd | None) -> Iterator[str]:
    binaries, data, port = postgres_binaries(), folder / "data", free_port()
    as_account = _become(account) | {"cwd": folder, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    make = [binaries / "initdb", "-D", data, "-U", "concierge", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
    subprocess.run(make, check=True, **as_account)
    settings = SETTINGS | {"port": str(port), "unix_socket_directories": str(folder)}
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    # A session of its own: Ctrl-C must reach the tests first, which then stop the server in order.
    process = subprocess.Popen([binaries / "postgres", "-D", data, *flags], start_new_session=True, **as_account)
    url = f"postgresql://concierge@127.0.0.1:{port}/postgres"
    try:
        _wait_for(url, process)
        yield url
    finally:
        process.send_signal(2)  # SIGINT: PostgreSQL's fast shutdown, which ends open connections
        process.wait(PATIENCE)


def _account() -> pwd.struct_passwd | None:
    """Whom to become: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _become(account: pwd.struct_passwd | None) -> dict:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _wait_for(url: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg2.connect(url, connect_timeout=2).close()
            return
        except psycopg2.OperationalError as fault:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the private PostgreSQL did not start") from fault
            time.sleep(0.05)


def free_port() -> int:
    """A TCP port on which nothing listens right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
