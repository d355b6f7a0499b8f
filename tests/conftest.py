"""What every test may ask for. Whatever needs a database runs twice: on SQLite, then on PostgreSQL."""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

import pytest
from flask import Flask

from concierge import clock, create_app
from concierge.config import Config
from concierge.extensions import db
from concierge.models import Hotel, Line
from concierge.simulator import RunningSimulator
from tests import database, people, postgres
from tests.client import HonestClient
from tests.machine import Missing
from tests.processes import Household
from tests.waha import Guests

DATABASES = ("sqlite", "postgresql")
WAHA_API_KEY = "the key that opens WAHA"
WAHA_HMAC_KEY = "the key that the hotel and WAHA share"


def pytest_configure() -> None:
    """A polite kill ends the private database server too."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """pytest-flask's fixture of this name holds an application context open for the whole test, in which a
    forgotten commit cannot be seen. This one takes its place and does nothing."""


class House(NamedTuple):
    """An application on a database of its own, and the rows that the migrations left in it."""

    app: Flask
    seeds: database.Seeds


@pytest.fixture(scope="session")
def _postgresql() -> Iterator[str]:
    try:
        with postgres.server() as url:
            yield url
    except Missing as missing:
        pytest.exit(str(missing), returncode=1)


@pytest.fixture(scope="session", params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty database of each kind. pytest runs all tests of one before those of the next."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('database') / 'concierge.db'}"
    return request.getfixturevalue("_postgresql").replace("postgresql://", "postgresql+psycopg2://", 1)


@pytest.fixture(scope="session")
def _simulator_port() -> int:
    return postgres.free_port()


@pytest.fixture(scope="session")
def _simulator(_simulator_port: int) -> Iterator[RunningSimulator]:
    with RunningSimulator(port=_simulator_port, api_key=WAHA_API_KEY, hmac_key=WAHA_HMAC_KEY) as running:
        yield running


@pytest.fixture
def simulator(_simulator: RunningSimulator) -> Iterator[RunningSimulator]:
    """The stand-in WAHA in threads of this process, used over HTTP; nothing in it is left from the test before.

    Its webhooks go nowhere unless the test gives it a `webhook_url`: `live` is the house in which all parts talk.
    """
    _simulator.network.reset()
    yield _simulator
    _simulator.network.reset()


@pytest.fixture
def waha(simulator: RunningSimulator) -> Guests:
    """What the guests do on that simulator, and what goes wrong in it."""
    return Guests(simulator.control_url)


@pytest.fixture(scope="session")
def config(database_url: str, _simulator_port: int, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The settings of the tests: signed webhooks, and for a WAHA the simulator (it runs when a test asks for it)."""
    return Config(
        environment="testing",
        database_url=database_url,
        secret_key="a key that is long enough for the tests",
        waha_host=f"http://127.0.0.1:{_simulator_port}",
        waha_api_key=WAHA_API_KEY,
        waha_hmac_key=WAHA_HMAC_KEY,
        public_url="http://localhost",
        media_dir=tmp_path_factory.mktemp("media"),
    )


@pytest.fixture(scope="session")
def _house(config: Config) -> Iterator[House]:
    app = _honest_app(config)
    yield House(app, database.build(app))
    _close(app)


@pytest.fixture
def app(_house: House) -> Iterator[Flask]:
    """The application on a database as the migrations leave it: one hotel, one line."""
    yield _house.app
    database.restore(*_house)


@pytest.fixture
def another_app(app: Flask, config: Config) -> Iterator[Callable[..., Flask]]:
    """`another_app(environment="development")`: the same database under other settings."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        made.append(_honest_app(replace(config, **changes)))
        return made[-1]

    yield make
    for other in made:
        _close(other)


@pytest.fixture
def client(app: Flask) -> HonestClient:
    """A browser at the front desk, not signed in."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> database.Look:
    """Looks at committed rows, freshly: `session.one(Message).text`."""
    return database.Look(app)


@pytest.fixture
def arrange(app: Flask) -> Callable[[], AbstractContextManager[Any]]:
    """`with arrange() as session:` rows made, or story functions called, and committed."""
    return partial(database.arranging, app)


@pytest.fixture
def wait() -> Iterator[Callable[..., None]]:
    """`wait(minutes=2)` moves the clock of this process, never the row."""
    yield lambda **span: clock.shift(timedelta(**span))
    clock.reset()


@pytest.fixture
def hotel(app: Flask, session: database.Look) -> Hotel:
    """Our hotel, detached."""
    return session.one(database.select(Hotel).join(Line).where(Line.position == 0))


@pytest.fixture
def line(app: Flask, session: database.Look) -> Line:
    """Our line, detached."""
    return session.one(database.select(Line).where(Line.position == 0))


@pytest.fixture
def wayan(app: Flask) -> people.Employee:
    """At the desk."""
    return people.hire(app, "Wayan Sudarma", "desk")


@pytest.fixture
def made(app: Flask) -> people.Employee:
    """The manager."""
    return people.hire(app, "Made Wirawan", "manager")


@pytest.fixture
def charlie(app: Flask) -> people.Employee:
    """At the desk of another hotel: he may see nothing of ours."""
    return people.hire(app, "Charlie Brown", "desk", people.found_hotel(app, "Hotel Elsewhere"))


@pytest.fixture
def ayu(app: Flask) -> people.Visitor:
    """A guest whom the hotel knows by phone; no stay, no conversation yet."""
    return people.meet(app, "Ayu Lestari", "+6281234567890")


@pytest.fixture
def live(app: Flask, config: Config, tmp_path: Any) -> Iterator[Household]:
    """Real processes on the test's database: web, worker and simulator. They are gone when the test ends."""
    with Household(config.database_url, tmp_path) as household:
        household.start()
        yield household


def _honest_app(config: Config) -> Flask:
    app = create_app(config)
    app.test_client_class = HonestClient
    return app


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
