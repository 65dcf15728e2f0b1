"""Machine ears of the C data plane: those of this process, whose ring is read here, and those with a shared ring.

Must never be used once the plane is freed, nor from another thread than the loop's.
"""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, cast

from media.engine import native_commands as commands
from media.engine.native_library import OWN_TAPS
from media.taps import TapPacket, Tee
from media.tee import Records

if TYPE_CHECKING:
    import mmap
    from collections.abc import Mapping

    from media.ids import PeerId
    from media.taps import Tap
    from media.tee import TeeRing

_ITEMS_AT_ONCE = 1024


class Ears:
    """All ears of one plane, by name. shared: numbers of the shared rings, by kind. OSError: one can't be had."""

    def __init__(self, library: ctypes.CDLL, plane: int, tees: Mapping[str, TeeRing]) -> None:
        self._taps: dict[PeerId, tuple[int, Tap | Tee]] = {}
        self._own = _own_records(library, plane)
        self.shared = {kind: _share(library, plane, ring) for kind, ring in tees.items()}

    def ring(self, tap: Tap | Tee) -> int:
        """Give the number of the ring an ear's packets go by. AssertionError: there is none of that kind."""
        if not isinstance(tap, Tee):
            return OWN_TAPS
        if tap.kind not in self.shared:
            raise AssertionError(f"there is no ring for {tap.kind}")
        return self.shared[tap.kind]

    def add(self, name: PeerId, tap: Tap | Tee) -> bytes:
        """Take in an ear of a name that is free; gives the commands that say so."""
        taken = {number for number, _ in self._taps.values()}
        number = next(number for number in range(len(taken) + 1) if number not in taken)
        self._taps[name] = number, tap
        return commands.add_tap(number, self.ring(tap)) + commands.name_tap(number, name)

    def number(self, name: PeerId) -> int | None:
        """Give the number of an ear that is there."""
        return self._taps[name][0] if name in self._taps else None

    def remove(self, name: PeerId) -> None:
        """Forget an ear that is there; hand out first what came before."""
        del self._taps[name]

    @property
    def any_here(self) -> bool:
        """Whether any ear is in this process."""
        return any(not isinstance(tap, Tee) for _, tap in self._taps.values())

    def hand_out(self) -> int:
        """Give the ears of this process what has come; says how many packets they did not take."""
        refused = 0
        while items := self._own.read(_ITEMS_AT_ONCE):
            for name, item in items:
                _, ear = self._taps.get(name, (-1, None))
                if ear is None or isinstance(ear, Tee):
                    continue
                if not ear.offer(item) and isinstance(item, TapPacket):
                    refused += 1
        return refused


def _own_records(library: ctypes.CDLL, plane: int) -> Records:
    size = ctypes.c_uint32()
    at = library.yt_own_ring(plane, ctypes.byref(size))
    words, flags = ctypes.c_uint64 * (size.value // 8), ctypes.c_uint32 * (size.value // 4)
    memory = (ctypes.c_char * size.value).from_address(at)  # gives bytes for a slice, as a mapping does
    return Records(cast("mmap.mmap", memory), words.from_address(at), flags.from_address(at))


def _share(library: ctypes.CDLL, plane: int, ring: TeeRing) -> int:
    number = int(library.yt_share(plane, ring.memory_fd, ring.wake_fd))
    if number < 0:
        raise OSError(-number, os.strerror(-number))
    return number
