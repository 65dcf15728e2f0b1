"""All checks and tests in one order: cheap ones first, the first failure stops. Prints what each step took.

The steps of one row run side by side; what each of them prints comes out whole, one after the other.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
CODE = ("server", "media", "recording", "transcripts", "tests", "tools")

PYTEST = (str(BIN / "pytest"), "-q")
TWO = ("-n", "2", "--apart", "--maxschedchunk", "1")

Step = tuple[str, tuple[str, ...]]


def _web(name: str) -> tuple[str, ...]:
    return (str(BIN / "python"), "tools/bootstrap.py", "npm", "run", "-s", name)


QUICK: tuple[tuple[Step, ...], ...] = (
    (
        ("format", (str(BIN / "ruff"), "format", "--check", "-q", *CODE)),
        ("lint", (str(BIN / "ruff"), "check", "-q", *CODE)),
    ),
    (
        ("types", (str(BIN / "mypy"),)),
        ("web types", _web("typecheck")),
        ("web lint", _web("lint")),
    ),
    (
        ("pure tests", (*PYTEST, "-m", "pure", "-n", "auto")),
        ("imports", (str(BIN / "lint-imports"), "--no-cache")),
        ("web tests", _web("test")),
    ),
)
# Media and most journeys wait more than they work: two at a time, each worker in a network of its own (tests/network.py),
# the next test to whoever is free. What the ones that pass have measured is printed at the end (-raP).
SLOW: tuple[tuple[Step, ...], ...] = (
    (("service tests", (*PYTEST, "-m", "service", "-n", "2")),),
    (("media tests", (*PYTEST, "-m", "media", *TWO)),),
    (("journeys", (*PYTEST, "-raP", "-m", "journey and not alone", *TWO)),),
    (("journeys alone", (*PYTEST, "-s", "-m", "journey and alone")),),
)


def _environment() -> dict[str, str]:
    """Compiled modules are kept, but beside the other built things; else every worker of a run compiles them again."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(ROOT / "build" / "pycache")}


def _run(step: Step, *, alone: bool) -> bool:
    """Run one step; alone: it may write straight out."""
    name, command = step
    at = time.monotonic()
    if alone:
        print(f"== {name}", flush=True)
    done = subprocess.run(
        command,
        cwd=ROOT,
        check=False,
        env=_environment(),
        stdout=None if alone else subprocess.PIPE,
        stderr=None if alone else subprocess.STDOUT,
    )
    ok = done.returncode == 0
    told = f"== {name}: {'ok' if ok else 'FAILED'} ({time.monotonic() - at:.1f} s)\n"
    if not alone:
        told = f"== {name}\n{done.stdout.decode(errors='replace')}{told}"
    print(told, end="", flush=True)
    return ok


def _run_row(row: tuple[Step, ...]) -> bool:
    if len(row) == 1:
        return _run(row[0], alone=True)
    with ThreadPoolExecutor(len(row)) as pool:
        return all(list(pool.map(lambda step: _run(step, alone=False), row)))


def main() -> None:
    """Run the steps asked for."""
    rows = QUICK if sys.argv[1:] == ["quick"] else QUICK + SLOW
    begun = time.monotonic()
    for row in rows:
        if not _run_row(row):
            sys.exit(1)
    print(f"== all {sum(map(len, rows))} steps ok in {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
