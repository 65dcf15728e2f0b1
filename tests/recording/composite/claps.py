"""People who clap before a camera: a flash and a click at one moment, sent over a line that loses, delays and breaks."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np

from media.ids import Kind, PeerId, TrackId
from media.taps import TapPacket, TapReport
from tests.recording.senders import SECOND, T0, rtp_bytes, vp8_payloads

WIDTH, HEIGHT, FPS = 320, 180, 15
FLASH_S, CLICK_S = 0.2, 0.06
_NTP_1900 = 2_208_988_800
_LATE_EVERY, _GONE_EVERY = 23, 61


@dataclass(frozen=True)
class Clapper:
    """One connection. offset_s: how far the sender's own clock is from the court's; film_more_s: the picture's longer way."""

    peer: str
    ssrc: int
    frequency: int
    transit_s: float
    offset_s: float = 0.0
    film_more_s: float = 0.12

    def packets(self, start_s: float, end_s: float, claps: tuple[float, ...]) -> list[TapPacket | TapReport]:
        """Everything sent in [start, end) as it arrives: every 23rd packet by retransmission, every 61st not at all."""
        film = self._film(start_s, end_s, claps)
        items: list[TapPacket | TapReport] = []
        for kind, sent in ((Kind.AUDIO, self._voice(start_s, end_s, claps)), (Kind.VIDEO, film)):
            for number, (at_s, payload, marker, key) in enumerate(sent):
                calm = all(not at_s - 0.4 <= clap <= at_s + 1.1 for clap in claps)
                if number % _GONE_EVERY == _GONE_EVERY - 1 and calm:
                    continue
                items.append(self._packet(kind, number, at_s, payload, marker=marker, key=key))
            items += [self._report(kind, at / 2) for at in range(round(start_s * 2), round(end_s * 2))]
        return sorted(items, key=lambda item: item.arrival_ns)

    def _packet(
        self, kind: Kind, number: int, at_s: float, payload: bytes, *, marker: bool, key: bool
    ) -> TapPacket:
        rate = 48_000 if kind is Kind.AUDIO else 90_000
        ssrc, seq = self.ssrc + (kind is Kind.VIDEO), number + 65_000 & 0xFFFF
        ts = round(at_s * rate) + self.ssrc * 7919 & 0xFFFFFFFF
        rtp, start, end = rtp_bytes(payload, ssrc=ssrc, seq=seq, ts=ts, marker=marker)
        jitter_s = number * 7919 % 40 / 1000
        late_s = 0.25 if number % _LATE_EVERY == _LATE_EVERY - 1 else 0.0
        way_s = self.transit_s + (self.film_more_s if kind is Kind.VIDEO else 0.0) + jitter_s + late_s
        return TapPacket(
            track=TrackId(PeerId(self.peer), kind),
            codec="opus" if kind is Kind.AUDIO else "vp8",
            clock_rate=rate,
            ssrc=ssrc,
            sequence=seq,
            timestamp=ts,
            marker=marker,
            keyframe=key,
            rtp=rtp,
            payload_start=start,
            payload_end=end,
            arrival_ns=T0 + round((at_s + way_s) * SECOND),
        )

    def _report(self, kind: Kind, at_s: float) -> TapReport:
        """A sender report (RFC 3550 §6.4.1): the sender's own clock beside the stream's."""
        rate = 48_000 if kind is Kind.AUDIO else 90_000
        own_s = Fraction(T0, SECOND) + Fraction(at_s) + Fraction(self.offset_s) + _NTP_1900
        ts = round(at_s * rate) + self.ssrc * 7919 & 0xFFFFFFFF
        arrival_ns = T0 + round((at_s + self.transit_s + 0.02) * SECOND)
        ssrc = self.ssrc + (kind is Kind.VIDEO)
        return TapReport(TrackId(PeerId(self.peer), kind), ssrc, int(own_s * (1 << 32)), ts, arrival_ns)

    def _voice(
        self, start_s: float, end_s: float, claps: tuple[float, ...]
    ) -> list[tuple[float, bytes, bool, bool]]:
        encoder: Any = av.CodecContext.create("libopus", "w")
        encoder.sample_rate, encoder.layout, encoder.format = 48000, "mono", "s16"
        encoder.bit_rate = 48_000
        encoder.options = {"application": "audio", "frame_duration": "20"}
        times = start_s + np.arange(round((end_s - start_s) * 48_000)) / 48_000
        wave = np.zeros(len(times))
        for clap in claps:
            heard = (times >= clap) & (times < clap + CLICK_S)
            wave[heard] = 15_000 * np.sin(2 * np.pi * self.frequency * (times[heard] - clap))
        sent: list[tuple[float, bytes, bool, bool]] = []
        for index in range(len(wave) // 960):
            part = wave[index * 960 : (index + 1) * 960].astype(np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 48000, index * 960
            for packet in encoder.encode(frame):
                sent.append((start_s + len(sent) * 0.02, bytes(packet), False, False))
        return sent

    def _film(
        self, start_s: float, end_s: float, claps: tuple[float, ...]
    ) -> list[tuple[float, bytes, bool, bool]]:
        encoder: Any = av.CodecContext.create("libvpx", "w")
        encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS, 1)
        encoder.bit_rate, encoder.gop_size, encoder.thread_count = 400_000, 8, 1
        encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
        random = np.random.default_rng(self.ssrc)
        sent: list[tuple[float, bytes, bool, bool]] = []
        for index in range(round((end_s - start_s) * FPS)):
            at_s = start_s + index / FPS
            bright = any(clap - 1e-6 <= at_s < clap + FLASH_S for clap in claps)
            picture = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            picture[:HEIGHT] = 220 if bright else 50
            picture[:32, :32] = random.integers(0, 255, (32, 32))
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts = index
            for packet in encoder.encode(frame):
                pieces = vp8_payloads(bytes(packet), index + 1)
                for number, piece in enumerate(pieces):
                    last = number == len(pieces) - 1
                    sent.append((at_s, piece, last, bool(packet.is_keyframe) and number == 0))
        return sent
