"""Builds the shared object of the data plane with nothing but a C compiler, when its sources have changed.

Standard library only: the bootstrap and `pip install` call it before anything is installed. It must never
build for this machine's processor only (libcrypto chooses its own code at run time).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
WARNINGS = ("-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror")
FLAGS = (
    "-std=c11",
    "-D_GNU_SOURCE",
    "-fPIC",
    "-fvisibility=hidden",
    "-fno-strict-aliasing",
    "-pthread",
    *WARNINGS,
)
RELEASE = ("-O2", "-DNDEBUG", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2")


class CannotBuild(Exception):  # noqa: N818  a state of the machine, not a fault of ours
    """There is no C compiler, or it does not take the sources; the text says which."""


def compiler() -> str | None:
    """The C compiler to use: CC of the environment, else the system's."""
    return os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def digest() -> str:
    """SHA-256 over the sources' names and bytes."""
    total = hashlib.sha256()
    for path in sorted((*HERE.glob("*.c"), *HERE.glob("*.h"))):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def library(variant: str = "plane", folder: Path = HERE) -> Path:
    """Where the shared object made of the present sources is, or would be."""
    return folder / f"{variant}-{digest()[:16]}.so"


def build(variant: str = "plane", extra: tuple[str, ...] = RELEASE, folder: Path = HERE) -> Path:
    """Build it if it is not there; older ones of the same variant go. CannotBuild."""
    target = library(variant, folder)
    if target.exists():
        return target
    cc = compiler()
    if cc is None:
        raise CannotBuild("there is no C compiler")
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(f".{os.getpid()}")
    sources = [str(path) for path in sorted(HERE.glob("*.c"))]
    command = [cc, *FLAGS, *extra, "-shared", "-o", str(unfinished), *sources, "-ldl"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise CannotBuild(done.stderr[-2000:])
    unfinished.replace(target)
    for old in folder.glob(f"{variant}-*.so"):
        if old != target:
            old.unlink()
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{build()}\n")
