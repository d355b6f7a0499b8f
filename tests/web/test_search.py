"""The search's page, and the cards that the page's own script asks for."""

from flask import Flask

from tests.client import HonestClient, sign_in
from tests.people import Employee
from tests.story import check_in, guest_writes

FRAGMENT = {"HX-Request": "true"}


def test_a_card_tells_who_calls_and_leads_to_the_thread(app: Flask, client: HonestClient, wayan: Employee) -> None:
    check_in(app, room="312")
    guest_writes(app, "Two towels <b>please</b>")
    page = sign_in(client, wayan).get("/search?q=0812+3456").text
    assert "Ayu Lestari" in page and "312" in page and "no departure date" in page
    assert "Two towels &lt;b&gt;please&lt;/b&gt;" in page
    assert 'class="found__link" href="/conversations/' in page


def test_the_script_gets_the_cards_alone(app: Flask, client: HonestClient, wayan: Employee) -> None:
    check_in(app, room="312")
    answer = sign_in(client, wayan).get("/search?q=312", headers=FRAGMENT).text
    assert "found__link" in answer and "<html" not in answer


def test_nobody_found_says_what_else_to_try(client: HonestClient, wayan: Employee) -> None:
    page = sign_in(client, wayan).get("/search?q=<script>").text
    assert "Nobody found for “<bdi>&lt;script&gt;</bdi>”" in page


def test_an_odd_question_is_answered(client: HonestClient, wayan: Employee) -> None:
    sign_in(client, wayan)
    for typed in ("%00", "%ff", "%25%25", "+", "00", "0", "a" * 5000, "%F0%9F%99%8F"):
        assert client.get(f"/search?q={typed}").status_code == 200


def test_charlie_finds_nobody_of_ours(app: Flask, client: HonestClient, charlie: Employee) -> None:
    check_in(app, room="312")
    assert "Nobody found" in sign_in(client, charlie).get("/search?q=312").text
