"""WAHA's endpoints answer in WAHA's shapes and statuses."""

import re

import pytest
import requests

from .conftest import AYU


def test_ping_is_open(waha):
    assert requests.get(waha.url + "/ping", timeout=5).json() == {"message": "pong"}


@pytest.mark.parametrize("key", [None, "wrong"])
def test_a_wrong_key_is_refused_everywhere_else(waha, key):
    for path in ("/api/sessions", "/api/nope"):
        answer = requests.get(waha.url + path, headers={"X-Api-Key": key}, timeout=5)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized", "statusCode": 401})


def test_the_key_in_the_query_is_no_key(waha):
    assert requests.get(waha.url + "/api/sessions?x-api-key=desk-key", timeout=5).status_code == 401


def test_an_unknown_route_is_not_found_in_wahas_words(waha):
    answer = waha.get("/api/nope")
    assert answer.status_code == 404
    assert answer.json() == {"message": "Cannot GET /api/nope", "error": "Not Found", "statusCode": 404}


def test_every_answer_says_that_it_is_a_simulator(waha):
    for answer in (waha.get("/ping"), waha.get("/api/nope"), waha.send()):
        assert answer.headers["X-Concierge-Simulator"] == "1"
    assert requests.get(waha.url + "/simulator", timeout=5).json()["simulator"] is True


def test_version_names_the_engine(waha):
    answer = waha.get("/api/version").json()
    assert answer["engine"] == "NOWEB"
    assert answer == waha.get("/api/server/version").json()


def test_a_send_is_answered_with_the_raw_baileys_message(waha):
    answer = waha.send(text="Halo Ibu Ayu")
    assert answer.status_code == 201
    sent = answer.json()
    assert sent["key"]["remoteJid"] == f"{AYU}@s.whatsapp.net"
    assert re.fullmatch("3EB0[0-9A-F]{18}", sent["key"]["id"])
    assert sent["message"] == {"extendedTextMessage": {"text": "Halo Ibu Ayu"}}
    assert isinstance(sent["messageTimestamp"], str) and sent["status"] == "PENDING"


def test_a_chosen_id_is_honoured(waha):
    chosen = waha.get("/api/default/new-message-id").json()["id"]
    assert waha.send(id=chosen).json()["key"]["id"] == chosen
    assert [one["id"] for one in waha.transmissions()] == [chosen]


def test_the_same_id_twice_is_transmitted_twice(waha):
    for _ in range(2):
        waha.send(id="3EB0AAAA")
    assert waha.control("transmissions")["count"] == 2
    assert len(waha.get(f"/api/default/chats/{AYU}@c.us/messages").json()) == 1


@pytest.mark.parametrize("body", [{"chatId": "628120000001@c.us", "text": "halo"}, {}])
def test_a_send_without_session_is_a_bad_request(waha, body):
    answer = waha.post("/api/sendText", body)
    assert (answer.status_code, answer.json()["message"]) == (400, "Session name is required")


def test_a_send_that_is_not_json_is_a_bad_request(waha):
    answer = waha.http.post(waha.url + "/api/sendText", data="not json", timeout=5)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Unexpected token 'n', \"not json\" is not valid JSON"


def test_an_unknown_session_cannot_send(waha):
    assert waha.send(session="desk2").status_code == 422


@pytest.mark.parametrize("missing", ["chatId", "text"])
def test_a_missing_field_ends_in_a_500_that_echoes_the_request(waha, missing):
    body = {"session": "default", "chatId": "628120000001@c.us", "text": "rahasia tamu"} | {missing: None}
    answer = waha.post("/api/sendText", body)
    assert answer.status_code == 500
    assert answer.json()["exception"]["name"] == "TypeError"
    assert answer.json()["request"] == {"path": "/api/sendText", "method": "POST", "body": body, "query": {}}
    assert waha.transmissions() == []


@pytest.mark.parametrize(
    ("chat_id", "jid"),
    [
        ("", "@s.whatsapp.net"),
        ("+62 812-0000-0001", "+62 812-0000-0001@s.whatsapp.net"),
        ("628120000001", "628120000001@s.whatsapp.net"),
        ("99110000000001@lid", "99110000000001@lid"),
    ],
)
def test_chat_ids_are_not_checked(waha, chat_id, jid):
    answer = waha.post("/api/sendText", {"session": "default", "chatId": chat_id, "text": "x"})
    assert (answer.status_code, answer.json()["key"]["remoteJid"]) == (201, jid)


def test_a_message_is_read_back_by_full_id_raw_id_and_in_all_chats(waha):
    raw_id = waha.send(text="Sarapan jam 7").json()["key"]["id"]
    for chat, wanted in ((f"{AYU}@c.us", f"true_{AYU}@c.us_{raw_id}"), (f"{AYU}%40c.us", raw_id), ("all", raw_id)):
        assert waha.get(f"/api/default/chats/{chat}/messages/{wanted}").json()["body"] == "Sarapan jam 7"
    assert waha.get("/api/default/chats/all/messages/NOPE").json()["message"] == "Message not found"


def test_messages_are_newest_first_and_can_be_filtered(waha):
    waha.guest_writes("pertama", timestamp=1000)
    waha.guest_writes("kedua", timestamp=2000)
    waha.send(text="jawaban")
    chat = f"/api/default/chats/{AYU}@c.us/messages?downloadMedia=false"
    assert [one["body"] for one in waha.get(chat).json()] == ["jawaban", "kedua", "pertama"]
    assert [one["body"] for one in waha.get(chat + "&filter.fromMe=false&limit=1").json()] == ["kedua"]
    assert [one["body"] for one in waha.get(chat + "&filter.timestamp.lte=1500").json()] == ["pertama"]
    assert [one["body"] for one in waha.get(chat + "&limit=1&offset=1").json()] == ["kedua"]
    [problem] = waha.get(chat + "&limit=abc").json()["message"]
    assert problem == "limit must be a number conforming to the specified constraints"


def test_chats_are_listed_with_their_last_message(waha):
    waha.guest_writes("Halo", name="Ayu Lestari")
    waha.send("628120000001", "Selamat datang")
    overview = waha.get("/api/default/chats/overview").json()
    assert [(one["id"], one["lastMessage"]["body"]) for one in overview] == [
        ("628120000001@c.us", "Selamat datang"),
        (f"{AYU}@c.us", "Halo"),
    ]
    assert waha.get("/api/default/chats?limit=1&offset=1").json()[0]["name"] == "Ayu Lestari"


def test_a_number_without_whatsapp_does_not_exist(waha):
    check = "/api/contacts/check-exists?session=default&phone="
    assert waha.get(check + AYU).json() == {"numberExists": True, "chatId": f"{AYU}@c.us"}
    assert waha.get(check + "6281234569001").json() == {"numberExists": False}


def test_a_hidden_id_is_learnt_from_traffic(waha):
    assert waha.get(f"/api/default/lids/pn/{AYU}").json() == {"lid": None, "pn": f"{AYU}@c.us"}
    waha.guest_writes("Halo")
    lid = waha.get(f"/api/default/lids/pn/{AYU}%40c.us").json()["lid"]
    assert waha.get(f"/api/default/lids/{lid}").json() == {"lid": lid, "pn": f"{AYU}@c.us"}
    assert waha.get("/api/default/lids").json() == [{"lid": lid, "pn": f"{AYU}@c.us"}]
    assert waha.get("/api/default/lids/count").json() == {"count": 1}


def test_seen_typing_presence_and_reaction_answer_as_waha_does(waha):
    raw = waha.guest_writes("Halo")["id"]
    chat = {"session": "default", "chatId": f"{AYU}@c.us"}
    assert waha.post("/api/sendSeen", chat).json() == {"ids": [raw]}
    assert waha.post("/api/startTyping", chat).json() == {"result": True}
    assert waha.post("/api/stopTyping", chat).status_code == 201
    assert waha.post("/api/default/presence", {"presence": "offline"}).content == b""
    reaction = waha.http.put(waha.url + "/api/reaction", json={**chat, "messageId": raw, "reaction": "👍"}, timeout=5)
    assert (reaction.status_code, reaction.json()["message"]["reactionMessage"]["text"]) == (200, "👍")


def test_a_stopped_session_is_left_out_unless_all_are_asked_for(waha):
    waha.post("/api/sessions/default/stop")
    assert waha.get("/api/sessions").json() == []
    assert waha.get("/api/sessions?all=true").json()[0]["status"] == "STOPPED"


def test_a_session_that_is_not_there_is_not_found(waha):
    answer = waha.get("/api/sessions/desk2")
    assert (answer.status_code, answer.json()["message"]) == (404, "Session not found")


def test_starting_twice_is_refused_and_restart_works_again(waha, hotel):
    assert waha.post("/api/sessions/default/start").json()["message"] == "Session 'default' is already started."
    assert waha.post("/api/sessions/default/restart").status_code == 201
    hotel.wait_for("session.status", 3)
    assert waha.get("/api/sessions/default").json()["status"] == "WORKING"


def test_logout_asks_for_a_scan_and_shows_a_code(waha, hotel):
    assert waha.get("/api/default/auth/qr").json()["expected"] == ["SCAN_QR_CODE"]
    waha.post("/api/sessions/default/logout")
    hotel.wait_for("session.status", 2)
    assert waha.get("/api/default/auth/qr").content.startswith(b"\x89PNG")
    as_json = waha.get("/api/default/auth/qr", headers={"Accept": "application/json"}).json()
    assert as_json["mimetype"] == "image/png"
    assert waha.get("/api/sessions/default/me").content == b""
