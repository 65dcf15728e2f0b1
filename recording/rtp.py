"""Order of recorded RTP streams: unwrapping and reordering. Pure; never decodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from media.taps import TapPacket

StreamKey = tuple[str, int]
"""(peer, SSRC): one RTP stream; its clock and its sequence are its own."""

HOLD_NS = 1_500_000_000  # a missing packet may still come as a retransmission this long
START_NS = 300_000_000  # how long a stream's beginning waits for an earlier packet
SILENT_NS = 3_000_000_000  # after so long a pause the sequence numbers are counted afresh
_LOOK_NS = 100_000_000
_EPOCH = 1 << 20


class Unwrap:
    """Turns numbers of a few bits into ever growing ones: each is taken as the one nearest to the last."""

    __slots__ = ("_half", "_last", "_mask")

    def __init__(self, bits: int) -> None:
        self._mask = (1 << bits) - 1
        self._half = 1 << (bits - 1)
        self._last: int | None = None

    def __call__(self, value: int) -> int:
        """Return the number in full; the first is itself."""
        if self._last is None:
            self._last = value
            return value
        step = (value - self._last) & self._mask
        if step >= self._half:
            step -= self._mask + 1
        self._last += step
        return self._last

    def near(self, value: int) -> int | None:
        """Return the number in full without counting on from it; None before the first."""
        if self._last is None:
            return None
        step = (value - self._last) & self._mask
        return self._last + (step - self._mask - 1 if step >= self._half else step)


@dataclass(frozen=True, slots=True)
class Ordered:
    """One packet in its place: index counts packets of the stream without gaps unless some are missing."""

    key: StreamKey
    index: int
    ticks: int
    packet: TapPacket


class _Reorder:
    """Puts one stream's packets in order, waiting HOLD_NS for a missing one."""

    def __init__(self, key: StreamKey) -> None:
        self._key = key
        self._sequence = Unwrap(16)
        self._ticks = Unwrap(32)
        self._base = 0
        self._next: int | None = None
        self._waiting: dict[int, Ordered] = {}
        self._last_ns: int | None = None
        self._start_ns: int | None = None

    def push(self, packet: TapPacket) -> list[Ordered]:
        """Take the next arrival; return what is in order now."""
        out: list[Ordered] = []
        ticks = self._ticks(packet.timestamp)  # of every packet, so that ClockMap counts the same way
        if self._last_ns is not None and packet.arrival_ns - self._last_ns > SILENT_NS:
            out += self.flush()
            self._sequence = Unwrap(16)
            self._base = (self._next or 0) + _EPOCH
            self._next = self._start_ns = None
        self._last_ns = packet.arrival_ns
        if self._start_ns is None:
            self._start_ns = packet.arrival_ns
        index = self._base + self._sequence(packet.sequence)
        if (self._next is not None and index < self._next) or index in self._waiting:
            return out
        self._waiting[index] = Ordered(self._key, index, ticks, packet)
        return out + self._in_order() + self.expire(packet.arrival_ns)

    def expire(self, now_ns: int) -> list[Ordered]:
        """Give up waiting for what should have come by now; return what is in order then."""
        out: list[Ordered] = []
        if self._next is None:
            if not self._waiting or self._start_ns is None or now_ns - self._start_ns < START_NS:
                return out
            self._next = min(self._waiting)
            out = self._in_order()
        while self._waiting:
            first = min(self._waiting)
            if now_ns - self._waiting[first].packet.arrival_ns < HOLD_NS:
                break
            self._next = first
            out += self._in_order()
        return out

    def flush(self) -> list[Ordered]:
        """Return what still waits, in order."""
        out = [self._waiting[index] for index in sorted(self._waiting)]
        if out:
            self._next = out[-1].index + 1
        self._waiting.clear()
        return out

    def _in_order(self) -> list[Ordered]:
        out: list[Ordered] = []
        while self._next is not None and (item := self._waiting.pop(self._next, None)) is not None:
            out.append(item)
            self._next += 1
        return out


def in_order(packets: Iterable[TapPacket]) -> Iterator[Ordered]:
    """Yield the packets of all streams, each stream by its sequence numbers, doubles and hopelessly late ones left out."""
    streams: dict[StreamKey, _Reorder] = {}
    looked_ns = 0
    for packet in packets:
        if abs(packet.arrival_ns - looked_ns) > _LOOK_NS:  # streams that ended may have packets waiting
            looked_ns = packet.arrival_ns
            for waiting in streams.values():
                yield from waiting.expire(looked_ns)
        key = (packet.track.peer, packet.ssrc)
        stream = streams.get(key)
        if stream is None:
            stream = streams[key] = _Reorder(key)
        yield from stream.push(packet)
    for stream in streams.values():
        yield from stream.flush()
