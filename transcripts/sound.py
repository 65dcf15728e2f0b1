"""From one speaker's packets to a line of 16 kHz sound with wall times. Never invents more than a moment.

Loss is concealed up to a bound and is silence beyond it; a pause in the sender's clock (DTX) is silence; a
long hole, a new sender or a jump of its clock breaks the line, so that no utterance spans it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from transcripts.jitter import Reorder, distance
from transcripts.opus import SAMPLE_RATE, OpusDecoder, Samples, duration

if TYPE_CHECKING:
    from transcripts.frames import OpusPacket
    from transcripts.settings import TranscriptSettings

_NS = 1_000_000_000
_UNITS = 48_000 // SAMPLE_RATE  # RTP clock units (RFC 7587: always 48 kHz) a sample
_TIME_WRAP = 1 << 32
_DRIFT = 0.0005  # the sender's crystal may run this much slower than ours
_DEFAULT_FRAME = SAMPLE_RATE // 50


@dataclass(frozen=True, slots=True)
class Sound:
    """Samples that follow the last ones without a break; wall_ns: UTC of the first of them."""

    wall_ns: int
    samples: Samples


@dataclass(frozen=True, slots=True)
class Break:
    """What comes next does not follow what came before."""


@dataclass(slots=True)
class SoundCounts:
    """Packets of one speaker since the line began."""

    packets: int = 0
    lost: int = 0
    concealed_ms: int = 0
    breaks: int = 0


class WallClock:
    """Wall time of a sender's sample by arrivals: the least delay wins; drift is followed slowly."""

    __slots__ = ("_anchor_ns", "_jump_ns", "_last_media_ns")

    def __init__(self, jump_ns: int) -> None:
        self._jump_ns = jump_ns
        self._anchor_ns: int | None = None
        self._last_media_ns = 0

    def reads(self, media_ns: int, arrival_ns: int) -> bool:
        """Take one packet's media time and arrival; False when the two clocks jumped apart (anchored anew)."""
        offset = arrival_ns - media_ns
        if self._anchor_ns is None:
            self._anchor_ns, self._last_media_ns = offset, media_ns
            return True
        if abs(offset - self._anchor_ns) > self._jump_ns:
            self._anchor_ns, self._last_media_ns = offset, media_ns
            return False
        drift = int(max(0, media_ns - self._last_media_ns) * _DRIFT)
        self._anchor_ns = min(offset, self._anchor_ns + drift)
        self._last_media_ns = media_ns
        return True

    def wall_ns(self, media_ns: int) -> int:
        """Give the wall time of a media time."""
        return (self._anchor_ns or 0) + media_ns


class SoundLine:
    """One speaker's packets in, sound and breaks out."""

    __slots__ = (
        "_clock",
        "_decoder",
        "_frame",
        "_last",
        "_media",
        "_reorder",
        "_settings",
        "_ssrc",
        "counts",
    )

    def __init__(self, settings: TranscriptSettings) -> None:
        self._settings = settings
        self.counts = SoundCounts()
        self._ssrc: int | None = None
        self._decoder = OpusDecoder()
        self._begin_line()

    def _begin_line(self) -> None:
        self._reorder = Reorder(self._settings.reorder_ms * 1_000_000, self._settings.reorder_packets_max)
        self._clock = WallClock(int(self._settings.gap_s_max * _NS / 2))
        self._last: OpusPacket | None = None
        self._media = 0  # samples since the line began
        self._frame = _DEFAULT_FRAME

    def push(self, packet: OpusPacket) -> list[Sound | Break]:
        """Take one packet as it arrived."""
        self.counts.packets += 1
        out: list[Sound | Break] = []
        if packet.ssrc != self._ssrc:
            if self._ssrc is not None:
                out = [*self.flush(), Break()]
                self.counts.breaks += 1
            self._ssrc = packet.ssrc
            self._decoder.reset()
            self._begin_line()
        for ready in self._reorder.push(packet):
            out += self._play(ready)
        return out

    def flush(self) -> list[Sound | Break]:
        """Give what is still held: nothing more will come for a while."""
        return [item for packet in self._reorder.flush() for item in self._play(packet)]

    @property
    def late(self) -> int:
        """Packets that came too late or twice."""
        return self._reorder.late

    @property
    def errors(self) -> int:
        """Payloads that were no Opus."""
        return self._decoder.errors

    def _play(self, packet: OpusPacket) -> list[Sound | Break]:
        last, self._last = self._last, packet
        samples = duration(packet.payload)
        if last is None:
            self._clock.reads(0, packet.arrival_ns)
            return [self._emit([self._decoder.decode(packet.payload)])]
        self.counts.lost += max(0, distance(packet.sequence, last.sequence) - 1)
        missing = self._missing(last, packet)
        out: list[Sound | Break] = []
        pieces: list[Samples] = []
        if missing is None:
            out.append(self._break())
        elif missing:
            pieces = self._fill(missing, packet, lost=distance(packet.sequence, last.sequence) > 1)
        begin = self._media + sum(map(len, pieces))
        if not self._clock.reads(begin * _NS // SAMPLE_RATE, packet.arrival_ns) and missing is not None:
            out.append(self._break())
            pieces = []
            self._media = begin
        self._frame = samples or self._frame
        pieces.append(self._decoder.decode(packet.payload))
        return [*out, self._emit(pieces)]

    def _missing(self, last: OpusPacket, packet: OpusPacket) -> int | None:
        """Give the samples between two packets in order; None when the clock jumped."""
        step = (packet.timestamp - last.timestamp + _TIME_WRAP // 2) % _TIME_WRAP - _TIME_WRAP // 2
        missing = step // _UNITS - (duration(last.payload) or self._frame)
        if missing < 0 or missing > self._settings.gap_s_max * SAMPLE_RATE:
            return None
        return missing

    def _fill(self, missing: int, packet: OpusPacket, *, lost: bool) -> list[Samples]:
        """Fill a hole: after a loss concealment, silence, FEC; without one (DTX) silence alone."""
        if not lost:
            return [np.zeros(missing, np.float32)]
        recovered = min(missing, duration(packet.payload) or self._frame)
        invented = min(missing - recovered, self._settings.conceal_ms_max * SAMPLE_RATE // 1000)
        self.counts.concealed_ms += (invented + recovered) * 1000 // SAMPLE_RATE
        silence = missing - recovered - invented
        return [
            self._decoder.conceal(invented),
            np.zeros(silence, np.float32),
            self._decoder.recover(packet.payload, recovered),
        ]

    def _break(self) -> Break:
        self.counts.breaks += 1
        self._decoder.reset()
        return Break()

    def _emit(self, pieces: list[Samples]) -> Sound:
        samples = np.concatenate(pieces)
        wall_ns = self._clock.wall_ns(self._media * _NS // SAMPLE_RATE)
        self._media += len(samples)
        return Sound(wall_ns, samples)
