"""The commands of `flask`: what an operator types."""

import logging
import os
import sys
from datetime import timedelta
from pathlib import Path

import click
from flask import Flask, current_app
from flask_migrate import upgrade
from sqlalchemy.exc import IntegrityError

from concierge import backup, clock, demo, hotels, intake, journal, media, rooms, sign_in, tokens
from concierge.config import INSTANCE, ROOT, Config, UnsafeSettings
from concierge.extensions import db, writing
from concierge.models import Line
from concierge.models.staff import ROLES


def init_app(app: Flask) -> None:
    """Register every command."""
    every = (
        serve, worker, simulate_waha, seed_demo, create_hotel, create_staff, import_rooms, create_token, replay_events,
        make_backup, restore_backup, remove_media,
    )  # fmt: skip
    for command in every:
        app.cli.add_command(command)


@click.command()
def serve() -> None:
    """Everything in one terminal, for trying out (`make run`)."""
    from concierge import supervisor  # noqa: PLC0415 - honcho is not needed by any other command

    sys.exit(supervisor.serve())


@click.command()
def worker() -> None:
    """Send what waits and answer automatically, until stopped."""
    from concierge.worker import Worker  # noqa: PLC0415 - the web must never import the worker

    _log_to_terminal()
    try:
        _config().refuse_unsafe()
    except UnsafeSettings as fault:
        raise click.ClickException(str(fault)) from fault
    Worker(current_app._get_current_object()).run()  # type: ignore[attr-defined]


@click.command()
@click.option("--port", default=3000, show_default=True, help="Where the simulator listens, on this computer only.")
def simulate_waha(port: int) -> None:
    """A stand-in for WAHA with a guest's phone in the browser. Never in production."""
    from concierge import simulator  # noqa: PLC0415 - it is a program of its own

    config = _config()
    try:
        simulator.serve(
            "127.0.0.1",
            port,
            api_key=config.waha_api_key or None,
            webhook_url=f"http://127.0.0.1:{config.port}/api/v1/waha/webhook",
            hmac_key=config.waha_hmac_key or None,
            session=config.waha_session,
            environment=config.environment,
        )
    except simulator.SimulatorRefused as fault:
        raise click.ClickException(str(fault)) from fault


@click.command()
def seed_demo() -> None:
    """Fill an empty database with a small hotel and guests in the middle of conversations."""
    with writing():
        is_seeded = demo.seed()
        db.session.commit()
    click.echo("The demo hotel is ready." if is_seeded else "There is a hotel with rooms already: nothing was changed.")


@click.command()
@click.argument("name")
@click.option("--waha-host", required=True, help="The WAHA server of this hotel's number, with http(s)://.")
@click.option("--waha-session", default="default", show_default=True)
@click.option("--time-zone", default="Asia/Jakarta", show_default=True)
@click.option("--country", default="ID", show_default=True, help="Of phones typed without a country code.")
@click.option("--language", default="id", show_default=True)
def create_hotel(name: str, **described: str) -> None:
    """Add a hotel with its WhatsApp line; WAHA's keys come from LINE_API_KEY and LINE_HMAC_KEY."""
    keys = {"api_key": os.environ.get("LINE_API_KEY", ""), "hmac_key": os.environ.get("LINE_HMAC_KEY", "")}
    with writing(), _refusals(hotels.BadHotel):
        line = hotels.create(name, **described, **keys, secret_key=_config().secret_key)
        db.session.commit()
    click.echo(f"{name} is there. Its webhook path: /api/v1/waha/webhook/{line.id}")


@click.command()
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--hotel", help="The hotel's name; not needed while there is one.")
def create_staff(email: str, name: str, role: str, hotel: str | None) -> None:
    """Let somebody sign in; the password comes from STAFF_PASSWORD or is asked for."""
    password = os.environ.get("STAFF_PASSWORD") or click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with writing(), _refusals(sign_in.WeakPassword, sign_in.BadEmail, sign_in.BadName, hotels.BadHotel):
        sign_in.hire(hotels.named(hotel), email, name, role, password)
        _commit_new(f"{email} can sign in already.")
    click.echo(f"{name} can sign in as {email.strip().lower()}.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--hotel", help="The hotel's name; not needed while there is one.")
def import_rooms(file: Path, hotel: str | None) -> None:
    """Add or update rooms from a CSV with the columns room_number and, if wanted, type. All rows or none."""
    with writing(), _refusals(rooms.BadRows, hotels.BadHotel):
        added, updated = rooms.import_csv(hotels.named(hotel), file.read_bytes())
        db.session.commit()
    click.echo(f"{added} rooms added, {updated} updated.")


@click.command()
@click.argument("name")
@click.option("--hotel", help="The hotel's name; not needed while there is one.")
def create_token(name: str, hotel: str | None) -> None:
    """A token for a program; it is shown this once."""
    with writing(), _refusals(hotels.BadHotel):
        token = tokens.create(hotels.named(hotel), name)
        db.session.commit()
    click.echo(token)


@click.command()
def replay_events() -> None:
    """Apply what could not be read when it came, after the mend."""
    read = total = 0
    with writing():
        for event in journal.unread():
            total += 1
            read += intake.apply(db.session.get_one(Line, event.line_id), event)
        db.session.commit()
    click.echo(f"{read} of {total} events were applied.")


@click.command("backup")
@click.option("--folder", type=click.Path(path_type=Path), default=INSTANCE / "backups", help="Where backups are kept.")
@click.option(
    "--keep", default=backup.KEPT, show_default=True, help="How many; the oldest go once the new one is good."
)
@click.option("--verify-into", metavar="URL", help="An empty PostgreSQL database to restore the copy into, as a proof.")
def make_backup(folder: Path, keep: int, verify_into: str | None) -> None:
    """Save database and media while everything runs, and prove the copy. Keep SECRET_KEY elsewhere, safely."""
    config = _config()
    with _refusals(backup.BackupRefused):
        path = backup.make(_database_url(), config.media_dir, folder, keep=keep, verify_into=verify_into)
        rows = sum(backup.read(path).rows.values())
    click.echo(f"Saved and proven: {path} ({rows} rows).")


@click.command("restore")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Even though web or worker seem to run.")
def restore_backup(path: Path, force: bool) -> None:
    """Put a backup in place of the present database, which is kept aside. Stop web and worker first."""
    config = _config()
    with _refusals(backup.BackupRefused):
        restored = backup.restore(path, _database_url(), config.media_dir, force=force)
    upgrade(directory=str(ROOT / "migrations"))
    with writing():
        doubtful = backup.doubt_what_waited()
        db.session.commit()
    click.echo(f"Restored. The database before it: {restored.aside or 'there was none'}.")
    click.echo(f"{doubtful} messages waited to be sent and may have gone out since: the screen asks about each.")


@click.command()
@click.option("--older-than", "days", type=click.IntRange(min=1), required=True, metavar="DAYS")
def remove_media(days: int) -> None:
    """Delete the files that guests sent so many days ago or earlier, to make room; the messages stay."""
    folder, before, places = _config().media_dir, clock.now() - timedelta(days=days), []
    while True:
        with writing():
            gone = [folder / each.folder / each.id for each in media.give_up_older(before)]
            db.session.commit()
        if not gone:
            break
        for place in gone:  # the rows first: a bubble must never promise a file that is not there
            place.unlink(missing_ok=True)
        places += gone
    click.echo(f"Files removed: {len(places)}.")


class _refusals:  # noqa: N801 - reads as a verb: with _refusals(BadHotel)
    """What the story refuses becomes the command's error; nothing was changed."""

    def __init__(self, *faults: type[Exception]) -> None:
        self.faults = faults

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: object) -> None:
        if isinstance(fault, self.faults):
            db.session.rollback()
            raise click.ClickException(str(fault)) from fault


def _commit_new(words: str) -> None:
    try:
        db.session.commit()
    except IntegrityError as fault:
        db.session.rollback()
        raise click.ClickException(words) from fault


def _config() -> Config:
    config: Config = current_app.config["CONCIERGE"]
    return config


def _database_url() -> str:
    """As Flask-SQLAlchemy understands it: a relative SQLite file lies in the instance folder."""
    return db.engine.url.render_as_string(hide_password=False)


def _log_to_terminal() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
