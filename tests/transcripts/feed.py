"""Sound for tests: clips from tests/data, Opus packets as a browser sends them, noises."""

from __future__ import annotations

import asyncio
import json
import wave
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from numpy.typing import NDArray

from media.ids import Kind, PeerId, TrackId
from media.taps import TapPacket
from transcripts.finalpass import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transcripts.live import Ear

Sound = NDArray[np.float32]
RATE = 16_000
SPEECH = Path(__file__).parent.parent / "data" / "speech"
HEARING = Path(__file__).parent.parent.parent / "server" / "demo" / "hearing"
T0_NS = 1_700_000_000_000_000_000
FRAME_NS = 20_000_000
FRAME_UNITS = 960
BUFFERED_BYTES = 65_536


def references() -> dict[str, str]:
    """Give clip name -> text."""
    texts: dict[str, str] = json.loads((SPEECH / "reference.json").read_text("utf-8"))
    return texts


def clip(name: str) -> Sound:
    """Give one clip of tests/data/speech."""
    with wave.open(str(SPEECH / name)) as file:
        frames = file.readframes(file.getnframes())
    return (np.frombuffer(frames, np.int16) / 32768).astype(np.float32)


def hearing_lines(*numbers: int) -> dict[str, tuple[Sound, str]]:
    """Give lines of the scripted hearing: file name -> (sound, text)."""
    lines = json.loads((HEARING / "lines.json").read_text("utf-8"))
    found = {}
    for line in lines:
        if line["line"] in numbers:
            sound = np.concatenate(list(blocks(HEARING / line["file"])))
            found[line["file"]] = (sound, line["text"])
    return found


def silence(seconds: float) -> Sound:
    return np.zeros(int(seconds * RATE), np.float32)


def white_noise(seconds: float, level: float = 0.01) -> Sound:
    return (np.random.default_rng(7).standard_normal(int(seconds * RATE)) * level).astype(np.float32)


def hum(seconds: float) -> Sound:
    t = np.arange(int(seconds * RATE)) / RATE
    return (0.1 * np.sin(2 * np.pi * 50 * t) + 0.03 * np.sin(2 * np.pi * 100 * t)).astype(np.float32)


def chords(seconds: float) -> Sound:
    """Give something like music: a chord of four notes with overtones every half second, struck and fading."""
    t = np.arange(RATE // 2) / RATE
    roots = [220.0, 174.6, 196.0, 261.6]
    bars = []
    for index in range(int(seconds * 2)):
        root = roots[index % len(roots)]
        tones = [
            np.sin(2 * np.pi * root * ratio * k * t) / k for ratio in (1, 1.25, 1.5, 2) for k in (1, 2, 3)
        ]
        bars.append(0.08 * np.sum(tones, axis=0) * np.exp(-3 * t))
    return np.concatenate(bars).astype(np.float32)


def opus_payloads(sound: Sound) -> list[bytes]:
    """Encode 20 ms Opus packets with in-band FEC, as WebRTC does."""
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate = 48_000
    encoder.layout = "mono"
    encoder.format = "s16"
    encoder.bit_rate = 32_000
    encoder.time_base = Fraction(1, 48_000)
    encoder.options = {"application": "voip", "frame_duration": "20", "fec": "1", "packet_loss": "10"}
    resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000, frame_size=FRAME_UNITS)
    samples = (np.clip(sound, -1, 1) * 32767).astype(np.int16).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate = RATE
    payloads = []
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        piece.pts = None
        payloads += [bytes(packet) for packet in encoder.encode(piece)]
    return payloads + [bytes(packet) for packet in encoder.encode(None)]


def packets(
    payloads: list[bytes], peer: str = "p1", *, ssrc: int = 77, first: int = 65_500, at_ns: int = T0_NS
) -> Iterator[TapPacket]:
    """Give the packets of a speaker; sequence and timestamp wrap early."""
    for index, payload in enumerate(payloads):
        head = bytes(12)
        yield TapPacket(
            track=TrackId(PeerId(peer), Kind.AUDIO),
            codec="opus",
            clock_rate=48_000,
            ssrc=ssrc,
            sequence=(first + index) % 65_536,
            timestamp=(4_294_900_000 + index * FRAME_UNITS) % 4_294_967_296,
            marker=False,
            keyframe=False,
            rtp=head + payload,
            payload_start=len(head),
            payload_end=len(head) + len(payload),
            arrival_ns=at_ns + index * FRAME_NS,
        )


async def offer_all(ear: Ear, items: list[TapPacket]) -> int:
    """Offer packets as fast as the recogniser's process reads them; give how many were taken."""
    taken = 0
    for item in items:
        while (child := ear._owner._child) is not None and child.buffered > BUFFERED_BYTES:
            await asyncio.sleep(0.005)
        taken += ear.offer(item)
    return taken
