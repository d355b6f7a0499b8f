"""Why something was not sent, in the words of the desk: what happened, and what to do now."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """`what` happened and what to `do`; {phone} stands for the guest's number."""

    what: str
    do: str


# Of a message.
NO_WHATSAPP = "no_whatsapp"
RESTRICTED = "restricted"
REFUSED = "refused"
REFUSED_BY_WHATSAPP = "refused_by_whatsapp"
NO_ADDRESS = "no_address"
WRONG_PERSON = "wrong_person"
CHECKED_OUT = "checked_out"
TAKEN_BACK = "taken_back"
SAME_MESSAGE = "same_message"
EXPIRED = "expired"
PERSON_ANSWERED = "person_answered"
OUR_FAULT = "our_fault"
NO_ANSWER = "no_answer"
SERVER_ERROR = "server_error"
WORKER_DIED = "worker_died"

# Of a line.
UNREACHABLE = "unreachable"
KEY_REFUSED = "key_refused"
NOT_WORKING = "not_working"
UNKNOWN_SESSION = "unknown_session"
TOO_FAST = "too_fast"
ODD_ANSWER = "odd_answer"

_OF_MESSAGES = {
    NO_WHATSAPP: Words("Not delivered: this number has no WhatsApp.", "Call {phone}."),
    RESTRICTED: Words(
        "Not delivered: WhatsApp does not let this account write to new guests for now.",
        "Call {phone}. Guests who write first can be answered.",
    ),
    REFUSED: Words("Not sent: WAHA refused this message.", "Call {phone}, and tell whoever looks after WAHA."),
    REFUSED_BY_WHATSAPP: Words("Not delivered: WhatsApp refused this message.", "Call {phone}, or try again later."),
    NO_ADDRESS: Words("Not sent: there is no number to send it to.", "Correct the phone, then send it again."),
    WRONG_PERSON: Words("Not sent: this number belongs to somebody else.", "Nothing more about the stay goes there."),
    CHECKED_OUT: Words("Not sent: the guest checked out first.", "Nothing to do."),
    TAKEN_BACK: Words("Taken back before it was sent.", "Nothing to do."),
    EXPIRED: Words("Not sent: it waited for too long while WhatsApp could not be reached.", "Still send it?"),
    PERSON_ANSWERED: Words("Not sent: a person answered first.", "Nothing to do."),
    SAME_MESSAGE: Words("The same message was seen twice.", "Nothing to do."),
    OUR_FAULT: Words("Not sent: Concierge could not handle this message.", "Call {phone}, and report it."),
    NO_ANSWER: Words("Perhaps sent: WAHA did not answer.", "Look at the hotel's phone, or call {phone}."),
    SERVER_ERROR: Words("Perhaps sent: WAHA reported an error.", "Look at the hotel's phone, or call {phone}."),
    WORKER_DIED: Words("Perhaps sent: sending was interrupted.", "Look at the hotel's phone, or call {phone}."),
}

_OF_LINES = {
    UNREACHABLE: Words("the WAHA server cannot be reached", "Check that it runs and that WAHA_HOST is right."),
    KEY_REFUSED: Words("WAHA refuses our key", "WAHA_API_KEY must be the key that WAHA was started with."),
    NOT_WORKING: Words("WhatsApp not connected", "Open WAHA's dashboard and look at the session."),
    UNKNOWN_SESSION: Words("WAHA does not know this session", "WAHA_SESSION must be the name of a session in WAHA."),
    TOO_FAST: Words("WAHA asks us to slow down", "Nothing to do: it goes on by itself."),
    ODD_ANSWER: Words("something else than WAHA answers", "Check WAHA_HOST and WAHA_API_PATH."),
}

_OF_SESSIONS = {
    "SCAN_QR_CODE": Words(
        "WhatsApp must be paired again", "Scan the QR code in WAHA's dashboard with the hotel's phone."
    ),
    "FAILED": Words("WhatsApp not connected", "Restart the session in WAHA; if it fails again, pair the phone again."),
    "STOPPED": Words("WhatsApp is switched off in WAHA", "Start the session in WAHA's dashboard."),
    "STARTING": Words("WhatsApp is starting", "Nothing to do for a minute; then look at WAHA's dashboard."),
}


# Of a line that says it works.
_RESTART = "Write to the hotel from another phone. If nothing comes in, restart the session in WAHA's dashboard."
SILENT = Words("WhatsApp is connected, but nothing has been heard", _RESTART)
ACCOUNT_RESTRICTED = Words(
    "WhatsApp does not let this number write to new guests",
    "They wait; call those who should know at once. Guests who write first get their answers.",
)
NOT_BACK = Words("WhatsApp is connected, but a test message did not come back", _RESTART)


def of_message(code: str | None, phone: str | None) -> Words:
    """The words for a message's `failure`."""
    words = _OF_MESSAGES.get(code or "", _OF_MESSAGES[OUR_FAULT])
    return Words(words.what, words.do.format(phone=phone or "the guest"))


def of_line(status: str | None, pause_reason: str | None) -> Words:
    """The words for a line that does not send: WAHA's status says most, our own reason the rest."""
    if status in _OF_SESSIONS:
        return _OF_SESSIONS[status]
    return _OF_LINES.get(pause_reason or "", _OF_LINES[NOT_WORKING])
