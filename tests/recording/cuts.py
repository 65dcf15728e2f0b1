"""Power cuts without a power switch: every write and sync of a tape is noted in order, and a disk is made of any moment of it.

What was synced is there. Of what was written and not synced any part may be there, pages in any order, zeros in between, a
file longer than what is in it; a file whose folder was not synced may be missing. So an ext4 loses, and worse.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    import pytest

_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Op:
    """One call, noted before it was made if it writes, after it was made if it syncs. data: None for a sync."""

    at_ns: int
    name: str
    start: int
    data: bytes | None


@dataclass
class _File:
    synced: bytearray = field(default_factory=bytearray)
    later: list[tuple[int, bytes]] = field(default_factory=list)
    named: bool = False  # its folder was synced after it was made


class Journal:
    """Notes what happens to the files of one folder while it stands between the tape and the system."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self.ops: list[Op] = []
        self._names: dict[int, str] = {}
        for name in ("open", "close", "pwrite", "fdatasync", "fsync"):
            monkeypatch.setattr(os, name, self._between(name, getattr(os, name)))

    def _between(self, name: str, true: Callable[..., int]) -> Callable[..., int]:
        watched: Callable[..., int] = getattr(self, f"_{name}")
        return lambda *args, **more: watched(true, *args, **more)

    def _open(self, true: Callable[..., int], path: object, *args: object, **more: object) -> int:
        handle = true(path, *args, **more)
        if isinstance(path, Path) and self._folder in {path, path.parent}:
            self._names[handle] = "" if path == self._folder else path.name
        return handle

    def _close(self, true: Callable[..., int], handle: int) -> int:
        self._names.pop(handle, None)
        return true(handle)

    def _pwrite(self, true: Callable[..., int], handle: int, data: bytes, start: int) -> int:
        if handle in self._names:
            self.ops.append(Op(time.time_ns(), self._names[handle], start, bytes(data)))
        return true(handle, data, start)

    def _fdatasync(self, true: Callable[..., int], handle: int) -> int:
        done = true(handle)
        if handle in self._names:
            self.ops.append(Op(time.time_ns(), self._names[handle], 0, None))
        return done

    _fsync = _fdatasync


def cut(ops: list[Op], rng: random.Random) -> dict[str, bytes]:
    """What a disk may hold after exactly these calls."""
    files: dict[str, _File] = {}
    for op in ops:
        if op.name == "":
            for one in files.values():
                one.named = True
            continue
        file = files.setdefault(op.name, _File())
        if op.data is not None:
            file.later.append((op.start, op.data))
            continue
        for start, data in file.later:
            _put(file.synced, start, data)
        file.later.clear()
    return {name: bytes(_worn(file, rng)) for name, file in files.items() if file.named or rng.random() < 0.5}


def _put(target: bytearray, start: int, data: bytes) -> None:
    target.extend(bytes(max(0, start + len(data) - len(target))))
    target[start : start + len(data)] = data


def _worn(file: _File, rng: random.Random) -> bytearray:
    """Of what was not synced: nothing, a beginning, all of it, or some pages and zeros for the others."""
    kept = bytearray(file.synced)
    whole = bytearray(file.synced)
    for start, data in file.later:
        _put(whole, start, data)
    match rng.choice(("nothing", "beginning", "all", "pages")):
        case "beginning":
            kept = whole[: rng.randint(len(kept), len(whole))]
        case "all":
            kept = whole
        case "pages":
            length = rng.randint(len(kept), len(whole))
            for start, end in _pages(len(kept), length):
                there = rng.random() < 0.5
                kept.extend(whole[start:end] if there else bytes(end - start))
    return kept


def _pages(start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = min(end, start - start % _PAGE + _PAGE)
        yield start, stop
        start = stop


def synced_until(ops: list[Op]) -> dict[str, int]:
    """How many bytes of each file are synced, and so must be there; its folder must be synced too."""
    written: dict[str, int] = {}
    synced: dict[str, int] = {}
    named: set[str] = set()
    for op in ops:
        if op.name == "":
            named.update(written)
            continue
        if op.data is not None:
            written[op.name] = max(written.get(op.name, 0), op.start + len(op.data))
        else:
            synced[op.name] = written.get(op.name, 0)
    return {name: size for name, size in synced.items() if size and name in named}
