"""Synthetic people: real Opus and VP8 or H.264 in real RTP packets, with arrival times of our choosing."""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np

from media.ids import Kind, PeerId, TrackId
from media.taps import TapPacket, TapReport

T0 = 1_790_000_000_000_000_000  # a wall clock, UTC, nanoseconds
SECOND = 1_000_000_000
MTU = 1100


def rtp_bytes(
    payload: bytes, *, ssrc: int, seq: int, ts: int, marker: bool = False
) -> tuple[bytes, int, int]:
    """A whole packet with a header extension and, on every third, padding: (bytes, payload start, payload end)."""
    padding = 4 if seq % 3 == 0 else 0
    head = struct.pack(
        ">BBHII",
        0x90 | (0x20 if padding else 0),
        96 | (0x80 if marker else 0),
        seq & 0xFFFF,
        ts & 0xFFFFFFFF,
        ssrc,
    )
    head += b"\xbe\xde\x00\x01\x10\x80\x00\x00"
    tail = b"\0" * (padding - 1) + bytes([padding]) if padding else b""
    return head + payload + tail, len(head), len(head) + len(payload)


@functools.cache
def opus_packets(frequency: int, seconds: int) -> list[bytes]:
    """A tone as 20 ms Opus packets."""
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48000, "mono", "s16"
    encoder.bit_rate = 32000
    encoder.options = {"application": "voip", "frame_duration": "20"}
    encoder.open()
    out: list[bytes] = []
    times = np.arange(960)
    for index in range(seconds * 50):
        wave = 12000 * np.sin(2 * np.pi * frequency * (times + index * 960) / 48000)
        frame = av.AudioFrame.from_ndarray(wave.astype(np.int16).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48000, index * 960
        out += [bytes(packet) for packet in encoder.encode(frame)]
    return out


@functools.cache
def video_frames(codec: str, seconds: int, keyframe_every: int = 30) -> list[bytes]:
    """15 pictures a second, each of one brightness: 40 + 4 x its second."""
    encoder: Any = av.CodecContext.create("libvpx" if codec == "vp8" else "libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 240, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 15), Fraction(15, 1)
    encoder.bit_rate, encoder.gop_size, encoder.thread_count = 300_000, keyframe_every, 1
    if codec == "vp8":
        encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    else:
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
    random = np.random.default_rng(1)
    out: list[bytes] = []
    for index in range(seconds * 15):
        luma = np.full((240, 320), 40 + 4 * (index // 15), np.uint8)
        luma[:64, :64] = random.integers(0, 255, (64, 64))
        picture = np.vstack([luma, np.full((120, 320), 128, np.uint8)])
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = index
        out += [bytes(packet) for packet in encoder.encode(frame)]
    return out


def vp8_payloads(frame: bytes, picture_id: int) -> list[bytes]:
    """RFC 7741 payloads with a 15 bit picture id."""
    descriptor = bytes([0x80, 0x80 | picture_id >> 8 & 0x7F, picture_id & 0xFF])
    pieces = [frame[at : at + MTU] for at in range(0, len(frame), MTU)]
    return [bytes([0x90 if n == 0 else 0x80]) + descriptor + piece for n, piece in enumerate(pieces)]


def h264_payloads(frame: bytes) -> list[bytes]:
    """RFC 6184 payloads: SPS and PPS aggregated, long units fragmented."""
    nals = [nal for nal in frame.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if nal]
    sets = [nal for nal in nals if nal[0] & 31 in {7, 8}]
    out = []
    if sets:
        out.append(b"\x78" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in sets))
    for nal in nals:
        kind = nal[0] & 31
        if kind in {7, 8}:
            continue
        if len(nal) <= MTU:
            out.append(nal)
            continue
        pieces = [nal[at : at + MTU] for at in range(1, len(nal), MTU)]
        for n, piece in enumerate(pieces):
            flag = (0x80 if n == 0 else 0) | (0x40 if n == len(pieces) - 1 else 0)
            out.append(bytes([nal[0] & 0xE0 | 28, flag | kind]) + piece)
    return out


@dataclass
class Sender:
    """One connection of one person. drift: how much faster (parts of one) its clock runs than the court's."""

    peer: str
    ssrc: int = 0x1000
    seq: int = 65_500
    ts: int = (1 << 32) - 96_000
    transit_ns: int = 40_000_000
    drift: float = 0.0
    picture_id: int = 32_700
    codec: str = "vp8"
    _sent: dict[str, int] = field(default_factory=dict)

    def _packet(
        self, kind: Kind, codec: str, payload: bytes, at_s: float, *, marker: bool = False, key: bool = False
    ) -> TapPacket:
        rate = 48_000 if kind is Kind.AUDIO else 90_000
        number = self._sent.get(kind, 0)
        self._sent[kind] = number + 1
        ts = (self.ts + round(at_s * (1 + self.drift) * rate)) & 0xFFFFFFFF
        seq = (self.seq + number) & 0xFFFF
        ssrc = self.ssrc + (kind is Kind.VIDEO)
        rtp, start, end = rtp_bytes(payload, ssrc=ssrc, seq=seq, ts=ts, marker=marker)
        jitter_ns = (number * 7919 % 30) * 1_000_000
        return TapPacket(
            track=TrackId(PeerId(self.peer), kind),
            codec=codec,
            clock_rate=rate,
            ssrc=ssrc,
            sequence=seq,
            timestamp=ts,
            marker=marker,
            keyframe=key,
            rtp=rtp,
            payload_start=start,
            payload_end=end,
            arrival_ns=T0 + round(at_s * SECOND) + self.transit_ns + jitter_ns,
            audio_level_db=-30 if kind is Kind.AUDIO else None,
        )

    def tone(self, frequency: int, start_s: float, seconds: int) -> list[TapPacket]:
        """A tone beginning at T0 + start_s."""
        return [
            self._packet(Kind.AUDIO, "opus", data, start_s + n * 0.02)
            for n, data in enumerate(opus_packets(frequency, seconds))
        ]

    def film(self, start_s: float, seconds: int, keyframe_every: int = 30) -> list[TapPacket]:
        """Pictures beginning at T0 + start_s."""
        out = []
        for n, frame in enumerate(video_frames(self.codec, seconds, keyframe_every)):
            self.picture_id = self.picture_id + 1 & 0x7FFF
            vp8 = self.codec == "vp8"
            payloads = vp8_payloads(frame, self.picture_id) if vp8 else h264_payloads(frame)
            for part, payload in enumerate(payloads):
                last = part == len(payloads) - 1
                key = part == 0 and n % keyframe_every == 0
                out.append(
                    self._packet(Kind.VIDEO, self.codec, payload, start_s + n / 15, marker=last, key=key)
                )
        return out

    def report(self, at_s: float) -> TapReport:
        """A sender report of the voice."""
        ts = (self.ts + round(at_s * 48_000)) & 0xFFFFFFFF
        arrival = T0 + round(at_s * SECOND) + self.transit_ns
        return TapReport(TrackId(PeerId(self.peer), Kind.AUDIO), self.ssrc, arrival << 2, ts, arrival)


def by_arrival(*parts: list[TapPacket]) -> list[TapPacket]:
    """What the server's socket would have seen."""
    return sorted((packet for part in parts for packet in part), key=lambda packet: packet.arrival_ns)
