"""Reads the repository's own text, for the tests that guard its shape."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median
from subprocess import run

from concierge.config import ROOT

Function = ast.FunctionDef | ast.AsyncFunctionDef
SKIPPED = {".git", ".venv", "instance", "__pycache__"}


@cache
def python_files(*folders: str) -> tuple[Path, ...]:
    """Relative to the repository; the package when no folder is named."""
    return tuple(
        sorted(path.relative_to(ROOT) for folder in folders or ("concierge",) for path in (ROOT / folder).rglob("*.py"))
    )


@cache
def tree(path: Path) -> ast.Module:
    """The syntax of one file."""
    return ast.parse((ROOT / path).read_text(), str(path))


def module_name(path: Path) -> str:
    """`concierge/web/auth.py` is `concierge.web.auth`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Every module that this file imports anywhere; `from concierge import outbox` counts as concierge.outbox."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= _from(node, path)
    return found


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of one file."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def length(function: Function) -> int:
    """Lines from `def` to the end, without the docstring: words of explanation are never too many."""
    end = function.end_lineno or function.lineno
    doc = function.body[0] if ast.get_docstring(function) is not None else None
    return end - function.lineno + 1 - ((doc.end_lineno or doc.lineno) - doc.lineno + 1 if doc else 0)


def typical_length(paths: tuple[Path, ...]) -> float:
    """Half of the functions are at most this long."""
    return median(length(function) for path in paths for function in functions(path))


def templates() -> list[Path]:
    """Every page and part, relative to the repository."""
    return sorted(path.relative_to(ROOT) for path in (ROOT / "templates").rglob("*.html"))


def without_comments(template: Path) -> str:
    """A template's text; what Jinja drops is dropped."""
    return re.sub(r"\{#.*?#\}", "", (ROOT / template).read_text(), flags=re.DOTALL)


def repository_texts() -> Iterator[tuple[Path, str]]:
    """Every file of ours that is text: what git tracks or would track, or, without git, what lies here."""
    for path in _repository_files():
        try:
            yield path, (ROOT / path).read_text()
        except (UnicodeDecodeError, IsADirectoryError, FileNotFoundError):
            continue


def _from(node: ast.ImportFrom, path: Path) -> set[str]:
    package = module_name(path).split(".") if path.name == "__init__.py" else module_name(path).split(".")[:-1]
    base = package[: len(package) - node.level + 1] if node.level else []
    source = ".".join([*base, *([node.module] if node.module else [])])
    submodules = {f"{source}.{alias.name}" for alias in node.names if _is_module(f"{source}.{alias.name}")}
    return submodules or {source}


def _is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def _repository_files() -> list[Path]:
    listed = run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        return [Path(name.decode()) for name in listed.stdout.split(b"\0") if name]
    everything = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [path for path in everything if not SKIPPED & set(path.parts)]
