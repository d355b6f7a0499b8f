"""What a browser needs to draw a page. Every address has the version of the whole folder: kept for a year, never stale.

The version stands in the path, so that one script's relative imports of another are versioned too.
"""

import hashlib
from pathlib import Path

from flask import Flask, Response, current_app, send_from_directory

from concierge.config import ROOT

FOLDER = ROOT / "static"
KEPT = "public, max-age=31536000, immutable"


def init_app(app: Flask) -> None:
    """`url_for("static", filename=…)` knows the version."""
    version = version_of(FOLDER)
    app.config["STATIC_VERSION"] = version
    app.add_url_rule("/static/<version>/<path:filename>", endpoint="static", view_func=_send)

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "static":
            values.setdefault("version", version)


def version_of(folder: Path) -> str:
    """Another one whenever any file in it is another one."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    seen = hashlib.sha256()
    for path in files:
        seen.update(f"{path.relative_to(folder)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return seen.hexdigest()[:12]


def _send(version: str, filename: str) -> Response:
    """While a release rolls out, a page of one process may ask another: it gets the file, but does not keep it."""
    response = send_from_directory(FOLDER, filename)
    if version == current_app.config["STATIC_VERSION"]:
        response.headers["Cache-Control"] = KEPT
    return response
