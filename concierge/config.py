"""Every setting, read once, checked, and failing loudly. Nothing else reads the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import load_dotenv

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"
SHORTEST_SECRET = 32
LOOPBACK = "127.0.0.0/8,::1/128"


class UnsafeSettings(Exception):
    """The settings would run Concierge unsafely; the text says which ones and how to mend them."""


@dataclass(frozen=True)
class Config:
    """What the environment says. Build it with `from_environment()`; tests build it by hand."""

    database_url: str = field(default=f"sqlite:///{INSTANCE / 'concierge.db'}", repr=False)  # it may hold a password
    secret_key: str = field(default="", repr=False)
    environment: str = "production"
    waha_host: str = ""
    waha_api_path: str = "/api/sendText"
    waha_session: str = "default"
    waha_api_key: str = field(default="", repr=False)
    waha_hmac_key: str = field(default="", repr=False)
    webhook_token: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    allow_plain_http: bool = False
    webhook_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    media_dir: Path = INSTANCE / "media"

    @classmethod
    def from_environment(cls) -> "Config":
        """Read `.env` (which never overrides what is already set) and the environment.

        Raises UnsafeSettings where a value cannot be understood.
        """
        load_dotenv(ROOT / ".env")
        return cls.from_mapping(os.environ)

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> "Config":
        """The same from any mapping of names to strings; an empty value counts as not given."""

        def given(name: str, default: object = "") -> str:
            return values.get(name, "").strip() or str(default)

        return cls(
            database_url=_driver(given("DATABASE_URL", cls.database_url)),
            secret_key=given("SECRET_KEY"),
            environment=_environment(given("CONCIERGE_ENV", "production")),
            waha_host=_url("WAHA_HOST", given("WAHA_HOST")),
            waha_api_path="/" + given("WAHA_API_PATH", cls.waha_api_path).lstrip("/"),
            waha_session=given("WAHA_SESSION", cls.waha_session),
            waha_api_key=given("WAHA_API_KEY"),
            waha_hmac_key=given("WAHA_HMAC_KEY"),
            webhook_token=_token(given("WEBHOOK_TOKEN")),
            host=given("HOST", cls.host),
            port=_port(given("PORT", cls.port)),
            public_url=_url("PUBLIC_URL", given("PUBLIC_URL")),
            allow_plain_http=_switch("ALLOW_PLAIN_HTTP", given("ALLOW_PLAIN_HTTP")),
            webhook_allow=_networks(given("WEBHOOK_ALLOW", LOOPBACK)),
            media_dir=Path(given("MEDIA_DIR", cls.media_dir)),
        )

    @property
    def is_development(self) -> bool:
        """True only under `make run` (and in tests that say so)."""
        return self.environment == "development"

    @property
    def cookies_are_secure(self) -> bool:
        """Cookies travel over https only, unless the public address is plain http."""
        return self.public_url.startswith("https://")

    @property
    def is_plain_http(self) -> bool:
        """The screen is served without encryption beyond this computer: a banner says so."""
        return self.allow_plain_http and _is_plain_beyond_localhost(self.public_url)

    def refuse_unsafe(self) -> None:
        """Raise UnsafeSettings, naming every fault, before web or worker of a production starts."""
        if self.environment != "production":
            return
        faults = [words for is_wrong, words in self._dangers() if is_wrong]
        if faults:
            raise UnsafeSettings("Concierge does not start:\n" + "\n".join(f"- {words}" for words in faults))

    def _dangers(self) -> list[tuple[bool, str]]:
        return [
            (
                len(self.secret_key) < SHORTEST_SECRET,
                f"SECRET_KEY is missing or shorter than {SHORTEST_SECRET} characters. Make one with:"
                ' python3 -c "import secrets; print(secrets.token_hex(32))"',
            ),
            (
                not self.public_url,
                "PUBLIC_URL is missing: the address that staff type, for example https://desk.hotel.example",
            ),
            (
                _is_plain_beyond_localhost(self.public_url) and not self.allow_plain_http,
                "PUBLIC_URL is plain http beyond this computer: passwords could be read on the way."
                " Use https, or set ALLOW_PLAIN_HTTP=1 if you accept that.",
            ),
            (
                not (self.waha_hmac_key or self.webhook_token),
                "Webhooks could be forged: set WAHA_HMAC_KEY to the key that WAHA signs with, or, for a WAHA too"
                f" old to sign, WEBHOOK_TOKEN to a secret of at least {SHORTEST_SECRET} characters.",
            ),
            (not self.waha_host, "WAHA_HOST is missing: the address of the WAHA server, for example http://waha:3000"),
        ]


def _driver(url: str) -> str:
    """SQLAlchemy 2.1 takes psycopg 3 for a bare postgresql://; the stack's driver is psycopg2."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg2://{rest}" if separator and scheme in {"postgres", "postgresql"} else url


def _environment(value: str) -> str:
    if value not in {"production", "development", "testing"}:
        raise UnsafeSettings(f"CONCIERGE_ENV is {value!r}: it must be production (the default) or development.")
    return value


def _url(name: str, value: str) -> str:
    if value and not _is_web_address(value):
        raise UnsafeSettings(f"{name} is {value!r}: it must be an address such as https://desk.hotel.example")
    return value.rstrip("/")


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or a bracket that is none
        return False


def _switch(name: str, value: str) -> bool:
    """Anything else than a plain yes or no is a typing error that must not decide about safety."""
    if value.lower() not in {"1", "true", "yes", "0", "false", "no", ""}:
        raise UnsafeSettings(f"{name} is {value!r}: it must be 1 or 0.")
    return value.lower() in {"1", "true", "yes"}


def _token(value: str) -> str:
    if value and (len(value) < SHORTEST_SECRET or "/" in value):
        raise UnsafeSettings(f"WEBHOOK_TOKEN must be at least {SHORTEST_SECRET} characters, without a slash.")
    return value


def _port(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise UnsafeSettings(f"PORT is {value!r}: it must be a number from 1 to 65535.")
    return int(value)


def _networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
    except ValueError as fault:
        raise UnsafeSettings(
            f"WEBHOOK_ALLOW: {fault}. Give addresses or networks, for example 172.17.0.0/16"
        ) from fault


def _is_plain_beyond_localhost(url: str) -> bool:
    return url.startswith("http://") and urlsplit(url).hostname not in {"localhost", "127.0.0.1", "::1"}
