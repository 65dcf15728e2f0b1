"""Real speech as Opus packets, demuxed from Ogg files by PyAV without decoding (levels excepted)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RATE_HZ = 48000
SILENCE_DB = -127
# RFC 6716 §3.1: frame length in 48 kHz samples by the configuration number in the first byte.
_SILK = (480, 960, 1920, 2880)
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)


@dataclass(frozen=True, slots=True)
class SpeechPacket:
    """One Opus packet. samples: its length at 48 kHz. level_db: RFC 6464, 0 to -127 (-127 unless asked for)."""

    payload: bytes
    samples: int
    level_db: int = SILENCE_DB


def opus_samples(packet: bytes) -> int:
    """Length of an Opus packet in 48 kHz samples (RFC 6716 §3)."""
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = _SILK[config % 4]
    elif config < 16:
        frame = _HYBRID[config % 2]
    else:
        frame = _CELT[config % 4]
    count = {0: 1, 1: 2, 2: 2}.get(code)
    return frame * (count if count is not None else packet[1] & 63)


def opus_packets(path: Path, *, levels: bool = False) -> Iterator[SpeechPacket]:
    """Give the packets of an .opus file in order; with levels, decodes each to say how loud it is."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        decoder = av.AudioCodecContext.create("opus", "r") if levels else None
        for packet in container.demux(stream):
            payload = bytes(packet)
            if not payload:
                continue
            level = _level(decoder, payload) if decoder is not None else SILENCE_DB
            yield SpeechPacket(payload, opus_samples(payload), level)


def _level(decoder: av.AudioCodecContext, payload: bytes) -> int:
    total, count = 0.0, 0
    for frame in decoder.decode(av.Packet(payload)):
        samples = frame.to_ndarray().astype(np.float64)
        total += float(np.square(samples).sum())
        count += samples.size
    if not count or total <= 0:
        return SILENCE_DB
    return max(SILENCE_DB, min(0, round(10 * math.log10(total / count))))
