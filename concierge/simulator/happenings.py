"""What is no message but happens to one, and calls: reactions, edits, deletions. Payloads only."""

from dataclasses import replace
from datetime import UTC, datetime

from . import engine, ids, shapes
from .contents import Content
from .state import Guest, Message


def reaction(target_id: str, emoji: str, address: str, *, is_from_hotel: bool, source: str) -> dict:
    return {
        "id": f"{str(is_from_hotel).lower()}_{address}_{ids.raw_message_id()}",
        "timestamp": _now(),
        "from": address,
        "fromMe": is_from_hotel,
        "source": source,
        "reaction": {"text": emoji, "messageId": target_id},
    }


def edit(target: Message, guest: Guest, text: str) -> dict:
    """The event's own id is the edit's; editedMessageId is the raw id of what was edited."""
    act = shapes.wa_message(_act(target, text), guest)
    act["_data"]["message"] = engine.edit(target, text)
    return act | {"editedMessageId": target.raw_id}


def deletion(target: Message, guest: Guest) -> dict:
    after = shapes.wa_message(_act(target, ""), guest) | {"body": None}
    after["_data"]["message"] = engine.revocation(target)
    return {"after": after, "before": None, "revokedMessageId": target.raw_id, "_data": after["_data"]}


def call(call_id: str, address: str, timestamp: int, *, is_video: bool, status: str) -> dict:
    """status: offer or terminate. Acts of a call share its id and time."""
    facts = {"isVideo": is_video, "isGroup": False}
    date = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    party = {"chatId": ids.jid(address), "from": ids.jid(address)}
    data = party | {"id": call_id, "date": date, "offline": False, "status": status, **facts}
    return {"id": call_id, "from": address, "timestamp": timestamp, **facts, "_data": data}


def _act(target: Message, text: str) -> Message:
    act = replace(target, raw_id=ids.raw_message_id(), text=text, timestamp=_now(), content=Content())
    act.is_edited = act.is_deleted = False
    return act


def _now() -> int:
    return ids.now_ms() // 1000
