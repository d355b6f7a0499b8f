"""From a raw webhook body to its effect: shared by the webhook, the worker and `flask replay-events`.

A door's helper: it may know the wire and the story. It never commits.
"""

import logging

from sqlalchemy.exc import OperationalError

from concierge import catching_up, effects, failures, heartbeat, inbox, journal, lines, media, outbox, plain_words
from concierge.extensions import db
from concierge.guests import LID, PHONE, Reach
from concierge.models import Event, Line, Message
from concierge.waha import events
from concierge.waha.happenings import (
    CallEnded,
    Changed,
    Edited,
    Ignored,
    MessageAcked,
    MessageReceived,
    Parsed,
    Reacted,
    Revoked,
    SessionChanged,
)
from concierge.waha.values import Chat, chat_of

logger = logging.getLogger(__name__)

_FAILURE_OF_ACK_ERROR = {"463": failures.RESTRICTED}


def plain_words_of(line: plain_words.KnownLine, body: bytes) -> plain_words.Told | None:
    """The guest's message in an authentic body, where it may go the short way; no question to the database."""
    try:
        envelope = events.open_envelope(body)
        parsed = events.parse(envelope) if envelope.name in events.MESSAGES else None
    except Exception:  # noqa: BLE001 - whatever it is, the long way meets it too, keeps the body and says so
        return None
    if not isinstance(parsed, MessageReceived) or parsed.is_from_us or _new_of_ourselves(line, envelope):
        return None
    incoming = _incoming(parsed, is_caught_up=catching_up.was_read_back(envelope.id or ""))
    if incoming.reach.value in {line.own_phone, line.own_lid} or not plain_words.are_in(incoming):
        return None
    return plain_words.Told(envelope.id, envelope.name, body, incoming)


def take_in(line: Line, body: bytes) -> Event | None:
    """Enter an authentic body into the journal and apply it; None when it was here already.

    The effect runs in a savepoint: where we fail on it, the body stays. Raises events.Unreadable, after the body
    was kept, where it is no JSON object at all.
    """
    try:
        envelope = events.open_envelope(body)
    except events.Unreadable as fault:
        if event := journal.enter(line, None, "unreadable", body):
            journal.unreadable(event, str(fault))
        raise
    event = journal.enter(line, envelope.id, envelope.name, body)
    if event:
        _know_ourselves(line, envelope)
        apply(line, event, envelope)
        # Last: the worker locks a conversation first and its line then, and two orders are a deadlock.
        if plain_words.is_long_ago(line.last_event_at, event.created_at):
            line.last_event_at = event.created_at
    elif envelope.id is None and envelope.name == events.SESSION_STATUS:
        _apply_again(line, envelope)
    return event


def apply(line: Line, event: Event, envelope: events.Envelope | None = None) -> bool:
    """Apply one event of the journal. False when it could not be read.

    Raises OperationalError: a busy database is no fault of the event, the sender tries again.
    """
    try:
        with db.session.begin_nested():
            _dispatch(line, event, events.parse(envelope or events.open_envelope(event.body)))
    except OperationalError:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever it was, the guest's words stay in the journal
        if not isinstance(fault, events.Unreadable):
            logger.exception("event %s (%s) could not be applied", event.id, event.name)
        journal.unreadable(event, str(fault) if isinstance(fault, events.Unreadable) else type(fault).__name__)
        return False
    return True


def apply_waiting(line: Line, message: Message) -> None:
    """A message has its id now: what came before it takes effect."""
    if message.raw_id:
        for event in journal.waiting_for(line.id, message.raw_id):
            apply(line, event)


def _know_ourselves(line: Line, envelope: events.Envelope) -> None:
    """The first event that says our own number: what the hotel writes to itself is no guest's."""
    for name, value in _new_of_ourselves(line, envelope).items():
        setattr(line, name, value)


def _new_of_ourselves(line: Line | plain_words.KnownLine, envelope: events.Envelope) -> dict[str, str]:
    """What the event says of our own number and LID that the line does not know yet."""
    if line.own_phone and line.own_lid:
        return {}
    me, new = envelope.payload["_me"], {}
    phone, lid = chat_of(me.get("id")), chat_of(me.get("lid"))
    is_phone = phone is not None and phone.kind == "phone" and len(phone.digits) <= events.LONGEST_PHONE
    if phone and is_phone and line.own_phone is None:
        new["own_phone"] = _reach(phone).value
    if lid and lid.kind == "lid" and line.own_lid is None:
        new["own_lid"] = lid.digits
    return new


def _apply_again(line: Line, envelope: events.Envelope) -> None:
    """Servers that number nothing say the same words twice and mean it: STARTING now is not STARTING then."""
    parsed = events.parse(envelope)
    if isinstance(parsed, SessionChanged):
        _session_changed(line, parsed)


def _dispatch(line: Line, event: Event, parsed: Parsed) -> None:
    match parsed:
        case Ignored(reason):
            journal.ignored(event, reason)
        case MessageReceived():
            _message_received(line, event, parsed)
        case MessageAcked():
            _message_acked(line, event, parsed)
        case Edited() | Revoked() | Reacted() | CallEnded():
            _message_changed(line, event, parsed)
        case SessionChanged():
            _session_changed(line, parsed)
            journal.applied(event)


def _message_received(line: Line, event: Event, parsed: MessageReceived) -> None:
    writer = {_reach(chat).value for chat in (parsed.chat, parsed.also) if chat}
    if writer & {line.own_phone, line.own_lid}:
        if not catching_up.was_read_back(event.key):  # it has to come by webhook: that is what it proves
            heartbeat.note_back(line, parsed.text)
        journal.ignored(event, "note to ourselves")
        return
    incoming = _incoming(parsed, is_caught_up=catching_up.was_read_back(event.key))
    receive = inbox.receive_own if parsed.is_from_us else inbox.receive
    message = receive(line, incoming)
    journal.applied(event)
    if message and (parsed.is_from_us or message.is_awaited):
        apply_waiting(line, message)


def _incoming(parsed: MessageReceived, *, is_caught_up: bool) -> inbox.Incoming:
    return inbox.Incoming(
        reach=_reach(parsed.chat),
        also=_reach(parsed.also) if parsed.also else None,
        raw_id=parsed.raw_id,
        text=parsed.text,
        kind=parsed.kind,
        sent_at=parsed.sent_at,
        profile_name=None if parsed.is_from_us else parsed.profile_name,
        details=parsed.details,
        is_from_api=parsed.is_from_api,
        is_caught_up=is_caught_up,
        ack=parsed.ack,
        file=_told(parsed),
        quoted_raw_id=parsed.quoted_raw_id,
    )


def _message_acked(line: Line, event: Event, acked: MessageAcked) -> None:
    failure = _FAILURE_OF_ACK_ERROR.get(acked.error_code or "")
    if outbox.record_ack(line.id, acked.raw_id, acked.level, failure):
        journal.applied(event)
    else:
        journal.waits(event, acked.raw_id)


def _message_changed(line: Line, event: Event, changed: Changed) -> None:
    if _change(line, event, changed):
        journal.applied(event)
    elif isinstance(changed, Edited | Revoked) and effects.is_of_another(
        line.id, changed.raw_id, is_ours=changed.is_from_us
    ):
        journal.ignored(event, "change of what somebody else wrote")
    else:
        journal.waits(event, changed.raw_id)


def _change(line: Line, event: Event, changed: Changed) -> bool:
    """A time that is later than the arrival would keep every true one out."""
    if isinstance(changed, CallEnded):
        return effects.end_call(line.id, changed.raw_id, was_answered=changed.was_answered)
    at, is_ours = min(changed.at or event.created_at, event.created_at), changed.is_from_us
    match changed:
        case Edited(raw_id, _, text):
            return effects.edit(line.id, raw_id, is_ours=is_ours, text=text, at=at)
        case Revoked(raw_id):
            return effects.revoke(line.id, raw_id, is_ours=is_ours, at=at)
        case Reacted(raw_id, _, on_ours, emoji):
            return effects.react(line.id, raw_id, on_ours=on_ours, is_ours=is_ours, emoji=emoji, at=at)


def _told(parsed: MessageReceived) -> media.Told | None:
    file = parsed.file
    return media.Told(parsed.told_id, file.url, file.mimetype, file.filename) if file else None


def _session_changed(line: Line, changed: SessionChanged) -> None:
    phone = f"+{changed.own_phone}" if changed.own_phone else None
    lines.record_status(line, changed.status, phone, changed.own_lid)


def _reach(chat: Chat) -> Reach:
    """WhatsApp's digits always begin with the country code."""
    return Reach(LID, chat.digits) if chat.kind == "lid" else Reach(PHONE, f"+{chat.digits}")
