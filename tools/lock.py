"""Writes the lock files of both languages from what they are made of: hashes, no addresses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = (
    str(Path(sys.executable).parent / "uv"), "pip", "compile", "-q", "--universal", "--fork-strategy", "fewest", "--python-version", "3.11",
    "--generate-hashes", "--no-header", "--no-config",
)  # fmt: skip


def main() -> None:
    """Compile both Python locks and refresh the web lock."""
    for name in ("requirements", "requirements-test"):
        subprocess.run([*UV, f"{name}.in", "-o", f"{name}.lock"], cwd=ROOT, check=True)
    subprocess.run(
        [
            sys.executable, "tools/bootstrap.py", "npm", "install",
            "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved",
        ],
        cwd=ROOT, check=True,
    )  # fmt: skip
    for lock in ("requirements.lock", "requirements-test.lock", "web/package-lock.json"):
        if '"resolved"' in (ROOT / lock).read_text(encoding="utf-8"):
            sys.exit(f"{lock} carries download addresses")


if __name__ == "__main__":
    main()
