"""The files that WAHA has downloaded and serves for a while."""

import threading
import time

from .contents import File
from .state import Message
from .switches import Settings, Trouble


class Media:
    def __init__(self, session: str, settings: Settings, trouble: Trouble) -> None:
        self.session, self.settings, self.trouble = session, settings, trouble
        self._lock = threading.Lock()
        self._files: dict[str, tuple[float, File]] = {}

    def download(self, message: Message) -> dict | None:
        """The payload's `media`: from now on, and for files_lifetime_seconds, the file is served."""
        file = message.content.file
        if file is None or message.is_deleted:
            return None
        facts = {"filename": file.filename if message.content.kind == "document" else None, "mimetype": file.mimetype}
        if self.trouble.media_failed:
            return {"url": None, **facts, "error": {"details": "Failed to download media: 410 Gone"}}
        name = f"{message.raw_id}.{file.extension}"
        self._keep(name, file)
        return {"url": f"{self.settings.media_base_url}/api/files/{self.session}/{name}", **facts}

    def find(self, name: str) -> File | None:
        """None once its time is over."""
        with self._lock:
            until, file = self._files.get(name, (0.0, None))
        return file if not self.trouble.media_404 and time.monotonic() < until else None

    def forget(self) -> None:
        with self._lock:
            self._files.clear()

    def _keep(self, name: str, file: File) -> None:
        now = time.monotonic()
        # WAHA docs: a lifetime of 0 keeps files for ever.
        until = now + (self.settings.files_lifetime_seconds or float("inf"))
        with self._lock:
            self._files = {kept: entry for kept, entry in self._files.items() if entry[0] > now}
            self._files[name] = until, file
