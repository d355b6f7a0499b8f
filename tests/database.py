"""The databases that tests run on: made by the real migrations once, emptied and seeded anew after each test."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Executable, MetaData, Table, func, insert, select, text
from sqlalchemy.orm import Session

from concierge.config import ROOT
from concierge.extensions import db, writing

Seeds = dict[Table, list[dict[str, Any]]]


def build(app: Flask) -> Seeds:
    """Bring an empty database to the newest migration; returns the rows that the migrations left."""
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        with writing(), db.engine.begin() as connection:
            # Nobody waits for a pace here, and nothing is held; the tests of these give them back.
            connection.execute(
                text("UPDATE lines SET gap_seconds = 0, is_typing_shown = false, first_contacts_an_hour = 9999")
            )
            connection.execute(text("UPDATE hotels SET undo_seconds = 0"))
        with db.engine.connect() as connection:
            return {
                table: [dict(row._mapping) for row in connection.execute(select(table))]
                for table in _tables(db.metadata)
            }


def restore(app: Flask, seeds: Seeds) -> None:
    """Every table as the migrations left it."""
    with app.app_context(), writing(), db.engine.begin() as connection:
        for table in reversed(_tables(db.metadata)):
            connection.execute(table.delete())
        for table, rows in seeds.items():
            if rows:
                connection.execute(insert(table), rows)


def _tables(metadata: MetaData) -> Sequence[Table]:
    return metadata.sorted_tables


@contextmanager
def arranging(app: Flask) -> Iterator[Any]:
    """`with arranging(app) as session:` what is done in here is committed, and the context is closed again."""
    with app.app_context(), writing():
        yield db.session
        db.session.commit()


@dataclass
class Look:
    """Looks at rows as another process would see them: each look is a new transaction, committed rows only.

    What comes back is detached: read its columns, ask again for related rows.
    """

    app: Flask

    def all(self, question: Any) -> list[Any]:
        """The rows of a model, oldest first, or of a `select(…)`."""
        statement = question if isinstance(question, Executable) else select(question).order_by(question.created_at)
        with self._fresh() as session:
            found = list(session.scalars(statement))
            session.expunge_all()
        return found

    def one(self, question: Any) -> Any:
        """The only row; fails when there are none or several."""
        (found,) = self.all(question)
        return found

    def count(self, model: Any) -> int:
        """How many rows there are."""
        with self._fresh() as session:
            return session.scalar(select(func.count()).select_from(model))

    def sql(self, words: str, **values: Any) -> list[Any]:
        """What plain SQL answers."""
        with self._fresh() as session:
            return list(session.execute(text(words), values))

    @contextmanager
    def _fresh(self) -> Iterator[Session]:
        with self.app.app_context(), Session(db.engine) as session:
            yield session
