"""What staff write in a thread: to the guest, to each other, or for later."""

from datetime import datetime
from zoneinfo import ZoneInfo

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from concierge import scheduling
from concierge.web.forms import Form, is_uuid, many_lines, one_line

LONGEST_REPLY = 4096
_LONGEST_NUMBER = 9


def text_field(label: str) -> TextAreaField:
    """One for each form: WTForms keeps fields in the order in which they were made."""
    return TextAreaField(
        label,
        filters=[many_lines],
        validators=[
            DataRequired("Write something first."),
            Length(max=LONGEST_REPLY, message=f"WhatsApp takes at most {LONGEST_REPLY} letters. Send it in two parts."),
        ],
    )


class ReplyForm(Form):
    """The composer. `reply_id` becomes the message's id, so that sending twice makes one message.

    `seq` is of the last message that was on the screen when the writing began.
    """

    reply_id = HiddenField()
    seq = HiddenField()
    text = text_field("Reply")

    @property
    def began_at(self) -> int | None:
        """None of a page that does not say it."""
        return number(self.seq.data)


class LaterForm(ReplyForm):
    """The same words, at another time: soon, tomorrow morning, or when the hotel's clock shows `own_time`."""

    when = StringField(filters=[one_line])
    own_time = StringField(filters=[one_line])

    def send_at(self, zone: ZoneInfo) -> datetime:
        """Raises BadTime, in words for the field."""
        if self.when.data == "soon":
            return scheduling.soon()
        if self.when.data == "morning":
            return scheduling.tomorrow_morning(zone)
        try:
            shown = datetime.strptime(self.own_time.data or "", "%Y-%m-%dT%H:%M")
            return scheduling.at(shown, zone)
        except (ValueError, OverflowError) as fault:
            raise scheduling.BadTime("Choose the day and the time.") from fault


class NoteForm(Form):
    """Words for colleagues. `note_id` becomes the note's id, so that saving twice makes one note."""

    note_id = HiddenField()
    text = TextAreaField(
        "Note",
        filters=[many_lines],
        validators=[
            DataRequired("Write something first."),
            Length(max=LONGEST_REPLY, message=f"At most {LONGEST_REPLY} letters. Save it in two parts."),
        ],
    )


def number(value: str | None) -> int | None:
    """A count that a page sent with a form; what is none was not written by our page."""
    is_number = value is not None and value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER
    return int(value or 0) if is_number else None


def id_or_none(value: str | None) -> str | None:
    """A hidden id that may become a row's."""
    return value if is_uuid(value) else None
