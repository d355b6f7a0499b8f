"""Concierge, the WhatsApp front desk for hotels."""

from datetime import timedelta

from flask import Flask

from concierge import commands, extensions, web
from concierge.config import INSTANCE, ROOT, Config

SIGNED_IN_FOR = timedelta(hours=16)
LARGEST_FORM = 1024 * 1024


def create_app(config: Config | None = None) -> Flask:
    """The application; without `config`, as the environment describes it."""
    settings = config or Config.from_environment()
    app = Flask(
        __name__,
        instance_path=str(INSTANCE),
        static_folder=None,  # web.assets serves it, with a version in every address
        template_folder=str(ROOT / "templates"),
    )
    app.config.from_mapping(
        CONCIERGE=settings,
        SECRET_KEY=settings.secret_key or None,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings.database_url),
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        PERMANENT_SESSION_LIFETIME=SIGNED_IN_FOR,
        SESSION_COOKIE_NAME="concierge",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.cookies_are_secure,
        REMEMBER_COOKIE_SECURE=settings.cookies_are_secure,
        WTF_CSRF_TIME_LIMIT=None,  # the screen stays open for eight hours
        TESTING=settings.environment == "testing",
    )
    INSTANCE.mkdir(exist_ok=True)
    extensions.init_app(app)
    web.init_app(app)
    commands.init_app(app)
    return app


def _engine_options(url: str) -> dict[str, object]:
    """`hide_parameters`: what guests wrote must not get into the log with an error of the database."""
    if url.startswith("sqlite"):
        return {
            "hide_parameters": True,
            "connect_args": {"check_same_thread": False, "timeout": extensions.BUSY_SECONDS},
        }
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_size": 10,
        "max_overflow": 20,
        "connect_args": {"connect_timeout": 5},
    }
