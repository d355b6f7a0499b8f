"""What each captured file does here, as the last column of expect.csv says: one check per file, named by its number.

A check gets the scene after the file was posted to an empty house, and may go on from there.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from concierge import effects, failures, health
from concierge.models import Address, Conversation, Event, Guest, Line, Media, Message, Reaction
from concierge.models.event import IGNORED, WAITING
from concierge.models.media import WANTED
from concierge.models.message import (
    ACCEPTED,
    ANSWERED_CALL,
    CALL,
    DELIVERED,
    FAILED,
    GUEST,
    LADDER,
    PHONE,
    READ,
    SENDING,
    SENT,
)
from tests.wire import captured
from tests.wire.scene import CHECKS, PHONE_OF_GUEST, Check, Scene, later, of

OF_THE_API = "3EB0FE2126FDE13CAF4442"
PHOTO_HOST = "http://127.0.0.1:3000/api/files/default/"


def line_goes(file: str, *statuses: str) -> Check:
    """It says the last one; and told once more, each in its turn."""

    def check(scene: Scene) -> None:
        assert scene.session.one(Line).status == statuses[-1]
        seen = []
        for request in captured.requests_of(file):
            scene.post_one(request)
            seen.append(scene.session.one(Line).status)
        assert tuple(seen) == statuses

    return check


CHECKS |= {
    "01": line_goes("01", "STARTING"),
    "04": line_goes("04", "STARTING", "WORKING"),
    "06": line_goes("06", "STOPPED", "STARTING", "WORKING"),
}


@of("02")
def second_code_changes_nothing(scene: Scene) -> None:
    before = scene.session.one(Line)
    with later(seconds=30):
        scene.post("02")
    after = scene.session.one(Line)
    assert (after.status, after.status_at, after.catch_up_at) == ("SCAN_QR_CODE", before.status_at, before.catch_up_at)
    assert after.last_event_at > before.last_event_at


@of("03")
def own_number_is_learnt(scene: Scene) -> None:
    with scene.arrange() as rows:
        ours = rows.get(Line, scene.line.id)
        ours.own_phone = ours.own_lid = None
    line_goes("03", "STARTING", "WORKING")(scene)
    line = scene.session.one(Line)
    assert (line.own_phone, line.own_lid) == ("+628110009999", "99110000000009")


@of("05")
def lost_link_is_said(scene: Scene) -> None:
    line_goes("05", "FAILED")(scene)
    with later(seconds=11), scene.arrange():  # a flap of a few seconds is no news
        faults = health.of_hotel(scene.line.hotel_id).stops
    assert failures.of_line("FAILED", None).what in [fault.what for fault in faults]


@of("07", "27", "28", "30", "32", "54", "55", "57", "61", "70", "77")
def ignored_and_counted(scene: Scene) -> None:
    assert {(event.outcome, bool(event.reason)) for event in scene.session.all(Event)} == {(IGNORED, True)}
    assert scene.session.count(Conversation) == 0


def guest_says(words: str, kind: str = "text", **details: Any) -> Check:
    def check(scene: Scene) -> None:
        message = scene.message
        assert (message.role, message.kind, message.text, message.details or {}) == (GUEST, kind, words, details)
        assert scene.session.one(Conversation).waiting_since == message.created_at

    return check


def guest_sends(words: str, kind: str, extension: str, **told: Any) -> Check:
    """With a file that the worker is to fetch."""

    def check(scene: Scene) -> None:
        message, file = scene.message, scene.session.one(Media)
        assert (message.kind, message.text) == (kind, words)
        assert file.url == f"{PHOTO_HOST}{message.raw_id}.{extension}"
        assert (file.state, file.told_id) == (WANTED, f"false_628120000001@c.us_{message.raw_id}")
        assert {name: getattr(file, name) for name in told} == told

    return check


PLACE = {"latitude": -6.2087634, "longitude": 106.845599, "name": "Stasiun Gambir"}
CARD = {"name": "Dewi Anggraini", "phones": ["+62 813-9000-0002"]}
CHECKS |= {
    "08": guest_says("Selamat pagi, kamar deluxe masih ada?"),
    "11": guest_says("Lokasi hotel https://maps.example/abc", is_forwarded=True),
    "14": guest_sends("Bukti transfer DP", "image", "png", told_type="image/png"),
    "16": guest_sends("Document", "document", "pdf", filename="Voucher Traveloka #8812.pdf"),
    "17": guest_sends("Voice message", "voice", "oga", told_type="audio/ogg; codecs=opus"),
    "18": guest_sends("Suasana kamar", "video", "mp4"),
    "19": guest_sends("Sticker", "sticker", "webp"),
    "23": guest_says(
        "Location", "location", is_placeholder=True, location=PLACE | {"address": "Jl. Medan Merdeka Tim. No.1"}
    ),
    "25": guest_says("Contact card", "contact", is_placeholder=True, contacts=[CARD]),
    "34": guest_says("👍🏽🙏"),
    "35": guest_says(
        "A message of a kind that cannot be shown here. Look at the hotel's phone.", "unsupported", is_placeholder=True
    ),
}


@of("21", "58", "67", "76")
def plain_words(scene: Scene) -> None:
    assert (scene.message.role, scene.message.kind, scene.message.details) == (GUEST, "text", None)
    assert scene.session.one(Address).value == PHONE_OF_GUEST


@of("09", "59")
def hidden_number_and_phone_are_one_guest(scene: Scene) -> None:
    addresses = scene.session.all(Address)
    assert {(one.kind, one.value) for one in addresses} == {("lid", "99110000000001"), ("phone", PHONE_OF_GUEST)}
    assert scene.session.one(Guest).mobile_phone == PHONE_OF_GUEST


@of("12")
def reply_quotes(scene: Scene) -> None:
    assert scene.message.quoted_raw_id == "3EB000A1000000001EEF"
    assert scene.message.details == {"quoted": {"text": "Selamat pagi, kamar deluxe masih ada?", "is_guest": True}}
    scene.guest_wrote("3EB000A1000000001EEF", "Selamat pagi")
    with scene.arrange() as rows:
        assert rows.get(Message, scene.session.all(Message)[0].id).quoted.text == "Selamat pagi"


@of("63")
def reply_quotes_a_picture_of_ours(scene: Scene) -> None:
    assert scene.message.quoted_raw_id == "3EB0IMGORIG"
    assert scene.message.details == {"quoted": {"text": "Daftar harga", "is_guest": False}}
    assert scene.session.count(Media) == 0, "what is quoted came with another message"


@of("33")
def typed_on_the_phone(scene: Scene) -> None:
    assert (scene.message.origin, scene.message.status) == (PHONE, SENT)
    answered_at = scene.message.sent_at
    with scene.arrange() as rows:
        rows.delete(rows.get(Message, scene.message.id))
    scene.guest_wrote("3EB0ASKED", "Halo?", sent_at=answered_at - timedelta(minutes=1))
    assert scene.session.one(Conversation).auto_reply_at is not None
    scene.post("33")
    conversation = scene.session.one(Conversation)
    assert (conversation.waiting_since, conversation.auto_reply_at) == (None, None)


@of("39", "69")
def echo_of_what_was_sent_elsewhere(scene: Scene) -> None:
    echo = scene.message
    assert echo.origin == PHONE
    assert scene.session.one(Address).value == PHONE_OF_GUEST
    with scene.arrange() as rows:
        rows.delete(rows.get(Message, echo.id))
    ours = scene.send()
    with scene.arrange() as rows:
        row = rows.get(Message, ours)
        row.status, row.attempts, row.text = SENDING, 1, echo.text
    scene.post("39" if echo.raw_id == OF_THE_API else "69")
    assert (scene.message.id, scene.message.raw_id) == (ours, echo.raw_id)
    assert scene.message.status in LADDER


def effect_on_hers(file: str, raw_id: str, holds: Callable[[Message], bool]) -> Check:
    """It waited, as nothing was here; and where the message is here, it marks it."""

    def check(scene: Scene) -> None:
        assert {(event.outcome, event.waits_for) for event in scene.session.all(Event)} == {(WAITING, raw_id)}
        scene.guest_wrote(raw_id)
        scene.post(file)
        assert holds(scene.message), "the effect is not seen"
        assert scene.message.content_revision == scene.session.one(Conversation).revision

    return check


CHECKS |= {
    "43": effect_on_hers("43", "3EB000A100000004599C", lambda one: one.text == "Check-in tgl 13 ya"),
    "46": effect_on_hers("46", "3EB000A100000004599C", lambda one: one.revoked_at is not None),
    "74": effect_on_hers("74", "AC0F5FEE41B1A8", lambda one: one.revoked_at is not None),
}


@of("45")
def our_edit(scene: Scene) -> None:
    assert scene.outcomes == {WAITING}
    scene.send("3EB0X")
    scene.post("45")
    assert (scene.message.text, scene.message.original_text) == ("ralat", "Selamat datang")


@of("48")
def reaction(scene: Scene) -> None:
    assert scene.outcomes == {WAITING}
    scene.send("3EB0OURMSG")
    scene.post("48")
    assert (scene.session.one(Reaction).emoji, scene.session.one(Reaction).is_ours) == ("🙏", False)


@of("49")
def reaction_removed(scene: Scene) -> None:
    scene.send("3EB0OURMSG")
    scene.post("48")
    scene.post("49")
    assert scene.session.one(Reaction).emoji == ""


@of("51")
def acks_climb(scene: Scene) -> None:
    assert scene.outcomes == {WAITING}
    scene.send("3EB0OURMSG00000001")
    seen = []
    for request in captured.requests_of("51"):
        scene.post_one(request)
        seen.append(scene.message.status)
    assert seen == [ACCEPTED, SENT, DELIVERED, READ, READ]


def error_ack(file: str, raw_id: str, failure: str) -> Check:
    """It fails what WhatsApp has not taken, and nothing else."""

    def check(scene: Scene) -> None:
        ours = scene.send(raw_id)
        scene.post(file)
        assert (scene.message.status, scene.message.failure) == (FAILED, failure)
        with scene.arrange() as rows:
            row = rows.get(Message, ours)
            row.status, row.failure = SENT, None
        scene.post(file)
        assert (scene.message.status, scene.message.failure) == (SENT, None)

    return check


CHECKS |= {
    "52": error_ack("52", "3EB0OURMSG00000002", failures.REFUSED_BY_WHATSAPP),
    "85": error_ack("85", "3EB0ERR463", failures.RESTRICTED),
}


def read(file: str, raw_id: str) -> Check:
    def check(scene: Scene) -> None:
        assert scene.outcomes == {WAITING}
        scene.send(raw_id)
        scene.post(file)
        assert scene.message.status == READ

    return check


CHECKS |= {"64": read("64", "3EB0GOWS0001"), "72": read("72", "3EB0WEBJS01")}


@of("56")
def calls_are_missed(scene: Scene) -> None:
    first, second = scene.session.all(Message)
    assert (first.kind, first.text, first.details.get("has_ended")) == (CALL, "Missed call", True)
    assert (second.kind, second.text, second.details.get("has_ended")) == (CALL, "Missed video call", None)
    assert {one.auto_reply_at for one in scene.session.all(Conversation)} == {None}


@of("78")
def others_ignored_and_the_accepted_call_ends_a_ringing_one(scene: Scene) -> None:
    *others, accepted = scene.session.all(Event)
    assert {(event.outcome, bool(event.reason)) for event in others} == {(IGNORED, True)}
    assert (accepted.outcome, accepted.waits_for) == (WAITING, "CALLAAA9")
    with later(days=1, minutes=1), scene.arrange():
        effects.give_up_waiting()
    assert {(event.outcome, bool(event.reason)) for event in scene.session.all(Event)} == {(IGNORED, True)}

    scene.guest_wrote("CALLAAA9", "Missed call", kind=CALL)
    scene.post("78")
    assert (scene.message.kind, scene.message.details) == (ANSWERED_CALL, {"has_ended": True})
    assert scene.session.one(Conversation).waiting_since is None


@of("80")
def told_three_times(scene: Scene) -> None:
    assert scene.session.count(Event) == 1
    assert scene.session.one(Conversation).seq == 1


@of("87", "89")
def nothing_is_left_of_what_was_refused(scene: Scene) -> None:
    assert scene.session.count(Event) == 0
    assert scene.session.one(Line).status is None
