"""The migrations build what the models say, on both databases, and go back again."""

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa
from alembic.runtime.environment import EnvironmentContext
from flask_migrate import downgrade, upgrade

from concierge import create_app
from concierge.config import ROOT
from concierge.extensions import db, writing
from concierge.models import Hotel, Line
from concierge.models.base import new_id

MIGRATIONS = str(ROOT / "migrations")


@pytest.fixture
def empty_app(config, database_url, tmp_path):
    """An application on an empty database of its own."""
    url, drop = _scratch(database_url, tmp_path)
    app = create_app(replace(config, database_url=url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    drop()


def test_upgrade_builds_exactly_what_the_models_say(empty_app):
    upgrade(MIGRATIONS)
    migrated = _described()
    db.drop_all()
    db.session.execute(sa.text("DROP TABLE alembic_version"))
    db.session.commit()
    db.create_all()

    assert migrated == _described()


def test_upgrade_leaves_one_hotel_with_one_line(empty_app):
    upgrade(MIGRATIONS)

    hotel, line = db.session.scalars(sa.select(Hotel)).one(), db.session.scalars(sa.select(Line)).one()

    assert (line.hotel_id, line.position) == (hotel.id, 0)


def test_downgrade_leaves_nothing_and_upgrade_works_again(empty_app):
    upgrade(MIGRATIONS)
    downgrade(MIGRATIONS, revision="base")
    assert set(sa.inspect(db.engine).get_table_names()) == {"alembic_version"}

    upgrade(MIGRATIONS)

    assert db.session.scalar(sa.select(sa.func.count()).select_from(Hotel)) == 1


def test_each_step_down_can_be_taken_up_again(empty_app):
    upgrade(MIGRATIONS)
    for _ in range(5):
        downgrade(MIGRATIONS, revision="-1")
    upgrade(MIGRATIONS)


def test_sqlite_migrates_without_foreign_keys_and_has_them_again_afterwards(empty_app, monkeypatch):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL changes tables in place: nothing has to be switched off")
    seen = []
    real = EnvironmentContext.run_migrations

    def watched(self, **facts):
        seen.append(self.get_context().connection.exec_driver_sql("PRAGMA foreign_keys").scalar())
        real(self, **facts)

    monkeypatch.setattr(EnvironmentContext, "run_migrations", watched)
    upgrade(MIGRATIONS)

    assert seen == [0]
    assert db.session.scalar(sa.text("PRAGMA foreign_keys")) == 1


def test_what_is_over_is_neither_called_about_nor_sent_after_the_update(empty_app):
    upgrade(MIGRATIONS, revision="0006")
    for status in ("queued", "failed", "unconfirmed"):
        _old_message(status)

    upgrade(MIGRATIONS)

    rows = db.session.execute(sa.text("SELECT status, call_outcome, priority, expires_at FROM messages"))
    kept = {row.status: row for row in rows}
    assert (kept["failed"].call_outcome, kept["unconfirmed"].call_outcome) == ("not_needed", "not_needed")
    assert (kept["queued"].call_outcome, str(kept["queued"].expires_at)[:16]) == (None, "2026-01-01 12:00")


def _old_message(status: str) -> None:
    moment = "2026-01-01 10:00:00.000000"
    with writing(), db.engine.begin() as connection:
        hotel, line = connection.execute(sa.text("SELECT hotel_id, id FROM lines")).one()

        def insert(table: str, **values: object) -> str:
            row = {"id": new_id(), "created_at": moment, "updated_at": moment} | values
            words = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"
            connection.execute(sa.text(words), row)
            return str(row["id"])

        guest = insert("users", hotel_id=hotel, role="guest")
        thread = insert(
            "sessions", hotel_id=hotel, session_id=guest, line_id=line, start=moment, is_active=True, seq=1, revision=1
        )
        insert(
            "messages", session_id=thread, line_id=line, role="System", origin="staff", kind="text", text="Hello",
            seq=1, revision=1, sent_at=moment, status=status, due_at=moment, attempts=0, claims=0,
        )  # fmt: skip


def _scratch(database_url: str, tmp_path):
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'scratch.db'}", lambda: None
    server = sa.create_engine(database_url, isolation_level="AUTOCOMMIT")

    def run(words: str) -> None:
        with server.connect() as connection:
            connection.execute(sa.text(words))

    run("DROP DATABASE IF EXISTS scratch")
    run("CREATE DATABASE scratch")
    return database_url.rpartition("/")[0] + "/scratch", lambda: (run("DROP DATABASE scratch"), server.dispose())


def _described() -> dict[str, object]:
    """Columns, CHECKs, foreign keys and every index with its condition, as the database itself tells them."""
    return _sqlite_described() if db.engine.dialect.name == "sqlite" else _postgresql_described()


def _sqlite_described() -> dict[str, object]:
    rows = db.session.execute(
        sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'alembic_version'")
    ).all()
    db.session.rollback()
    return {name: sorted(_parts(sql)) for name, sql in rows}


def _parts(sql: str) -> list[str]:
    """The lines of a CREATE statement: their order is no difference."""
    return [re.sub(r"\s+", " ", line).strip(" ,\n\t").replace('"', "") for line in sql.split("\n") if line.strip()]


def _postgresql_described() -> dict[str, object]:
    questions = {
        "columns": "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public' AND table_name != 'alembic_version'",
        "indexes": "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " AND tablename != 'alembic_version'",
        "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text != 'alembic_version'",
    }
    found = {
        name: sorted(tuple(map(str, row)) for row in db.session.execute(sa.text(sql)))
        for name, sql in questions.items()
    }
    db.session.rollback()
    return found
