"""What is asked of WAHA: each question a row, done by the worker under a lease, and asked again for a day.

Functions here only change rows; whoever calls them commits.
"""

from datetime import timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.dialects import postgresql, sqlite

from concierge import clock
from concierge.extensions import database_now, db
from concierge.models import Address, Errand, Line
from concierge.models.address import LID, PHONE
from concierge.models.base import new_id
from concierge.models.errand import DONE, GIVEN_UP, LID_OF_PHONE, PHONE_OF_LID, WAITING

LEASE = timedelta(seconds=30)
# WAHA learns from traffic which phone a LID belongs to: what it does not know now it may know later.
AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(days=1))
NO_ANSWER_AGAIN = timedelta(minutes=1)


def ask_phone(line_id: str, address: Address) -> None:
    """A guest wrote from a LID alone: which phone is it? Asked once per LID, however often this is called."""
    if address.kind == LID:
        _ask(line_id, PHONE_OF_LID, address.value)


def ask_lid(line_id: str, address: Address) -> None:
    """We wrote to a phone: the answer may come from its LID, so we ask which one it is. Asked once per phone."""
    if address.kind == PHONE:
        _ask(line_id, LID_OF_PHONE, address.value)


def note_pair(line_id: str, one: Address, other: Address) -> None:
    """WhatsApp showed that both are one account while the caller held a thread: joining their guests locks guests
    first, so the worker does it. What is known already is not asked of WAHA."""
    lid, phone = (one, other) if one.kind == LID else (other, one)
    if (lid.kind, phone.kind) == (LID, PHONE) and lid.lid_of != phone.value:
        _ask(line_id, LID_OF_PHONE, phone.value, answer=lid.value)


def is_something_due() -> bool:
    """A reader's look, so that idle workers do not take the write lock."""
    return db.session.scalar(_next_due()) is not None


def claim_next() -> Errand | None:
    """Take the next errand that is due, under a lease; None when there is none."""
    due = _next_due().with_for_update(skip_locked=True, of=Errand).scalar_subquery()
    return db.session.execute(
        update(Errand)
        .where(Errand.id == due)
        .values(due_at=database_now(LEASE), claims=Errand.claims + 1)
        .returning(Errand)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).scalar_one_or_none()


def record_known(errand_id: str, claim: int, answer: str) -> bool:
    """WAHA knew. False when the claim is not ours any more."""
    return _record(errand_id, claim, state=DONE, answer=answer, attempts=Errand.attempts + 1)


def record_unknown(errand_id: str, claim: int) -> bool:
    """WAHA does not know, or will not say: asked again ever later, then given up."""
    attempts = db.session.scalar(select(Errand.attempts).where(Errand.id == errand_id)) or 0
    if attempts >= len(AGAIN_AFTER):
        return _record(errand_id, claim, state=GIVEN_UP, attempts=attempts + 1)
    return _record(errand_id, claim, due_at=clock.now() + AGAIN_AFTER[attempts], attempts=attempts + 1)


def record_no_answer(errand_id: str, claim: int) -> bool:
    """WAHA was not there: this says nothing about the guest."""
    return _record(errand_id, claim, due_at=clock.now() + NO_ANSWER_AGAIN)


def _ask(line_id: str, kind: str, subject: str, answer: str | None = None) -> None:
    is_sqlite = db.session.get_bind().dialect.name == "sqlite"
    now = clock.now()
    values = {"id": new_id(), "line_id": line_id, "kind": kind, "subject": subject, "state": WAITING, "answer": answer}
    statement = (
        (sqlite if is_sqlite else postgresql)
        .insert(Errand)
        .values(**values, due_at=now, claims=0, attempts=0, created_at=now, updated_at=now)
    )
    taken = [Errand.line_id, Errand.kind, Errand.subject]
    if answer:
        told_anew = {"state": WAITING, "answer": answer, "due_at": now, "updated_at": now}
        statement = statement.on_conflict_do_update(index_elements=taken, set_=told_anew)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=taken)
    db.session.execute(statement)


def _next_due() -> Select[str]:
    """Lines that are away are not asked."""
    return (
        select(Errand.id)
        .join(Line, Line.id == Errand.line_id)
        .where(Errand.state == WAITING, Errand.due_at <= database_now(), Line.paused_since.is_(None))
        .order_by(Errand.due_at)
        .limit(1)
    )


def _record(errand_id: str, claim: int, **values: object) -> bool:
    recorded = db.session.execute(
        update(Errand)
        .where(Errand.id == errand_id, Errand.claims == claim, Errand.state == WAITING)
        .values(**values)
        .returning(Errand.id)
        .execution_options(synchronize_session=False)
    )
    return recorded.first() is not None
