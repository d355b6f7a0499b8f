"""How a waiting worker hears that there is work, within milliseconds, on either database."""

import logging
import select
import sqlite3
import threading
import time
from typing import Any

from flask import Flask
from sqlalchemy import Engine

from concierge.extensions import WAKE_CHANNEL, db

logger = logging.getLogger(__name__)

GLANCE_SECONDS = 0.02
RECONNECT_SECONDS = 2.0


class Alarm(threading.Thread):
    """Rings at every commit that matters. Missing a ring is harmless: the worker sweeps every second anyway."""

    def __init__(self, app: Flask) -> None:
        super().__init__(name="alarm", daemon=True)
        with app.app_context():
            self._engine: Engine = db.engine
        self._stopping = threading.Event()
        self._rung = threading.Condition()
        self.count = 0

    def wait(self, heard: int, seconds: float) -> None:
        """Until it rings again after `heard`, or the time is over."""
        with self._rung:
            self._rung.wait_for(lambda: self.count != heard, timeout=seconds)

    def ring(self) -> None:
        """Wake everybody who waits."""
        with self._rung:
            self.count += 1
            self._rung.notify_all()

    def stop(self) -> None:
        """Let the thread end."""
        self._stopping.set()

    def run(self) -> None:
        """Listen until stopped; a lost connection is made again."""
        listen = self._glance if self._engine.dialect.name == "sqlite" else self._listen
        while not self._stopping.is_set():
            try:
                listen()
            except Exception as fault:  # noqa: BLE001 - whatever breaks it, listening goes on
                logger.warning("the alarm lost its connection: %s", type(fault).__name__)
                self._stopping.wait(RECONNECT_SECONDS)

    def _listen(self) -> None:
        """PostgreSQL: LISTEN on a connection of its own."""
        pooled = self._engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()  # it stays ours: a pool would lend it to somebody else
        try:
            connection.set_session(autocommit=True)
            connection.cursor().execute(f"LISTEN {WAKE_CHANNEL}")
            while not self._stopping.is_set():
                if select.select([connection], [], [], 1.0)[0]:
                    connection.poll()
                    connection.notifies.clear()
                    self.ring()
        finally:
            connection.close()

    def _glance(self) -> None:
        """SQLite: data_version changes when another connection, of any process, has committed."""
        connection = sqlite3.connect(str(self._engine.url.database), check_same_thread=False, isolation_level=None)
        try:
            seen = None
            while not self._stopping.is_set():
                version = connection.execute("PRAGMA data_version").fetchone()[0]
                if version != seen:
                    seen = version
                    self.ring()
                time.sleep(GLANCE_SECONDS)
        finally:
            connection.close()
