"""How many questions the screens ask the database: one while nothing changes, and never more in a larger hotel."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from concierge.extensions import db
from concierge.models import Hotel, Line
from tests.client import HonestClient
from tests.crowd import many_conversations
from tests.story import guest_writes
from tests.web.test_conversations import Arrange, desk, next_question, thread

__all__ = ["desk", "thread"]


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """Every statement that the block sends to the database."""
    said: list[str] = []
    with app.app_context():
        engine = db.engine

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def test_questions_do_not_grow_with_the_hotel(
    app: Flask, thread: str, desk: HonestClient, line: Line, arrange: Arrange
) -> None:
    addresses = ("/conversations", thread, "/stays", f"{thread}/thread?revision=0", "/conversations/list?rows=500")
    few = [_statements(app, desk, address) for address in addresses]
    many_conversations(arrange, line, 200)
    for number in range(200):
        guest_writes(app, f"Line {number}")
    many = [_statements(app, desk, address) for address in addresses]
    assert all(later <= first for later, first in zip(many, few, strict=True)), (few, many)
    assert max(few) <= 26


def test_a_poll_that_finds_nothing_new_asks_one_question(app: Flask, thread: str, desk: HonestClient) -> None:
    for address in (thread, "/conversations", "/screen"):
        poll = next_question(desk.get(address).text)
        with counted(app) as said:
            assert desk.get(poll).status_code == 204
        assert len(said) - said.count("BEGIN") == 1, said


def test_a_poll_that_finds_nothing_to_show_still_learns_what_to_ask(
    app: Flask, thread: str, desk: HonestClient, arrange: Arrange, hotel: Hotel
) -> None:
    poll = next_question(desk.get(thread).text)
    with arrange() as session:
        session.get(Hotel, hotel.id).undo_seconds = 7

    answer = desk.get(poll)

    assert answer.status_code == 200
    assert desk.get(next_question(answer.text)).status_code == 204


def _statements(app: Flask, desk: HonestClient, address: str) -> int:
    with counted(app) as said:
        assert desk.get(address).status_code == 200
    return len([one for one in said if one.startswith("SELECT")])
