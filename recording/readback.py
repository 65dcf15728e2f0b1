"""Reads back what a tape's writer has synced, and compares it record by record. Its own thread; never writes.

The pages are dropped from the cache first (posix_fadvise DONTNEED), so what is read comes from the disk or from what the disk
itself keeps in memory: no program can see further than that. The last part of a page that is still being filled stays in
the cache; it is read once more when the page is full. On a file system in memory (tmpfs) reading back proves nothing but
that the bytes are right.
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recording.packets import TapeDamagedError, decode_header, record_ends
from recording.segments import fault_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from recording.segments import Segment

log = logging.getLogger(__name__)

READ_BACK = "read_back"
"""TapeFaulted.reason: what was written did not come back as it was."""

_PAGE = 4096
_READ_BYTES = 1 << 20  # more than the longest record


@dataclass(frozen=True, slots=True)
class Stand:
    """How far a file is synced. start: where its records begin; closed: nothing more comes."""

    path: Path
    salt: bytes
    start: int
    size: int
    closed: bool


def stand_of(segment: Segment, *, closed: bool) -> Stand:
    """Say how far a file is synced; of one that is closed all is."""
    size = segment.size if closed else segment.synced
    return Stand(segment.path, segment.salt, segment.header_bytes, size, closed)


@dataclass(frozen=True, slots=True)
class Point:
    """A moment at which everything before was synced. row: place in the intake; safe_ns: arrivals up to then."""

    row: int
    safe_ns: int


class Unlike(Exception):  # noqa: N818  it says what is wrong
    """A file does not hold what was written to it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.name)
        self.path = path


class ReadBack:
    """Checks the files of one writer.

    good: called with a point once all before it was read. bad: with the fault's reason, and the file that is not as it
    was written, if one was found. Both are called in this thread. note() is called by the writer and does not wait.
    """

    def __init__(
        self, interval_s: float, good: Callable[[Point], None], bad: Callable[[str, Path | None], None]
    ) -> None:
        self._interval_s = interval_s
        self._good, self._bad = good, bad
        self._lock = threading.Lock()
        self._stands: dict[Path, Stand] = {}
        self._point: Point | None = None
        self._read: dict[Path, int] = {}  # up to where each file was found whole
        self._open: dict[Path, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tape read-back", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def note(self, stands: Iterable[Stand], point: Point | None = None) -> None:
        """Say what is synced now. stands: of files that have grown or were closed since the last time."""
        with self._lock:
            self._point = point or self._point
            self._stands.update((stand.path, stand) for stand in stands)

    def end(self, patience_s: float) -> bool:
        """Stop the thread, however far it is; False: it hangs in the system."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join(patience_s)
        return not self._thread.is_alive()

    def rest(self) -> None:
        """Read what is left, in the caller's thread, after end(). Unlike, OSError."""
        try:
            self._step()
        finally:
            self._let_go(list(self._open))

    def _run(self) -> None:
        try:
            while not self._over.wait(self._interval_s):
                self._step()
        except Unlike as unlike:
            self._bad(READ_BACK, unlike.path)
        except OSError as error:
            log.warning("a tape can't be read back: %s", error.strerror)
            self._bad(fault_reason(error), None)

    def _step(self) -> None:
        with self._lock:
            point, stands = self._point, list(self._stands.values())
            self._stands = {path: stand for path, stand in self._stands.items() if not stand.closed}
        for stand in stands:
            self._check(stand)
            if stand.closed:
                self._let_go([stand.path])
                self._read.pop(stand.path, None)
        if point is not None:
            self._good(point)

    def _check(self, stand: Stand) -> None:
        at = self._read.get(stand.path, 0)
        if at >= stand.size:
            return
        handle = self._open.get(stand.path)
        if handle is None:
            handle = self._open[stand.path] = os.open(stand.path, os.O_RDONLY | os.O_CLOEXEC)
        with suppress(OSError):  # it is advice; without it the cache answers
            os.posix_fadvise(handle, at - at % _PAGE, 0, os.POSIX_FADV_DONTNEED)
        if at < stand.start:
            self._check_header(stand, os.pread(handle, stand.start, 0))
            at = stand.start
        whole_pages = stand.size if stand.closed else stand.size - stand.size % _PAGE
        again = at
        while at < stand.size:
            data = os.pread(handle, min(_READ_BYTES, stand.size - at), at)
            end = 0
            for end in record_ends(data, stand.salt):
                if at + end <= whole_pages:
                    again = at + end
            if end == 0:
                log.error("tape file %s is not what was written, from byte %d on", stand.path.name, at)
                raise Unlike(stand.path)
            at += end
        self._read[stand.path] = again

    def _check_header(self, stand: Stand, data: bytes) -> None:
        """Without its header no record of a file can be read."""
        try:
            _, salt, start = decode_header(data)
        except TapeDamagedError:
            salt, start = b"", 0
        if (salt, start) != (stand.salt, stand.start):
            log.error("tape file %s does not begin with what was written", stand.path.name)
            raise Unlike(stand.path)

    def _let_go(self, paths: list[Path]) -> None:
        for path in paths:
            handle = self._open.pop(path, None)
            if handle is not None:
                os.close(handle)
