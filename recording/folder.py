"""One folder of a tape: locked by one recorder, repaired at start; and the recorder's own log in it. Blocking."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from recording.facts import TapeUnavailable
from recording.packets import RecordType, TapeDamagedError, scan
from recording.segments import (
    LOCK_NAME,
    MARKS_KIND,
    SEAL_NAME,
    fault_reason,
    files_of,
    highest_numbers,
    list_segments,
    mapped,
    repair,
    sync_directory,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

log = logging.getLogger(__name__)


def read_marks(*directories: Path) -> list[dict[str, Any]]:
    """Return the recorder's own log over all its runs, in order; damaged lines are left out. OSError.

    A line that was written again, by a writer that took over, is there once.
    """
    marks: list[dict[str, Any]] = []
    seen: set[bytes] = set()
    for name, path in files_of(directories):
        if name.kind != MARKS_KIND:
            continue
        with mapped(path) as data:
            try:
                walk = scan(data)
            except TapeDamagedError:
                continue
            while True:
                for record in walk:
                    if record.type is RecordType.MARK and record.payload not in seen:
                        seen.add(record.payload)
                        marks.append(json.loads(record.payload))
                if walk.resume_after_damage() is None:
                    break
    return marks


class TapeFolder:
    """A folder of one hearing's tape, held by this recorder alone from construction to release().

    TapeUnavailable at construction: "in_use", "sealed", "disk_full" or "io_error".
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.numbers: dict[tuple[str, str], int] = {}
        self.failed_at: float | None = None  # when it could not be written to, by the writer's own clock
        self._lock = -1
        try:
            self._take()
        except OSError as error:
            self.release()
            raise TapeUnavailable(fault_reason(error)) from error
        except TapeUnavailable:
            self.release()
            raise

    def _take(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        sync_directory(self.directory.parent)
        self._lock = os.open(self.directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TapeUnavailable("in_use") from error
        if (self.directory / SEAL_NAME).exists():
            raise TapeUnavailable("sealed")
        self.numbers = highest_numbers(self.directory)

    def repair(self, closed: Collection[str]) -> int:
        """Repair what a killed run left: every file that run had not closed. The newest arrival in them, 0 if none. OSError."""
        last_ns = 0
        for name in list_segments(self.directory):
            if name.filename in closed:
                continue
            done = repair(self.directory / name.filename)
            last_ns = max(last_ns, done.last_ns)
            if done.cut_bytes:
                log.warning("tape file %s: torn tail of %d bytes cut", name.filename, done.cut_bytes)
        return last_ns

    def release(self) -> None:
        """Let another recorder have the folder."""
        if self._lock >= 0:
            with suppress(OSError):
                os.close(self._lock)
            self._lock = -1
