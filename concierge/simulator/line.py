"""The simulated WAHA session: its status, and who it is."""

from . import ids, shapes


class Line:
    def __init__(self, name: str) -> None:
        self.name = name
        self.status = "WORKING"
        self.is_paired = True
        self.statuses = [{"status": "WORKING", "timestamp": ids.now_ms()}]

    @property
    def me(self) -> dict | None:
        return shapes.ME if self.is_paired and self.status in ("WORKING", "FAILED") else None

    def become(self, status: str) -> dict:
        """The payload of the session.status event."""
        self.status = status
        self.is_paired = status != "SCAN_QR_CODE" and (self.is_paired or status == "WORKING")
        self.statuses = [*self.statuses, {"status": status, "timestamp": ids.now_ms()}][-3:]
        return {"name": self.name, "status": status, "statuses": self.statuses}

    def as_dict(self, webhook: dict | None, *, has_store: bool = True) -> dict:
        """An item of GET /api/sessions."""
        noweb = {"markOnline": True, "store": {"enabled": has_store, "fullSync": False}}
        config = {"metadata": {}, "noweb": noweb, "webhooks": [webhook] if webhook else []}
        return {
            "name": self.name,
            "status": self.status,
            "config": config,
            "me": self.me,
            "presence": None,
            "timestamps": {"activity": None if self.status == "STOPPED" else self.statuses[-1]["timestamp"]},
        }
