"""What the screens ask: the list of conversations, a thread and what changed in it, who is in the house. Read only."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from concierge.extensions import db
from concierge.models import Conversation, Guest, Hotel, Message, Room, Stay
from concierge.models.message import NEEDS_A_PERSON, WELCOME

ROWS = 30
BUBBLES = 40

# However many bubbles: one question, and one for what they quote. A message has two reactions at most.
_WITH_WHAT_IT_SHOWS = (
    joinedload(Message.author),
    joinedload(Message.address),
    joinedload(Message.called_by),
    joinedload(Message.media),
    joinedload(Message.reactions),
    selectinload(Message.quoted_messages).joinedload(Message.author),
)


@dataclass(frozen=True)
class ListRow:
    """One conversation as the list shows it."""

    conversation: Conversation
    guest: Guest
    room_number: str | None
    last: Message | None
    is_in_trouble: bool


@dataclass(frozen=True)
class WaitingList:
    """The list, longest waiting first; `fingerprint` changes when anything visible in it does."""

    rows: list[ListRow]
    waiting: int
    last_message_at: datetime | None
    has_more: bool

    @property
    def fingerprint(self) -> str:
        """Minutes are counted by the screen itself and are no part of this."""
        shown = [(row.conversation.id, row.conversation.revision, row.conversation.is_active) for row in self.rows]
        return hashlib.sha256(repr((shown, self.waiting, self.has_more)).encode()).hexdigest()[:12]


def waiting_list(hotel: Hotel, rows: int = ROWS) -> WaitingList:
    """Who has waited longest first, then those with trouble, then by the last message."""
    last = aliased(Message)
    found = db.session.execute(
        select(Conversation, last, _has_trouble(Conversation).label("trouble"))
        .outerjoin(last, and_(last.conversation_id == Conversation.id, last.seq == Conversation.seq))
        .options(joinedload(Conversation.guest), joinedload(Conversation.stay).joinedload(Stay.room))
        .where(Conversation.hotel_id == hotel.id, Conversation.joined_into_id.is_(None))
        .order_by(
            Conversation.waiting_since.is_(None),
            Conversation.waiting_since,
            Conversation.last_message_at.desc(),
            Conversation.id,
        )
        .limit(rows + 1)
    ).all()
    waiting = select(func.count()).where(Conversation.hotel_id == hotel.id, Conversation.waiting_since.is_not(None))
    latest = select(func.max(Conversation.last_message_at)).where(Conversation.hotel_id == hotel.id)
    return WaitingList(
        rows=[_row(*row) for row in found[:rows]],
        waiting=db.session.scalar(waiting) or 0,
        last_message_at=db.session.scalar(latest),
        has_more=len(found) > rows,
    )


def find_conversation(hotel: Hotel, conversation_id: str) -> Conversation | None:
    """A conversation of this hotel; another hotel's does not exist here."""
    return db.session.scalar(
        select(Conversation)
        .where(Conversation.id == conversation_id, Conversation.hotel_id == hotel.id)
        .options(joinedload(Conversation.guest), joinedload(Conversation.stay).joinedload(Stay.room))
    )


def find_message(hotel: Hotel, message_id: str) -> Message | None:
    """A message of this hotel."""
    return db.session.scalar(
        select(Message).join(Conversation).where(Message.id == message_id, Conversation.hotel_id == hotel.id)
    )


def find_stay(hotel: Hotel, stay_id: str) -> Stay | None:
    """A stay of this hotel."""
    return db.session.scalar(select(Stay).where(Stay.id == stay_id, Stay.hotel_id == hotel.id))


def find_room(hotel: Hotel, number: str) -> Room | None:
    """A room by its number."""
    return db.session.scalar(
        select(Room).where(Room.hotel_id == hotel.id, Room.number == number, Room.deleted_at.is_(None))
    )


def latest_messages(conversation: Conversation, before: Message | None = None, most: int = BUBBLES) -> list[Message]:
    """The newest bubbles of the guest's whole story on this line, in reading order; `before` pages upwards.

    The guest's earlier conversations stand above the present one.
    """
    query = (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .options(*_WITH_WHAT_IT_SHOWS)
        .where(Conversation.guest_id == conversation.guest_id, Conversation.line_id == conversation.line_id)
    )
    if before is not None:
        query = query.where(_is_before(before))
    newest_first = (Message.sent_at.desc(), Message.created_at.desc(), Message.seq.desc())
    return list(db.session.scalars(query.order_by(*newest_first).limit(most)).unique())[::-1]


def changed_messages(conversation: Conversation, revision: int) -> list[Message]:
    """What is new or changed since a revision, in reading order."""
    return list(
        db.session.scalars(
            select(Message)
            .options(*_WITH_WHAT_IT_SHOWS)
            .where(Message.conversation_id == conversation.id, Message.revision > revision)
            .order_by(Message.sent_at, Message.seq)
        ).unique()
    )


def in_house(hotel: Hotel) -> list[tuple[Stay, Message | None]]:
    """Open stays by room, each with its latest welcome."""
    stays = db.session.scalars(
        select(Stay)
        .join(Room)
        .options(joinedload(Stay.room), joinedload(Stay.guest))
        .where(Stay.hotel_id == hotel.id, Stay.checked_in_at.is_not(None), Stay.checked_out_at.is_(None))
        .order_by(func.length(Room.number), Room.number)
    ).all()
    welcomes = _latest_welcomes(stays)
    return [(stay, welcomes.get(stay.id)) for stay in stays]


def conversation_ids(stays: Sequence[Stay]) -> dict[str, str]:
    """Where to read each stay: its own thread, or the one its guest has for another room."""
    guests = [stay.guest_id for stay in stays]
    rows = db.session.execute(
        select(Conversation.id, Conversation.guest_id, Conversation.stay_id)
        .where(Conversation.guest_id.in_(guests))
        .order_by(Conversation.is_active, Conversation.start)
    ).all()
    by_guest = {row.guest_id: row.id for row in rows}
    by_stay = {row.stay_id: row.id for row in rows if row.stay_id}
    return {stay.id: found for stay in stays if (found := by_stay.get(stay.id) or by_guest.get(stay.guest_id))}


def stays_of(conversation: Conversation) -> list[Stay]:
    """The guest's open stays: one thread may serve several rooms."""
    return list(
        db.session.scalars(
            select(Stay)
            .options(joinedload(Stay.room))
            .where(
                Stay.guest_id == conversation.guest_id,
                Stay.checked_in_at.is_not(None),
                Stay.checked_out_at.is_(None),
            )
            .order_by(Stay.checked_in_at)
        )
    )


def _latest_welcomes(stays: Sequence[Stay]) -> dict[str, Message]:
    rows = db.session.execute(
        select(Conversation.stay_id, Message)
        .join(Message, Message.conversation_id == Conversation.id)
        .where(Conversation.stay_id.in_([stay.id for stay in stays]), Message.origin == WELCOME)
        .order_by(Message.seq)
    ).all()
    return {stay_id: message for stay_id, message in rows if stay_id}


def _has_trouble(conversation: type[Conversation]) -> ColumnElement[bool]:
    return (
        select(Message.id)
        .where(
            Message.conversation_id == conversation.id,
            Message.call_outcome.is_(None),
            Message.status.in_(NEEDS_A_PERSON) | Message.flagged_at.is_not(None),
        )
        .exists()
    )


def _row(conversation: Conversation, last: Message | None, trouble: bool) -> ListRow:
    stay = conversation.stay
    room = stay.room.number if stay and stay.is_open else None
    return ListRow(conversation, conversation.guest, room, last, trouble)


def _is_before(message: Message) -> ColumnElement[bool]:
    return or_(
        Message.sent_at < message.sent_at,
        and_(Message.sent_at == message.sent_at, Message.created_at < message.created_at),
        and_(Message.sent_at == message.sent_at, Message.created_at == message.created_at, Message.seq < message.seq),
    )


def page_of_conversations(hotel: Hotel, cursor: str | None, most: int) -> tuple[list[Conversation], str | None]:
    """For programs: newest start first, and the cursor of the next page. An unknown cursor starts over."""
    query = (
        select(Conversation)
        .where(Conversation.hotel_id == hotel.id, Conversation.joined_into_id.is_(None))
        .options(joinedload(Conversation.guest), joinedload(Conversation.stay).joinedload(Stay.room))
        .order_by(Conversation.start.desc(), Conversation.id.desc())
    )
    if cursor and (last := find_conversation(hotel, cursor)):
        query = query.where(
            or_(
                Conversation.start < last.start,
                and_(Conversation.start == last.start, Conversation.id < last.id),
            )
        )
    found = list(db.session.scalars(query.limit(most + 1)))
    return found[:most], found[most - 1].id if len(found) > most else None


def page_of_messages(conversation: Conversation, cursor: str | None, most: int) -> tuple[list[Message], str | None]:
    """For programs: in order of arrival, after the `seq` that the cursor is."""
    after = int(cursor) if cursor and cursor.isdigit() and len(cursor) < 10 else 0
    found = list(
        db.session.scalars(
            select(Message)
            .where(Message.conversation_id == conversation.id, Message.seq > after)
            .order_by(Message.seq)
            .limit(most + 1)
        )
    )
    return found[:most], str(found[most - 1].seq) if len(found) > most else None


def count_waiting(hotel: Hotel) -> int:
    """How many guests wait for an answer of a person."""
    waiting = select(func.count()).where(Conversation.hotel_id == hotel.id, Conversation.waiting_since.is_not(None))
    return db.session.scalar(waiting) or 0


def welcome_of(conversation: Conversation) -> Message | None:
    """The latest welcome in this thread."""
    return db.session.scalar(
        select(Message)
        .where(Message.conversation_id == conversation.id, Message.origin == WELCOME)
        .order_by(Message.seq.desc())
        .limit(1)
    )
