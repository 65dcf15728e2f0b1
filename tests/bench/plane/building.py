"""Compiles the C parts of this bench into build/bench/plane; nothing but a C compiler is asked for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
OUT = ROOT / "build" / "bench" / "plane"
LOAD, FLOOR, SHIM = OUT / "load.so", OUT / "floor", OUT / "shim" / "libsrtp2.so.1"
_SHARED = ("-shared", "-fPIC")
_PARTS = (
    (HERE / "load.c", LOAD, _SHARED),
    (HERE / "floor.c", FLOOR, ()),
    (HERE / "libsrtp_shim.c", SHIM, _SHARED),
)


class NoCompilerError(Exception):
    """There is no working C compiler; the text says what it said."""


def build() -> None:
    """Compile what is older than its sources."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompilerError("no C compiler (cc)")
    common = (HERE / "srtp.h").stat().st_mtime
    for source, product, flags in _PARTS:
        if product.exists() and product.stat().st_mtime > max(common, source.stat().st_mtime):
            continue
        product.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [
                compiler,
                "-O2",
                "-std=gnu11",
                "-Wall",
                "-Wextra",
                *flags,
                str(source),
                "-o",
                str(product),
                "-pthread",
                "-ldl",
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise NoCompilerError(done.stderr.strip()[:500])
