"""The simulated WhatsApp: what happens when the hotel sends, a guest writes or reads, or the line changes.

One lock around it all.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import ids, shapes, trouble
from .line import Line
from .schedule import Schedule
from .state import Guest, Message, State
from .switches import LINE_STATUSES, Settings, Trouble, UnknownSwitch
from .webhooks import Sender


@dataclass
class Hanging:
    """A send that WAHA does not answer. Released it goes out; forgotten it never does."""

    is_over: threading.Event = field(default_factory=threading.Event)
    is_released: bool = False


class Network:
    def __init__(self, session: str, api_key: str | None, **settings: Any) -> None:
        self.session, self.api_key = session, api_key
        self.started_at = ids.now_ms()
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.first_settings = settings
        self.settings, self.trouble = Settings(), Trouble()
        self.schedule = Schedule()
        self.sender = Sender(self.settings, self.trouble, self.schedule)
        self.control_url: str | None = None
        self.open_or_close: Callable[[bool], None] | None = None
        self.changes = 0
        self._hanging: list[Hanging] = []
        self._begin()

    # What the hotel does

    def hotel_sends(self, chat_id: str, text: str, raw_id: str | None = None) -> Message:
        with self.lock:
            address = ids.chat_address(chat_id)
            guest = self.state.guest_at(address)
            guest.is_typed_to = False
            message = self._message(guest, text, address=address, is_from_hotel=True, raw_id=raw_id, ack=0)
            self.state.add_transmission(message)
            self._emit(["message.any"], shapes.wa_message(message, guest))
            self._emit(["message.ack"], shapes.ack(message))
            for seconds, level in self._ladder(guest):
                self.schedule.after(seconds, self._acknowledge, message, level)
            return message

    def hotel_has_seen(self, address: str) -> list[str]:
        with self.lock:
            messages = (message for message, _ in self.state.messages(address))
            seen = [message for message in messages if not message.is_from_hotel and message.ack < 3]
            for message in seen:
                message.ack = 3
            self.notice()
            return [message.full_id for message in seen]

    def hotel_types(self, address: str, is_typing: bool) -> None:
        with self.lock:
            if guest := self.state.find_guest(address):
                guest.is_typed_to = is_typing
                self.notice()

    def hotel_reacts(self, full_id: str, address: str, emoji: str) -> None:
        with self.lock:
            if found := self.state.find_message(address, full_id):
                found[0].reaction = emoji
            facts: dict = {"id": f"true_{address}_{ids.raw_message_id()}", "timestamp": ids.now_ms() // 1000}
            reaction = {"text": emoji, "messageId": full_id}
            facts |= {"from": address, "fromMe": True, "source": "api"}
            self._emit(["message.reaction"], facts | {"reaction": reaction})

    # What the guest does

    def guest_writes(
        self, guest: Guest, text: str, *, as_lid: bool = False, event: str | None = None, **facts: Any
    ) -> Message:
        """event: message, message.any or both; None means as the settings say. facts: raw_id, timestamp."""
        with self.lock:
            address = guest.lid if as_lid and guest.lid else guest.address
            message = self._message(guest, text, address=address, is_from_hotel=False, ack=2, **facts)
            self._emit(self._message_events(event), shapes.wa_message(message, guest))
            return message

    def guest_reads(self, guest: Guest) -> int:
        """How many messages this has turned to read."""
        with self.lock:
            guest.unread = 0
            unread = [message for message in guest.messages if message.is_from_hotel and 0 <= message.ack < 3]
            read = unread if guest.has_whatsapp else []
            for message in read:
                self._acknowledge(message, 3)
            self.notice()
            return len(read)

    # What happens to the line

    def set_line(self, status: str) -> None:
        with self.lock:
            if status not in LINE_STATUSES:
                raise UnknownSwitch(f"The line can be {', '.join(LINE_STATUSES)}; not {status!r}.")
            payload = self.line.become(status)
            self._post(["session.status"], payload)
            self._send_backlog()
            self.notice()

    def start_line(self, *, is_logged_out: bool = False) -> None:
        """STARTING now, and soon WORKING, or waiting for the scan when nobody is paired."""
        with self.lock:
            self.line.is_paired = self.line.is_paired and not is_logged_out
            self.line.statuses = []
            self.set_line("STARTING")
            then = "WORKING" if self.line.is_paired else "SCAN_QR_CODE"
            self.schedule.after(self.settings.starting_seconds, self._finish_starting, then)

    def wait_for_line(self, status: str) -> bool:
        with self.lock:
            return self.changed.wait_for(lambda: self.line.status == status, self.settings.session_wait_seconds)

    def change_trouble(self, values: dict) -> None:
        with self.lock:
            was_down, was_hanging = self.trouble.down, self.trouble.hang
            self.trouble.change(values)
            if self.trouble.down:
                self.release(is_released=False)
            elif was_hanging and not self.trouble.hang:
                self.release()
            if not self.trouble.webhooks_paused and not self.trouble.down:
                self.sender.release_held()
            self._send_backlog()
            self.notice()
            if self.open_or_close and was_down != self.trouble.down:
                self.open_or_close(not self.trouble.down)

    def change_settings(self, values: dict) -> None:
        with self.lock:
            self.settings.change(values)
            self.state.keep_at_most = self.settings.keep_at_most
            self.notice()

    def hang(self) -> bool:
        """Waits until released (true: now it goes out) or forgotten."""
        hanging = Hanging()
        with self.lock:
            self._hanging.append(hanging)
            self.notice()
        hanging.is_over.wait()
        return hanging.is_released

    def release(self, *, is_released: bool = True) -> int:
        with self.lock:
            hanging, self._hanging = self._hanging, []
            for one in hanging:
                one.is_released = is_released
                one.is_over.set()
            self.notice()
            return len(hanging)

    @property
    def waiting_ids(self) -> set[str]:
        """Messages that WhatsApp keeps until the line is back."""
        return {payload["id"] for _, payload in self._backlog}

    @property
    def hanging_count(self) -> int:
        return len(self._hanging)

    def reset(self) -> None:
        """As at the start: no guests, no trouble, first settings."""
        with self.lock:
            self.release(is_released=False)
            self.schedule.clear()
            self.sender.forget()
            self.change_trouble(Trouble().as_dict())
            self._begin()

    def stop(self) -> None:
        self.release(is_released=False)
        self.schedule.stop()
        self.sender.stop()

    def notice(self) -> None:
        """Something changed: whoever waits looks again. Under the lock."""
        self.changes += 1
        self.changed.notify_all()

    # Helpers

    def _begin(self) -> None:
        with self.lock:
            self.settings.change({**vars(Settings()), **self.first_settings})
            self.state = State(self.settings.keep_at_most)
            self.line = Line(self.session)
            self._backlog: list[tuple[list[str], dict]] = []
            self.notice()

    def _message(
        self, guest: Guest, text: str, *, raw_id: str | None = None, timestamp: int | None = None, **facts: Any
    ) -> Message:
        timestamp = ids.now_ms() // 1000 if timestamp is None else timestamp
        return self.state.add_message(
            guest, text=text, raw_id=raw_id or ids.raw_message_id(), timestamp=timestamp, **facts
        )

    def _ladder(self, guest: Guest) -> list[tuple[float, int]]:
        settings = self.settings
        if trouble.of_phone(guest.phone) == trouble.ACK_ERROR:
            return [(settings.server_ack_seconds, -1)]
        steps = [(settings.server_ack_seconds, 1)]
        if guest.has_whatsapp:
            steps.append((settings.device_ack_seconds, 2))
            if settings.read_ack_seconds is not None:
                steps.append((settings.read_ack_seconds, 3))
        return steps

    def _acknowledge(self, message: Message, level: int) -> None:
        with self.lock:
            if message.ack == -1 or 0 < level <= message.ack:
                return
            message.ack = level
            self._emit(["message.ack"], shapes.ack(message))

    def _message_events(self, asked: str | None) -> list[str]:
        event = asked or ("both" if self.settings.both_message_events else "message.any")
        return ["message.any", "message"] if event == "both" else [event]

    def _finish_starting(self, status: str) -> None:
        with self.lock:
            if self.line.status == "STARTING":
                self.set_line(status)

    def _emit(self, names: list[str], payload: dict) -> None:
        """An event that comes from WhatsApp: it waits there while WAHA is not connected to it."""
        self._backlog.append((names, payload))
        self._send_backlog()
        self.notice()

    def _send_backlog(self) -> None:
        if self.line.status != "WORKING" or self.trouble.down:
            return
        backlog, self._backlog = self._backlog, []
        for names, payload in backlog:
            self._post(names, payload)

    def _post(self, names: list[str], payload: dict) -> None:
        envelope = shapes.envelope(names[0], payload, session=self.session, me=self.line.me)
        for name in names:
            self.sender.post(name, envelope | {"event": name}, envelope["timestamp"])
