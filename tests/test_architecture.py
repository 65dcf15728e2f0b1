"""Who may import whom: the contracts hold, a violation of each is caught, and pure parts run without heavy libraries."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.service

ROOT = Path(__file__).parent.parent
PACKAGES = ("server", "media", "recording", "transcripts")

# One forbidden import a contract, by the contract's name: (module, the line planted in it).
VIOLATIONS = {
    "The river: server > recording | transcripts > media": (
        "recording/settings.py",
        "import transcripts.settings",
    ),
    "Inside the server": ("server/courtroom/ports.py", "import server.store.tables"),
    "The law knows no instrument, no clock, no loop, no dice": ("server/hearing/ids.py", "import time"),
    "Pure parts reach no heavy library": ("media/plan.py", "import numpy"),
    "media.plane is met only at the composition root": ("server/store/tables.py", "import media.plane"),
}


@functools.cache
def contracts() -> dict[str, Any]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: dict[str, Any] = {
        contract["name"]: contract for contract in settings["tool"]["importlinter"]["contracts"]
    }
    return found


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; sys.path.insert(0, ''); from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def modules(package: str) -> list[str]:
    """Name the modules of a package (or the module itself), from its files."""
    path = ROOT / Path(*package.split("."))
    if not path.is_dir():
        return [package]
    files = sorted(path.rglob("*.py"))
    names = [
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files
    ]
    assert len(names) > 1
    return names


def test_every_contract_is_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_violation_of_each_contract_is_caught(tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=lambda _, names: [n for n in names if "." in n and not n.endswith(".py")],
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, line in VIOLATIONS.values():
        path = tmp_path / file
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    (tmp_path / "server" / "misc.py").write_text('"""Belongs nowhere."""\n', encoding="utf-8")
    said = lint(tmp_path).stdout
    for name in contracts():
        assert name in VIOLATIONS, "a contract nobody has tried to break"
        assert f"{name} BROKEN" in said, said
    assert "server.misc" in said


BLOCKED = """
import importlib, sys

class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Wall())
sys.path.insert(0, ROOT)
for name in MODULES:
    importlib.import_module(name)
print(len(MODULES))
"""


def import_in_child(names: list[str], blocked: list[str], *options: str) -> None:
    program = f"BLOCKED = {blocked!r}; ROOT = {str(ROOT)!r}; MODULES = {names!r}\n{BLOCKED}"
    command = [sys.executable, *options, "-c", program]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(len(names))


def test_pure_parts_import_with_every_heavy_library_blocked() -> None:
    contract = contracts()["Pure parts reach no heavy library"]
    names = [name for package in contract["source_modules"] for name in modules(package)]
    import_in_child(names, contract["forbidden_modules"])


def test_the_law_imports_with_no_third_party_package_at_all() -> None:
    import_in_child(modules("server.hearing"), [], "-I", "-S")


def test_the_wall_stops_what_it_should() -> None:
    with pytest.raises(AssertionError, match="sqlalchemy is blocked"):
        import_in_child(["server.store.tables"], ["sqlalchemy"])
