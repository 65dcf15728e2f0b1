"""The laws of an engine with the data plane under AddressSanitizer: `python -m tests.media.sanitized_contract [FILES]`.

The sanitizer has to be in the process before Python's own allocations, so the tests run in a child with its library
loaded first. Leaks are not looked for here: the interpreter keeps what it likes; the drivers in C look for them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from media.engine import native_library
from media.native.build import SANITIZED, CannotBuild, build, compiler
from tests.media.sanitized import BUILD, ENVIRONMENT, HERE

FILES = (
    *("test_engine.py", "test_engine_codecs.py", "test_engine_extensions.py", "test_engine_return.py"),
    *("test_reader.py", "test_plane.py"),
)
_CHILD = "YUNTING_SANITIZED_PLANE"
_LIMIT_S = 3600


def contract(*names: str) -> str:
    """Run these test files of tests/media on the sanitized engine; gives what pytest said. AssertionError, CannotBuild."""
    path = build("plane-asan", SANITIZED["asan"], BUILD)
    found = subprocess.run(
        [compiler() or "cc", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True
    )
    runtime = Path(found.stdout.strip())
    if not runtime.is_absolute():
        raise CannotBuild("no library of AddressSanitizer")
    environment = os.environ | ENVIRONMENT | {_CHILD: str(path), "LD_PRELOAD": str(runtime)}
    environment["ASAN_OPTIONS"] += ":detect_leaks=0"
    files = [str(HERE / name) for name in names or FILES]
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, *files],
        env=environment,
        cwd=HERE.parent.parent,
        check=False,
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
    )
    assert done.returncode == 0, f"{done.returncode}\n{done.stdout[-6000:]}{done.stderr[-6000:]}"
    return done.stdout


def _child(path: str, files: list[str]) -> int:
    bound = native_library.bind(path)
    native_library.load = lambda: bound  # type: ignore[assignment]
    words = ["-q", "-x", "-n0", "-p", "no:cacheprovider", "-o", f"timeout={_LIMIT_S}", "-k", "native"]
    return int(pytest.main([*words, *files]))


if __name__ == "__main__":
    if _CHILD in os.environ:
        sys.exit(_child(os.environ[_CHILD], sys.argv[1:]))
    print(contract(*sys.argv[1:]))
