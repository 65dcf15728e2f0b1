"""A package to be checked, a folder or a .zip: names, sizes, bytes. Reads only; opens nothing outside; follows no link."""

from __future__ import annotations

import mmap
import os
import stat
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from recording.package import archive, forms
from recording.package.archive import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from typing import BinaryIO

BLOCK = 1 << 22

Bytes = bytes | mmap.mmap


class Source(Protocol):
    """What the checks read from."""

    @property
    def sizes(self) -> dict[str, int]:
        """Every file with its size, by name."""
        ...

    def blocks(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Read [start, end) of a file in blocks. OSError."""
        ...

    def whole(self, name: str) -> AbstractContextManager[Bytes]:
        """Show all of a file. OSError."""
        ...

    def crc_holds(self, name: str, crc: int) -> bool:
        """Whether a CRC-32 of the file's bytes is the one that its frame tells."""
        ...

    @property
    def framed(self) -> bool:
        """Whether files stand in frames that tell CRC-32s."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class NothingThere(ValueError):  # noqa: N818  says what is wrong
    """No folder and no archive of this name."""


class Folder:
    """A package as a folder. Refused: links, pipes and other things that are no plain file."""

    framed = False

    def __init__(self, root: Path) -> None:
        self._root = root
        self.sizes: dict[str, int] = {}
        self._walk(root, "")

    def _walk(self, folder: Path, before: str) -> None:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = before + entry.name
                if not forms.is_safe(name):
                    raise Refused(f"a name that no package has: {name!r}")
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    self._walk(Path(entry.path), f"{name}/")
                elif stat.S_ISREG(mode):
                    self.sizes[name] = entry.stat(follow_symlinks=False).st_size
                else:
                    raise Refused(f"not a plain file: {name}")
                if len(self.sizes) > forms.FILES_MAX:
                    raise Refused("more files than a package may have")

    def blocks(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Read [start, end) of a file in blocks. OSError."""
        with (self._root / name).open("rb", buffering=0) as file:
            yield from _blocks(file, start, self.sizes[name] if end is None else end)

    @contextmanager
    def whole(self, name: str) -> Iterator[Bytes]:
        """Show all of a file. OSError."""
        with (self._root / name).open("rb") as file:
            if not self.sizes[name]:
                yield b""
                return
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield data

    def crc_holds(self, name: str, crc: int) -> bool:
        """Nothing tells one."""
        raise NotADirectoryError(name, crc)

    def close(self) -> None:
        """Nothing is kept open."""


class Archive:
    """A package as a .zip. Damaged, Refused."""

    framed = True

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        try:
            found = archive.members(self._file, os.fstat(self._file.fileno()).st_size)
        except BaseException:
            self._file.close()
            raise
        self._members = {member.name: member for member in found}
        self.sizes = {member.name: member.size for member in found}

    def blocks(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Read [start, end) of a file in blocks. OSError."""
        member = self._members[name]
        last = member.size if end is None else min(end, member.size)
        yield from _blocks(self._file, member.start + start, member.start + last)

    @contextmanager
    def whole(self, name: str) -> Iterator[Bytes]:
        """Show all of a file. OSError."""
        yield b"".join(self.blocks(name))

    def crc_holds(self, name: str, crc: int) -> bool:
        """Whether a CRC-32 of the file's bytes is the one that its frame tells."""
        return self._members[name].crc == crc

    def close(self) -> None:
        """Let go of it."""
        self._file.close()


def _blocks(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    at = start
    while at < end:
        file.seek(at)  # another reader may have moved it
        block = file.read(min(BLOCK, end - at))
        if not block:
            return
        at += len(block)
        yield block


def crc_of(source: Source, name: str) -> int:
    """CRC-32 of a file's bytes."""
    crc = 0
    for block in source.blocks(name):
        crc = zlib.crc32(block, crc)
    return crc


def open_package(path: Path) -> Source:
    """Open a folder or an archive. NothingThere, Damaged, Refused, OSError."""
    if path.is_dir():
        return Folder(path)
    try:
        with path.open("rb") as file:
            first = file.read(4)
    except FileNotFoundError:
        raise NothingThere(str(path)) from None
    if not archive.begins(first):
        raise NothingThere(str(path))
    return Archive(path)
