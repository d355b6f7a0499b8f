"""Effects that came in the same moment as their message, so that neither saw the other: applied a moment later."""

from concierge import intake, journal
from concierge.extensions import db, writing
from concierge.models import Line


def apply_overtaken() -> bool:
    """Apply what waits although its message is here. False when nothing did."""
    is_waiting = bool(journal.overtaken())
    db.session.rollback()
    if not is_waiting:
        return False
    with writing():
        for event in journal.overtaken():
            intake.apply(db.session.get_one(Line, event.line_id), event)
        db.session.commit()
    return True
