"""The shape of the house: who may know whom, who commits, how long things get, what a template may hold."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

from concierge.config import ROOT
from tests import sources

PACKAGE = sources.python_files()
# waking is the worker's ear.
WORKER = ("concierge.worker", "concierge.waking")
DOORS = ("concierge.web", *WORKER, "concierge.commands", "concierge.intake", "concierge.supervisor")
WIRE = ("concierge.waha", "concierge.assistant")
CALLING_WIRE = ("concierge.waha.client", "concierge.waha.lookups", "concierge.waha.media")
MODELS = ("concierge.models",)
GROUND = ("concierge.extensions", "concierge.config", "concierge.clock", "concierge.phone", "concierge.vault")
# The simulator is another program, which stands in for WAHA; the demo plays the desk once and commits as a door does.
APART = ("concierge.simulator", "concierge.demo")
WEB_FRAMEWORK = ("flask", "werkzeug", "flask_login", "flask_wtf", "wtforms")
CALLS_OUT = ("requests", "urllib3", "urllib.request", "http.client")

LONGEST_FILE = 300
LONGEST_TEST_FILE = 400  # a test file mirrors one module, and cases add up
LONGEST_FUNCTION = 40
TYPICAL_FUNCTION = 8
OURS_IN_STATIC = ("*.js", "*.css")


def belongs(module: str, rooms: tuple[str, ...]) -> bool:
    """Is the module one of these, or inside one of these?"""
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def in_rooms(*rooms: str) -> list[Path]:
    return [path for path in PACKAGE if belongs(sources.module_name(path), rooms)]


def story() -> list[Path]:
    """What happens in the hotel: every root module that is nothing else."""
    others = (*DOORS, *WIRE, *MODELS, *GROUND, *APART)
    modules = [path for path in PACKAGE if path.parent == Path("concierge") and path.name != "__init__.py"]
    return [path for path in modules if not belongs(sources.module_name(path), others)]


def offending(paths: list[Path], forbidden: tuple[str, ...]) -> list[str]:
    return [f"{path} imports {name}" for path in paths for name in sources.imports(path) if belongs(name, forbidden)]


def test_the_rooms_are_found() -> None:
    assert len(story()) > 3
    assert in_rooms(*MODELS)
    assert in_rooms(*DOORS)
    assert in_rooms(*WIRE)


def test_the_story_knows_neither_doors_nor_wire_nor_the_web() -> None:
    assert offending(story(), (*DOORS, *WIRE, *APART, *WEB_FRAMEWORK, *CALLS_OUT)) == []


def test_models_know_only_models_and_the_ground() -> None:
    ours = [
        f"{path} imports {name}"
        for path in in_rooms(*MODELS)
        for name in sources.imports(path)
        if belongs(name, ("concierge",)) and not belongs(name, (*MODELS, *GROUND))
    ]
    assert ours == []
    assert offending(in_rooms(*MODELS), (*WEB_FRAMEWORK, *CALLS_OUT)) == []


def test_the_ground_knows_nothing_above_it() -> None:
    above = (*DOORS, *WIRE, *MODELS, *APART, *(sources.module_name(path) for path in story()))
    assert offending(in_rooms(*GROUND), above) == []


def test_the_wire_knows_none_of_us() -> None:
    ours = [
        f"{path} imports {name}"
        for path in in_rooms(*WIRE)
        for name in sources.imports(path)
        if belongs(name, ("concierge",)) and not belongs(name, WIRE)
    ]
    assert ours == []
    assert offending(in_rooms(*WIRE), WEB_FRAMEWORK) == []


def test_the_web_never_calls_out() -> None:
    forbidden = (*CALLING_WIRE, "concierge.worker", *CALLS_OUT)
    assert offending(in_rooms("concierge.web"), forbidden) == []


def test_only_the_worker_speaks_to_the_wire() -> None:
    others = [path for path in PACKAGE if not belongs(sources.module_name(path), ("concierge.worker", *WIRE))]
    assert offending(others, (*CALLING_WIRE, "concierge.assistant")) == []


def test_the_simulator_is_another_program() -> None:
    others = [path for path in PACKAGE if not belongs(sources.module_name(path), (*APART, "concierge.commands"))]
    assert offending(others, ("concierge.simulator",)) == []
    ours = [
        f"{path} imports {name}"
        for path in in_rooms("concierge.simulator")
        for name in sources.imports(path)
        if belongs(name, ("concierge",)) and not belongs(name, ("concierge.simulator",))
    ]
    assert ours == []


def test_only_doors_commit() -> None:
    inside = [path for path in PACKAGE if not belongs(sources.module_name(path), (*DOORS, *APART))]
    commits = [
        f"{path}:{node.lineno}"
        for path in inside
        for node in ast.walk(sources.tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert commits == []


def test_files_stay_short() -> None:
    own_static = [path for kind in OURS_IN_STATIC for path in (ROOT / "static").rglob(kind) if ".min." not in path.name]
    ours = [ROOT / path for path in (*PACKAGE, *sources.templates())] + own_static
    tests = [ROOT / path for path in sources.python_files("tests")]
    assert [str(path.relative_to(ROOT)) for path in ours if _lines(path) > LONGEST_FILE] == []
    assert [str(path.relative_to(ROOT)) for path in tests if _lines(path) > LONGEST_TEST_FILE] == []


def test_functions_stay_short() -> None:
    long = {
        f"{path}:{function.name}": sources.length(function)
        for path in PACKAGE
        for function in sources.functions(path)
        if sources.length(function) > LONGEST_FUNCTION
    }
    assert long == {}


def test_half_of_the_functions_are_very_short() -> None:
    assert sources.typical_length(PACKAGE) <= TYPICAL_FUNCTION


def test_every_module_says_what_lives_in_it() -> None:
    silent = [str(path) for path in PACKAGE if _lines(ROOT / path) > 1 and not ast.get_docstring(sources.tree(path))]
    assert silent == []


@pytest.mark.parametrize(
    ("fault", "pattern"),
    [
        ("inline script", r"<script(?![^>]*\bsrc=)[^>]*>"),
        ("inline style sheet", r"<style\b"),
        ("inline style", r"<[^>]*\sstyle\s*="),
        ("inline handler", r"<[^>]*\son[a-z]+\s*="),
        ("script as an address", r"javascript:"),
        ("unescaped text", r"\|\s*safe\b|autoescape\s+false"),
    ],
)
def test_templates_hold_nothing_that_the_security_policy_forbids(fault: str, pattern: str) -> None:
    found = [
        f"{template}: {match[0][:80]}"
        for template in sources.templates()
        for match in re.finditer(pattern, sources.without_comments(template), re.IGNORECASE)
    ]
    assert found == [], fault


def test_every_form_that_changes_something_carries_a_token() -> None:
    bare = [
        f"{template}: {form[0][:100]}"
        for template in sources.templates()
        for form in re.finditer(r"<form\b[^>]*>.*?</form>", sources.without_comments(template), re.DOTALL)
        if re.search(r"method=.?post", form[0].partition(">")[0], re.IGNORECASE) and not _carries_token(form[0])
    ]
    assert bare == []


def test_migrations_are_numbered_without_gaps() -> None:
    files = sorted((ROOT / "migrations" / "versions").glob("*.py"))
    assert [path.name[:4] for path in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    words = [path.read_text() for path in files]
    for (path, _), (later, text) in pairwise(zip(files, words, strict=True)):
        assert re.search(rf'^down_revision.*= "{path.name[:4]}"', text, re.MULTILINE), (
            f"{later.name} has another parent"
        )


def test_the_repository_tells_nothing_of_anybodys_machine() -> None:
    # Written so that this file does not find itself.
    machine = re.compile(r"/wor[k]/(main|shared|\.)|/hom[e]/[a-z]+/|/roo[t]/|/User[s]/[a-z]+/|/tm[p]/[a-z]|/op[t]/pypi")
    found = [f"{path}: {match[0]}" for path, text in sources.repository_texts() for match in machine.finditer(text)]
    assert found == []


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def _carries_token(form: str) -> bool:
    return any(mark in form for mark in ("csrf_token", "hidden_tag", "_csrf.html"))
