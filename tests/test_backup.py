"""Backups: taken while everybody writes, proven, restored exactly; damaged ones refused. On both databases."""

import shutil
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import FlaskGroup, ScriptInfo
from flask_migrate import downgrade

from concierge import backup, clock, create_app, outbox
from concierge.backup import postgresql
from concierge.config import ROOT, Config
from concierge.extensions import db
from concierge.models import Message, WorkerReport
from tests import database
from tests.database import Look, arranging
from tests.processes import Household, wait_for
from tests.story import AYUS_PHONE, check_in, conversation_with, guest_writes

MIGRATIONS = str(ROOT / "migrations")
Wait = Callable[..., None]


@pytest.fixture
def empty_url(database_url: str, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """`empty_url("copy")`: an empty database of its own, of the kind that is tested."""
    made: list[str] = []

    def make(name: str) -> str:
        if database_url.startswith("sqlite"):
            return f"sqlite:///{tmp_path / name}.db"
        _on_server(database_url, f'CREATE DATABASE "{name}"')
        made.append(name)
        return f"{database_url.rpartition('/')[0]}/{name}"

    yield make
    for name in made:
        _on_server(database_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _on_server(url: str, words: str) -> None:
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(words))
    server.dispose()


@pytest.fixture
def hotel_app(empty_url: Callable[[str], str], config: Config, tmp_path: Path) -> Iterator[Flask]:
    """A hotel whose database may be replaced, with Ayu in room 101 and a photo of hers."""
    settings = replace(config, database_url=empty_url("saved"), media_dir=tmp_path / "media")
    app = create_app(settings)
    database.build(app)
    check_in(app)
    settings.media_dir.mkdir()
    (settings.media_dir / "photo.jpg").write_bytes(b"a temple")
    yield app
    _leave(app)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the backups go."""
    return tmp_path / "backups"


def _leave(app: Flask) -> None:
    """As when the process ends: nobody is connected any more."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _save(app: Flask, folder: Path, **more: Any) -> Path:
    config: Config = app.config["CONCIERGE"]
    return backup.make(config.database_url, config.media_dir, folder, **more)


def _restore(app: Flask, path: Path, **more: Any) -> backup.Restored:
    _leave(app)
    config: Config = app.config["CONCIERGE"]
    return backup.restore(path, config.database_url, config.media_dir, **more)


def _type(app: Flask, *words: str) -> Result:
    group = FlaskGroup(create_app=lambda: app, load_dotenv=False)
    return CliRunner().invoke(group, list(words), obj=ScriptInfo(create_app=lambda: app, load_dotenv_defaults=False))


def _everything(app: Flask) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with app.app_context(), db.engine.connect() as connection:
        tables = sorted(sa.inspect(connection).get_table_names())
        return {name: sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {name}"))) for name in tables}


def test_restore_brings_back_exactly_what_was_saved(hotel_app: Flask, folder: Path) -> None:
    guest_writes(hotel_app, "Before the backup")
    saved = _everything(hotel_app)
    path = _save(hotel_app, folder)
    guest_writes(hotel_app, "After the backup")

    _restore(hotel_app, path)

    assert _everything(hotel_app) == saved


def test_every_row_committed_before_the_backup_is_in_it(hotel_app: Flask, folder: Path) -> None:
    committed: list[str] = []
    stopping = threading.Event()
    writers = [threading.Thread(target=_write_on, args=(hotel_app, n, committed, stopping)) for n in range(3)]
    for writer in writers:
        writer.start()
    wait_for(lambda: len(committed) > 15, "the writers to be busy")
    before = list(committed)

    path = _save(hotel_app, folder)

    saved = len(committed)
    wait_for(lambda: len(committed) > saved, "the writers to go on as if nothing had been")
    stopping.set()
    for writer in writers:
        writer.join()
    _restore(hotel_app, path)
    found = {message.text for message in Look(hotel_app).all(Message) if not message.is_ours}
    assert set(before) <= found <= set(committed)


def _write_on(app: Flask, writer: int, committed: list[str], stopping: threading.Event) -> None:
    number = 0
    while not stopping.is_set():
        number += 1
        text = f"writer {writer}, message {number}"
        guest_writes(app, text, phone=f"+62812345600{writer:02d}", raw_id=f"3EB0{writer:02d}{number:08d}")
        committed.append(text)


def test_what_is_committed_while_the_copy_is_made_is_not_half_in_it(
    hotel_app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules[type(backup._engine(hotel_app.config["CONCIERGE"].database_url)).__module__]
    count = module._taken

    def count_and_write(connection: Any) -> Any:
        taken = count(connection)
        monkeypatch.setattr(module, "_taken", count)
        guest_writes(hotel_app, "Between the count and the copy")
        return taken

    monkeypatch.setattr(module, "_taken", count_and_write)
    path = _save(hotel_app, folder)

    assert backup.read(path).rows["messages"] == 1, "the welcome alone"


def test_a_backup_in_which_one_byte_changed_is_refused(hotel_app: Flask, folder: Path) -> None:
    path = _save(hotel_app, folder)
    (file,) = path.glob("concierge.d*")
    content = file.read_bytes()
    # A letter of a name: SQLite's own checks see nothing wrong in it.
    place = max(content.find(b"Ayu Lestari"), len(content) // 2 if file.suffix == ".dump" else 0)
    file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])

    with pytest.raises(backup.BackupRefused, match="not as it was saved"):
        _restore(hotel_app, path)


def test_a_truncated_backup_is_refused_and_nothing_changes(hotel_app: Flask, folder: Path) -> None:
    path = _save(hotel_app, folder)
    file = max(path.iterdir(), key=lambda part: part.stat().st_size if part.is_file() else 0)
    file.write_bytes(file.read_bytes()[:-1000])
    guest_writes(hotel_app, "Still here")
    before = _everything(hotel_app)

    with pytest.raises(backup.BackupRefused, match="damaged"):
        _restore(hotel_app, path)

    assert _everything(hotel_app) == before


def test_a_copy_that_lost_its_end_while_it_was_made_is_no_backup(
    hotel_app: Flask, folder: Path, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = hotel_app.config["CONCIERGE"].database_url
    engine = type(backup._engine(url))
    whole = engine.copy

    def broken(self: Any, target: Path) -> Any:
        taken = whole(self, target)
        file = target / self.file_name
        file.write_bytes(file.read_bytes()[:-1000])
        return taken

    first = _save(hotel_app, folder, keep=1)
    wait(seconds=2)
    monkeypatch.setattr(engine, "copy", broken)
    with pytest.raises(backup.BackupRefused):
        _save(hotel_app, folder, keep=1)

    assert list(folder.iterdir()) == [first], "the good one stays, of the bad one nothing"


def test_as_many_as_asked_are_kept(hotel_app: Flask, folder: Path, wait: Wait) -> None:
    made = []
    for _ in range(4):
        made.append(_save(hotel_app, folder, keep=2))
        wait(minutes=1)

    assert sorted(folder.iterdir()) == made[-2:]


def test_only_the_owner_may_read_a_backup(hotel_app: Flask, folder: Path) -> None:
    path = _save(hotel_app, folder)

    modes = {stat.S_IMODE(part.stat().st_mode) for part in path.rglob("*") if part.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_media_are_saved_once_and_come_back(hotel_app: Flask, folder: Path, wait: Wait) -> None:
    media = hotel_app.config["CONCIERGE"].media_dir
    first = _save(hotel_app, folder)
    wait(minutes=1)
    second = _save(hotel_app, folder)
    assert (first / "media" / "photo.jpg").samefile(second / "media" / "photo.jpg")

    shutil.rmtree(media)
    _restore(hotel_app, second)

    assert (media / "photo.jpg").read_bytes() == b"a temple"


def test_a_hotel_without_media_is_saved(hotel_app: Flask, folder: Path) -> None:
    shutil.rmtree(hotel_app.config["CONCIERGE"].media_dir)

    assert backup.read(_save(hotel_app, folder)).media_files == 0


def test_what_was_there_is_kept_aside(hotel_app: Flask, folder: Path) -> None:
    path = _save(hotel_app, folder)
    guest_writes(hotel_app, "After the backup")

    aside = str(_restore(hotel_app, path).aside)

    if aside.startswith("schema"):
        with hotel_app.app_context(), db.engine.connect() as connection:
            texts = connection.exec_driver_sql(f"SELECT text FROM {aside.removeprefix('schema ')}.messages").scalars()
            assert "After the backup" in texts.all()
    else:
        old = sa.create_engine(f"sqlite:///{aside}")
        with old.connect() as connection:
            assert "After the backup" in connection.exec_driver_sql("SELECT text FROM messages").scalars().all()
        old.dispose()


def test_a_running_web_is_not_restored_over(hotel_app: Flask, folder: Path) -> None:
    path = _save(hotel_app, folder)
    config = hotel_app.config["CONCIERGE"]
    with hotel_app.app_context(), db.engine.connect() as connection:
        connection.execute(sa.select(Message.id))
        connection.rollback()
        with pytest.raises(backup.BackupRefused, match="Stop web and worker"):
            backup.restore(path, config.database_url, config.media_dir)


def test_a_worker_that_reports_is_not_restored_over_unless_forced(hotel_app: Flask, folder: Path, wait: Wait) -> None:
    path = _save(hotel_app, folder)
    with arranging(hotel_app) as session:
        session.add(WorkerReport(host="desk", pid=1, started_at=clock.now(), seen_at=clock.now()))

    with pytest.raises(backup.BackupRefused, match="A worker is running"):
        _restore(hotel_app, path)
    _restore(hotel_app, path, force=True)

    assert Look(hotel_app).count(WorkerReport) == 0


def test_real_processes_are_seen(hotel_app: Flask, folder: Path, tmp_path: Path) -> None:
    path = _save(hotel_app, folder)
    url = hotel_app.config["CONCIERGE"].database_url
    (tmp_path / "logs").mkdir()
    _leave(hotel_app)
    with Household(url, tmp_path / "logs") as household:
        household.start_web()
        wait_for(household._web_answers, "the web process", household)
        with pytest.raises(backup.BackupRefused, match="Stop web and worker"):
            _restore(hotel_app, path)

    _restore(hotel_app, path)


def test_messages_that_waited_are_asked_about_and_never_sent_again_by_themselves(
    hotel_app: Flask, folder: Path
) -> None:
    with arranging(hotel_app):
        outbox.post(conversation_with(AYUS_PHONE), "Perhaps you have this already", origin="staff")
    path = _save(hotel_app, folder)
    _leave(hotel_app)

    result = _type(hotel_app, "restore", str(path))

    assert result.exit_code == 0, result.output
    assert "2 messages waited" in result.output  # the welcome too
    assert {message.status for message in Look(hotel_app).all(Message)} == {"unconfirmed"}


def test_an_older_backup_is_brought_up_to_date(hotel_app: Flask, folder: Path) -> None:
    with hotel_app.app_context():
        newest = _version()
        downgrade(MIGRATIONS, revision="-1")
    path = _save(hotel_app, folder)
    _leave(hotel_app)

    assert _type(hotel_app, "restore", str(path)).exit_code == 0

    with hotel_app.app_context():
        assert backup.read(path).migration < newest == _version()


def _version() -> str:
    with db.engine.connect() as connection:
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def test_a_backup_of_a_newer_concierge_is_refused(hotel_app: Flask, folder: Path) -> None:
    path = _save(hotel_app, folder)
    manifest = path / "manifest.json"
    manifest.write_text(manifest.read_text().replace(backup.read(path).migration or "?", "9999"))

    with pytest.raises(backup.BackupRefused, match="newer Concierge"):
        _restore(hotel_app, path)


def test_what_is_no_backup_is_refused(hotel_app: Flask, tmp_path: Path) -> None:
    with pytest.raises(backup.BackupRefused, match="no backup"):
        _restore(hotel_app, tmp_path)


def test_the_command_says_what_it_saved(hotel_app: Flask, folder: Path) -> None:
    result = _type(hotel_app, "backup", "--folder", str(folder))

    (made,) = folder.iterdir()
    assert result.exit_code == 0, result.output
    assert f"Saved and proven: {made}" in result.output
    assert backup.read(made).rows["checkin_rooms"] == 1


def test_a_copy_is_really_restored_where_that_is_asked(
    hotel_app: Flask, folder: Path, wait: Wait, empty_url: Callable[[str], str]
) -> None:
    other = empty_url("proof")
    if other.startswith("sqlite"):
        with pytest.raises(backup.BackupRefused, match="is for PostgreSQL"):
            _save(hotel_app, folder, verify_into=other)
        return

    _save(hotel_app, folder, verify_into=other)

    proof = sa.create_engine(other)
    with proof.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM messages").scalar() == 1
    proof.dispose()
    wait(seconds=2)
    with pytest.raises(backup.BackupRefused, match="not empty"):
        _save(hotel_app, folder, verify_into=other)


@pytest.mark.parametrize(("version", "words"), [(0, "is missing"), (9, "install its version")])
def test_programs_that_are_missing_or_too_old_are_named(
    hotel_app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: int, words: str
) -> None:
    if hotel_app.config["CONCIERGE"].database_url.startswith("sqlite"):
        _save(hotel_app, folder)  # needs no program
        return
    old = tmp_path / "bin" / "pg_dump"
    old.parent.mkdir()
    if version:
        old.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}.6'\n")
        old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:/bin" if version else str(old.parent))
    monkeypatch.setattr(postgresql, "_FOLDERS", ())
    if shutil.which("pg_dump") not in {None, str(old)}:
        pytest.fail("this machine keeps pg_dump beside the shell: the test sees nothing")

    with pytest.raises(backup.BackupRefused, match=words):
        _save(hotel_app, folder)
    assert list(folder.iterdir()) == []
