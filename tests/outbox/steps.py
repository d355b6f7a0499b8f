"""Steps that the outbox's tests share, each a beat of a message's life."""

from sqlalchemy import select

from concierge import failures, lines, outbox
from concierge.extensions import db, writing
from concierge.models import Line
from tests.database import arranging
from tests.story import check_in


def claim(app) -> str | None:
    with app.app_context(), writing():
        message = outbox.claim_next()
        message_id = message.id if message else None
        db.session.commit()
        return message_id


def claim_here() -> str:
    message = outbox.claim_next()
    assert message is not None
    return message.id


def lose_track(app) -> str:
    check_in(app)
    with arranging(app):
        message = outbox.claim_next()
        outbox.record_unknown(message.id, message.claims, failures.NO_ANSWER)
        return message.id


def give_up_looking(app, wait) -> None:
    wait(seconds=91)
    with arranging(app):
        message = outbox.claim_look()
        outbox.record_unseen(message.id, message.claims)


def line_works(app) -> None:
    with arranging(app) as db_session:
        lines.record_status(db_session.scalars(select(Line)).one(), "WORKING")


def pace(app, **settings) -> None:
    with arranging(app) as db_session:
        line = db_session.scalars(select(Line)).one()
        for name, value in settings.items():
            setattr(line, name, value)


def refuse_by_line(app, message_id: str | None) -> None:
    with arranging(app):
        outbox.record_refused_by_line(str(message_id), 1, failures.UNREACHABLE)


def accepted(app, raw_id: str) -> str:
    check_in(app)
    with arranging(app):
        return outbox.record_accepted(claim_here(), raw_id).line_id
