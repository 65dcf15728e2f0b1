"""The places of one tape: its folder, and where the court has it a second one on another disk. Blocking.

The files of both are one tape: numbers are given once over both, and readers join them in order. The first folder names
the second in tape.second, so that whoever has the first finds all. Which place is written to is not decided here.
"""

from __future__ import annotations

import hashlib
import json
import logging
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recording.facts import SegmentDigest, TapeSeal, TapeUnavailable
from recording.folder import TapeFolder, read_marks
from recording.orders import digest_of
from recording.segments import (
    SEAL_NAME,
    digest_file,
    fault_reason,
    files_of,
    list_segments,
    stem_of,
    write_whole,
)

if TYPE_CHECKING:
    from recording.settings import RecordingSettings

log = logging.getLogger(__name__)

SEAL_FORMAT = 1
SECOND_NAME = "tape.second"
FIRST, SECOND = "first", "second"
_FINAL = frozenset({"in_use", "sealed"})

Where = Path | tuple[Path, ...]


class SameDisk(OSError):  # noqa: N818  it says what is wrong
    """The second place would fail together with the first."""


def places_of(where: Where) -> tuple[Path, ...]:
    """Give every folder of a tape that can be found from here, the first first. One that is not there is left out.

    Where none is there, the one that was asked for: reading it says why.
    """
    asked = where if isinstance(where, tuple) else (where,)
    found = dict.fromkeys(asked)
    for directory in asked:
        with suppress(OSError, UnicodeDecodeError):
            text = (directory / SECOND_NAME).read_text(encoding="utf-8").strip()
            if text:
                found[Path(text)] = None
    return tuple(place for place in found if place.is_dir()) or asked[:1]


def second_of(second_root: Path, hearing: str) -> Path:
    """Give the folder of a hearing's tape in the second place."""
    return second_root / stem_of(hearing) / "tape"


def tapes_of(root: Path, second_root: Path | None, hearing: str) -> tuple[Path, ...]:
    """Give every folder that a hearing's tape may be in, for reading; the first needs not be there at all."""
    first = root / "hearings" / hearing / "tape"
    return (first,) if second_root is None else (first, second_of(second_root, hearing))


def check_second(settings: RecordingSettings, first_root: Path) -> None:
    """Refuse a second place that fails together with the first. SameDisk, OSError."""
    second = settings.second_root
    if second is None or settings.second_same_disk:
        return
    if same_disk(first_root, second):
        raise SameDisk(f"recording.second_root: {second} is on the disk of {first_root}")


def same_disk(one: Path, other: Path) -> bool:
    """Tell whether two folders, or what there is above them, are on one file system. OSError."""
    return _standing(one).stat().st_dev == _standing(other).stat().st_dev


def _standing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


class Places:
    """A tape's folders, held by this recorder alone until release().

    second: None where the court has no second place. TapeUnavailable: "in_use", "sealed", "disk_full" or "io_error",
    where no place can be had.
    """

    def __init__(self, first: Path, second: Path | None) -> None:
        self.second = second
        self.folders: list[TapeFolder] = []  # that can be written to, the one to begin with first
        self.faults: dict[str, str] = {}  # why a place is not among them
        self.digests: dict[str, SegmentDigest] = {}
        self.numbers: dict[tuple[str, str], int] = {}
        self.interrupted_ns: int | None = None
        self._held: list[TapeFolder] = []
        try:
            self._take(first)
            self._recover()
        except BaseException:
            self.release()
            raise
        if second is not None and len(self._held) > 1:
            self._point(first, second)

    def name_of(self, folder: TapeFolder) -> str:
        """Tell a place's name: "first" or "second"."""
        return SECOND if folder.directory == self.second else FIRST

    @property
    def directories(self) -> tuple[Path, ...]:
        """Every folder that could be opened, the first first."""
        return tuple(folder.directory for folder in self._held)

    def other_than(self, folder: TapeFolder) -> TapeFolder | None:
        """Give the other place, if there is one."""
        return next((one for one in self.folders if one is not folder), None)

    def _take(self, first: Path) -> None:
        for name, directory in ((FIRST, first), (SECOND, self.second)):
            if directory is None:
                continue
            try:
                self._held.append(TapeFolder(directory))
            except TapeUnavailable as unavailable:
                if unavailable.reason in _FINAL:
                    raise
                log.warning("the %s place of a tape can't be had: %s", name, unavailable.reason)
                self.faults[name] = unavailable.reason
        if not self._held:
            raise TapeUnavailable(self.faults[FIRST])
        for folder in self._held:
            for key, number in folder.numbers.items():
                self.numbers[key] = max(number, self.numbers.get(key, 0))

    def _recover(self) -> None:
        """Repair every place that lets itself be repaired; one that does not is read and no longer written to."""
        try:
            marks = read_marks(*self.directories)
        except OSError as error:
            raise TapeUnavailable(fault_reason(error)) from error
        for mark in marks:
            if mark["event"] == "segment":
                self.digests[mark["name"]] = digest_of(mark)
        last_ns = max((mark["at_ns"] for mark in marks), default=0)
        for folder in self._held:
            try:
                last_ns = max(last_ns, folder.repair(self.digests))
            except OSError as error:
                log.warning("the %s place of a tape can't be repaired: %s", self.name_of(folder), error)
                self.faults[self.name_of(folder)] = fault_reason(error)
                continue
            self.folders.append(folder)
        if not self.folders:
            raise TapeUnavailable(next(iter(self.faults.values())))
        moved = [mark["place"] for mark in marks if mark["event"] == "moved"]
        if moved:  # a tape goes back by itself only where this place fails too
            self.folders.sort(key=lambda folder: self.name_of(folder) != moved[-1])
        if left_rolling(marks):
            self.interrupted_ns = last_ns

    @property
    def begun(self) -> bool:
        """Whether there is anything on this tape."""
        return any(list_segments(directory) for directory in self.directories)

    def _point(self, first: Path, second: Path) -> None:
        text = f"{second.absolute()}\n".encode()
        pointer = first / SECOND_NAME
        try:
            if not pointer.exists() or pointer.read_bytes() != text:
                write_whole(pointer, text)
        except OSError as error:
            log.warning("a tape's first place does not take the name of the second: %s", error)

    def seal(self, hearing: str, sealed_ns: int, active: TapeFolder) -> TapeSeal:
        """Name every file with its digests in tape.json, in the active place and if possible in the other. OSError."""
        digests: list[SegmentDigest] = []
        unread: list[str] = []
        for name, path in self._files():
            known = self.digests.get(name)
            try:
                digests.append(known if known is not None and known.sm3 else digest_file(path))
            except OSError as error:
                if path.parent == active.directory:
                    raise
                log.error("a tape's file of a failed place can't be read: %s", error)  # noqa: TRY400  the rest is sealed
                unread.append(name)
        text = json.dumps(
            {
                "format": SEAL_FORMAT,
                "hearing": hearing,
                "sealed_ns": sealed_ns,
                "segments": [asdict(digest) for digest in digests],
                "unread": unread,
            },
            ensure_ascii=False,
            sort_keys=True,
            indent=1,
        ).encode()
        write_whole(active.directory / SEAL_NAME, text)
        for folder in self._held:
            if folder is not active:
                with suppress(OSError):  # it is sealed in the place that works; this one may be gone
                    write_whole(folder.directory / SEAL_NAME, text)
        return TapeSeal(hashlib.sha256(text).hexdigest(), tuple(digests))

    def _files(self) -> list[tuple[str, Path]]:
        readable = []
        for directory in self.directories:
            try:
                list_segments(directory)
            except OSError as error:
                log.error("a failed place of a tape can't be read: %s", error)  # noqa: TRY400  the rest is sealed
                continue
            readable.append(directory)
        return [(name.filename, path) for name, path in files_of(readable)]

    def release(self) -> None:
        """Let another recorder have the tape."""
        for folder in self._held:
            folder.release()


def left_rolling(marks: list[dict[str, Any]]) -> bool:
    """Tell whether the last run ended in the middle: rolling, and never stopped in order."""
    rolling = False
    for mark in marks:
        if mark["event"] == "rolling":
            rolling = True
        elif mark["event"] in {"paused", "stopped", "interrupted"}:
            rolling = False
    return rolling
