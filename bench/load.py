"""The load generator: a process of its own that keeps some connections busy for a while.

`python -m bench.load` takes a Job as JSON on standard input and tells a Result on standard output. Plain sockets in
one loop: a thread per client and `http.client` would need more of the processor than what they measure.
"""

import hashlib
import hmac
import json
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from itertools import count
from statistics import median
from urllib.parse import urlsplit

from concierge.config import ROOT

PATIENCE = 20
GUESTS = 200
_CONTENT = json.dumps(
    {
        "id": "evt_EVENT",
        "timestamp": "MILLISECONDS",
        "event": "message",
        "session": "default",
        "metadata": {},
        "me": {"id": "628110009999@c.us", "pushName": "Hotel Melati", "lid": "99110000000009@lid"},
        "payload": {
            "id": "false_CHAT@c.us_3EB0EVENT",
            "timestamp": "SECONDS",
            "from": "CHAT@c.us",
            "fromMe": False,
            "source": "app",
            "body": "Good morning, is there still a table for two this evening? EVENT",
            "hasMedia": False,
            "media": None,
            "ack": 2,
            "ackName": "DEVICE",
            "replyTo": None,
            "_data": {
                "key": {"remoteJid": "CHAT@s.whatsapp.net", "fromMe": False, "id": "3EB0EVENT"},
                "messageTimestamp": "SECONDS",
                "pushName": "Ayu",
                "broadcast": False,
                "message": {"conversation": "Good morning, is there still a table for two this evening? EVENT"},
                "status": 3,
            },
        },
        "engine": "NOWEB",
        "environment": {"version": "2026.7.1", "engine": "NOWEB", "tier": "CORE", "platform": "linux/x64"},
    }
)


@dataclass(frozen=True)
class Job:
    """`guests` write in turn; `name` makes the ids of this job its own. With a `cookie` the address is asked for
    again and again instead, as an open screen does."""

    url: str
    name: str
    seconds: float
    hmac_key: str = ""
    clients: int = 32
    guests: int = GUESTS
    cookie: str = ""


@dataclass(frozen=True)
class Result:
    """Answers with 200 or 204 per second, latencies in ms, other answers, and the generator's share of a core."""

    answers: int
    rate: float
    p50: float
    p99: float
    refused: int
    core: float
    statuses: dict[str, int] = field(default_factory=dict)


def run(job: Job) -> Result:
    """In a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=job.seconds + 3 * PATIENCE,
        check=True,
    )
    return Result(**json.loads(done.stdout))


class Client:
    """One keep-alive connection: one request under way at any time."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(self.address, PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def send(self, request: bytes) -> None:
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> str | None:
        """The status once the whole answer is here; `closed` where the connection ended instead."""
        part = self.socket.recv(65536)
        if not part:
            return "closed"
        self.received += part
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return None
        self.received = b""
        return head[9:12].decode()


class Question:
    """The same request every time."""

    def __init__(self, job: Job) -> None:
        parts = urlsplit(job.url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        self.words = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nHX-Request: true\r\nCookie: {job.cookie}\r\n\r\n"

    def __next__(self) -> bytes:
        return self.words.encode()


class Bodies:
    """The next request, ready to be sent: a message that nobody has sent before."""

    def __init__(self, job: Job) -> None:
        self.job, self.numbers = job, count()
        self.template = _CONTENT.replace('"MILLISECONDS"', "MILLISECONDS").replace('"SECONDS"', "SECONDS")
        self.path = urlsplit(job.url).path

    def __next__(self) -> bytes:
        number, now = next(self.numbers), time.time()
        body = self.template.replace("EVENT", f"{self.job.name}{number:08X}").replace(
            "CHAT", f"62812345{number % self.job.guests:05d}"
        )
        content = body.replace("MILLISECONDS", str(int(now * 1000))).replace("SECONDS", str(int(now))).encode()
        head = f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        if self.job.hmac_key:
            signature = hmac.new(self.job.hmac_key.encode(), content, hashlib.sha512).hexdigest()
            head += f"X-Webhook-Hmac: {signature}\r\nX-Webhook-Hmac-Algorithm: sha512\r\n"
        return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def work(job: Job) -> Result:
    """Until the time is over; what is under way then is waited for, and not counted."""
    bodies, latencies, statuses = (Question(job) if job.cookie else Bodies(job)), [], {}
    parts = urlsplit(job.url)
    waiting = selectors.DefaultSelector()
    for client in [Client((str(parts.hostname), int(parts.port or 80))) for _ in range(job.clients)]:
        waiting.register(client.socket, selectors.EVENT_READ, client)
        client.send(next(bodies))
    began, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - began < job.seconds:
        for key, _ in waiting.select(1.0):
            client: Client = key.data
            status = client.receive()
            if status is None:
                continue
            if status in {"200", "204"}:
                latencies.append((time.perf_counter() - client.began) * 1000)
            else:
                statuses[status] = statuses.get(status, 0) + 1
            if status == "closed":
                waiting.unregister(client.socket)
                client.open()
                waiting.register(client.socket, selectors.EVENT_READ, client)
            client.send(next(bodies))
    elapsed = time.perf_counter() - began
    return _result(latencies, statuses, elapsed, (time.process_time() - cpu) / elapsed)


def _result(latencies: list[float], statuses: dict[str, int], elapsed: float, core: float) -> Result:
    ordered = sorted(latencies) or [0.0]
    p99 = ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)]
    refused = sum(number for status, number in statuses.items() if status != "closed")
    return Result(len(latencies), len(latencies) / elapsed, median(ordered), p99, refused, core, statuses)


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)


if __name__ == "__main__":
    print(json.dumps(asdict(work(Job(**json.load(sys.stdin))))))
