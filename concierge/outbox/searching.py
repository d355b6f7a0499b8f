"""Messages of unknown fate are looked for, at growing intervals, for 90 seconds; later ones of the guest wait."""

from datetime import timedelta

from concierge import clock, failures
from concierge.models import Line, Message
from concierge.models.line import WORKING
from concierge.models.message import QUEUED, UNCONFIRMED
from concierge.outbox.rows import is_still_ours, locked, set_status

LOOK_FOR = timedelta(seconds=90)
FIRST_LOOK = timedelta(seconds=2)
SLOWEST_LOOK = timedelta(seconds=15)
# An id that WAHA does not know proves nothing at once: a hung engine may still send. After this time of a session
# that worked all along it does.
PROOF_AFTER = timedelta(seconds=60)
MOST_ATTEMPTS = 3


def start_looking(message: Message, failure: str) -> None:
    """The call ended without an answer. `failure` is what staff read should it never be found."""
    message.looking_since = clock.now()
    message.failure = failure
    message.due_at = clock.now() + FIRST_LOOK


def record_absent(message_id: str, claim: int, line: Line) -> None:
    """WAHA was asked for our own id and does not know it. Sent again only where that proves something."""
    message = locked(message_id)
    if not is_still_ours(message, claim) or message.looking_since is None:
        return
    if _is_proven(message, line) and message.attempts < MOST_ATTEMPTS:
        set_status(message, QUEUED)
        message.due_at = clock.now()
    else:
        _look_later(message)


def record_unseen(message_id: str, claim: int) -> None:
    """It was not found, which proves nothing here: look again, until a person has to decide."""
    message = locked(message_id)
    if is_still_ours(message, claim) and message.looking_since is not None:
        _look_later(message)


def _is_proven(message: Message, line: Line) -> bool:
    long_ago = clock.now() - PROOF_AFTER
    has_worked = line.status == WORKING and line.status_at is not None and line.status_at <= long_ago
    return (
        has_worked
        and line.paused_since is None
        and message.looking_since is not None
        and (message.looking_since <= long_ago)
    )


def _look_later(message: Message) -> None:
    assert message.looking_since is not None
    looked_for = clock.now() - message.looking_since
    if looked_for >= LOOK_FOR:
        set_status(message, UNCONFIRMED, message.failure or failures.NO_ANSWER)
        return
    wait = min(max(looked_for, FIRST_LOOK), SLOWEST_LOOK, LOOK_FOR - looked_for)
    message.due_at = clock.now() + wait
