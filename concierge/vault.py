"""Secrets of lines, encrypted under SECRET_KEY: a copy of the database alone does not give them away."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


class WrongKey(Exception):
    """The secret was encrypted under another SECRET_KEY."""


def encrypt(secret_key: str, secret: str) -> str:
    """What is stored."""
    return _box(secret_key).encrypt(secret.encode()).decode()


def decrypt(secret_key: str, stored: str) -> str:
    """What was meant. Raises WrongKey when SECRET_KEY changed since."""
    try:
        return _box(secret_key).decrypt(stored.encode()).decode()
    except InvalidToken as fault:
        raise WrongKey("A stored key cannot be read: SECRET_KEY has changed. Enter the line's keys again.") from fault


def _box(secret_key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"concierge line secrets:" + secret_key.encode()).digest()))
