"""What the webhook and the poll are compared with: a bare Flask route that does one ORM insert and commit on the same
database, and one behind a login that loads who asks by the primary key.

Served by gunicorn with Concierge's own settings. `/nothing` shows how much the load generator can do at all.
"""

from datetime import UTC, datetime

from flask import Flask, request
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, String, Text, create_engine
from sqlalchemy import insert as insert_into
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import scratch
from concierge import extensions
from concierge.config import Config
from concierge.models.base import new_id


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)


class Note(db.Model):
    __tablename__ = "bench_notes"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=lambda: datetime.now(UTC))


class Clerk(UserMixin, db.Model):
    __tablename__ = "bench_clerks"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))


CLERK = "01890000-0000-7000-8000-000000000001"
login = LoginManager()


@login.user_loader
def load_clerk(kept: str) -> Clerk | None:
    return db.session.get(Clerk, kept)


def create() -> Flask:
    """On the database of this run only."""
    url = Config.from_environment().database_url
    scratch.refuse_foreign(url)
    bare = Flask(__name__)
    bare.config["SQLALCHEMY_DATABASE_URI"] = url
    bare.config["SECRET_KEY"] = Config.from_environment().secret_key
    db.init_app(bare)
    login.init_app(bare)
    with bare.app_context():
        if db.engine.dialect.name == "sqlite":
            extensions._prepare_sqlite(db.engine)  # the same durability, the same lock taken at once
    bare.add_url_rule("/insert", "insert", insert, methods=["POST"])
    bare.add_url_rule("/nothing", "nothing", nothing, methods=["GET", "POST"])
    bare.add_url_rule("/sign-in", "sign_in", sign_in, methods=["POST"])
    bare.add_url_rule("/signed-in", "signed_in", signed_in)
    return bare


def make_table(url: str) -> None:
    """Once, before two gunicorn workers ask for it at the same moment."""
    scratch.refuse_foreign(url)
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert_into(Clerk).values(id=CLERK, name="Sari"))
    engine.dispose()


def insert() -> dict[str, str]:
    extensions.is_writing(True)
    note = Note(text=request.get_data(as_text=True))
    db.session.add(note)
    db.session.commit()
    return {"status": "inserted"}


def nothing() -> dict[str, str]:
    request.get_data()
    return {"status": "nothing"}


def sign_in() -> dict[str, str]:
    login_user(db.session.get_one(Clerk, CLERK))
    return {"status": "signed in"}


@login_required
def signed_in() -> dict[str, str]:
    return {"name": current_user.name}
