"""The guests' side of the simulator, over HTTP: they write and read, and WAHA gets into trouble."""

from typing import Any

import requests


class Guests:
    """`waha.write("+6281234567890", "Hello")`. The address is the simulator's control URL, open while WAHA is down."""

    def __init__(self, control_url: str) -> None:
        self.url = f"{control_url}/simulator"

    def write(self, phone: str, text: str, **facts: Any) -> dict[str, Any]:
        """A guest writes; facts: name, as_lid, timestamp, id, event."""
        return self._ask("POST", f"/guests/{phone.lstrip('+')}/messages", {"text": text, **facts})

    def edit(self, phone: str, message_id: str, text: str) -> None:
        """Who wrote it changes the words; the hotel does so on its own phone."""
        self._ask("PUT", f"/guests/{phone.lstrip('+')}/messages/{message_id}", {"text": text})

    def delete(self, phone: str, message_id: str) -> None:
        """Who wrote it deletes it for everyone."""
        self._ask("DELETE", f"/guests/{phone.lstrip('+')}/messages/{message_id}")

    def react(self, phone: str, message_id: str, emoji: str) -> None:
        """A guest puts an emoji on a message; an empty one takes it off."""
        self._ask("POST", f"/guests/{phone.lstrip('+')}/reactions", {"message": message_id, "emoji": emoji})

    def call(self, phone: str, **how: Any) -> None:
        """A guest calls, and nobody can take it; how: is_video, as_lid."""
        self._ask("POST", f"/guests/{phone.lstrip('+')}/calls", how)

    def read(self, phone: str) -> None:
        """A guest opens the chat: the ticks turn blue."""
        self._ask("POST", f"/guests/{phone.lstrip('+')}/read", {})

    def received(self, phone: str | None = None) -> list[str]:
        """The texts that left for WhatsApp, in order; for one guest, or for all."""
        digits = phone and phone.lstrip("+")
        sent = self.transmissions()
        return [one["text"] for one in sent if digits is None or one["chatId"] == f"{digits}@c.us"]

    def transmissions(self) -> list[dict[str, Any]]:
        """Everything that left for WhatsApp, in order."""
        return self._ask("GET", "/transmissions")["transmissions"]

    def trouble(self, **switches: Any) -> None:
        """For example down=True, refusing=True, hang_after=True, line="SCAN_QR_CODE"; switch back with False."""
        self._ask("PUT", "/trouble", switches)

    def settings(self, **switches: Any) -> None:
        """For example server_ack_seconds=0, read_ack_seconds=1.0, webhook_url=…"""
        self._ask("PUT", "/settings", switches)

    def release(self) -> None:
        """What hangs goes out now."""
        self._ask("POST", "/release", {})

    def reset(self) -> None:
        """As at the start."""
        self._ask("DELETE", "/state")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = requests.request(method, self.url + path, json=body, timeout=10)
        assert answer.ok, f"the simulator refused {method} {path}: {answer.text}"
        return answer.json() if answer.content else None
