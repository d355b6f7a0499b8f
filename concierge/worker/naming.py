"""Which lines' servers choose message ids beforehand: asked once in a while, not before every message."""

import threading
import time

from concierge.waha.client import WahaClient

ASK_AGAIN_SECONDS = 300.0

_cannot_until: dict[str, float] = {}
_lock = threading.Lock()


def choose_id(line_id: str, client: WahaClient) -> str | None:
    """An id for the next message of this line; None where its server cannot, which is remembered for a while."""
    with _lock:
        if _cannot_until.get(line_id, 0.0) > time.monotonic():
            return None
    chosen = client.choose_id()
    if chosen is None:
        with _lock:
            _cannot_until[line_id] = time.monotonic() + ASK_AGAIN_SECONDS
    return chosen or None
