"""Makes build/yunting-verify.pyz: the verifier of sealed packages as one file, for any Python 3.11 without anything else.

The same sources give the same bytes, so that a court can publish the digest of it.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "yunting-verify.pyz"
_LEFT_OUT = {"build.py", "__main__.py"}
_ALONE = ("__init__.py", "crc32c.py", "marks.py", "packets.py", "timeline.py")
_START = b"#!/usr/bin/env python3\n"
_MAIN = (
    '"""Starts the verifier."""\n\nimport sys\n\nfrom recording.package.cli import main\n\nsys.exit(main())\n'
)
_DATE = (1980, 1, 1, 0, 0, 0)


def files() -> dict[str, bytes]:
    """Give what goes in, by name."""
    package = ROOT / "recording" / "package"
    paths = [ROOT / "recording" / name for name in _ALONE]
    paths += [path for path in package.glob("*.py") if path.name not in _LEFT_OUT]
    found = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}
    return found | {"__main__.py": _MAIN.encode()}


def make(out: Path = OUT) -> str:
    """Write the file; give its SHA-256."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("wb") as file:
        file.write(_START)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, content in sorted(files().items()):
                info = zipfile.ZipInfo(name, _DATE)
                info.create_system = 3  # the same wherever it is made
                info.external_attr = 0o644 << 16
                archive.writestr(info, content)
    out.chmod(0o755)
    return hashlib.sha256(out.read_bytes()).hexdigest()


if __name__ == "__main__":
    target = Path(sys.argv[1]) if sys.argv[1:] else OUT
    print(f"{make(target)}  {target}")
