"""What people do with their phones: the guests with theirs, and the hotel with its own beside WAHA."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import happenings, ids
from .contents import Content
from .state import Guest, Message
from .switches import UnknownSwitch

if TYPE_CHECKING:
    from .network import Network


class Deeds:
    """Under the lock of network.py, whose events these become."""

    def __init__(self, network: "Network") -> None:
        self.network = network

    def write(
        self, guest: Guest, text: str, *, as_lid: bool = False, event: str | None = None, **facts: Any
    ) -> Message:
        """event: message, message.any or both; None means as the settings say.

        facts: raw_id, timestamp, content, hides_phone.
        """
        with self.network.lock:
            address = guest.lid if as_lid and guest.lid else guest.address
            message = self.network.new_message(guest, text, address=address, is_from_hotel=False, ack=2, **facts)
            self.network.emit_message(message, guest, event)
            return message

    def deliver_again(self, message: Message, guest: Guest, *, hides_phone: bool = False) -> str:
        """As WhatsApp sometimes does: the same message under the guest's other address. Its full id."""
        with self.network.lock:
            if guest.phone is None or guest.lid is None:
                raise UnknownSwitch("This guest has one address only.")
            other = guest.address if message.address == guest.lid else guest.lid
            again = replace(message, address=other, hides_phone=hides_phone and other == guest.lid)
            self.network.emit_message(again, guest)
            return again.full_id

    def read(self, guest: Guest) -> int:
        """How many messages this has turned to read."""
        with self.network.lock:
            guest.unread = 0
            unread = [message for message in guest.messages if message.is_from_hotel and 0 <= message.ack < 3]
            read = unread if guest.has_whatsapp else []
            for message in read:
                self.network.acknowledge(message, 3)
            self.network.notice()
            return len(read)

    def react(self, guest: Guest, target: Message, emoji: str, *, as_lid: bool = False) -> None:
        """An empty emoji takes the reaction back."""
        with self.network.lock:
            target.guest_reaction = emoji
            address = guest.lid if as_lid and guest.lid else target.address
            payload = happenings.reaction(target.full_id, emoji, address, is_from_hotel=False, source="app")
            self.network.emit("message.reaction", payload)

    def edit(self, guest: Guest, target: Message, text: str) -> None:
        """By whoever wrote it."""
        with self.network.lock:
            target.text, target.is_edited = text, True
            self.network.emit("message.edited", happenings.edit(self._on_phone(target), guest, text))

    def delete(self, guest: Guest, target: Message) -> None:
        with self.network.lock:
            target.is_deleted = True
            self.network.emit("message.revoked", happenings.deletion(self._on_phone(target), guest))

    def call(self, guest: Guest, *, is_video: bool = False, as_lid: bool = False) -> str:
        """Rings, and after call_seconds it is rejected: WAHA cannot answer. The call's id."""
        with self.network.lock:
            address = guest.lid if as_lid and guest.lid else guest.address
            call_id, timestamp = ids.raw_message_id(), ids.now_ms() // 1000
            for event, status, seconds in (
                ("call.received", "offer", 0.0),
                ("call.rejected", "terminate", self.network.settings.call_seconds),
            ):
                payload = happenings.call(call_id, address, timestamp, is_video=is_video, status=status)
                self.network.emit(event, payload, after=seconds)
            return call_id

    def write_for_hotel(self, guest: Guest, text: str, content: Content, raw_id: str | None = None) -> Message:
        """Somebody of the hotel writes on its phone, past WAHA."""
        with self.network.lock:
            facts: dict = {"content": content, "raw_id": raw_id, "is_from_phone": True}
            message = self.network.new_message(guest, text, address=guest.address, is_from_hotel=True, ack=1, **facts)
            self.network.emit_message(message, guest)
            self.network.climb(message, guest)
            return message

    def _on_phone(self, target: Message) -> Message:
        return replace(target, is_from_phone=target.is_from_hotel)
