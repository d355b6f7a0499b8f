"""The databases that are measured: made for one run, gone after it, as durable as a hotel's own."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from flask import Flask
from sqlalchemy import create_engine, inspect, text

from concierge import conversations, create_app, guests, lines
from concierge.config import Config
from concierge.extensions import db
from concierge.guests import PHONE, Reach
from concierge.models import Address, Conversation
from tests import database, postgres

KINDS = ("sqlite", "postgresql")
MARK = "bench_scratch"
# The tests' server forgets at a power cut. A hotel's must not, and waiting for the disk is part of both figures.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "log_min_messages": "panic"}


class NotOurs(Exception):
    """The database was not made by this run: nothing is measured in it."""


@contextmanager
def database_url(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a new, marked, empty database. DATABASE_URL is never looked at."""
    if kind == "sqlite":
        url = f"sqlite:///{folder / f'{secrets.token_hex(4)}.db'}"
        _mark(url)
        yield url
        return
    with patch.dict(postgres.SETTINGS, DURABLE), postgres.server() as plain:
        url = plain.replace("postgresql://", "postgresql+psycopg2://", 1)
        _mark(url)
        yield url


def refuse_foreign(url: str) -> None:
    """Raises NotOurs for a database without the mark."""
    engine = create_engine(url)
    try:
        if not inspect(engine).has_table(MARK):
            raise NotOurs("bench runs in databases of its own only")
    finally:
        engine.dispose()


def build(url: str, config: Config) -> tuple[Flask, database.Seeds]:
    """Concierge on this database, migrated."""
    refuse_foreign(url)
    app = create_app(config)
    return app, database.build(app)


def empty(app: Flask, seeds: database.Seeds) -> None:
    """As the migrations left it; PostgreSQL's dead rows are swept away, so that no measure pays for the one before."""
    refuse_foreign(app.config["CONCIERGE"].database_url)
    database.restore(app, seeds)
    engine = create_engine(app.config["CONCIERGE"].database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM"))
    engine.dispose()


def _mark(url: str) -> None:
    engine = create_engine(url)
    try:
        if inspect(engine).get_table_names():
            raise NotOurs("the new database is not empty")
        with engine.begin() as connection:
            connection.execute(text(f"CREATE TABLE {MARK} (made TEXT)"))
    finally:
        engine.dispose()


def meet_guests(app: Flask, number: int) -> None:
    """Guests who are known, each with an active conversation."""
    with database.arranging(app):
        threads(number)


def threads(number: int) -> list[tuple[Conversation, Address]]:
    """The conversations of the first guests, opened where there is none; inside a writing transaction."""
    line = lines.first()
    addresses = [guests.meet(line.hotel_id, Reach(PHONE, f"+62812345{n:05d}")) for n in range(number)]
    found = [(conversations.for_writer(address.guest, line), address) for address in addresses]
    for conversation, address in found:
        conversation.address_id = address.id
    db.session.flush()
    return found


def close(app: Flask) -> None:
    """No connection may be left when the server ends."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
