"""Files of a tape's folder: names, creating, appending, syncing, repair, digests. Blocking; never decides when."""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import re
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from recording.digests import Digests, digests_of
from recording.facts import SegmentDigest
from recording.packets import (
    HEADER_BYTES_MAX,
    SALT_BYTES,
    TapeDamagedError,
    TapeHeader,
    decode_header,
    encode_header,
    scan,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SUFFIX = ".ytape"
TORN_SUFFIX = ".torn"
MARKS_LABEL = "tape"
MARKS_KIND = "marks"
SEAL_NAME = "tape.json"
LOCK_NAME = "tape.lock"

_NAME = re.compile(r"^(?P<stem>.+)-(?P<kind>audio|video|marks)-(?P<number>\d{4,})\.ytape$")
_STEM_CHARS_MAX = 100
_READ_BYTES = 1 << 20
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def fault_reason(error: OSError) -> str:
    """Name a disk error by its stable id: "disk_full" or "io_error"."""
    return "disk_full" if error.errno in _FULL else "io_error"


@dataclass(frozen=True, slots=True)
class SegmentName:
    """A tape file's name, taken apart."""

    stem: str
    kind: str
    number: int

    @property
    def filename(self) -> str:
        """`<label>-<kind>-<n>.ytape`."""
        return f"{self.stem}-{self.kind}-{self.number:04d}{SUFFIX}"


def stem_of(label: str) -> str:
    """Turn a label into a file name's beginning: injective, and harmless in any folder."""
    stem = quote(label, safe="").replace(".", "%2E")
    if len(stem) <= _STEM_CHARS_MAX:
        return stem
    return "%" + hashlib.sha256(label.encode()).hexdigest()


def list_segments(directory: Path) -> list[SegmentName]:
    """Tape files of the folder, ordered by stem, kind and number."""
    found = []
    for path in directory.iterdir():
        match = _NAME.match(path.name)
        if match is not None:
            found.append(SegmentName(match["stem"], match["kind"], int(match["number"])))
    return sorted(found, key=lambda n: (n.stem, n.kind, n.number))


def files_of(directories: Iterable[Path]) -> list[tuple[SegmentName, Path]]:
    """Tape files of a tape that lies in several folders, in the order of one tape. OSError.

    A name is in two folders only where a writer was cut off while it made the file: the longer one is the file.
    """
    found: dict[SegmentName, Path] = {}
    for directory in directories:
        for name in list_segments(directory):
            path = directory / name.filename
            other = found.get(name)
            if other is None or path.stat().st_size > other.stat().st_size:
                found[name] = path
    return sorted(found.items(), key=lambda item: (item[0].stem, item[0].kind, item[0].number))


def highest_numbers(directory: Path) -> dict[tuple[str, str], int]:
    """(stem, kind) -> highest number in use, torn files included: a number is never given twice."""
    highest: dict[tuple[str, str], int] = {}
    for path in directory.iterdir():
        match = _NAME.match(path.name.removesuffix(TORN_SUFFIX))
        if match is not None:
            key = (match["stem"], match["kind"])
            highest[key] = max(highest.get(key, 0), int(match["number"]))
    return highest


def sync_directory(directory: Path) -> None:
    """Make names in the folder as durable as their files. OSError."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def free_bytes(directory: Path) -> int:
    """Room left for this process on the folder's file system. OSError."""
    usage = os.statvfs(directory)
    return usage.f_bavail * usage.f_frsize


def digest_file(path: Path) -> SegmentDigest:
    """Hash a whole file, and say what it holds. OSError."""
    digests = digests_of(path)
    label, kind, first_ns, last_ns = "", "", 0, 0
    with mapped(path) as data:
        try:
            walk = scan(data)
        except TapeDamagedError:
            walk = None
        while walk is not None:
            label, kind = walk.header.label, walk.header.kind
            for record in walk:
                first_ns = min(first_ns or record.arrival_ns, record.arrival_ns)
                last_ns = max(last_ns, record.arrival_ns)
            if walk.resume_after_damage() is None:
                break
    return SegmentDigest(path.name, digests.size, *digests.hexdigests(), label, kind, first_ns, last_ns)


def _read_through(handle: int) -> None:
    """Read a file once to its end: what the disk can't give is an error here, and in a mapping the end of the process."""
    block = bytearray(_READ_BYTES)
    at = 0
    while count := os.preadv(handle, [block], at):
        at += count


def head_of(path: Path) -> TapeHeader:
    """Read a file's header and nothing else. OSError; TapeDamagedError if it is not whole and true."""
    with path.open("rb") as file:
        return decode_header(file.read(HEADER_BYTES_MAX))[0]


@contextmanager
def mapped(path: Path) -> Iterator[bytes | mmap.mmap]:
    """Show a file's bytes without keeping them all in memory. OSError, also for a bad block anywhere in it."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            yield b""
            return
        _read_through(file.fileno())
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


def write_whole(path: Path, data: bytes) -> None:
    """Put a small file in place at once: temporary name, fsync, rename, fsync of the folder. OSError."""
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


class Segment:
    """One open tape file. Every method may raise OSError; after one the file must be given up, never synced again."""

    def __init__(self, directory: Path, name: SegmentName, header: TapeHeader) -> None:
        self.path = directory / name.filename
        self.header = header
        self.salt = secrets.token_bytes(SALT_BYTES)
        self.size = 0
        self.synced = 0  # bytes that are on the disk; with the first of them the file's name is
        self.digests = Digests()
        self.first_ns = self.last_ns = 0  # of what is in it
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._handle = os.open(self.path, flags, 0o640)
        try:
            self.write(encode_header(header, self.salt))
        except OSError:
            self.discard()  # without a whole header it says nothing; a leftover is set aside at start
            raise
        self.header_bytes = self.size

    def write(self, data: bytes) -> None:
        """Append all of data. On OSError `size` still tells where the last whole write ended."""
        view = memoryview(data)
        done = 0
        while done < len(view):
            done += os.pwrite(self._handle, view[done:], self.size + done)
        self.size += done
        self.digests.update(data)

    def holds(self, first_ns: int, last_ns: int) -> None:
        """Note the times of what was written."""
        self.first_ns = min(self.first_ns or first_ns, first_ns)
        self.last_ns = max(self.last_ns, last_ns)

    def digest(self) -> SegmentDigest:
        """Tell what was written, as far as every write was whole."""
        label, kind = self.header.label, self.header.kind
        hexdigests = self.digests.hexdigests()
        return SegmentDigest(self.path.name, self.size, *hexdigests, label, kind, self.first_ns, self.last_ns)

    def sync(self) -> None:
        """Bring everything written to the disk."""
        size = self.size
        if self.synced:
            os.fdatasync(self._handle)
        else:  # not when it is made: whoever makes it has packets to hand over
            os.fsync(self._handle)
            sync_directory(self.path.parent)
        self.synced = size

    def read_back(self, start: int, size: int) -> bytes:
        """Read from the file itself."""
        return os.pread(self._handle, size, start)

    def cut_torn_tail(self) -> None:
        """Drop what a failed write left behind the last whole one."""
        os.ftruncate(self._handle, self.size)

    def discard(self) -> None:
        """Close and remove a file in which nothing was written."""
        os.close(self._handle)
        with suppress(OSError):
            self.path.unlink()

    def close(self) -> None:
        """Close the handle; nothing is synced."""
        os.close(self._handle)


@dataclass(frozen=True, slots=True)
class Repaired:
    """What repair found in one file. last_ns: highest arrival on it, 0 if it is empty. cut_bytes: torn tail cut off."""

    last_ns: int
    cut_bytes: int


def repair(path: Path) -> Repaired:
    """Cut the torn tail a killed writer left, and sync. OSError.

    Only a tail goes: where good records follow the damage, the file stays as it is and readers step over it.
    A file whose header never got whole is renamed to *.torn and kept.
    """
    with mapped(path) as data:
        size = len(data)
        try:
            walk = scan(data)
        except TapeDamagedError:
            walk = None
        last_ns = 0
        good = 0
        while walk is not None:
            for record in walk:
                last_ns = max(last_ns, record.arrival_ns)
            good = walk.good_length
            if good == size or walk.resume_after_damage() is None:
                break
    if walk is None:
        path.rename(path.with_name(path.name + TORN_SUFFIX))
        sync_directory(path.parent)
        return Repaired(0, 0)
    if good < size:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            os.ftruncate(handle, good)
            os.fsync(handle)
        finally:
            os.close(handle)
    return Repaired(last_ns, size - good)
