"""Looking at the session of one line, so that a dead one is known before somebody needs it."""

from concierge import clock, heartbeat, lines
from concierge.config import Config
from concierge.extensions import db, writing
from concierge.models import Line
from concierge.waha.client import Accepted, NotSentNow, Unknown, WahaClient


def check_one(config: Config) -> bool:
    """Look at a line that was not looked at for a while. False when none was due."""
    with writing():
        line = lines.claim_check()
        line_id = line.id if line else None
        client = WahaClient(**vars(lines.connection_of(line, config))) if line else None
        db.session.commit()
    if line_id is None or client is None:
        return False
    session = client.look()
    with writing():
        line = db.session.get_one(Line, line_id)
        if isinstance(session, NotSentNow):
            lines.pause(line_id, session.reason)
        elif session.status:
            own_phone = f"+{session.own_phone}" if session.own_phone else None
            lines.record_status(line, session.status, own_phone, session.own_lid)
            lines.settle(line)
        db.session.commit()
    return True


def beat_one(config: Config) -> bool:
    """Send the next heartbeat that is due to the hotel's own number. False when there is none."""
    is_due = heartbeat.is_something_due()
    db.session.rollback()
    if not is_due:
        return False
    with writing():
        line = heartbeat.claim_next()
        job = _Heartbeat(line, config) if line else None
        db.session.commit()
    if job is None:
        return False
    began_at = clock.now()
    outcome = job.client.send_text(job.chat_id, job.text)
    if isinstance(outcome, Accepted | Unknown):
        with writing():
            heartbeat.note_sent(job.line_id, began_at)
            db.session.commit()
    return True


class _Heartbeat:
    """What is sent where, once the transaction is closed."""

    def __init__(self, line: Line, config: Config) -> None:
        self.line_id, self.text = line.id, heartbeat.words(line.heartbeat_code or "")
        self.chat_id = f"{(line.own_phone or '').lstrip('+')}@c.us"
        self.client = WahaClient(**vars(lines.connection_of(line, config)))
