"""Posting what was planned for now."""

from concierge import scheduling
from concierge.extensions import db, writing


def post_planned() -> bool:
    """Post the next planned message that is due, in one commit."""
    is_due = scheduling.is_something_due()
    db.session.rollback()
    if not is_due:
        return False
    with writing():
        is_posted = scheduling.post_next()
        db.session.commit()
    return is_posted
