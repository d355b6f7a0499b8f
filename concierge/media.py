"""Files that come with messages: wanted, fetched under a lease, stored, or failed with a reason. Never believed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from concierge import clock
from concierge.extensions import database_now, db, wake_worker
from concierge.models import Hotel, Media, Message
from concierge.models.media import FAILED, STORED, WANTED
from concierge.outbox.rows import locked

LARGEST = 25 * 1024 * 1024
# Below this nothing more is kept: the database often lies on the same disk, and guests' words come first.
LEAST_FREE = 512 * 1024 * 1024
# Longer than one fetch can last (concierge.waha.media), so that nobody fetches beside it.
LEASE = timedelta(minutes=5)
# WhatsApp may hand it out again when the guest's phone is back online; after about an hour a person decides.
RETRY_SECONDS = (5, 15, 45, 120, 300, 600, 1200, 1500)

TOO_LARGE = "too_large"
FOREIGN_HOST = "foreign_host"
GONE = "gone"
UNREACHABLE = "unreachable"
KEY_REFUSED = "key_refused"
ODD_ANSWER = "odd_answer"
OUR_FAULT = "our_fault"
DISK_FULL = "disk_full"
REMOVED = "removed"
_HOPELESS = {TOO_LARGE, FOREIGN_HOST, DISK_FULL}

_WORDS = {
    TOO_LARGE: "This file is larger than 25 MB. Look at it on the hotel's phone.",
    FOREIGN_HOST: "WAHA keeps this file on another server, where Concierge does not go. Look at the hotel's phone.",
    GONE: "WhatsApp does not hand out this file any more."
    " Look at the hotel's phone, or ask the guest to send it again.",
    UNREACHABLE: "WAHA could not be reached to fetch this file.",
    KEY_REFUSED: "WAHA refuses our key, so this file could not be fetched. Tell whoever looks after Concierge.",
    ODD_ANSWER: "WAHA could not hand out this file. Look at the hotel's phone.",
    OUR_FAULT: "Concierge could not keep this file. Tell whoever looks after it.",
    DISK_FULL: "Concierge's disk is nearly full, so this file was not fetched. Tell whoever looks after Concierge,"
    " then try again.",
    REMOVED: "This file was removed from Concierge to make room. Look at the hotel's phone.",
}

AT_ONCE = 100
OTHER_TYPE = "application/octet-stream"
_SIGNS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
)
_VIDEO_BRANDS = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"3gp", b"dash")


@dataclass(frozen=True)
class Told:
    """What WAHA said of a file; `told_id` is the whole id of its message."""

    told_id: str
    url: str | None = None
    mimetype: str | None = None
    filename: str | None = None


def want(message: Message, hotel_id: str, told: Told) -> Media:
    """A file came with this message: the worker fetches it at once."""
    now = clock.now()
    wanted = Media(
        hotel_id=hotel_id,
        told_id=told.told_id[:400],
        url=told.url,
        told_type=told.mimetype,
        filename=told.filename,
        state=WANTED,
        due_at=now,
        created_at=now,
    )
    message.media = wanted
    wake_worker(db.session())
    return wanted


def is_something_due() -> bool:
    """A reader's look, so that idle workers do not take the write lock."""
    due = select(Media.id).where(Media.state == WANTED, Media.due_at <= database_now()).limit(1)
    return db.session.scalar(due) is not None


def claim_next() -> Media | None:
    """Take the file that is due first, under a lease: of several workers one gets it."""
    due = (
        select(Media.id)
        .where(Media.state == WANTED, Media.due_at <= database_now())
        .order_by(Media.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return db.session.execute(
        update(Media)
        .where(Media.id == due.scalar_subquery())
        .values(due_at=database_now(LEASE), claims=Media.claims + 1, attempts=Media.attempts + 1)
        .returning(Media)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).scalar_one_or_none()


def record_stored(media_id: str, content_type: str, size: int) -> None:
    """The file lies in its place. Late is fine: it is the same file."""
    media = _changing(media_id)
    if media.state != STORED:
        media.state, media.reason = STORED, None
        media.content_type, media.size = content_type, size


def record_failed(media_id: str, claim: int, reason: str) -> None:
    """Tried again at growing intervals, for about an hour; where that is hopeless, not at all."""
    media = db.session.get_one(Media, media_id, populate_existing=True)
    if media.claims != claim or media.state != WANTED:
        return
    media.reason = reason
    if reason not in _HOPELESS and media.attempts <= len(RETRY_SECONDS):
        media.due_at = clock.now() + timedelta(seconds=RETRY_SECONDS[media.attempts - 1])
    else:
        _changing(media_id).state = FAILED


def note_url(media_id: str, url: str) -> None:
    """WAHA was asked again, and keeps it under another address now."""
    db.session.get_one(Media, media_id).url = url


def try_again(media: Media) -> None:
    """A person asks for a file that could not be fetched. Harmless where it is being fetched, or here."""
    media = _changing(media.id)
    if media.state == FAILED:
        media.state, media.reason, media.attempts, media.due_at = WANTED, None, 0, clock.now()
        wake_worker(db.session())


def give_up_older(before: datetime) -> list[Media]:
    """Up to a hundred files of messages from before then are given up, and their bubbles say so.

    The files themselves may be deleted once this is committed.
    """
    old = select(Media.id).where(Media.state == STORED, Media.created_at < before).order_by(Media.created_at)
    gone = [_changing(media_id) for media_id in db.session.scalars(old.limit(AT_ONCE)).all()]
    for media in gone:
        media.state, media.reason = FAILED, REMOVED
    return gone


def find(hotel: Hotel, media_id: str) -> Media | None:
    """A file of this hotel; another hotel's does not exist here."""
    return db.session.scalar(select(Media).where(Media.id == media_id, Media.hotel_id == hotel.id))


def words(media: Media) -> str:
    """Why it could not be fetched, and what to do."""
    return _WORDS.get(media.reason or "", _WORDS[ODD_ANSWER])


def type_of(beginning: bytes) -> str:
    """What the first bytes say; what they do not say is no picture, however it is called."""
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return "image/webp"
    if beginning[4:8] == b"ftyp":
        brand = beginning[8:12]
        return "audio/mp4" if brand == b"M4A " else "video/mp4" if brand.startswith(_VIDEO_BRANDS) else OTHER_TYPE
    return next((kind for sign, kind in _SIGNS if beginning.startswith(sign)), OTHER_TYPE)


def _changing(media_id: str) -> Media:
    """The row, its message locked first and told to be changed: what the bubble shows is another thing now."""
    db.session.flush()
    message = locked(db.session.scalars(select(Media.message_id).where(Media.id == media_id)).one())
    message.content_revision = message.revision
    return db.session.get_one(Media, media_id, populate_existing=True)
