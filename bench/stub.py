"""A WAHA that answers at once and remembers when each send reached its door; a process of its own.

The simulator is a whole WhatsApp and would be the bottleneck; of WAHA only the answers are here.
"""

import argparse
import asyncio
import json
import time
from itertools import count

SESSION = {"name": "default", "status": "WORKING", "me": {"id": "628110009999@c.us", "pushName": "Hotel"}}


class Door:
    """`GET /arrivals` tells the times (s since the epoch) of all sends since the last `POST /forget`."""

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        self._numbers = count(1)

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, any number of requests."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next((int(x[15:]) for x in head.split(b"\r\n") if x[:15].lower() == b"content-length:"), 0)
                body = await reader.readexactly(length)
                writer.write(_http(self._answer(head.split(b" ", 2), body)))
                await writer.drain()
                if b"connection: close" in head.lower():
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, words: list[bytes], body: bytes) -> object:
        method, path = words[0], words[1].decode()
        if method == b"POST" and path == "/api/sendText":
            self.arrivals.append(time.time())
            asked = json.loads(body)
            return {"key": {"id": asked.get("id") or self._new_id(), "fromMe": True, "remoteJid": asked["chatId"]}}
        if path == "/arrivals":
            return self.arrivals
        if path == "/forget":
            self.arrivals = []
        if path.endswith("/new-message-id"):
            return {"id": self._new_id()}
        return SESSION if path.startswith("/api/sessions/") else [] if "/chats" in path else {"result": True}

    def _new_id(self) -> str:
        return f"3EB0{next(self._numbers):018X}"


def _http(answer: object) -> bytes:
    content = json.dumps(answer).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


async def _serve(port: int) -> None:
    server = await asyncio.start_server(Door().meet, "127.0.0.1", port, backlog=256)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(_serve(parser.parse_args().port))
