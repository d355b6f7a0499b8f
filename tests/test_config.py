"""Every setting is checked when it is read, and an unsafe production says how to mend it."""

from dataclasses import replace

import pytest

from concierge.config import Config, UnsafeSettings

SECRET = "0123456789abcdef0123456789abcdef"
SAFE = {
    "SECRET_KEY": SECRET,
    "PUBLIC_URL": "https://desk.hotel.example",
    "WAHA_HMAC_KEY": "the key that the hotel and WAHA share",
    "WAHA_HOST": "http://waha:3000",
}


def config(**values: str) -> Config:
    """Of these settings alone."""
    return Config.from_mapping(values)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_postgresql_is_spoken_to_through_psycopg2(scheme: str) -> None:
    told = config(DATABASE_URL=f"{scheme}://desk:word@db:5432/concierge?sslmode=require")
    assert told.database_url == "postgresql+psycopg2://desk:word@db:5432/concierge?sslmode=require"


def test_without_a_database_it_is_one_file() -> None:
    assert config().database_url.startswith("sqlite:///")
    assert config().database_url.endswith("/instance/concierge.db")


def test_nothing_given_is_a_production_on_this_computer() -> None:
    told = config()
    assert (told.environment, told.host, told.port) == ("production", "127.0.0.1", 8000)
    assert (told.waha_api_path, told.waha_session) == ("/api/sendText", "default")


def test_an_empty_value_is_not_given() -> None:
    names = [
        "DATABASE_URL",
        "CONCIERGE_ENV",
        "PORT",
        "HOST",
        "WAHA_API_PATH",
        "WAHA_SESSION",
        "WEBHOOK_ALLOW",
        "MEDIA_DIR",
    ]
    assert Config.from_mapping(dict.fromkeys(names, "  ")) == Config.from_mapping({})


def test_a_safe_production_starts() -> None:
    config(**SAFE).refuse_unsafe()


@pytest.mark.parametrize(
    ("change", "mend"),
    [
        ({"SECRET_KEY": ""}, "secrets.token_hex"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL is missing"),
        ({"PUBLIC_URL": "http://desk.hotel.example"}, "ALLOW_PLAIN_HTTP=1"),
        ({"WAHA_HMAC_KEY": ""}, "WEBHOOK_TOKEN"),
        ({"WAHA_HOST": ""}, "WAHA_HOST is missing"),
    ],
)
def test_an_unsafe_production_says_how_to_mend_it(change: dict[str, str], mend: str) -> None:
    with pytest.raises(UnsafeSettings) as refused:
        config(**SAFE | change).refuse_unsafe()
    assert mend in str(refused.value)
    assert str(refused.value).count("\n- ") == 1


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(UnsafeSettings) as refused:
        config().refuse_unsafe()
    assert all(name in str(refused.value) for name in SAFE)


@pytest.mark.parametrize("environment", ["development", "testing"])
def test_only_a_production_must_be_safe(environment: str) -> None:
    config(CONCIERGE_ENV=environment).refuse_unsafe()


@pytest.mark.parametrize(
    "change",
    [
        {"WAHA_HMAC_KEY": "", "WEBHOOK_TOKEN": SECRET},
        {"PUBLIC_URL": "http://localhost:8000"},
        {"PUBLIC_URL": "http://10.0.0.5:8000", "ALLOW_PLAIN_HTTP": "1"},
    ],
)
def test_what_is_accepted_instead(change: dict[str, str]) -> None:
    config(**SAFE | change).refuse_unsafe()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONCIERGE_ENV", "Production"), ("CONCIERGE_ENV", "staging"),
        ("PORT", "0"), ("PORT", "65536"), ("PORT", "eighty"), ("PORT", "-1"), ("PORT", "8000.0"), ("PORT", "²"),
        ("PUBLIC_URL", "desk.hotel.example"), ("PUBLIC_URL", "https://"), ("PUBLIC_URL", "ftp://desk.hotel.example"),
        ("PUBLIC_URL", "javascript:alert(1)"), ("PUBLIC_URL", "https://[::1"), ("PUBLIC_URL", "https://desk:port"),
        ("WAHA_HOST", "waha:3000"), ("WAHA_HOST", "http://[waha"),
        ("WEBHOOK_TOKEN", "short"), ("WEBHOOK_TOKEN", SECRET + "/x"),
        ("WEBHOOK_ALLOW", "localhost"), ("WEBHOOK_ALLOW", "10.0.0.0/33"), ("WEBHOOK_ALLOW", "127.0.0.1 10.0.0.1"),
        ("ALLOW_PLAIN_HTTP", "maybe"), ("ALLOW_PLAIN_HTTP", "2"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(UnsafeSettings, match=name):
        Config.from_mapping({name: value})


@pytest.mark.parametrize(
    ("value", "is_allowed"), [("1", True), ("TRUE", True), ("yes", True), ("0", False), ("no", False)]
)
def test_plain_http_is_a_yes_or_a_no(value: str, is_allowed: bool) -> None:
    assert config(ALLOW_PLAIN_HTTP=value).allow_plain_http is is_allowed


def test_addresses_lose_their_last_slash() -> None:
    told = config(PUBLIC_URL="https://desk.hotel.example/", WAHA_HOST=" http://waha:3000// ")
    assert (told.public_url, told.waha_host) == ("https://desk.hotel.example", "http://waha:3000")


def test_the_api_path_begins_with_one_slash() -> None:
    assert config(WAHA_API_PATH="waha/api/sendText").waha_api_path == "/waha/api/sendText"


def test_networks_may_be_several() -> None:
    told = config(WEBHOOK_ALLOW="172.17.0.1/16, ::1").webhook_allow
    assert [str(network) for network in told] == ["172.17.0.0/16", "::1/128"]


def test_cookies_are_secure_where_the_address_is() -> None:
    assert config(PUBLIC_URL="https://desk.hotel.example").cookies_are_secure
    assert not config(PUBLIC_URL="http://localhost:8000").cookies_are_secure


def test_plain_http_is_shown_only_beyond_this_computer() -> None:
    far = config(PUBLIC_URL="http://10.0.0.5", ALLOW_PLAIN_HTTP="1")
    assert far.is_plain_http
    assert not replace(far, public_url="http://localhost:8000").is_plain_http
    assert not replace(far, public_url="https://desk.hotel.example").is_plain_http


def test_no_secret_shows_in_a_trace() -> None:
    secrets = {
        name: f"secret-{name}-{SECRET}" for name in ("SECRET_KEY", "WAHA_API_KEY", "WAHA_HMAC_KEY", "WEBHOOK_TOKEN")
    }
    told = repr(Config.from_mapping(secrets | {"DATABASE_URL": "postgresql://desk:secret-password@db/concierge"}))
    assert "secret-" not in told
