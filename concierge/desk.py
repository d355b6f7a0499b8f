"""What the screens ask: a thread and what changed in it, who is in the house, who works here. Read only."""

import re
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from concierge.extensions import db
from concierge.models import Conversation, Hotel, Message, Room, Staff, Stay
from concierge.models.message import GUEST, WELCOME

BUBBLES = 40
# A stranger says who he is at the beginning, or when he is asked.
LATEST_WORDS = 20

# However many bubbles: one question, and one for what they quote. A message has two reactions at most.
_WITH_WHAT_IT_SHOWS = (
    joinedload(Message.author),
    joinedload(Message.address),
    joinedload(Message.called_by),
    joinedload(Message.media),
    joinedload(Message.reactions),
    selectinload(Message.quoted_messages).joinedload(Message.author),
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


def messages_after(conversation: Conversation, after: Message, most: int = BUBBLES) -> list[Message]:
    """The same story, downwards from a message, in reading order."""
    query = (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .options(*_WITH_WHAT_IT_SHOWS)
        .where(Conversation.guest_id == conversation.guest_id, Conversation.line_id == conversation.line_id)
        .where(~_is_before(after), Message.id != after.id)
        .order_by(Message.sent_at, Message.created_at, Message.seq)
    )
    return list(db.session.scalars(query.limit(most)).unique())


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


def likely_stays(conversation: Conversation, stays: Sequence[Stay]) -> list[Stay]:
    """Of these the ones that the writer may be: who says the room's number, or has one of the guest's names."""
    said = select(Message.text).where(Message.conversation_id == conversation.id, Message.role == GUEST)
    texts = db.session.scalars(said.order_by(Message.seq.desc()).limit(LATEST_WORDS))
    words = _words(" ".join(text[:500] for text in texts))
    names = _words(conversation.guest.profile_name or "")
    return [stay for stay in stays if stay.room.number.casefold() in words or names & _words(stay.guest_name)]


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > 2}


def colleagues(hotel: Hotel) -> list[Staff]:
    """Everybody who may sign in, by name."""
    return list(
        db.session.scalars(
            select(Staff)
            .where(Staff.hotel_id == hotel.id, Staff.is_active, Staff.deleted_at.is_(None))
            .order_by(Staff.name)
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


def welcome_of(conversation: Conversation) -> Message | None:
    """The latest welcome in this thread."""
    return db.session.scalar(
        select(Message)
        .where(Message.conversation_id == conversation.id, Message.origin == WELCOME)
        .order_by(Message.seq.desc())
        .limit(1)
    )
