"""The Flask extensions, and how one code speaks to two databases. Knows nothing of hotels."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import (
    CHAR,
    Column,
    DateTime,
    Engine,
    Float,
    Integer,
    Row,
    Select,
    Uuid,
    bindparam,
    event,
    literal_column,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from concierge import clock

# How long a SQLite writer waits for the one before it. Beyond this the door answers 503 and WAHA tries again.
BUSY_SECONDS = 10
WAKE_CHANNEL = "concierge_work"


class Base(DeclarativeBase):
    """The declarative base of every model."""


db = SQLAlchemy(model_class=Base, session_options={"autoflush": True})
migrate = Migrate(render_as_batch=True, compare_type=True)
login = LoginManager()
csrf = CSRFProtect()

# 36 characters with dashes on SQLite, so that plain SQL typed by a person finds the row; native on PostgreSQL.
ID = CHAR(36).with_variant(Uuid(as_uuid=False), "postgresql")

_is_writing: ContextVar[bool] = ContextVar("is_writing", default=False)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite gives back naive datetimes; this is the one place that mends them."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Refuse what has no zone: a local time stored as UTC would be hours off, unnoticed."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Always aware, always UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class database_now(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function that it is
    """The database's own clock, plus a span: leases of many machines are compared by one clock.

    Tests that moved `clock` move this too. The span is a parameter that is read when the statement runs, so that
    statements with it are built and compiled once.
    """

    type = UtcDateTime()
    inherit_cache = True

    def __init__(self, plus: timedelta = timedelta()) -> None:
        def seconds() -> float:
            return (plus + clock.offset()).total_seconds()

        super().__init__(bindparam(None, callable_=seconds, type_=Float(), unique=True))


@compiles(database_now, "postgresql")
def _now_on_postgresql(element: database_now, compiler: Any, **kw: Any) -> str:
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **kw)}))"


@compiles(database_now, "sqlite")
def _now_on_sqlite(element: database_now, compiler: Any, **kw: Any) -> str:
    # Six digits after the second, as SQLAlchemy writes them: SQLite compares these as text.
    seconds = compiler.process(element.clauses, **kw)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {seconds} || ' seconds') || '000')"


class read_in_order(FunctionElement[int]):  # noqa: N801 - reads as the SQL function that it is
    """Selected along with something else: until the end of the transaction PostgreSQL takes the first of a queue from
    its index.

    It guesses the queue's length from old statistics, and would sort all of it each time (10,000 queued: 28 ms).
    """

    type = Integer()
    inherit_cache = True


@compiles(read_in_order, "postgresql")
def _in_order_on_postgresql(element: read_in_order, compiler: Any, **kw: Any) -> str:
    return "length(set_config('enable_sort', 'off', true))"


@compiles(read_in_order, "sqlite")
def _in_order_on_sqlite(element: read_in_order, compiler: Any, **kw: Any) -> str:
    return "0"  # SQLite has no statistics here, and reads the index


@contextmanager
def writing() -> Iterator[None]:
    """What begins in here is a writer: on SQLite it takes the write lock at once (BEGIN IMMEDIATE).

    A plain BEGIN that turns into a writer later fails with "database is locked" whatever the time-out.
    """
    mark = _is_writing.set(True)
    try:
        yield
    finally:
        _is_writing.reset(mark)


def is_writing(answer: bool) -> None:
    """Say what the coming transaction of this thread is; threads are used again, so each request says it."""
    _is_writing.set(answer)


def start_writing() -> None:
    """From here on this request writes; what it read so far is given back first."""
    db.session.rollback()
    _is_writing.set(True)


class Prepared:
    """A question asked so often that PostgreSQL must not plan it anew each time: for many tables that takes ten times
    as long as the answer. Planned once per connection there; on SQLite a statement as every other.

    `build` makes the statement from expressions that stand for its parameters, in their order; these are UUIDs.
    """

    def __init__(self, name: str, parameters: tuple[str, ...], build: Callable[..., Select[Any]]) -> None:
        self.name, self.plain = name, build(*(bindparam(each, type_=ID) for each in parameters))
        numbered = build(*(literal_column(f"${number}") for number, _ in enumerate(parameters, 1)))
        self.words = str(numbered.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
        self.types = ", ".join("uuid" for _ in parameters)
        given = ", ".join(f":{each}" for each in parameters)
        columns = [Column(each.key, each.type) for each in self.plain.selected_columns]
        self.ask = text(f"EXECUTE {name} ({given})").columns(*columns)

    def first(self, **parameters: str | None) -> Row[Any] | None:
        """The first row of the answer."""
        connection = db.session.connection()
        if connection.dialect.name != "postgresql":
            return connection.execute(self.plain, parameters).first()
        if self.name not in connection.info:
            connection.exec_driver_sql(f"PREPARE {self.name} ({self.types}) AS {self.words}")
            connection.info[self.name] = True
        return connection.execute(self.ask, parameters).first()


def wake_worker(session: Session) -> None:
    """Tell waiting workers, at commit, that there is work. SQLite's workers see the commit by themselves."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"NOTIFY {WAKE_CHANNEL}"))


def init_app(app: Flask) -> None:
    """Bind everything to this app."""
    db.init_app(app)
    migrate.init_app(app, db)
    login.init_app(app)
    csrf.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(db.engine)


def _prepare_sqlite(engine: Engine) -> None:
    event.listen(engine, "connect", _on_sqlite_connect)
    event.listen(engine, "begin", _on_sqlite_begin)


def _on_sqlite_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late and loses updates
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _on_sqlite_begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _is_writing.get() else "BEGIN")
