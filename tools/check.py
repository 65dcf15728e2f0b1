"""All checks and tests in one order: cheap ones first, the first failure stops. Prints what each step took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
CODE = ("server", "media", "recording", "transcripts", "tests", "tools")

QUICK: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("format", (str(BIN / "ruff"), "format", "--check", "-q", *CODE)),
    ("lint", (str(BIN / "ruff"), "check", "-q", *CODE)),
    ("types", (str(BIN / "mypy"),)),
    ("imports", (str(BIN / "lint-imports"), "--no-cache")),
    ("pure tests", (str(BIN / "pytest"), "-q", "-m", "pure", "-n", "auto")),
    ("web types", (str(BIN / "python"), "tools/bootstrap.py", "npm", "run", "-s", "typecheck")),
    ("web lint", (str(BIN / "python"), "tools/bootstrap.py", "npm", "run", "-s", "lint")),
    ("web tests", (str(BIN / "python"), "tools/bootstrap.py", "npm", "run", "-s", "test")),
)
SLOW: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("service tests", (str(BIN / "pytest"), "-q", "-m", "service")),
    ("media tests", (str(BIN / "pytest"), "-q", "-m", "media")),
    ("journeys", (str(BIN / "pytest"), "-q", "-s", "-m", "journey")),
)


def main() -> None:
    """Run the steps asked for."""
    steps = QUICK if sys.argv[1:] == ["quick"] else QUICK + SLOW
    begun = time.monotonic()
    for name, command in steps:
        at = time.monotonic()
        print(f"== {name}", flush=True)
        done = subprocess.run(
            command, cwd=ROOT, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        )
        print(
            f"== {name}: {'ok' if done.returncode == 0 else 'FAILED'} ({time.monotonic() - at:.1f} s)",
            flush=True,
        )
        if done.returncode != 0:
            sys.exit(1)
    print(f"== all {len(steps)} steps ok in {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
