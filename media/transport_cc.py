"""Transport-wide feedback: when each of a sender's packets came, told back to it, and read from others (pure).

It estimates nothing and keeps no packet. Malformed feedback ends in ValueError. Source:
draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1 (chunks, deltas of 250 us, reference time of 64 ms).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from media.rtcp import RTPFB, SERVER_SSRC

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FMT_TRANSPORT_CC = 15
TICKS_PER_S = 4000  # 250 us
RECORDED_MAX = 4096  # packets remembered a sender; of more than this in half a second the rest is not told
AGAIN_S = 0.5  # what came so long ago is told again where a late packet makes a feedback begin before it
LATE_MAX = 4096  # a number further behind than this is no late packet: the sender has begun anew
STATUSES_MAX = 0xFFFF
BODY_BYTES_MAX = 1000  # chunks and deltas of one feedback packet

_HEAD = struct.Struct("!BBHIIHHI")  # RTCP head, sender, media source, base, count, reference time and number
_BODY_AT = _HEAD.size - 4  # of the body that media.rtcp.parts gives: without the four byte head
_REFERENCE_TICKS = 256  # 64 ms
_NONE, _SMALL, _LARGE = 0, 1, 2
_RUN_MAX, _RUN_WORTH = 0x1FFF, 14
_ONE_BIT, _TWO_BIT = 14, 7  # statuses in a vector chunk
_SMALL_MAX = 0xFF
_LARGE_MIN, _LARGE_MAX = -0x8000, 0x7FFF

Arrival = tuple[int, int]
"""(transport-wide sequence number, time in ticks of 250 us)."""


class Feedback(NamedTuple):
    """One feedback packet. number: its own 8 bit counter; arrivals: in order of sequence, 16 bit numbers.

    The times are ticks of 250 us, modulo 2^32, with an origin of the teller's. What is among the `statuses`
    numbers from `base` on and not in arrivals had not come.
    """

    sender: int
    media: int
    base: int
    statuses: int
    number: int
    arrivals: tuple[Arrival, ...]


class Arrivals:
    """The packets of one sender, by their transport-wide numbers."""

    __slots__ = ("_came", "_highest", "_next", "_number", "_oldest", "media")

    def __init__(self) -> None:
        self.media = 0
        self._came: dict[int, int] = {}
        self._highest: int | None = None  # of the numbers made continuous
        self._next = 0  # the first not told yet
        self._oldest: int | None = None  # of what is before this it is not known any more what came
        self._number = 0

    def note(self, sequence: int, ssrc: int, now: float) -> None:
        """Note one packet. sequence: 16 bit; ssrc: its stream; now: monotonic seconds."""
        self.media = ssrc
        if len(self._came) >= RECORDED_MAX:
            self._forget(int((now - AGAIN_S) * TICKS_PER_S))
            if len(self._came) >= RECORDED_MAX:
                return
        ticks = int(now * TICKS_PER_S)
        if self._highest is None:
            self._highest = self._next = sequence
            self._came[sequence] = ticks
            return
        ahead = (sequence - self._highest + 0x8000 & 0xFFFF) - 0x8000
        if ahead < -LATE_MAX:
            self._came.clear()
            self._highest = self._next = sequence
            self._oldest = None
            self._came[sequence] = ticks
            return
        whole = self._highest + ahead
        if ahead > 0:
            self._highest = whole
        elif whole in self._came or (self._oldest is not None and whole < self._oldest):
            return
        else:
            self._next = min(self._next, whole)
        self._came[whole] = ticks

    def feedback(self, now: float) -> list[bytes]:
        """Feedback packets for all that came since the last call, [] if nothing did; call every `transport_cc_interval_s`."""
        if self._highest is None or self._highest < self._next:
            return []
        told = sorted((number, ticks) for number, ticks in self._came.items() if number >= self._next)
        packets = []
        for body in bodies(self._next, told):
            packets.append(build(body, self._number, self.media))
            self._number = (self._number + 1) & 0xFF
        if self._oldest is None:
            self._oldest = min(self._came)
        self._next = self._highest + 1
        self._forget(int((now - AGAIN_S) * TICKS_PER_S))
        return packets

    def _forget(self, before: int) -> None:
        old = [number for number, ticks in self._came.items() if ticks < before and number < self._next]
        for number in old:
            del self._came[number]
        if old:
            newest = max(old) + 1
            self._oldest = newest if self._oldest is None else max(self._oldest, newest)


class Body(NamedTuple):
    """What one feedback packet tells: statuses from `base` on, the times of those that came."""

    base: int
    statuses: bytes
    reference: int
    deltas: bytes


def bodies(first: int, arrivals: Sequence[Arrival]) -> Iterator[Body]:
    """Share out arrivals over as few feedback packets as can hold them.

    first: the first number to tell of, not beyond the first arrival. arrivals: in order of their numbers, which
    are continuous (not wrapped). A gap no packet can span is left untold.
    """
    at, base = 0, first
    while at < len(arrivals):
        base = max(base, arrivals[at][0] - STATUSES_MAX // 2)
        reference = arrivals[at][1] // _REFERENCE_TICKS
        last = reference * _REFERENCE_TICKS
        statuses, deltas = bytearray(), bytearray()
        while at < len(arrivals):
            number, ticks = arrivals[at]
            delta = ticks - last
            skipped = number - base - len(statuses)
            if len(statuses) + skipped >= STATUSES_MAX or not _LARGE_MIN <= delta <= _LARGE_MAX:
                break
            if len(statuses) // 3 + len(deltas) > BODY_BYTES_MAX:  # a chunk of two bytes has seven at least
                break
            statuses += bytes(skipped)
            if 0 <= delta <= _SMALL_MAX:
                statuses.append(_SMALL)
                deltas.append(delta)
            else:
                statuses.append(_LARGE)
                deltas += (delta & 0xFFFF).to_bytes(2, "big")
            last = ticks
            at += 1
        yield Body(base, bytes(statuses), reference, bytes(deltas))
        base += len(statuses)


def build(body: Body, number: int, media: int, sender: int = SERVER_SSRC) -> bytes:
    """Build one feedback packet. number: 8 bit counter of the feedback to this sender; media: a stream of it."""
    rest = chunks(body.statuses) + body.deltas
    padding = -len(rest) % 4
    if padding:
        rest += bytes(padding - 1) + bytes((padding,))
    words = (_HEAD.size + len(rest)) // 4 - 1
    return (
        _HEAD.pack(
            0x80 | (0x20 if padding else 0) | FMT_TRANSPORT_CC,
            RTPFB,
            words,
            sender,
            media,
            body.base & 0xFFFF,
            len(body.statuses),
            (body.reference & 0xFFFFFF) << 8 | number & 0xFF,
        )
        + rest
    )


def chunks(statuses: bytes) -> bytes:
    """Packet status chunks (§3.1.3 and §3.1.4): runs where they are long, vectors of one or two bits elsewhere."""
    out = bytearray()
    at = 0
    while at < len(statuses):
        run = _run(statuses, at)
        window = statuses[at : at + _ONE_BIT]
        if run >= _RUN_WORTH or run == len(statuses) - at:
            chunk, step = statuses[at] << 13 | run, run
        elif _LARGE not in window:
            chunk, step = 0x8000 | _vector(window, 1, _ONE_BIT), _ONE_BIT
        elif run >= _TWO_BIT:
            chunk, step = statuses[at] << 13 | run, run
        else:
            chunk, step = 0xC000 | _vector(window[:_TWO_BIT], 2, _TWO_BIT), _TWO_BIT
        out += chunk.to_bytes(2, "big")
        at += step
    return bytes(out)


def _run(statuses: bytes, at: int) -> int:
    symbol, stop = statuses[at], min(len(statuses), at + _RUN_MAX)
    end = at + 1
    while end < stop and statuses[end] == symbol:
        end += 1
    return end - at


def _vector(symbols: bytes, bits: int, places: int) -> int:
    value = 0
    for symbol in symbols:
        value = value << bits | symbol
    return value << bits * (places - len(symbols))


def parse(body: bytes) -> Feedback:
    """Read a feedback packet. body: as media.rtcp.parts gives it, without the RTCP head and padding.

    Its work is bounded by the bytes there are, whatever it says of how many packets it tells of. Raises ValueError.
    """
    if len(body) < _BODY_AT:
        raise ValueError("transport feedback cut short")
    sender, media, base, count, tail = struct.unpack_from("!IIHHI", body)
    at, place = _BODY_AT, 0
    came: list[tuple[int, int]] = []  # place among the statuses, symbol
    while place < count:
        if at + 2 > len(body):
            raise ValueError("transport feedback lacks chunks")
        chunk = body[at] << 8 | body[at + 1]
        at += 2
        place = _take(chunk, place, count, came, len(body))
    reference = tail >> 8
    ticks = (reference - ((reference & 0x800000) << 1)) * _REFERENCE_TICKS
    arrivals = []
    for number, symbol in came:
        if at + symbol > len(body):
            raise ValueError("transport feedback lacks deltas")
        delta = body[at] if symbol == _SMALL else int.from_bytes(body[at : at + 2], "big", signed=True)
        at += symbol
        ticks += delta
        arrivals.append(((base + number) & 0xFFFF, ticks & 0xFFFFFFFF))
    return Feedback(sender, media, base, count, tail & 0xFF, tuple(arrivals))


def _take(chunk: int, place: int, count: int, came: list[tuple[int, int]], limit: int) -> int:
    """Add what one chunk says came; gives the place after it. limit: more arrivals than bytes can't be true."""
    if not chunk & 0x8000:
        symbol, run = chunk >> 13, chunk & _RUN_MAX
        if not run:
            raise ValueError("transport feedback with an empty run")
        end = min(count, place + run)
        if symbol:
            if symbol > _LARGE or len(came) + end - place > limit:
                raise ValueError("transport feedback with a run that can't be")
            came += [(number, symbol) for number in range(place, end)]
        return end
    bits, places = (2, _TWO_BIT) if chunk & 0x4000 else (1, _ONE_BIT)
    for index in range(min(places, count - place)):
        symbol = chunk >> bits * (places - 1 - index) & ((1 << bits) - 1)
        if symbol > _LARGE:
            raise ValueError("transport feedback with a reserved status")
        if symbol:
            came.append((place + index, symbol))
    return min(count, place + places)
