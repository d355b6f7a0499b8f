"""A small hotel to try things out in: rooms, guests in the middle of conversations, and someone waiting."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from concierge import clock, conversations, demo_replies, failures, guests, lines, sign_in, threads
from concierge.extensions import db
from concierge.guests import PHONE, Reach
from concierge.models import Conversation, Hotel, Line, Message, Room, Staff, Stay
from concierge.models.message import AUTOMATIC, FAILED, GUEST, GUEST_WROTE, HOTEL, READ, STAFF, WELCOME

DEMO_EMAIL = "wayan@melati.example"
DEMO_PASSWORD = "front-desk-demo"
MANAGER_EMAIL = "made@melati.example"

_TYPES = {"1": "Standard", "2": "Superior", "3": "Deluxe"}
_ROOMS = [f"{floor}{number:02d}" for floor in (1, 2, 3) for number in range(1, 9)]


@dataclass(frozen=True)
class _Said:
    """One line of a story: who, how many minutes ago, what."""

    who: str
    minutes: int
    text: str
    failure: str | None = None


@dataclass(frozen=True)
class _Story:
    """A guest in the house and what was said."""

    room: str
    name: str
    phone: str
    language: str
    nights: tuple[int, int]
    said: tuple[_Said, ...]


_STORIES = (
    _Story(
        "312", "Ayu Lestari", "+6281234500312", "id", (1, 2),
        (
            _Said(WELCOME, 1500, "Halo Ayu Lestari, selamat datang di Hotel Melati. Kamar Anda nomor 312."
                  " Perlu sesuatu? Tulis saja di sini, kapan pun: resepsionis membacanya."),
            _Said(GUEST, 1494, "Terima kasih! Kolam renang buka sampai jam berapa ya?"),
            _Said(STAFF, 1492, "Sampai pukul 21.00, Bu. Handuk kolam ada di lantai 2."),
            _Said(GUEST, 7, "Mbak, AC-nya bocor lagi"),
            _Said(GUEST, 7, "kasur basah, tolong segera ya 🙏"),
        ),
    ),
    _Story(
        "208", "Kenji Watanabe", "+819012345678", "en", (0, 3),
        (
            _Said(WELCOME, 95, "Hello Kenji Watanabe, welcome to Hotel Melati. Your room is 208."
                  " Need anything? Just write here, at any time: the front desk reads it."),
            _Said(GUEST, 4, "Could we have two more towels, please?"),
        ),
    ),
    _Story(
        "105", "Budi Santoso", "+6281390000105", "id", (2, 1),
        (
            _Said(WELCOME, 2900, "Halo Budi Santoso, selamat datang di Hotel Melati. Kamar Anda nomor 105."
                  " Perlu sesuatu? Tulis saja di sini, kapan pun: resepsionis membacanya."),
            _Said(GUEST, 130, "Tolong pesankan taksi ke bandara besok pagi jam 05.30"),
            _Said(AUTOMATIC, 129, "Terima kasih, pesan Bapak/Ibu sudah kami terima. Resepsionis Hotel Melati akan"
                  " segera membalas. Jika mendesak, silakan hubungi resepsionis lewat telepon kamar."),
            _Said(STAFF, 125, "Baik Pak Budi, taksi jam 05.30 sudah kami pesan."),
        ),
    ),
    _Story(
        "203", "Maria Fernández", "+34612345678", "en", (1, 4),
        (
            _Said(WELCOME, 1300, "Hello Maria Fernández, welcome to Hotel Melati. Your room is 203."
                  " Need anything? Just write here, at any time: the front desk reads it."),
            _Said(GUEST, 300, "What time is breakfast?"),
            _Said(STAFF, 298, "From 06:30 to 10:00 on the ground floor, Maria. Enjoy!"),
            _Said(GUEST, 297, "¡Gracias! 😊"),
            _Said(STAFF, 296, "Con gusto."),
        ),
    ),
    # The simulator refuses this number, too: "Send again" fails again, and the call list has somebody to call.
    _Story(
        "107", "John Carter", "+6281390009002", "en", (0, 2),
        (
            _Said(WELCOME, 40, "Hello John Carter, welcome to Hotel Melati. Your room is 107."
                  " Need anything? Just write here, at any time: the front desk reads it.", failures.NO_WHATSAPP),
        ),
    ),
)  # fmt: skip
_STRANGER = ("+6281390000002", "Rina", _Said(GUEST, 1, "Halo, saya mau tanya kamar untuk besok malam, masih ada?"))


def seed() -> bool:
    """Fill a database that has no rooms yet. False, and nothing changed, when it has some."""
    line = lines.first()
    hotel = line.hotel
    if db.session.scalar(select(Room.id).limit(1)):
        return False
    hotel.name = "Hotel Melati"
    wayan = sign_in.hire(hotel, DEMO_EMAIL, "Wayan Sudana", "desk", DEMO_PASSWORD)
    sign_in.hire(hotel, MANAGER_EMAIL, "Made Artini", "manager", DEMO_PASSWORD)
    rooms = {number: Room(hotel_id=hotel.id, number=number, type=_TYPES[number[0]]) for number in _rooms()}
    db.session.add_all(rooms.values())
    db.session.flush()
    demo_replies.seed(hotel)
    for story in _STORIES:
        _tell(story, hotel, rooms[story.room], line, wayan)
    _tell_of_stranger(line)
    return True


def phones() -> dict[str, str]:
    """Names of the demo's guests by phone: whom the simulator's phone can play."""
    known = {story.phone: story.name for story in _STORIES if not any(said.failure for said in story.said)}
    return known | {_STRANGER[0]: _STRANGER[1]}


def _rooms() -> list[str]:
    return sorted({*_ROOMS, *(story.room for story in _STORIES)})


def _tell(story: _Story, hotel: Hotel, room: Room, line: Line, wayan: Staff) -> None:
    address = guests.meet(hotel.id, Reach(PHONE, story.phone))
    guest = address.guest
    guest.name, guest.language = story.name, story.language
    today = clock.today(hotel.time_zone)
    arrived = _ago(story.said[0].minutes)
    stay = Stay(
        hotel_id=hotel.id, guest=guest, room=room, guest_name=story.name, language=story.language,
        checkin_date=today - timedelta(days=story.nights[0]), checkout_date=today + timedelta(days=story.nights[1]),
        checked_in_at=arrived, checked_in_by_id=wayan.id,
    )  # fmt: skip
    room.is_booked = True
    db.session.add(stay)
    db.session.flush()
    conversation = conversations.for_stay(stay, line, address)
    conversation.start = arrived
    for said in story.said:
        _say(conversation, said, wayan)


def _tell_of_stranger(line: Line) -> None:
    phone, profile_name, said = _STRANGER
    address = guests.meet(line.hotel_id, Reach(PHONE, phone))
    address.guest.profile_name = profile_name
    conversation = conversations.for_writer(address.guest, line)
    conversation.address_id = address.id
    _say(conversation, said, None)


def _say(conversation: Conversation, said: _Said, wayan: Staff | None) -> None:
    is_guest = said.who == GUEST
    numbers, at = threads.number_message(conversation.id), _ago(said.minutes)
    db.session.add(
        Message(
            conversation_id=conversation.id, line_id=conversation.line_id, address_id=conversation.address_id,
            author_id=wayan.id if wayan and said.who == STAFF else None,
            role=GUEST if is_guest else HOTEL, origin=GUEST_WROTE if is_guest else said.who,
            status=None if is_guest else FAILED if said.failure else READ, failure=said.failure,
            text=said.text, seq=numbers.seq, revision=numbers.revision,
            sent_at=at, created_at=at, attempts=0 if is_guest else 1, status_at=None if is_guest else at,
        )
    )  # fmt: skip
    conversation.last_message_at = at
    if is_guest:
        conversation.waiting_since = conversation.waiting_since or at
    elif said.who == STAFF:
        conversation.waiting_since = None
    db.session.flush()


def _ago(minutes: int) -> datetime:
    return clock.now() - timedelta(minutes=minutes)


__all__ = ["DEMO_EMAIL", "DEMO_PASSWORD", "MANAGER_EMAIL", "phones", "seed"]
