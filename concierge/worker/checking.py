"""Looking at the session of one line, so that a dead one is known before somebody needs it."""

from concierge import lines
from concierge.config import Config
from concierge.extensions import db, writing
from concierge.models import Line
from concierge.waha.client import NotSentNow, WahaClient


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
