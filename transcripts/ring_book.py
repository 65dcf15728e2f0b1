"""The media workers' shared rings as the server holds them for the recogniser, and what was lost in them.

It outlives the recogniser's process: the next one goes on with the same rings. It reads a ring only where no process
will any more, and then only counts; it never passes a packet on.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from media.taps import TapPacket
from media.tee import TeeReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from media.tee import TeeRing

log = logging.getLogger(__name__)

_COUNTED_AT_ONCE = 1024


class Handle(NamedTuple):
    """A ring with descriptors of our own. number: never given before."""

    worker: int
    number: int
    memory_fd: int
    wake_fd: int


class Losses(NamedTuple):
    """Packets since the last such word. full: there was no room for them; left: a reader that died had not read them."""

    full: int
    left: int


@dataclass(slots=True)
class _Held:
    """full, left: what was told so far; left and told: by the process that reads now. older: its worker has a newer one."""

    handle: Handle
    full: int = 0
    left: int = 0
    told: bool = False
    older: bool = False


class RingBook:
    """All rings, by number; of each media worker the newest is read, and an older one to its end."""

    def __init__(self) -> None:
        self._last = 0
        self._held: dict[int, _Held] = {}
        self._unread = 0

    @property
    def handles(self) -> tuple[Handle, ...]:
        """Each ring that a process is to go on with, in the order they came."""
        return tuple(one.handle for one in self._held.values() if not one.older)

    def attach(self, worker: int, ring: TeeRing, *, read: bool) -> Handle:
        """Take a worker's fresh ring. read: a process reads the older one to its end; else nobody will. OSError."""
        for one in list(self._held.values()):
            if one.handle.worker == worker:
                one.older = True
                if not read:
                    self._give_up(one)
        self._last += 1
        made = Handle(worker, self._last, os.dup(ring.memory_fd), os.dup(ring.wake_fd))
        self._held[made.number] = _Held(made)
        return made

    def began(self) -> None:
        """Another process reads from now on; the one before is dead, and what it left of older rings is lost."""
        for one in list(self._held.values()):
            one.left, one.told = 0, False
            if one.older:
                self._give_up(one)

    def take(self, told: Mapping[str, Sequence[int]]) -> Losses:
        """Heed what the process says of each ring: how many found no room in it ever, how many it found left."""
        full, left, self._unread = 0, self._unread, 0
        for number, (all_full, all_left) in told.items():
            one = self._held.get(int(number))
            if one is not None:
                full += all_full - one.full
                left += all_left - one.left
                one.full, one.left, one.told = all_full, all_left, True
        for one in list(self._held.values()):
            if one.older and one.told and str(one.handle.number) not in told:
                self._let_go(one)  # it was read to its end
        return Losses(full, left)

    def close(self) -> None:
        """Let go of all. Harmless twice."""
        for one in list(self._held.values()):
            self._let_go(one)

    def _give_up(self, one: _Held) -> None:
        self._unread += _waiting(one.handle)
        self._let_go(one)

    def _let_go(self, one: _Held) -> None:
        os.close(one.handle.memory_fd)
        os.close(one.handle.wake_fd)
        del self._held[one.handle.number]


def _waiting(ring: Handle) -> int:
    """Count the packets in a ring that nobody will read."""
    try:
        reader = TeeReader(ring.memory_fd, ring.wake_fd)
    except (OSError, ValueError):
        return 0
    count = 0
    try:
        while items := reader.read(_COUNTED_AT_ONCE):
            count += sum(isinstance(item, TapPacket) for _, item in items)
    except ValueError:
        log.warning("the ring of media worker %d is damaged", ring.worker)
    count += reader.unnamed
    reader.close()
    return count
