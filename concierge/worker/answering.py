"""Giving one automatic answer."""

from concierge import auto_reply
from concierge.extensions import db, writing


def answer_one() -> bool:
    """Give the next automatic answer that is due: claimed, worded and posted in one commit."""
    is_due = auto_reply.is_something_due()
    db.session.rollback()
    if not is_due:
        return False
    with writing():
        conversation = auto_reply.claim_next()
        if conversation:
            auto_reply.answer(conversation)
        db.session.commit()
    return conversation is not None
