"""The house after a captured file was posted, and the checks of what each file did."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from concierge import clock, inbox
from concierge.guests import PHONE, Reach
from concierge.models import Event, Line, Message
from tests.client import HonestClient
from tests.database import Look
from tests.wire import captured

PHONE_OF_GUEST = "+628120000001"


@dataclass(frozen=True)
class Scene:
    """The house after a file was posted."""

    door: HonestClient
    session: Look
    arrange: Callable[..., Any]
    send: Callable[..., str]
    line: Line

    @property
    def message(self) -> Message:
        """The only one."""
        return self.session.one(Message)

    @property
    def outcomes(self) -> set[str]:
        """What became of the events."""
        return {event.outcome for event in self.session.all(Event)}

    def guest_wrote(self, raw_id: str, text: str = "as it was", **more: Any) -> None:
        """The message that an effect is about, through the story."""
        with self.arrange() as rows:
            line = rows.get(Line, self.line.id)
            inbox.receive(line, inbox.Incoming(Reach(PHONE, PHONE_OF_GUEST), raw_id, text, **more))

    def post(self, file: str) -> None:
        """The same once more, as other events: WAHA's second try would be known."""
        for request in captured.requests_of(file):
            self.post_one(request)

    def post_one(self, request: dict[str, Any]) -> None:
        """One request of a file, as another event."""
        raw = request["raw"].replace('"evt_', f'"evt_{self.session.count(Event)}_', 1)
        captured.post_one(self.door, request | {"raw": raw, "headers": captured.signed(request["headers"], raw)})


Check = Callable[[Scene], None]
CHECKS: dict[str, Check] = {}


def of(*files: str) -> Callable[[Check], Check]:
    """This is what these files do."""

    def note(check: Check) -> Check:
        CHECKS.update(dict.fromkeys(files, check))
        return check

    return note


@contextmanager
def later(**span: float) -> Iterator[None]:
    """What is done in here is done so much later."""
    clock.shift(timedelta(**span))
    try:
        yield
    finally:
        clock.reset()
