"""Bounded rings in shared memory: packets for the tape and the speech engine leave the forwarding process by them.

One writes (the data plane's thread, or the engine in Python), one reads, and neither waits for the other. What is
written stays readable when the writer dies: a record counts only once it is whole. The reader believes nothing that is
in the memory: what does not add up is one ValueError, and the ring is done. Decodes no sound and no picture.

The layout is that of media/native/ring.h and of the records in media/native/tee.c.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from media.engine.native_commands import CODECS, KINDS
from media.ids import PeerId, TrackId
from media.taps import TapPacket, TapReport

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ctypes import Array, c_uint32, c_uint64

    Item = tuple[PeerId, TapPacket | TapReport]
    Name = tuple[int, int, str]  # kind of the record, number, name
    Words = memoryview | Array[c_uint64] | Array[c_uint32]

TAPE, WORDS = "tape", "words"
CAPACITY_MIN, CAPACITY_MAX = 1 << 12, 1 << 30
NUMBERS_MAX = 4096  # of peers and of taps
NAME_BYTES_MAX = 255

MAGIC = 0x59544E32
DATA_AT = 128
SLACK = 64  # behind the data: a head may be read there, never believed
HEAD_BYTES = 8
SKIP = 0xFFFFFFFF
# Indexes of the header's fields, as words of eight or four bytes.
HEAD, TAIL, DROPPED = 1, 8, 9
SLEEPING, READERS = 20, 21

PACKET, REPORT, TAP_NAME, PEER_NAME = 1, 2, 3, 4
NO_LEVEL = 1
RECORD = struct.Struct("=I4xIIIIIIqHHHhB??x4x")
"""Size of the record, then kind, tap, track (2 x peer + kind), SSRC, timestamp, clock, arrival, sequence, start, end,
level, codec, marker, key; then the packet, or the report's NTP time, or the name."""
RECORD_BYTES = RECORD.size - HEAD_BYTES
NTP = struct.Struct("=Q")

_FLAG_MASK = 0xFFFFFFFF
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL


def _fits(capacity: int) -> bool:
    return CAPACITY_MIN <= capacity <= CAPACITY_MAX and not capacity & (capacity - 1)


def ring_bytes(capacity: int) -> int:
    """Bytes of memory a ring of this capacity takes."""
    return DATA_AT + capacity + SLACK


def fence(lock: Lock) -> None:
    """Keep a processor from exchanging what is before for what is after: a release, then an acquire, of one lock."""
    with lock:
        pass
    with lock:
        pass


class TeeRing:
    """The owner's side: makes the memory, and passes its descriptors on."""

    def __init__(self, kind: str, capacity: int, memory_fd: int, wake_fd: int) -> None:
        self.kind = kind
        self.capacity = capacity
        self.memory_fd = memory_fd
        self.wake_fd = wake_fd

    @classmethod
    def create(cls, kind: str, capacity: int) -> TeeRing:
        """Make an empty ring of `capacity` bytes. OSError: no memory; ValueError: it is no power of two."""
        if not _fits(capacity):
            raise ValueError("a ring's capacity is a power of two")
        memory = os.memfd_create(f"tee-{kind}", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.truncate(memory, ring_bytes(capacity))
            os.pwrite(memory, struct.pack("=II", MAGIC, capacity), 0)
            # Its size can't change any more: a mapping of it never ends in SIGBUS.
            fcntl.fcntl(memory, fcntl.F_ADD_SEALS, _SEALS)
            wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        except OSError:
            os.close(memory)
            raise
        return cls(kind, capacity, memory, wake)

    def close(self) -> None:
        """Let go of both descriptors; who has mapped the memory keeps it. Harmless twice."""
        for descriptor in (self.memory_fd, self.wake_fd):
            if descriptor >= 0:
                os.close(descriptor)
        self.memory_fd = self.wake_fd = -1


class Records:
    """Takes records out of a ring's memory, in order, each once.

    memory: gives bytes for a slice; words and flags: the same memory as words of eight and of four bytes.
    Raises ValueError if it is no ring.
    """

    def __init__(self, memory: mmap.mmap, words: Words, flags: Words, names: Iterable[Name] = ()) -> None:
        magic, capacity = struct.unpack_from("=II", memory)
        if magic != MAGIC or not _fits(capacity) or ring_bytes(capacity) != len(memory):
            raise ValueError("this memory is no ring")
        self._memory, self._words, self._flags = memory, words, flags
        self._capacity = capacity
        self._tail = words[TAIL]
        self._taps: dict[int, PeerId] = {}
        self._tracks: dict[int, TrackId] = {}
        self._bad: str | None = None
        self._done = False
        self._lock = Lock()
        self.unnamed = 0
        self.learnt: dict[tuple[int, int], str] = {}
        for kind, number, name in names:
            self._learn(kind, number, name.encode())
        self.learnt.clear()
        flags[READERS] = (flags[READERS] + 1) & _FLAG_MASK  # the writer tells all names once more

    @property
    def dropped(self) -> int:
        """Records there was no room for, ever."""
        return self._words[DROPPED]

    def read(self, limit: int) -> list[Item]:
        """Give the next items, at most `limit`. ValueError, once: what is in the memory does not add up."""
        if self._done:
            return []
        found: list[Item] = []
        if self._bad is None:
            self._flags[SLEEPING] = 1  # before looking: what comes after the look wakes
            try:
                self._take(found, limit)
            except (ValueError, IndexError) as error:
                self._bad = str(error)
        if self._bad is not None and not found:
            self._done = True
            raise ValueError(self._bad)
        return found

    def _take(self, found: list[Item], limit: int) -> None:
        """One of these a tapped packet: kept short."""
        head = self._words[HEAD]
        fence(self._lock)  # no record is read before the head that covers it
        memory, capacity, tail = self._memory, self._capacity, self._tail
        taps, tracks, unpack, new = self._taps, self._tracks, RECORD.unpack_from, tuple.__new__
        if not 0 <= head - tail <= capacity or (head | tail) & 7:
            raise ValueError("a ring's head and tail do not add up")
        while tail != head and len(found) < limit:
            at = tail & (capacity - 1)
            (size, kind, tap, track, ssrc, timestamp, clock, arrival,
             sequence, start, end, level, codec, marker, key) = unpack(memory, DATA_AT + at)  # fmt: skip
            whole = capacity - at if size == SKIP else HEAD_BYTES + (size + 7 & ~7)
            if at + whole > capacity or tail + whole > head:
                raise ValueError("a record of a ring is longer than what was written")
            tail += whole
            begin, finish = DATA_AT + at + RECORD.size, DATA_AT + at + HEAD_BYTES + size
            if size == SKIP:
                pass
            elif begin > finish or start > end or end > finish - begin:
                raise ValueError("the sizes in a record of a ring do not add up")
            elif kind > REPORT:
                self._learn(kind, tap, memory[begin:finish])
            elif tap not in taps or track not in tracks:
                self.unnamed += 1
            elif kind == PACKET:
                rtp = memory[begin:finish]
                loudness = None if level == NO_LEVEL else level
                fields = (tracks[track], CODECS[codec], clock, ssrc, sequence, timestamp, marker, key, rtp,
                          start, end, arrival, loudness)  # fmt: skip
                found.append((taps[tap], new(TapPacket, fields)))
            elif kind == REPORT and finish - begin == NTP.size:
                (ntp,) = NTP.unpack_from(memory, begin)
                found.append((taps[tap], TapReport(tracks[track], ssrc, ntp, timestamp, arrival)))
            else:
                raise ValueError("a record of an unknown kind in a ring")
            self._tail = tail
        self._words[TAIL] = self._tail = tail

    def _learn(self, kind: int, number: int, raw: bytes) -> None:
        if kind > PEER_NAME or number >= NUMBERS_MAX or len(raw) > NAME_BYTES_MAX:
            raise ValueError("a name in a ring does not add up")
        name = PeerId(raw.decode())
        if kind == TAP_NAME:
            self._taps[number] = name
        else:
            for index, media in enumerate(KINDS):
                self._tracks[2 * number + index] = TrackId(name, media)
        self.learnt[kind, number] = name


class TeeReader:
    """The reading process's side of one ring; one reader at a time.

    Both descriptors may be closed once this is made. ValueError: it is no ring; OSError: it can't be mapped.
    wake_fd: readable when there is something to read. The writer wakes at most every 20 ms, unless the ring fills
    up: a process that sleeps in between costs nothing while nobody speaks, and one woken for each packet would spend
    more on waking up than on reading. When the writer has died, read until nothing comes, without waiting.
    names: what `learnt` of the reader before gave, in order: what that one left unread keeps its names.
    """

    def __init__(self, memory_fd: int, wake_fd: int, names: Iterable[Name] = ()) -> None:
        size = os.fstat(memory_fd).st_size
        try:
            sealed = fcntl.fcntl(memory_fd, fcntl.F_GET_SEALS) & _SEALS == _SEALS
        except OSError:
            sealed = False
        if not sealed or size < ring_bytes(CAPACITY_MIN) or size > ring_bytes(CAPACITY_MAX) or size % 8:
            raise ValueError("this memory is no ring")
        self._memory = mmap.mmap(memory_fd, size)
        self._words = memoryview(self._memory).cast("Q")
        self._flags = memoryview(self._memory).cast("I")
        try:
            self._records = Records(self._memory, self._words, self._flags, names)
            self.wake_fd = os.dup(wake_fd)
        except (OSError, ValueError):
            self._unmap()
            raise
        self._dropped = 0
        self._wake()  # for what is there already

    @property
    def dropped(self) -> int:
        """Records there was no room for, ever; after `close` as it was then."""
        return self._records.dropped if self.wake_fd >= 0 else self._dropped

    @property
    def unnamed(self) -> int:
        """Packets left by a reader that died, whose names only that one has learnt: read by nobody."""
        return self._records.unnamed

    def learnt(self) -> list[Name]:
        """Give the names that were read since the last call, by kind and number the last."""
        found, self._records.learnt = self._records.learnt, {}
        return [(kind, number, name) for (kind, number), name in found.items()]

    def read(self, limit: int) -> list[tuple[PeerId, TapPacket | TapReport]]:
        """Give the next items, at most `limit`, each with its ear's name; the descriptor stays readable if there is more.

        ValueError, once: what is in the memory does not add up, and nothing more is read of it.
        """
        if self.wake_fd < 0:
            return []
        with suppress(BlockingIOError):
            os.eventfd_read(self.wake_fd)
        found = self._records.read(limit)
        if found and len(found) >= limit:
            self._wake()
        return found

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            os.eventfd_write(self.wake_fd, 1)

    def close(self) -> None:
        """Let go of the memory. Harmless twice."""
        if self.wake_fd >= 0:
            self._dropped = self.dropped
            os.close(self.wake_fd)
            self.wake_fd = -1
            self._unmap()

    def _unmap(self) -> None:
        self._words.release()
        self._flags.release()
        self._memory.close()
