"""What staff type, cleaned."""

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from concierge.models.base import new_id
from concierge.web.composing_forms import ReplyForm
from concierge.web.forms import PhoneForm, is_uuid, many_lines, one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ayu \t Lestari\n", "Ayu Lestari"),
        ("Ayu\x00Lestari", "AyuLestari"),
        ("Ayu\ud800", "Ayu"),
        ("محمد 🙏", "محمد 🙏"),
        ("", ""),
        (None, None),
    ],
)
def test_a_line_is_cleaned(typed: str | None, kept: str | None) -> None:
    assert one_line(typed) == kept


def test_lines_keep_their_breaks() -> None:
    assert many_lines("  one\r\ntwo\rthree\n\nfour\x07 \n") == "one\ntwo\nthree\n\nfour"


@pytest.mark.parametrize("typed", [None, "", "1", "x" * 36, "{" + new_id() + "}", new_id().replace("-", "")])
def test_what_is_no_id_never_becomes_a_row_s(typed: str | None) -> None:
    assert not is_uuid(typed)
    assert is_uuid(new_id())


def test_a_reply_is_measured_as_it_is_sent(app: Flask) -> None:
    with app.test_request_context(method="POST"):
        for text, is_right in (("a" * 4096 + "  \n", True), ("a\r\n" * 2048, True), ("a" * 4097, False)):
            form = ReplyForm(MultiDict({"text": text}), meta={"csrf": False})
            assert form.validate() == is_right, len(text)


def test_a_bare_number_takes_the_hotel_s_country(app: Flask) -> None:
    with app.test_request_context(method="POST"):
        for typed, phone in (("0812-3456-7890", "+6281234567890"), ("+1 415 555 2671", "+14155552671")):
            form = PhoneForm("ID", MultiDict({"phone_number": typed}), meta={"csrf": False})
            assert form.validate()
            assert form.phone == phone


def test_the_caret_stands_in_the_first_wrong_field(app: Flask) -> None:
    with app.test_request_context(method="POST"):
        form = ReplyForm(MultiDict({"text": ""}), meta={"csrf": False})
        form.validate()
        assert form.wants_caret(form.text)
        assert form.first_problem() == "Write something first."
