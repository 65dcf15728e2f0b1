"""Sizes, docstrings, markers, and words that must not be in the house."""

from __future__ import annotations

import ast
import functools
import json
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.pure

ROOT = Path(__file__).parent.parent
PYTHON = ("server", "media", "recording", "transcripts", "tests", "tools")
PRODUCT = ("server", "media", "recording", "transcripts")
MARKERS = ("pure", "service", "media", "journey")
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50

NOT_OURS = {"node_modules", "dist", "var", "build", "__pycache__"}
TEXT = {
    ".py",
    ".ts",
    ".vue",
    ".md",
    ".yaml",
    ".yml",
    ".toml",
    ".json",
    ".lock",
    ".in",
    ".ini",
    ".css",
    ".html",
    ".js",
    ".mako",
    "",
}

# Spelled so that this file does not hold them itself.
FORBIDDEN = {
    "left-over work": r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|NotImplemented" r"Error",
    "a machine's path": r"/wo" r"rk/|/ro" r"ot/|/ho" r"me/\w",
    "a registry's address": r"pypi\." r"org|pythonhosted\." r"org|registry\.npmjs" r"\.org|--(extra-)?index-" r"url",
    "a mock": r"unittest\.mo" r"ck|from unittest import mo" r"ck",
    "who held the pen": r"(?i)\b(clau" r"de|anthro" r"pic|chat" r"gpt|co" r"pilot|l" r"lm)\b",
    "an outside service": r"stun:[a-z]|fonts\.google" r"apis|cdn\.js" r"delivr|unpkg\.co" r"m",
}  # fmt: skip
# Where one of these words is right: (file, what).
ALLOWED = {
    ("pyproject.toml", "a mock"),  # the ban itself
}


def python_files(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if NOT_OURS.isdisjoint(path.parts)]


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text_files() -> list[Path]:
    found: list[Path] = []
    for top in sorted(ROOT.iterdir()):
        if top.name in NOT_OURS or (top.name.startswith(".") and top.name not in {".ci", ".gitignore"}):
            continue
        found += [top] if top.is_file() else sorted(top.rglob("*"))
    return [
        path
        for path in found
        if path.is_file() and path.suffix in TEXT and NOT_OURS.isdisjoint(path.relative_to(ROOT).parts)
    ]


def test_the_walk_finds_the_house() -> None:
    names = {name(path) for path in text_files()}
    assert {
        "pyproject.toml",
        "Makefile",
        ".ci/run",
        "config.yaml",
        "server/config.py",
        "web/package.json",
    } <= names
    assert len(python_files(*PRODUCT)) > 50


def test_files_are_short() -> None:
    files = python_files(*PYTHON)
    files += [path for path in text_files() if path.suffix in {".ts", ".vue"}]
    long = {
        name(path): lines
        for path in files
        if (lines := len((text := path.read_text(encoding="utf-8")).splitlines())) > FILE_LINES_MAX
        and "generated" not in text[:300].lower()
    }
    assert long == {}


def test_functions_are_short() -> None:
    long = {
        f"{name(path)}:{node.lineno} {node.name}": lines
        for path in python_files(*PRODUCT)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
        and "migrations" not in path.parts  # a table is as long as it has columns
    }
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    assert [name(path) for path in python_files(*PYTHON) if not ast.get_docstring(tree(path))] == []


def test_packages_hold_a_docstring_and_nothing_else() -> None:
    """A re-export would drag the media stack into the law's tests."""
    full = [
        name(path)
        for path in python_files(*PYTHON)
        if path.name == "__init__.py" and len(tree(path).body) != 1
    ]
    assert full == []


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in python_files("tests")}
    assert [name(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_every_test_file_has_exactly_one_of_the_four_marks() -> None:
    wrong = {}
    for path in python_files("tests"):
        if path.name.startswith("test_"):
            marks = re.findall(rf"pytest\.mark\.({'|'.join(MARKERS)})\b", path.read_text(encoding="utf-8"))
            if len(marks) != 1:
                wrong[name(path)] = marks
    assert wrong == {}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{name(path)}:{number}: {line.strip()[:100]}"
        for path in text_files()
        if (name(path), what) not in ALLOWED
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


def test_no_lock_carries_a_download_address() -> None:
    locks = [path for path in text_files() if path.suffix == ".lock" or path.name == "package-lock.json"]
    assert len(locks) >= 3
    for path in locks:
        text = path.read_text(encoding="utf-8")
        assert '"resolved"' not in text, name(path)
        if path.suffix == ".lock":
            assert "://" not in text, name(path)


def test_every_direct_dependency_has_its_licence_and_its_reason() -> None:
    table = (ROOT / "docs/decisions/0004-dependencies.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:4] for line in table.splitlines() if line.startswith("| ")]
    assert all(cell.strip() for row in rows for cell in row)
    explained = {package.strip().lower() for row in rows for package in row[0].split(",")}
    wanted: set[str] = set()
    for lock in ("requirements.in", "requirements-test.in"):
        lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
        wanted |= {re.split(r"[\s\[<>=!~;#]", line)[0] for line in lines if line and line[0] not in "#-"}
    web = json.loads((ROOT / "web/package.json").read_text(encoding="utf-8"))
    wanted |= {*web["dependencies"], *web["devDependencies"]}
    assert {package.lower() for package in wanted} - explained == set()
    assert explained - {package.lower() for package in wanted} == {"package", "---"}
