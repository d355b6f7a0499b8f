"""Two guests who turn out to be one: addresses, stays and threads become those of one guest, in order.

Locks are taken guests first, then conversations, each in the order of their ids, then messages. What is done twice,
or by two at once, is done once.
"""

from collections.abc import Sequence

from sqlalchemy import case, select, update

from concierge import attention, conversations, drafts, errands, guests, notes, outbox, scheduling
from concierge.extensions import db
from concierge.guests import LID, Reach
from concierge.models import Address, Conversation, Guest, Line, Message, Stay


def meet(line: Line, reach: Reach, also: Reach | None = None) -> Address:
    """The address of whoever writes from `reach`, with its guest; both are made when nobody has it.

    `also`, another reach of the same account, is learnt; where it was another guest's, the two are joined. The phone
    of a LID that came alone is asked for.
    """
    address, other = guests.meet_both(line.hotel_id, reach, also)
    if other and other.guest_id != address.guest_id:
        join(address.guest_id, other.guest_id)
    elif address.guest.joined_into_id:
        address.guest = _lasting(address.guest)
        db.session.flush()
    elif address.kind == LID and address.lid_of is None:
        errands.ask_phone(line.id, address)
    return address


def owner(address: Address) -> Guest:
    """Whose address this is, held until the commit: nobody can make another guest of this one meanwhile.

    For whoever ties something to a guest found by an address: a join that commits between the two would leave it
    with a guest who is nobody any more.
    """
    held = _held(address.guest_id)[0]
    if address.guest_id != held.id:
        address.guest = held
    return held


def same_person(hotel_id: str, one: Reach, other: Reach) -> None:
    """WhatsApp says that both are one account: `other` is learnt, or its guest is joined with the guest of `one`.

    Nothing happens where nobody has `one` any more.
    """
    address = guests.find_address(hotel_id, one)
    if address is None:
        return
    beside = guests.learn(_lasting(address.guest), other)
    guests.pair(address, beside)
    if beside.guest_id != address.guest_id:
        join(address.guest_id, beside.guest_id)


def link(conversation: Conversation, stay: Stay) -> Conversation:
    """Staff say who writes here: the guest of this stay. The thread in which it goes on."""
    line_id = conversation.line_id
    keeper = join(conversation.guest_id, stay.guest_id)
    db.session.refresh(conversation)
    return conversations.active(keeper.id, line_id) or conversation


def join(one_id: str, other_id: str) -> Guest:
    """Make one guest of two; whoever was named at check-in stays, else whoever was known first."""
    found = _held(one_id, other_id)
    if len(found) == 1:
        return found[0]
    keeper, gone = sorted(found, key=lambda guest: (guest.name is None, guest.created_at, guest.id))
    threads = _locked_threads(keeper, gone)
    _move_addresses(keeper, gone)
    _move_stays(keeper, gone)
    _join_threads(threads, keeper)
    _fill_in(keeper, gone)
    gone.joined_into_id = keeper.id
    db.session.flush()
    db.session.expire_all()  # rows moved under whatever was loaded
    return keeper


def _lasting(guest: Guest) -> Guest:
    while guest.joined_into_id:
        guest = db.session.get_one(Guest, guest.joined_into_id)
    return guest


def _held(*guest_ids: str) -> Sequence[Guest]:
    """Whoever these guests are now, locked. Nobody holds one who is gone while he waits for another: the savepoint
    gives the lock back, else two who come the other way round wait for each other."""
    while True:
        try:
            with db.session.begin_nested():
                return _held_as_they_are(guest_ids)
        except _AreOthers as now:
            guest_ids = now.guest_ids


def _held_as_they_are(guest_ids: tuple[str, ...]) -> Sequence[Guest]:
    found = _locked(*guest_ids)
    lasting = {guest.joined_into_id or guest.id for guest in found}
    if lasting != set(guest_ids):
        raise _AreOthers(*lasting)
    return found


class _AreOthers(Exception):
    """Somebody joined these guests with others first."""

    def __init__(self, *guest_ids: str) -> None:
        super().__init__(*guest_ids)
        self.guest_ids = guest_ids


def _locked(*guest_ids: str) -> Sequence[Guest]:
    """Not against rows that point at them: a webhook may add an address meanwhile."""
    return db.session.scalars(
        select(Guest)
        .where(Guest.id.in_(guest_ids))
        .order_by(Guest.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def _locked_threads(*both: Guest) -> Sequence[Conversation]:
    return db.session.scalars(
        select(Conversation)
        .where(Conversation.guest_id.in_([guest.id for guest in both]))
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def _move_addresses(keeper: Guest, gone: Guest) -> None:
    """Released ones stay behind: they lead to nobody."""
    db.session.execute(
        update(Address)
        .where(Address.guest_id == gone.id, Address.released_at.is_(None))
        .values(guest_id=keeper.id)
        .execution_options(synchronize_session=False)
    )


def _move_stays(keeper: Guest, gone: Guest) -> None:
    """Where the desk knew two names for one phone it is asked whether that is right, as at check-in."""
    for stay in db.session.scalars(select(Stay).where(Stay.guest_id == gone.id)).all():
        stay.guest_id = keeper.id
        if stay.is_open and not guests.is_same_name(keeper.name, stay.guest_name):
            stay.is_name_asked = True
    db.session.flush()


def _join_threads(threads: Sequence[Conversation], keeper: Guest) -> None:
    """At most one is active per guest and line: of two the younger is poured into the older."""
    active: dict[str, Conversation] = {}
    for thread in sorted(threads, key=lambda each: each.start):
        if not thread.is_active:
            continue
        if older := active.get(thread.line_id):
            _pour(thread, older)
        else:
            active[thread.line_id] = thread
    for thread in threads:
        thread.guest_id = keeper.id
    db.session.flush()
    for thread in active.values():
        _link_stay(thread)


def _pour(younger: Conversation, older: Conversation) -> None:
    """The messages move behind those of the older thread, and open screens see them as new."""
    attention.carry(younger, older)
    _take_over(younger, older)
    first, older.seq, older.revision = older.seq, older.seq + younger.seq, older.revision + 1
    younger.joined_into_id, younger.revision = older.id, younger.revision + 1
    younger.stay_id = younger.address_id = younger.waiting_since = None
    conversations.end(younger)
    db.session.execute(
        update(Message)
        .where(Message.conversation_id == younger.id)
        .values(
            conversation_id=older.id,
            seq=Message.seq + first,
            revision=older.revision,
            content_revision=case((Message.content_revision > 0, older.revision), else_=0),
        )
        .execution_options(synchronize_session=False)
    )
    _carry_over(younger, older, first)
    if older.waiting_since:
        outbox.note_guest_wrote(older.id)


def _carry_over(younger: Conversation, older: Conversation, first: int) -> None:
    """What staff wrote and have not said to the guest."""
    drafts.move(younger.id, older.id, first)
    notes.move(younger.id, older.id, older.revision)
    scheduling.move(younger.id, older.id, older.revision)


def _take_over(younger: Conversation, older: Conversation) -> None:
    """What the older thread did not know: who waits since when, where the guest was last, which stay it is."""
    older.waiting_since = min(filter(None, (older.waiting_since, younger.waiting_since)), default=None)
    older.auto_reply_at = min(filter(None, (older.auto_reply_at, younger.auto_reply_at)), default=None)
    latest = max((older, younger), key=lambda each: each.last_message_at or each.start)
    other = younger if latest is older else older
    reachable = (each.address_id for each in (latest, other) if each.address and not each.address.released_at)
    older.address_id = next(reachable, None)
    older.last_message_at = latest.last_message_at
    if younger.stay and younger.stay.is_open and not (older.stay and older.stay.is_open):
        older.stay_id = younger.stay_id


def _link_stay(thread: Conversation) -> None:
    """A thread of nobody's stay belongs to the one that its guest has."""
    if thread.stay and thread.stay.is_open:
        return
    thread.stay_id = (
        db.session.scalar(
            select(Stay.id)
            .where(Stay.guest_id == thread.guest_id, Stay.checked_in_at.is_not(None), Stay.checked_out_at.is_(None))
            .order_by(Stay.checked_in_at)
            .limit(1)
        )
        or thread.stay_id
    )


def _fill_in(keeper: Guest, gone: Guest) -> None:
    for name in ("profile_name", "email", "mobile_phone", "language"):
        if getattr(keeper, name) is None:
            setattr(keeper, name, getattr(gone, name))
