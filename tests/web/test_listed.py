"""The list on the screen: its filters in the address, through polls and threads, and what an empty one proves."""

import re

import pytest
from sqlalchemy import select

from concierge import answering, attention, clock, listing
from concierge.models import Conversation, Staff, WorkerReport
from tests.client import sign_in
from tests.crowd import many_conversations
from tests.database import arranging
from tests.story import AYUS_PHONE, check_in, conversation_with, guest_writes
from tests.web.test_conversations import next_question


@pytest.fixture
def desk(client, wayan):
    """Wayan, signed in."""
    return sign_in(client, wayan)


def rows(page):
    """How many rows the page shows."""
    return len(re.findall(r'<li class="row[ "]', page))


def test_filter_stays_through_thread_and_poll(app, desk, wayan):
    check_in(app)
    with arranging(app) as session:
        attention.take(conversation_with(), session.get(Staff, wayan.id))
    check_in(app, room="102", name="Budi", phone="+6281390000002")
    page = desk.get("/conversations?show=mine").text
    assert rows(page) == 1
    thread = desk.get(re.search(r'href="(/conversations/[^"]+show=mine[^"]*)"', page)[1]).text
    assert rows(thread) == 1
    question = next_question(thread)
    assert "show=mine" in question
    assert desk.get(question).status_code == 204
    guest_writes(app, "Hello")
    answer = desk.get(question).text
    assert rows(answer) == 1
    assert "show=mine" in next_question(answer)
    assert 'href="/conversations?show=mine"' in thread  # the way back


@pytest.mark.parametrize("show", ["", "everything", "%00", "<b>"])
def test_unknown_filter_shows_all(app, desk, show):
    check_in(app)
    assert rows(desk.get(f"/conversations?show={show}").text) == 1


def test_filter_says_how_many_there_are(app, desk):
    guest_writes(app, "Hello")
    page = desk.get("/conversations").text
    counts = {name: re.search(rf'id="filter-{name}".*?</a>', page, re.DOTALL)[0] for name in listing.FILTERS}
    assert [name for name, link in counts.items() if ">1<" in link] == ["waiting", "unlinked"]
    assert 'aria-current="true"' in counts["all"]


@pytest.mark.parametrize(
    ("show", "words"),
    [
        ("waiting", "Nobody is waiting."),
        ("mine", "You have taken no conversation."),
        ("unlinked", "Everybody who wrote belongs to a stay."),
        ("closed", "No conversation is closed."),
    ],
)
def test_empty_list_proves_that_it_is_empty(app, desk, show, words):
    check_in(app)
    page = desk.get(f"/conversations?show={show}").text
    said = re.search(r'id="no-conversations">(.*?)</li>', page)[1]
    assert words in said
    assert re.search(r"Last message \d\d:\d\d\. WhatsApp not \w+", said)


def test_proof_of_an_empty_list_follows_whatsapp(app, desk, line, arrange):
    check_in(app)
    question = next_question(desk.get("/conversations?show=waiting").text)
    with arrange() as session:
        session.get(type(line), line.id).status = "WORKING"
        session.add(WorkerReport(host="desk", pid=1, started_at=clock.now(), seen_at=clock.now()))
    answer = desk.get(question).text
    assert answer.count("WhatsApp connected.") == 2
    assert desk.get(next_question(answer)).status_code == 204


def test_more_rows_come_with_the_next_question(app, desk, line, arrange):
    many_conversations(arrange, line, 70)
    page = desk.get("/conversations").text
    assert rows(page) == 30
    assert 'data-more="60"' in page
    question = re.sub(r"&pulse=[^&]*", "", next_question(page))
    answer = desk.get(f"{question}&rows=60").text
    assert rows(answer) == 60
    assert "rows=60" in next_question(answer)
    assert desk.get(next_question(answer)).status_code == 204


def test_list_is_not_endless(app, desk, line, arrange):
    many_conversations(arrange, line, 520)
    page = desk.get("/conversations?rows=99999").text
    assert rows(page) == listing.MOST_ROWS
    assert "The search finds older ones." in page
    assert "data-more" not in page


def test_row_says_who_has_it_who_answers_and_what_i_have_not_read(app, desk, wayan, made, session):
    check_in(app)
    guest_writes(app, "Hello")
    with arranging(app) as rows_:
        thread = rows_.scalars(select(Conversation)).one()
        attention.take(thread, rows_.get(Staff, made.id))
        answering.begin(thread, rows_.get(Staff, made.id))
    page = desk.get("/conversations").text
    assert "taken by Made Wirawan" in page and ">MW<" in page
    assert "Made is answering" in page
    assert "1 not read" in page


def test_own_answering_is_no_news(app, desk, wayan):
    check_in(app)
    with arranging(app) as session:
        answering.begin(conversation_with(AYUS_PHONE), session.get(Staff, wayan.id))
    assert "is answering" not in desk.get("/conversations").text
