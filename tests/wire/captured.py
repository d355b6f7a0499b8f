"""Requests as real WAHA servers sent them (tests/payloads), posted as they are: raw bytes and their own signature."""

import csv
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from tests.client import WEBHOOK

FOLDER = Path(__file__).resolve().parent.parent / "payloads"
KEY = "s3cret"
# What the HTTP client of a sender decides anew.
_OF_THE_CONNECTION = {"host", "content-length", "connection", "accept-encoding"}


def expected() -> list[dict[str, str]]:
    """The rows of expect.csv: a new row is a new test."""
    with (FOLDER / "expect.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def requests_of(file: str) -> list[dict[str, Any]]:
    """The requests of a payload file, named in full or by its number (`51`)."""
    (path,) = FOLDER.glob(file if file.endswith(".json") else f"{file}-*.json")
    return json.loads(path.read_text(encoding="utf-8"))["requests"]


def signed(headers: dict[str, str], raw: str) -> dict[str, str]:
    """The headers of a request whose body was changed: signed anew, with the same key."""
    return {**headers, "X-Webhook-Hmac": hmac.new(KEY.encode(), raw.encode(), hashlib.sha512).hexdigest()}


def post(client: FlaskClient, file: str, path: str = WEBHOOK) -> list[int]:
    """Post them in order; the status of each answer."""
    return [post_one(client, request, path) for request in requests_of(file)]


def post_one(client: FlaskClient, request: dict[str, Any], path: str = WEBHOOK) -> int:
    """Post one of them."""
    headers = {name: value for name, value in request["headers"].items() if name.lower() not in _OF_THE_CONNECTION}
    return client.post(path, data=request["raw"].encode(), headers=headers).status_code
