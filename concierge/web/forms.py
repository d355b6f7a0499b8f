"""What staff type: cleaned, checked, and answered at the field in words. What it means is the story's."""

import re
import zoneinfo
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import phonenumbers
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    Field,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from concierge import clock
from concierge import phone as phones
from concierge.models import Hotel, Room
from concierge.models.base import new_id
from concierge.models.hotel import LANGUAGES
from concierge.stays import Arrival

LONGEST_TEXT = 4000
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_A_NUMBER = "Write a number."
_LANGUAGE_CHOICES = [SelectChoice(code, name) for code, name in LANGUAGES.items()]


def one_line(value: Any) -> Any:
    """Without what cannot be printed, blanks at the ends and line breaks within."""
    return " ".join(_UNPRINTABLE.sub("", value).split()) if isinstance(value, str) else value


def many_lines(value: Any) -> Any:
    """As typed, with one kind of line break, without what cannot be printed."""
    if not isinstance(value, str):
        return value
    return _UNPRINTABLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


def is_uuid(value: str | None) -> bool:
    """A hidden id that may become a row's."""
    try:
        return str(UUID(value or "")) == value
    except ValueError:
        return False


class Form(FlaskForm):
    """Every form: knows which field wants the caret."""

    def wants_caret(self, field: Field) -> bool:
        """The first wrong field; on a fresh form the first one."""
        shown = [each for each in self if not isinstance(each, HiddenField) and each.name != "csrf_token"]
        wrong = [each for each in shown if each.errors]
        return bool(field is (wrong or shown)[0])

    def first_problem(self) -> str:
        """The first error of all, for a form that has one place to say it."""
        found = (str(words[0]) for words in self.errors.values() if words)
        return next(found, "This form cannot be read. Load the page again.")

    def say(self, name: str, words: object) -> None:
        """Put an error that the story raised at its field."""
        field = self[name]
        field.errors = [*field.errors, str(words)]


class Day(DateField):
    """A date field whose error says how to write one."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """`2026-11-22`, as browsers send it whatever they show."""
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            self.data = datetime.strptime(valuelist[0].strip(), "%Y-%m-%d").date()
        except ValueError as fault:
            raise ValueError("This is not a date. Write it as 2026-11-22.") from fault


class Choice(SelectField):
    """A list to choose from; what is not in it was not chosen on our page."""

    def pre_validate(self, form: Any) -> None:
        """Said in our words."""
        if self.validate_choice and self.data not in [value for value, *_ in self.iter_choices()]:
            raise ValidationError("Choose one from the list.")


class SignInForm(Form):
    """The login."""

    email = StringField(
        "E-mail",
        filters=[one_line],
        validators=[DataRequired("Write your e-mail address."), Length(max=254, message="This is too long.")],
        render_kw={"type": "email", "autocomplete": "username", "inputmode": "email", "maxlength": 254},
    )
    password = PasswordField(
        "Password",
        validators=[InputRequired("Write your password."), Length(max=200, message="This is too long.")],
        render_kw={"autocomplete": "current-password"},
    )


def phone_field() -> StringField:
    """One for each form: WTForms keeps fields in the order in which they were made."""
    return StringField(
        "Phone",
        filters=[one_line],
        validators=[DataRequired("Write the guest's phone number."), Length(max=60, message="This is too long.")],
        render_kw={"type": "tel", "inputmode": "tel", "autocomplete": "off", "maxlength": 60},
    )


class PhoneForm(Form):
    """Another phone for a guest whose welcome went astray."""

    phone_number = phone_field()

    def __init__(self, country: str, *args: Any, **kwargs: Any) -> None:
        """A number typed without a country code belongs to `country`."""
        super().__init__(*args, **kwargs)
        self.country = country

    @property
    def phone(self) -> str:
        """E.164, of a form that was found right."""
        return phones.parse(self.phone_number.data or "", self.country)

    def validate_phone_number(self, field: StringField) -> None:
        """A number that can be called."""
        try:
            phones.parse(field.data or "", self.country)
        except phones.ImpossiblePhone as fault:
            raise ValidationError(str(fault)) from fault


class CheckInForm(PhoneForm):
    """A guest arrives."""

    stay_id = HiddenField()
    full_name = StringField(
        "Full name",
        filters=[one_line],
        validators=[DataRequired("Write the guest's name."), Length(max=200, message="At most 200 letters.")],
        render_kw={"autocomplete": "off", "maxlength": 200},
    )
    phone_number = phone_field()
    room_number = Choice("Room", filters=[one_line], validate_choice=False, validators=[DataRequired("Choose a room.")])
    language = Choice("Language", choices=_LANGUAGE_CHOICES)
    checkin_date = Day("Check-in", validators=[InputRequired("Write the day of arrival.")])
    checkout_date = Day("Check-out", validators=[Optional()])
    email = StringField(
        "E-mail",
        filters=[one_line],
        validators=[Optional(), Length(max=254, message="This is too long.")],
        render_kw={"type": "email", "autocomplete": "off", "inputmode": "email", "maxlength": 254},
    )

    def offer(self, rooms: Sequence[Room], hotel: Hotel) -> None:
        """Free rooms, and what a fresh form begins with: today, the hotel's language, an id for the stay."""
        self.today = clock.today(hotel.time_zone)
        self.room_number.choices = [
            SelectChoice("", "Choose…"),
            *(SelectChoice(room.number, room.label) for room in rooms),
        ]
        if not self.is_submitted():
            self.checkin_date.data = self.today
            self.language.data = hotel.language
            self.room_number.data = ""
        if not is_uuid(self.stay_id.data):
            self.stay_id.data = new_id()

    def arrival(self) -> Arrival:
        """What the story wants to hear, of a form that was found right."""
        assert self.checkin_date.data is not None
        return Arrival(
            name=self.full_name.data,
            phone=self.phone,
            checkin_date=self.checkin_date.data,
            checkout_date=self.checkout_date.data,
            email=self.email.data or None,
            language=self.language.data,
            stay_id=self.stay_id.data,
        )

    def validate_checkin_date(self, field: Day) -> None:
        """Past days are accepted, future ones not yet."""
        if field.data and field.data > self.today:
            raise ValidationError("This day is in the future. Check the guest in on the day of arrival.")

    def validate_checkout_date(self, field: Day) -> None:
        """A departure comes after the arrival."""
        arrival: date | None = self.checkin_date.data
        if field.data and arrival and field.data < arrival:
            raise ValidationError("Check-out is before check-in.")

    def validate_email(self, field: StringField) -> None:
        """Something that mail could reach."""
        if not _EMAIL.match(field.data or ""):
            raise ValidationError("This is not an e-mail address. Leave it empty if there is none.")


class HotelForm(Form):
    """The property."""

    name = StringField(
        "Name",
        filters=[one_line],
        validators=[DataRequired("Write the hotel's name."), Length(max=120, message="At most 120 letters.")],
        render_kw={"maxlength": 120},
    )
    time_zone = Choice("Time zone")
    country = Choice("Country")
    language = Choice("Language", choices=_LANGUAGE_CHOICES)
    amber_minutes = IntegerField(
        "Minutes until a wait turns amber", validators=[InputRequired(_A_NUMBER), NumberRange(1, 999, "From 1 to 999.")]
    )
    red_minutes = IntegerField(
        "Minutes until it turns red", validators=[InputRequired(_A_NUMBER), NumberRange(2, 1000, "From 2 to 1000.")]
    )
    escalate_minutes = IntegerField(
        "Minutes until managers are called",
        validators=[InputRequired(_A_NUMBER), NumberRange(0, 999, "From 0 to 999.")],
    )

    def validate_red_minutes(self, field: IntegerField) -> None:
        """First amber, then red."""
        if field.data is not None and self.amber_minutes.data is not None and field.data <= self.amber_minutes.data:
            raise ValidationError("Red comes after amber: write a larger number.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_zone.choices = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone)
        self.country.choices = sorted(phonenumbers.SUPPORTED_REGIONS)


class PaceForm(Form):
    """How a line sends: like a person, not like a machine."""

    undo_seconds = IntegerField(
        "Seconds to take back",
        description="What staff typed is held for so long, with an Undo button. 0 sends at once.",
        validators=[InputRequired(_A_NUMBER), NumberRange(0, 60, "From 0 to 60.")],
    )
    gap_seconds = DecimalField(
        "Seconds between two messages",
        description="No two messages of this number leave closer together, however much waits.",
        places=1,
        validators=[InputRequired(_A_NUMBER), NumberRange(0, 60, "From 0 to 60.")],
    )
    first_contacts_an_hour = IntegerField(
        "First messages to new guests in an hour",
        description="Writing to many strangers gets a number blocked. 0: no limit. Who wrote is always answered.",
        validators=[InputRequired(_A_NUMBER), NumberRange(0, 1000, "From 0 to 1000.")],
    )
    is_typing_shown = BooleanField("Show “typing…” to the guest before each message")


class TextForm(Form):
    """One of the hotel's texts in one language."""

    body = TextAreaField(
        "Text",
        filters=[many_lines],
        validators=[
            DataRequired("Write the text."),
            Length(max=LONGEST_TEXT, message=f"At most {LONGEST_TEXT} letters."),
        ],
        render_kw={"rows": 5},
    )
