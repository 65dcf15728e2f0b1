"""A tape's folder as a whole: locked by one recorder, repaired at start, proved, sealed at the end. Blocking."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from recording.facts import SegmentDigest, TapeSeal, TapeUnavailable
from recording.packets import RecordType, TapeDamagedError, scan
from recording.segments import (
    LOCK_NAME,
    MARKS_KIND,
    SEAL_NAME,
    digest_file,
    fault_reason,
    free_bytes,
    highest_numbers,
    list_segments,
    mapped,
    repair,
    sync_directory,
    write_whole,
)

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

SEAL_FORMAT = 1


def read_marks(directory: Path) -> list[dict[str, Any]]:
    """Return the recorder's own log over all its runs, in order; damaged lines are left out. OSError."""
    marks: list[dict[str, Any]] = []
    for name in list_segments(directory):
        if name.kind != MARKS_KIND:
            continue
        with mapped(directory / name.filename) as data:
            try:
                walk = scan(data)
            except TapeDamagedError:
                continue
            while True:
                marks += [json.loads(r.payload) for r in walk if r.type is RecordType.MARK]
                if walk.resume_after_damage() is None:
                    break
    return marks


class TapeFolder:
    """The folder of one hearing's tape, held by this recorder alone from construction to release().

    free_bytes_min: room a new tape needs; one that has begun is opened with less.
    TapeUnavailable at construction: "in_use", "sealed", "disk_full" or "io_error".
    """

    def __init__(self, directory: Path, free_bytes_min: int) -> None:
        self.directory = directory
        self.digests: dict[str, SegmentDigest] = {}
        self.numbers: dict[tuple[str, str], int] = {}
        self.interrupted_ns: int | None = (
            None  # the last run was killed while rolling; its last record's arrival
        )
        self._lock = -1
        try:
            self._take(free_bytes_min)
        except OSError as error:
            self.release()
            raise TapeUnavailable(fault_reason(error)) from error
        except TapeUnavailable:
            self.release()
            raise

    def _take(self, free_bytes_min: int) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        sync_directory(self.directory.parent)
        self._lock = os.open(self.directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TapeUnavailable("in_use") from error
        if (self.directory / SEAL_NAME).exists():
            raise TapeUnavailable("sealed")
        # A tape that has begun goes on with what room there is: the proof and the seal are small, and the writer
        # keeps packets off a disk that is nearly full.
        if not list_segments(self.directory) and free_bytes(self.directory) < free_bytes_min:
            raise TapeUnavailable("disk_full")
        self.numbers = highest_numbers(self.directory)
        self._recover()

    def _recover(self) -> None:
        """Repair what a killed run left: every file that run had not closed and hashed."""
        marks = read_marks(self.directory)
        for mark in marks:
            if mark["event"] == "segment":
                self.digests[mark["name"]] = SegmentDigest(mark["name"], mark["size"], mark["sha256"])
        last_ns = max((mark["at_ns"] for mark in marks), default=0)
        for name in list_segments(self.directory):
            if name.filename in self.digests:
                continue
            done = repair(self.directory / name.filename)
            last_ns = max(last_ns, done.last_ns)
            if done.cut_bytes:
                log.warning("tape file %s: torn tail of %d bytes cut", name.filename, done.cut_bytes)
        if _left_rolling(marks):
            self.interrupted_ns = last_ns

    def seal(self, hearing: str, sealed_ns: int) -> TapeSeal:
        """Name every file with its digest in tape.json. OSError."""
        digests: list[SegmentDigest] = []
        for name in list_segments(self.directory):
            known = self.digests.get(name.filename)
            digests.append(known or digest_file(self.directory / name.filename))
        text = json.dumps(
            {
                "format": SEAL_FORMAT,
                "hearing": hearing,
                "sealed_ns": sealed_ns,
                "segments": [asdict(digest) for digest in digests],
            },
            ensure_ascii=False,
            sort_keys=True,
            indent=1,
        ).encode()
        write_whole(self.directory / SEAL_NAME, text)
        return TapeSeal(hashlib.sha256(text).hexdigest(), tuple(digests))

    def release(self) -> None:
        """Let another recorder have the folder."""
        if self._lock >= 0:
            with suppress(OSError):
                os.close(self._lock)
            self._lock = -1


def _left_rolling(marks: list[dict[str, Any]]) -> bool:
    """Tell whether the last run ended in the middle: rolling, and never stopped in order."""
    rolling = False
    for mark in marks:
        if mark["event"] == "rolling":
            rolling = True
        elif mark["event"] in {"paused", "stopped", "interrupted"}:
            rolling = False
    return rolling
