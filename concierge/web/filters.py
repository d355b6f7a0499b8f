"""How templates show times, names and guests' words. Pure functions: value and zone in, words or markup out."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup, escape

from concierge import clock, failures
from concierge.models import Conversation, Hotel
from concierge.models.address import PHONE as PHONE_ADDRESS
from concierge.models.hotel import LANGUAGES
from concierge.models.message import AUTOMATIC, PHONE, QUEUED, WELCOME, Message
from concierge.models.stay import Stay

GROUPED_WITHIN = timedelta(seconds=60)
LONGEST_HOLD = timedelta(minutes=1)
LONGEST_PREVIEW = 120

_LINK = re.compile(r"https?://[^\s<>\"'`]+", re.IGNORECASE)
_NO_DIGIT = re.compile(r"[^\d+]")
_AFTER_LINK = ".,;:!?)]}»”’"
_TITLES = {"mr", "mrs", "ms", "dr", "pak", "bu", "bapak", "ibu", "bpk", "sir", "madam"}
_OUTCOME_WORDS = {"reached": "reached", "no_answer": "no answer", "not_needed": "not needed any more"}
_STATUS_WORDS = {
    "queued": "Waiting to go",
    "sending": "Sending",
    "accepted": "On its way",
    "sent": "Sent",
    "delivered": "Delivered",
    "read": "Read",
    "failed": "Not delivered",
    "unconfirmed": "Not sure",
    "cancelled": "Not sent",
}
_AUTHORS = {WELCOME: "Welcome", AUTOMATIC: "Automatic", PHONE: "From the phone"}


def iso(moment: datetime) -> str:
    """UTC in one fixed width, so that the page may compare two as text."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def hour(moment: datetime, zone: ZoneInfo) -> str:
    """`14:02`."""
    return f"{moment.astimezone(zone):%H:%M}"


def day(value: datetime | date, zone: ZoneInfo) -> str:
    """`Sunday 22 November`, with the year when it is another one."""
    shown = _local_date(value, zone)
    year = "" if shown.year == clock.today(zone.key).year else f" {shown.year}"
    return f"{shown:%A} {shown.day} {shown:%B}{year}"


def short_day(value: datetime | date, zone: ZoneInfo) -> str:
    """`Sun 22 Nov`, with the year when it is another one."""
    shown = _local_date(value, zone)
    year = "" if shown.year == clock.today(zone.key).year else f" {shown.year}"
    return f"{shown:%a} {shown.day} {shown:%b}{year}"


def moment(value: datetime, zone: ZoneInfo) -> str:
    """As staff say it: `14:02`, `yesterday 23:10`, `Sun 22 Nov 14:02`."""
    days_ago = (clock.today(zone.key) - _local_date(value, zone)).days
    if days_ago == 0:
        return hour(value, zone)
    if days_ago == 1:
        return f"yesterday {hour(value, zone)}"
    return f"{short_day(value, zone)} {hour(value, zone)}"


def moment_ahead(value: datetime, zone: ZoneInfo) -> str:
    """The same of what is still to come: `18:00`, `tomorrow 08:00`, `Wed 25 Nov 08:00`."""
    is_tomorrow = (_local_date(value, zone) - clock.today(zone.key)).days == 1
    return f"tomorrow {hour(value, zone)}" if is_tomorrow else moment(value, zone)


def list_time(value: datetime, zone: ZoneInfo) -> str:
    """The short form for the right edge of a row: `14:02`, `yesterday`, `22 Nov`."""
    shown = _local_date(value, zone)
    days_ago = (clock.today(zone.key) - shown).days
    if days_ago == 0:
        return hour(value, zone)
    return "yesterday" if days_ago == 1 else f"{shown.day} {shown:%b}"


def waited(since: datetime) -> str:
    """`now`, `4 min`, `2 h`, `3 d`: the words that minutes.js goes on counting."""
    minutes = int((clock.now() - since).total_seconds() // 60)
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def waiting_class(since: datetime, hotel: Hotel) -> str:
    """Amber, then red, after the hotel's own minutes; minutes.js goes on."""
    minutes = (clock.now() - since).total_seconds() / 60
    if minutes < hotel.amber_minutes:
        return "waiting"
    return "waiting waiting--amber" if minutes < hotel.red_minutes else "waiting waiting--red"


def nights(stay: Stay, zone: ZoneInfo) -> str:
    """`2 nights left`, `leaves today`, `should have left on Sat 21 Nov`, `no departure date`."""
    if stay.checked_out_at:
        return f"left {short_day(stay.checked_out_at, zone)}"
    if stay.checkout_date is None:
        return "no departure date"
    left = (stay.checkout_date - clock.today(zone.key)).days
    if left < 0:
        return f"should have left on {short_day(stay.checkout_date, zone)}"
    if left == 0:
        return "leaves today"
    return "1 night left" if left == 1 else f"{left} nights left"


def language(code: str | None) -> str:
    """The language's own name."""
    return LANGUAGES.get(code or "", code or "")


def linked(text: str) -> Markup:
    """Escaped, with web addresses that can be followed. Nothing else of it becomes markup."""
    parts: list[Markup] = []
    end = 0
    for found in _LINK.finditer(text):
        address = found[0].rstrip(_AFTER_LINK)
        parts += [escape(text[end : found.start()]), _link(address)]
        end = found.start() + len(address)
    return Markup("").join([*parts, escape(text[end:])])


def preview(text: str) -> str:
    """The beginning on one line: a list of sixty thousand characters helps nobody."""
    words = " ".join(text[: LONGEST_PREVIEW * 2].split())
    return words if len(words) <= LONGEST_PREVIEW else f"{words[: LONGEST_PREVIEW - 1].rstrip()}…"


def who(conversation: Conversation) -> str:
    """The name given for this stay, else what is known of the guest."""
    return conversation.stay.guest_name if conversation.stay else conversation.guest.shown_name


def first_name(conversation: Conversation) -> str:
    """For a button: `Send to Ayu`. Titles and numbers are no first names."""
    words = who(conversation).removeprefix("~").split()
    named = [word for word in words if word.casefold().rstrip(".") not in _TITLES]
    return named[0] if named and not words[0].startswith("+") else "the guest"


def status_words(message: Message) -> str:
    """A message's state in a word or two."""
    return _STATUS_WORDS.get(message.status or "", "")


def trouble_words(message: Message) -> failures.Words:
    """Why it was not delivered, and what to do."""
    return failures.of_message(message.failure, number_to_call(message))


def number_to_call(message: Message) -> str | None:
    """Where the guest can be called: the number that was written to, else the one that is known."""
    address = message.address
    return address.shown if address and address.kind == PHONE_ADDRESS else message.conversation.guest.shown_phone


def dialling(words: str, message: Message) -> Markup:
    """The same words, with the guest's number to tap."""
    number = number_to_call(message)
    if not number:
        return escape(words)
    link = Markup('<a href="tel:{}">{}</a>').format(_NO_DIGIT.sub("", number), number)
    return link.join(escape(part) for part in words.split(number))


def is_held(message: Message) -> bool:
    """It can still be taken back: what staff typed waits for some seconds."""
    return (
        message.status == QUEUED
        and message.due_at is not None
        and message.due_at > clock.now()
        and (message.due_at - message.created_at < LONGEST_HOLD)
    )


def outcome_words(outcome: str) -> str:
    """What came of a call, in the middle of a sentence."""
    return _OUTCOME_WORDS[outcome]


def author(message: Message) -> str:
    """Who of the hotel wrote it; empty for the guest."""
    if not message.is_ours:
        return ""
    return message.author.name if message.author else _AUTHORS.get(message.origin, "Hotel")


def short_author(message: Message) -> str:
    """The same for a narrow list: a colleague's first name."""
    return author(message).split()[0] if message.author else author(message)


def author_key(message: Message) -> str:
    """Equal for two messages of one author."""
    return message.author_id or message.origin


def is_new_day(message: Message, before: Message | None, zone: ZoneInfo) -> bool:
    """A day line belongs above it."""
    return before is None or _local_date(message.sent_at, zone) != _local_date(before.sent_at, zone)


def is_grouped(message: Message, before: Message | None, zone: ZoneInfo) -> bool:
    """It continues what the same author wrote within a minute."""
    return (
        before is not None
        and not is_new_day(message, before, zone)
        and author_key(message) == author_key(before)
        and message.sent_at - before.sent_at <= GROUPED_WITHIN
    )


def init_app(app: Flask) -> None:
    """Make all of them known to the templates."""
    times = (iso, hour, day, short_day, moment, moment_ahead, list_time, waited, waiting_class, nights)
    words = (language, linked, preview, who, first_name, status_words, trouble_words, outcome_words)
    people = (is_held, author, short_author, author_key, number_to_call, dialling)
    app.jinja_env.filters.update({show.__name__: show for show in (*times, *words, *people)})
    app.jinja_env.globals.update(is_new_day=is_new_day, is_grouped=is_grouped, now=clock.now)


def _local_date(value: datetime | date, zone: ZoneInfo) -> date:
    return value.astimezone(zone).date() if isinstance(value, datetime) else value


def _link(address: str) -> Markup:
    return Markup('<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>').format(address)
