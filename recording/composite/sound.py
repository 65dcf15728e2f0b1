"""Decodes everybody's voice, places it by the sender's clock, and mixes one sound of it. Reads the tape in one pass, a second at a time.

Placed to the sample, where a viewing copy places whole packets. Beside the sound it gives everybody's levels, of which the
plan and the waveform are made. Never writes a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np

from media.ids import Kind
from media.taps import TapPacket
from recording.rtp import in_order
from recording.voice import RATE, opus_samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from recording.clocks import ClockMap
    from recording.reading import Tape
    from recording.rtp import Ordered, StreamKey

    Wave = np.ndarray[Any, np.dtype[np.float32]]

BLOCK = RATE  # samples: a second
LEVEL = RATE // 10
_NS = 1_000_000_000
_STEP = RATE // 100  # off by more than 10 ms, a voice is moved to its place
_LATE = -RATE // 16  # a packet so much before its turn belongs to a time that has passed
_TAKE_OVER = RATE // 10  # another stream of the same person is heard after so much silence of the first
_CEILING = 0.89  # -1 dB
_GRAIN = 480  # samples over which the loudness is held below the ceiling
_RELEASE = 0.02  # how much of it comes back in a grain


def placed(
    ordered: Iterable[Ordered], clocks: ClockMap, zero_ns: int, end_ns: int
) -> Iterator[tuple[int, int, Ordered]]:
    """Yield (sample of the film, samples of its beginning to leave out, packet) of one person, in order of time."""
    total = (end_ns - zero_ns) * RATE // _NS
    cursor, active = 0, None
    active_end = -_TAKE_OVER
    expected: tuple[StreamKey, int] | None = None
    for item in ordered:
        samples = opus_samples(item.packet.payload)
        at = (clocks.wall_ns(item.key, item.ticks) - zero_ns) * RATE // _NS
        if not samples or at + samples <= 0 or at >= total:
            continue
        if item.key != active and at < active_end + _TAKE_OVER:
            continue
        if expected == (item.key, item.ticks) and abs(at - cursor) <= _STEP:
            at = cursor
        if at - cursor < _LATE:
            continue
        skip = max(0, cursor - at)
        active, active_end = item.key, at + samples
        expected = (item.key, item.ticks + samples)
        if skip < samples:
            yield at + skip, skip, item
            cursor = at + samples


class _Decoder:
    """Opus of one person to float samples, one channel; a new one for each stream."""

    def __init__(self) -> None:
        self._key: StreamKey | None = None
        self._codec: Any = None

    def decode(self, item: Ordered) -> Wave:
        """The samples of a packet; nothing for one that is broken."""
        if item.key != self._key:
            self._key = item.key
            self._codec = av.CodecContext.create("libopus", "r")
            self._codec.sample_rate, self._codec.layout = RATE, "mono"
        try:
            frames = self._codec.decode(av.Packet(item.packet.payload))
        except av.FFmpegError:
            return np.zeros(0, np.float32)
        parts = [_mono(frame) for frame in frames]
        return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.float32), *parts])


def _mono(frame: Any) -> Wave:
    samples = frame.to_ndarray()
    scale = np.float32(1 / 32768) if samples.dtype == np.int16 else np.float32(1)
    if frame.format.is_planar:
        mean = samples.astype(np.float32).mean(axis=0)
    else:
        mean = samples.reshape(-1, frame.layout.nb_channels).astype(np.float32).mean(axis=1)
    out: Wave = mean * scale
    return out


class _Voice:
    """One person's voice, read block by block."""

    def __init__(self, tape: Tape, label: str, clocks: ClockMap, zero_ns: int, end_ns: int) -> None:
        packets = (item for item in tape.items(label, Kind.AUDIO) if isinstance(item, TapPacket))
        self._items = placed(in_order(packets), clocks, zero_ns, end_ns)
        self._decoder = _Decoder()
        self._left: list[tuple[int, Wave]] = []
        self._next = next(self._items, None)

    def block(self, start: int) -> Wave | None:
        """The samples of [start, start + BLOCK), None for silence."""
        end = start + BLOCK
        parts, self._left = self._left, []
        while self._next is not None and self._next[0] < end:
            at, skip, item = self._next
            parts.append((at, self._decoder.decode(item)[skip:]))
            self._next = next(self._items, None)
        if not parts:
            return None
        out = np.zeros(BLOCK, np.float32)
        for at, wave in parts:
            lead = max(0, start - at)
            if lead >= len(wave):
                continue
            fits = wave[lead : end - at]
            out[at + lead - start : at + lead - start + len(fits)] = fits
            if at + len(wave) > end:
                self._left.append((at, wave))
        return out


class Limiter:
    """Keeps a mix below full scale without a click: turns down before a peak, and slowly up after it."""

    def __init__(self) -> None:
        self._gain = 1.0

    def hold(self, mix: Wave) -> Wave:
        """The same block, nowhere above the ceiling."""
        grains = mix.reshape(-1, _GRAIN)
        peaks = np.abs(grains).max(axis=1)
        if self._gain >= 1 and float(peaks.max()) <= _CEILING:
            return mix
        out = np.empty_like(grains)
        for at, grain in enumerate(grains):
            wanted = min(1.0, _CEILING / max(float(peaks[at]), 1e-9))
            # What follows within the block is known: be down in time for it.
            ahead = min(1.0, _CEILING / max(float(peaks[min(at + 1, len(peaks) - 1)]), 1e-9))
            to = min(wanted, ahead, self._gain + _RELEASE)
            ramp = np.linspace(min(self._gain, wanted), to, _GRAIN, dtype=np.float32)
            out[at] = grain * ramp
            self._gain = to
        held: Wave = out.reshape(-1)
        return held


class Mixer:
    """Everybody's sound from the opening to the close. levels: after all blocks, by label, one byte for LEVEL samples."""

    def __init__(self, tape: Tape, clocks: Mapping[str, ClockMap], zero_ns: int, end_ns: int) -> None:
        self._total = (end_ns - zero_ns) * RATE // _NS
        self._voices = {
            label: _Voice(tape, label, clock, zero_ns, end_ns) for label, clock in sorted(clocks.items())
        }
        self._levels = {label: bytearray() for label in self._voices}

    @property
    def levels(self) -> dict[str, bytes]:
        """255 x the root of the peak of each tenth of a second, by label."""
        return {label: bytes(found) for label, found in self._levels.items()}

    def blocks(self) -> Iterator[Wave]:
        """Yield the mix second by second; the last block is as long as is left."""
        limiter = Limiter()
        for start in range(0, self._total, BLOCK):
            mix = np.zeros(BLOCK, np.float32)
            for label, voice in self._voices.items():
                wave = voice.block(start)
                if wave is None:
                    self._levels[label] += bytes(BLOCK // LEVEL)
                    continue
                mix += wave
                peaks = np.abs(wave).reshape(-1, LEVEL).max(axis=1)
                self._levels[label] += np.minimum(255, np.sqrt(peaks) * 255).astype(np.uint8).tobytes()
            yield limiter.hold(mix)[: self._total - start]
