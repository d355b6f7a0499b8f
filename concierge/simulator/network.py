"""The simulated WhatsApp: what happens when the hotel sends, or the line changes, and how the hotel is told.

One lock around it all.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import happenings, ids, shapes, trouble
from .chance import Dice, Faults
from .deeds import Deeds
from .line import Line
from .media import Media
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
        self.dice, self.faults = Dice(self.settings), Faults()
        self.sender = Sender(self.settings, self.trouble, self.schedule, self.dice)
        self.media = Media(session, self.settings, self.trouble)
        self.people = Deeds(self)
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
            message = self.new_message(guest, text, address=address, is_from_hotel=True, raw_id=raw_id, ack=0)
            self.state.add_transmission(message)
            self.emit("message.any", self.shown(message, guest))
            self.emit("message.ack", shapes.ack(message))
            self.climb(message, guest)
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
            payload = happenings.reaction(full_id, emoji, address, is_from_hotel=True, source="api")
            self.emit("message.reaction", payload)

    def is_restricted_towards(self, chat_id: str) -> bool:
        """WhatsApp's 463: new chats are closed; whoever has written first can be answered."""
        if self.trouble.restricted_until <= ids.now_ms() // 1000:
            return False
        guest = self.state.find_guest(ids.chat_address(chat_id))
        return guest is None or not guest.has_written

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
            if "seed" in values:
                self.dice.begin_again()
            self.state.keep_at_most = self.settings.keep_at_most
            self.notice()

    def hang(self) -> bool:
        """Waits until released, or hang_seconds are over (true: now it goes out), or forgotten."""
        hanging = Hanging()
        with self.lock:
            self._hanging.append(hanging)
            self.notice()
        if not hanging.is_over.wait(self.settings.hang_seconds):
            self._end_hanging(hanging)
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
        return {str(payload.get("id")) for _, payload in self._backlog}

    @property
    def hanging_count(self) -> int:
        return len(self._hanging)

    def reset(self) -> None:
        """As at the start: no guests, no trouble, first settings."""
        with self.lock:
            self.release(is_released=False)
            self.schedule.clear()
            self.sender.forget()
            self.media.forget()
            self.faults.forget()
            self.dice.begin_again()
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

    # Messages and how the hotel is told of them

    def new_message(
        self, guest: Guest, text: str, *, raw_id: str | None = None, timestamp: int | None = None, **facts: Any
    ) -> Message:
        timestamp = ids.now_ms() // 1000 if timestamp is None else timestamp
        return self.state.add_message(
            guest, text=text, raw_id=raw_id or ids.raw_message_id(), timestamp=timestamp, **facts
        )

    def shown(self, message: Message, guest: Guest, *, is_downloaded: bool = True) -> dict:
        """As webhooks and chat reads carry it."""
        return shapes.wa_message(message, guest, self.media.download(message) if is_downloaded else None)

    def climb(self, message: Message, guest: Guest) -> None:
        """The acks of a message, one after the other."""
        for seconds, level in self._ladder(guest):
            self.schedule.after(seconds, self.acknowledge, message, level)

    def acknowledge(self, message: Message, level: int) -> None:
        with self.lock:
            if message.ack == -1 or 0 < level <= message.ack:
                return
            message.ack = level
            self.emit("message.ack", shapes.ack(message))

    def emit_message(self, message: Message, guest: Guest, event: str | None = None) -> None:
        """event: message, message.any or both; None: as the settings say. Only what guests write is a `message`."""
        if message.is_from_hotel:
            event = "message.any"
        event = event or ("both" if self.settings.both_message_events else "message.any")
        names = ["message.any", "message"] if event == "both" else [event]
        self._emit(names, self.shown(message, guest))

    def emit(self, name: str, payload: dict, *, after: float = 0.0) -> None:
        if after:
            self.schedule.after(after, self._emit, [name], payload)
        else:
            self._emit([name], payload)

    # Helpers

    def _begin(self) -> None:
        with self.lock:
            self.settings.change({**vars(Settings()), **self.first_settings})
            self.state = State(self.settings.keep_at_most)
            self.line = Line(self.session)
            self._backlog: list[tuple[list[str], dict]] = []
            self.notice()

    def _end_hanging(self, hanging: Hanging) -> None:
        with self.lock:
            if hanging in self._hanging:
                self._hanging.remove(hanging)
                hanging.is_released = True
            self.notice()

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

    def _finish_starting(self, status: str) -> None:
        with self.lock:
            if self.line.status == "STARTING":
                self.set_line(status)

    def _emit(self, names: list[str], payload: dict) -> None:
        """An event that comes from WhatsApp: it waits there while WAHA is not connected to it."""
        with self.lock:
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
