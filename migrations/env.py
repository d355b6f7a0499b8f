"""Runs the migrations on whichever database DATABASE_URL names."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

import concierge.models  # noqa: F401 - fills the metadata
from concierge.extensions import db


def run(connection: Connection) -> None:
    """Run what is asked for; with --sql, print it instead."""
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_on_sqlite(connection: Connection) -> None:
    """SQLite rebuilds tables to change them: with foreign keys on, that would delete every child row, or fail.

    The pragma is heard only between transactions, so it goes past SQLAlchemy, which would begin one.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        run(connection)
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"the migration left rows that point at nothing: {broken[:5]}")
        connection.commit()
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


engine = db.engine
with engine.connect() as connection:
    if engine.dialect.name == "sqlite":
        run_on_sqlite(connection)
    else:
        run(connection)
        connection.commit()
