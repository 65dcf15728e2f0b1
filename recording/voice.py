"""Lays Opus packets on one unbroken time line, silence where there is nothing (RFC 6716). Pure; never decodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from recording.clocks import ClockMap
    from recording.rtp import Ordered, StreamKey

RATE = 48_000
SILENCE = b"\xf8\xff\xfe"  # 20 ms of nothing: full band CELT, one frame, no energy
SILENCE_SAMPLES = 960
_LATE_SAMPLES = -2880  # a packet this much before its turn belongs to a time already filled
_TAKE_OVER_SAMPLES = (
    4800  # another stream of the same person speaks only after this much silence of the first
)
_OPUS_SAMPLES_MAX = 5760  # 120 ms
_SILK = (480, 960, 1920, 2880)
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)


@dataclass(frozen=True, slots=True)
class Voice:
    """One Opus packet at its sample (48 kHz) from the start."""

    at: int
    samples: int
    data: bytes


def opus_samples(packet: bytes) -> int:
    """Length of an Opus packet in samples at 48 kHz (RFC 6716 §3.1); 0: not a valid packet."""
    if not packet:
        return 0
    config = packet[0] >> 3
    if config < 12:  # noqa: PLR2004  the table of RFC 6716 §3.1
        frame = _SILK[config & 3]
    elif config < 16:  # noqa: PLR2004
        frame = _HYBRID[config & 1]
    else:
        frame = _CELT[config & 3]
    code = packet[0] & 3
    counted = packet[1] & 63 if len(packet) > 1 else 0
    count = (1, 2, 2, counted)[code]
    total = frame * count
    return total if total <= _OPUS_SAMPLES_MAX else 0


def lay(ordered: Iterable[Ordered], clocks: ClockMap, zero_ns: int, end_ns: int) -> Iterator[Voice]:
    """Yield packets that follow each other without a gap from 0 to end - zero.

    A packet stands at most 20 ms before its time (a smaller gap than a silent packet is not filled) and at most
    60 ms after it; what would stand later is left out.
    """
    total = (end_ns - zero_ns) * RATE // 1_000_000_000
    cursor = 0
    active: StreamKey | None = None
    active_end = -_TAKE_OVER_SAMPLES
    for item in ordered:
        data = item.packet.payload
        samples = opus_samples(data)
        at = (clocks.wall_ns(item.key, item.ticks) - zero_ns) * RATE // 1_000_000_000
        if not samples or at < 0 or at + samples > total:
            continue
        if item.key != active and at < active_end + _TAKE_OVER_SAMPLES:
            continue
        while at - cursor >= SILENCE_SAMPLES:
            yield Voice(cursor, SILENCE_SAMPLES, SILENCE)
            cursor += SILENCE_SAMPLES
        if at - cursor < _LATE_SAMPLES:
            continue
        yield Voice(cursor, samples, data)
        cursor += samples
        active, active_end = item.key, at + samples
    while cursor < total:
        yield Voice(cursor, SILENCE_SAMPLES, SILENCE)
        cursor += SILENCE_SAMPLES
