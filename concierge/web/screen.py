"""What stands around every page: how many guests wait, whether WhatsApp works, and the banner for what stops work."""

import hashlib
from dataclasses import dataclass

from flask import Flask, g
from flask_login import current_user
from werkzeug.local import LocalProxy

from concierge import alarm, call_list, health, listing
from concierge.health import Fault, Health
from concierge.models import Hotel, Staff
from concierge.models.line import WORKING
from concierge.web import filters, guards, polling

_KEPT = "Nothing is lost: tell whoever looks after Concierge."
_PLAIN = "This connection is not encrypted: others in the network can read what is sent here."


@dataclass(frozen=True)
class Banner:
    """One line over the page; `kind` is late (nothing goes out) or waiting (look at it soon)."""

    kind: str
    words: str


@dataclass(frozen=True)
class Screen:
    """What a page shows around its content, to one person: whose alarm it is decides how loud it is."""

    waiting: int
    to_call: int
    is_connected: bool
    line_word: str
    banners: tuple[Banner, ...]
    waits: tuple[alarm.Wait, ...]
    volume: int
    is_notified: bool

    @property
    def fingerprint(self) -> str:
        """Changes whenever anything of this does."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]


def current() -> Screen:
    """The surroundings for who is signed in; asked once per request."""
    if "screen" not in g:
        g.screen = _of_person(guards.me())
    shown: Screen = g.screen
    return shown


def init_app(app: Flask) -> None:
    """Every template knows the hotel and, when it asks, the surroundings."""
    app.context_processor(_context)


def _context() -> dict[str, object]:
    if not current_user.is_authenticated:
        return {}
    return {"hotel": current_user.hotel, "screen": LocalProxy(current), "pulse": polling.version()}


def _of_person(person: Staff) -> Screen:
    hotel = person.hotel
    condition = health.of_hotel(hotel.id)
    return Screen(
        waiting=listing.count_waiting(hotel),
        to_call=call_list.count(hotel),
        is_connected=condition.is_sending and condition.line_status == WORKING,
        line_word=_word(condition),
        banners=tuple(_banners(condition, hotel)),
        waits=alarm.waits(hotel),
        volume=person.sound_volume,
        is_notified=person.wants_notifications,
    )


def _word(condition: Health) -> str:
    codes = [fault.code for fault in condition.stops]
    if codes:
        return "not sending" if codes == ["worker"] else "not connected"
    if condition.line_status is None:
        return "not seen yet"
    return "connected" if condition.line_status == WORKING else "reconnecting"


def _banners(condition: Health, hotel: Hotel) -> list[Banner]:
    banners = []
    if condition.stops:
        banners.append(Banner("late", _stopped(condition, hotel)))
    banners += [Banner("late", _doubted(fault, hotel)) for fault in condition.doubts]
    if condition.unreadable:
        what = "1 message" if condition.unreadable == 1 else f"{condition.unreadable} messages"
        banners.append(Banner("waiting", f"{what} could not be read. {_KEPT}"))
    if guards.settings().is_plain_http:
        banners.append(Banner("waiting", _PLAIN))
    return banners


def _stopped(condition: Health, hotel: Hotel) -> str:
    """`Nothing is being sent since 14:02 – worker stopped, 7 waiting. Start it again…`"""
    known = [fault.since for fault in condition.stops if fault.since]
    since = f" since {filters.moment(min(known), hotel.zone)}" if known else ""
    what = " / ".join(fault.what for fault in condition.stops)
    waiting = f", {condition.waiting} waiting" if condition.waiting else ""
    todo = " ".join(fault.do for fault in condition.stops)
    return f"Nothing is being sent{since} – {what}{waiting}. {todo}"


def _doubted(fault: Fault, hotel: Hotel) -> str:
    """`WhatsApp is connected, but nothing has been heard since 14:02. Write to the hotel…`"""
    since = f" since {filters.moment(fault.since, hotel.zone)}" if fault.since else ""
    until = f" until {filters.moment(fault.until, hotel.zone)}" if fault.until else ""
    return f"{fault.what}{since}{until}. {fault.do}"
