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
_UNDEFINED = "undefined,float-cast-overflow,float-divide-by-zero"
SANITIZED = {
    "asan": (
        "-O1",
        "-g",
        "-fno-omit-frame-pointer",
        f"-fsanitize=address,{_UNDEFINED}",
        "-fno-sanitize-recover=all",
    ),
    "tsan": ("-O1", "-g", "-fsanitize=thread"),
}
"""Flags of the builds that look for faults; gcc's own package brings the libraries they need."""


class CannotBuild(Exception):  # noqa: N818  a state of the machine, not a fault of ours
    """There is no C compiler, or it does not take the sources; the text says which."""


def compiler() -> str | None:
    """The C compiler to use: CC of the environment, else the system's."""
    return os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def digest(*more: Path) -> str:
    """SHA-256 over the sources' names and bytes. more: sources of a program around them."""
    total = hashlib.sha256()
    for path in (*sorted((*HERE.glob("*.c"), *HERE.glob("*.h"))), *sorted(more)):
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
    _compile(target, (*extra, "-shared"))
    for old in folder.glob(f"{variant}-*.so"):
        if old != target:
            old.unlink()
    return target


def program(sources: tuple[Path, ...], sanitizer: str, folder: Path) -> Path:
    """A program of the data plane's sources and these, under a sanitizer of SANITIZED; kept in folder. CannotBuild.

    Headers beside the sources count too. The first source names the program.
    """
    around = [path for one in {source.parent for source in sources} for path in one.glob("*.h")]
    name = f"{sources[0].stem}-{sanitizer}"
    target = folder / f"{name}-{digest(*sources, *around)[:16]}"
    if target.exists():
        return target
    _compile(target, (*SANITIZED[sanitizer], f"-I{HERE}", *map(str, sources)))
    for old in folder.glob(f"{name}-*"):
        if old != target and not old.suffix:  # with one: another's that is being made
            old.unlink()
    return target


def _compile(target: Path, extra: tuple[str, ...]) -> None:
    cc = compiler()
    if cc is None:
        raise CannotBuild("there is no C compiler")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(f".{os.getpid()}")
    sources = [str(path) for path in sorted(HERE.glob("*.c"))]
    command = [cc, *FLAGS, *extra, "-o", str(unfinished), *sources, "-ldl"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise CannotBuild(done.stderr[-2000:])
    unfinished.replace(target)


if __name__ == "__main__":
    sys.stdout.write(f"{build()}\n")
