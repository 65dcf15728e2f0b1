"""Order and time of recorded RTP streams: unwrapping, reordering, RTP time to wall time. Pure; never decodes."""

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
WINDOW_S = 10  # the clock of a sender is measured over windows of this length
RESYNC_NS = 60_000_000  # off by more than this: the picture or voice is moved
_LOOK_NS = 100_000_000
_NEIGHBOUR_NS = 500_000_000
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


class ClockMap:
    """RTP time to wall time, a stream at a time.

    The transit that took least in a window shows the sender's clock best (min-filter); the mapping moves only
    when it is off by more than RESYNC_NS, so that a voice is not stretched by jitter.
    """

    def __init__(self) -> None:
        self._least: dict[StreamKey, dict[int, int]] = {}
        self._offsets: dict[StreamKey, dict[int, int]] = {}
        self._rates: dict[StreamKey, int] = {}

    @classmethod
    def learn(cls, packets: Iterable[TapPacket]) -> ClockMap:
        """Measure the clocks of all streams in these packets (arrival order)."""
        clocks = cls()
        unwrap: dict[StreamKey, Unwrap] = {}
        for packet in packets:
            key: StreamKey = (packet.track.peer, packet.ssrc)
            if key not in unwrap:
                unwrap[key] = Unwrap(32)
                clocks._least[key] = {}
                clocks._rates[key] = packet.clock_rate
            ticks = unwrap[key](packet.timestamp)
            transit = packet.arrival_ns - ticks * 1_000_000_000 // packet.clock_rate
            least = clocks._least[key]
            window = ticks // (packet.clock_rate * WINDOW_S)
            if transit < least.get(window, transit + 1):
                least[window] = transit
        for key, least in clocks._least.items():
            clocks._offsets[key] = _steady(least)
        return clocks

    def wall_ns(self, key: StreamKey, ticks: int) -> int:
        """Wall time of an unwrapped RTP time. KeyError if the stream or the time was never learned."""
        rate = self._rates[key]
        return self._offsets[key][ticks // (rate * WINDOW_S)] + ticks * 1_000_000_000 // rate


def _steady(least: dict[int, int]) -> dict[int, int]:
    """Smooth the windows' minima: look at both neighbours, keep the last offset unless it is off by RESYNC_NS."""
    offsets: dict[int, int] = {}
    current: int | None = None
    for window in sorted(least):
        own = least[window]
        near = [least.get(window - 1, own), own, least.get(window + 1, own)]
        best = min(value for value in near if abs(value - own) <= _NEIGHBOUR_NS)
        if current is None or abs(best - current) > RESYNC_NS:
            current = best
        offsets[window] = current
    return offsets
