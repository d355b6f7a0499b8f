"""What a browser needs to draw a page: kept for a year, and never stale."""

import re
from pathlib import Path

from flask import Flask

from concierge.web import assets
from tests.client import HonestClient, sign_in
from tests.people import Employee


def test_everything_that_a_page_loads_is_kept_for_a_year(client: HonestClient, wayan: Employee) -> None:
    page = sign_in(client, wayan).get("/conversations").text
    loaded = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
    assert len(loaded) > 20
    assert {_kept(client, address) for address in loaded} == {"public, max-age=31536000, immutable"}


def test_a_script_s_imports_are_versioned_with_it(app: Flask, client: HonestClient) -> None:
    version = app.config["STATIC_VERSION"]
    script = (assets.FOLDER / "app.js").read_text()
    imported = re.findall(r'from "\./([^"]+)"', script)
    assert imported
    assert {_kept(client, f"/static/{version}/{name}") for name in imported} == {assets.KEPT}


def test_another_release_s_address_is_answered_and_not_kept(client: HonestClient) -> None:
    assert "immutable" not in _kept(client, "/static/000000000000/app.js")


def test_nothing_outside_the_folder_is_served(app: Flask, client: HonestClient) -> None:
    for path in ("../wsgi.py", "..%2fwsgi.py", "css/../../wsgi.py"):
        assert client.get(f"/static/{app.config['STATIC_VERSION']}/{path}").status_code == 404


def test_a_changed_file_changes_the_version(tmp_path: Path) -> None:
    (tmp_path / "app.js").write_text("one")
    before = assets.version_of(tmp_path)
    assert assets.version_of(tmp_path) == before
    (tmp_path / "app.js").write_text("two")
    assert assets.version_of(tmp_path) != before


def _kept(client: HonestClient, address: str) -> str:
    """How long a browser keeps what is at this address."""
    with client.get(address) as answer:
        assert answer.status_code == 200, address
        return answer.headers["Cache-Control"]
