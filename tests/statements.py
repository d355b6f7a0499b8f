"""Writes down what is asked of the database, for the tests that count it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from concierge.extensions import db


@contextmanager
def asked_of(app: Flask) -> Iterator[list[str]]:
    """`with asked_of(app) as statements:` every statement of this process on the app's database, in order."""
    heard: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", note)
