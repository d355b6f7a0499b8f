"""Serves the simulator. WAHA's door can really be shut: connection refused.

A second door, on loopback, keeps the switches in reach meanwhile.
"""

import contextlib
import errno
import logging
import socket
import threading
from typing import Any

from flask import Flask, has_request_context, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server, select_address_family
from werkzeug.test import run_wsgi_app

from .app import create_simulator

logger = logging.getLogger(__name__)

BACKLOG = 256


class SimulatorRefused(RuntimeError):
    """The simulator does not run where real guests are."""


class Handler(WSGIRequestHandler):
    """Keeps connections alive for 5 s, as Node does.

    Werkzeug's own way of answering reads past the request and so has to close after every answer.
    """

    protocol_version = "HTTP/1.1"
    timeout = 5
    disable_nagle_algorithm = True
    door: "Door"

    def setup(self) -> None:
        super().setup()
        self.door.connections.add(self.connection)

    def finish(self) -> None:
        self.door.connections.discard(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        try:
            content, status, headers = run_wsgi_app(self.door.app, environ, buffered=True)
            self._answer(status, headers.to_wsgi_list(), b"".join(content))
        except (ConnectionError, TimeoutError) as error:
            self.connection_dropped(error, environ)
            self.close_connection = True

    def log(self, *args: object) -> None:
        pass

    def _answer(self, status: str, headers: list[tuple[str, str]], content: bytes) -> None:
        number, _, reason = status.partition(" ")
        self.send_response(int(number), reason)
        for name, value in headers:
            self.send_header(name, value)
        # After 413 the rest of the body is still on its way.
        is_kept = self.door.is_open and number != "413" and not self.close_connection
        self.send_header("Connection", "keep-alive" if is_kept else "close")
        self.end_headers()
        self.wfile.write(content)


class Door:
    """One listening address that can be opened and shut again and again."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        self.app, self.host, self.port = app, host, port
        self.connections: set[socket.socket] = set()
        self.is_open = False
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def open(self) -> None:
        """Raises OSError when the port is taken."""
        listener = self._listen()
        handler = type("DoorHandler", (Handler,), {"door": self})
        how: dict[str, Any] = {"threaded": True, "request_handler": handler, "fd": listener.fileno()}
        self._server = make_server(self.host, self.port, self.app, **how)
        listener.close()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.is_open = True
        self._thread.start()

    def shut(self) -> int:
        """Refuses new connections and drops the old ones, except the one that asked for it; how many it dropped."""
        self.is_open = False
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
        asking = request.environ.get("werkzeug.socket") if has_request_context() else None
        dropped = set(self.connections) - {asking}
        for connection in dropped:
            _drop(connection)
        return len(dropped)

    def _listen(self) -> socket.socket:
        listener = socket.socket(select_address_family(self.host, self.port), socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self.port))
        except OSError:
            listener.close()
            raise
        listener.listen(BACKLOG)
        self.port = listener.getsockname()[1]
        return listener


class RunningSimulator:
    """The simulator in threads of this process: `with RunningSimulator(...) as waha: requests.get(waha.url + "/ping")`.

    url is WAHA's address, control_url the same pages and switches at an address that stays open while WAHA is down.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, control_port: int = 0, **options: Any) -> None:
        """options: those of create_simulator."""
        self.app = create_simulator(**options)
        self.network = self.app.extensions["simulator"]
        self._door = Door(self.app, host, port)
        self._control_door = Door(self.app, "127.0.0.1", control_port)

    @property
    def url(self) -> str:
        return self._door.url

    @property
    def control_url(self) -> str:
        return self._control_door.url

    def start(self) -> "RunningSimulator":
        self._door.open()
        self._open_control_door()
        self.network.control_url = self.control_url
        self.network.open_or_close = self._open_or_close
        return self

    def stop(self) -> None:
        self.network.stop()
        for door in (self._door, self._control_door):
            if door.is_open:
                door.shut()

    def __enter__(self) -> "RunningSimulator":
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _open_control_door(self) -> None:
        try:
            self._control_door.open()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            self._control_door.port = 0
            self._control_door.open()

    def _open_or_close(self, is_open: bool) -> None:
        if is_open:
            self._door.open()
        else:
            # Whoever had just asked on one of them cannot know whether it was heard.
            self.network.faults.add("down_cut", self._door.shut())


def serve(host: str, port: int, *, environment: str, **options: Any) -> None:
    """Serves until Ctrl-C. The switches stay in reach at port + 1 (or any free one) while WAHA is down.

    Raises SimulatorRefused outside development and testing, OSError when the port is taken.
    """
    if environment not in ("development", "testing"):
        raise SimulatorRefused(
            f"The WAHA simulator does not start in {environment!r}: real guests would be answered by a toy."
            " It runs in development and testing only."
        )
    running = RunningSimulator(host, port, port + 1 if port else 0, **options).start()
    logger.info("WAHA simulator on %s, switches also on %s", running.url, running.control_url)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        running.stop()


def _drop(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may be gone already
        connection.shutdown(socket.SHUT_RDWR)
