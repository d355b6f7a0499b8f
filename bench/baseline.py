"""What the webhook is compared with: a bare Flask route that does one ORM insert and commit on the same database.

Served by gunicorn with Concierge's own settings. `/nothing` shows how much the load generator can do at all.
"""

from datetime import UTC, datetime

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, String, Text, create_engine
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


def create() -> Flask:
    """On the database of this run only."""
    url = Config.from_environment().database_url
    scratch.refuse_foreign(url)
    bare = Flask(__name__)
    bare.config["SQLALCHEMY_DATABASE_URI"] = url
    db.init_app(bare)
    with bare.app_context():
        if db.engine.dialect.name == "sqlite":
            extensions._prepare_sqlite(db.engine)  # the same durability, the same lock taken at once
    bare.add_url_rule("/insert", "insert", insert, methods=["POST"])
    bare.add_url_rule("/nothing", "nothing", nothing, methods=["POST"])
    return bare


def make_table(url: str) -> None:
    """Once, before two gunicorn workers ask for it at the same moment."""
    scratch.refuse_foreign(url)
    engine = create_engine(url)
    Base.metadata.create_all(engine)
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
