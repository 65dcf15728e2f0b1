"""The engine in Python writes the shared rings: the very layout of media/native/tee.c, checked by the same tests.

It believes nothing the reader has written into the memory: its own place and the ring's size are its own copies. Never
waits and never raises: what finds no room is dropped and counted.
"""

from __future__ import annotations

import logging
import mmap
import os
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from media import tee
from media.engine.native_commands import CODECS, KINDS
from media.taps import TapPacket

if TYPE_CHECKING:
    from media.ids import PeerId
    from media.taps import TapReport

log = logging.getLogger(__name__)

_NUMBERS_KEPT = 1024  # names told at one time; then all are forgotten and told anew
_COUNT_MASK = (1 << 64) - 1


class TeeWriter:
    """The writing end of one ring; there is one at a time. The ring may be closed once this is made. OSError."""

    def __init__(self, ring: tee.TeeRing) -> None:
        self._memory = mmap.mmap(ring.memory_fd, tee.ring_bytes(ring.capacity))
        self._wake = os.dup(ring.wake_fd)
        self._words = memoryview(self._memory).cast("Q")
        self._flags = memoryview(self._memory).cast("I")
        self._lock = Lock()
        self._capacity = ring.capacity
        self._head = self._words[tee.HEAD]
        self._worst = 0
        self._readers = self._flags[tee.READERS]
        self._peers: dict[PeerId, int] = {}
        self._taps: dict[PeerId, int] = {}

    def tap(self, name: PeerId) -> TeeTap:
        """Give the ear of this name, whose packets go into this ring."""
        return TeeTap(self, name)

    def write(self, name: PeerId, item: TapPacket | TapReport) -> bool:
        """Write one item of one ear, the names it uses before it; False: no room, and counted, or closed."""
        if self._wake < 0:
            return False
        tap = self._number(self._taps, tee.TAP_NAME, name)
        peer = self._number(self._peers, tee.PEER_NAME, item.track.peer)
        if tap is None or peer is None:
            return False
        track = 2 * peer + KINDS.index(item.track.kind)
        if not isinstance(item, TapPacket):
            fields = (tee.REPORT, tap, track, item.ssrc, item.rtp_timestamp, 0, item.arrival_ns)
            return self._put(tee.NTP.pack(item.ntp_time), *fields, 0, 0, 0, tee.NO_LEVEL, 0, False, False)
        level = tee.NO_LEVEL if item.audio_level_db is None else item.audio_level_db
        codec = CODECS.index(item.codec)
        numbers = (
            item.sequence,
            item.payload_start,
            item.payload_end,
            level,
            codec,
            item.marker,
            item.keyframe,
        )
        fields = (tee.PACKET, tap, track, item.ssrc, item.timestamp, item.clock_rate, item.arrival_ns)
        return self._put(item.rtp, *fields, *numbers)

    def _number(self, known: dict[PeerId, int], kind: int, name: PeerId) -> int | None:
        number = known.get(name)
        if number is not None:
            return number
        if len(known) >= _NUMBERS_KEPT:
            known.clear()
        number = len(known)
        text = name.encode()
        if len(text) > tee.NAME_BYTES_MAX:
            raise AssertionError("a name that is too long for a ring")
        if not self._put(text, kind, number, 0, 0, 0, 0, 0, 0, 0, 0, tee.NO_LEVEL, 0, False, False):
            return None
        known[name] = number
        return number

    def _put(self, rest: bytes, *fields: int) -> bool:
        """Write one record, its fixed part and the rest of it."""
        size = tee.RECORD_BYTES + len(rest)
        need = tee.HEAD_BYTES + (size + 7 & ~7)
        at = self._head & (self._capacity - 1)
        left = self._capacity - at
        skipped = left if need > left else 0
        used = self._head - self._words[tee.TAIL]
        if size > self._capacity // 2 or used < 0 or used + skipped + need > self._capacity:
            self._words[tee.DROPPED] = (self._words[tee.DROPPED] + 1) & _COUNT_MASK
            self._worst = self._capacity
            return False
        self._worst = max(self._worst, used + skipped + need)
        if skipped:
            self._flags[(tee.DATA_AT + at) // 4] = tee.SKIP
            at = 0
        begin = tee.DATA_AT + at
        tee.RECORD.pack_into(self._memory, begin, size, *fields)
        end = begin + tee.RECORD.size
        self._memory[end : end + len(rest)] = rest
        self._head += skipped + need
        tee.fence(self._lock)
        self._words[tee.HEAD] = self._head  # last: what is before it is whole
        if used + need > self._capacity // 4:
            self._wake_reader()
        return True

    def take_worst(self) -> float:
        """How full it was at the worst since the last call, as a share of its room; 1 where something found none."""
        if self._wake < 0:
            return 0.0
        used = self._head - self._words[tee.TAIL]
        worst = max(self._worst, used if used >= 0 else self._capacity)
        self._worst = 0
        return min(1.0, worst / self._capacity)

    def timer(self) -> None:
        """Every 20 ms: wake the reader if there is something for it, and tell a new one all names."""
        if self._wake < 0:
            return
        if self._readers != self._flags[tee.READERS]:
            self._readers = self._flags[tee.READERS]
            self._peers.clear()
            self._taps.clear()
        if self._head != self._words[tee.TAIL]:
            self._wake_reader()

    def _wake_reader(self) -> None:
        if self._flags[tee.SLEEPING]:
            self._flags[tee.SLEEPING] = 0
            with suppress(BlockingIOError):
                os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        """Wake the reader for the last time and let go of the memory. Harmless twice."""
        if self._wake < 0:
            return
        self.timer()
        self._words.release()
        self._flags.release()
        self._memory.close()
        os.close(self._wake)
        self._wake = -1


class TeeTap:
    """An ear whose packets go into a shared ring (media.taps.Tap)."""

    def __init__(self, writer: TeeWriter, name: PeerId) -> None:
        self._writer = writer
        self._name = name
        self._told = False

    def offer(self, item: TapPacket | TapReport) -> bool:
        """Write one item; False: no room, which is logged once."""
        taken = self._writer.write(self._name, item)
        if not taken and not self._told:
            self._told = True
            log.warning("media plane: the ring of a machine ear is full; what finds no room is counted")
        return taken
