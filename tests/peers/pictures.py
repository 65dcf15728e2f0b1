"""Small VP8 pictures by PyAV's libvpx, and their RTP payloads (RFC 7741)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOCK_HZ = 90000
PAYLOAD_MAX = 1100  # bytes of a packet's payload


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded frame. timestamp: 90 kHz."""

    data: bytes
    keyframe: bool
    timestamp: int


def vp8_pictures(
    count: int,
    width: int = 160,
    height: int = 90,
    fps: int = 10,
    bitrate_bps: int = 100_000,
    key_every: int = 30,
) -> Iterator[Picture]:
    """Encode a moving pattern: a grey slope that slides, so that every frame differs."""
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.bit_rate, codec.gop_size = Fraction(1, fps), bitrate_bps, key_every
    codec.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    slope = (np.add.outer(np.arange(height), np.arange(width)) * 2).astype(np.uint8)
    for index in range(count):
        luma = np.roll(slope, index * 4, axis=1)
        chroma = np.full((height // 2, width), 128, dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(np.vstack([luma, chroma])[: height * 3 // 2], format="yuv420p")
        frame.pts = index
        for packet in codec.encode(frame):
            data = bytes(packet)
            yield Picture(data, is_keyframe(data), index * CLOCK_HZ // fps)


def is_keyframe(frame: bytes) -> bool:
    """RFC 6386 §9.1: the lowest bit of the first byte is 0 in a key frame."""
    return not frame[0] & 1


def vp8_payloads(picture: Picture, picture_id: int, tl0_index: int | None = None) -> list[bytes]:
    """Cut a frame into RTP payloads with a 15 bit picture id, and TL0PICIDX and TID 0 if asked for."""
    flags = 0x80 | (0x60 if tl0_index is not None else 0)
    tail = bytes([flags]) + ((picture_id & 0x7FFF) | 0x8000).to_bytes(2, "big")
    if tl0_index is not None:
        tail += bytes([tl0_index & 0xFF, 0])
    starts = range(0, len(picture.data), PAYLOAD_MAX)
    return [bytes([0x90 if at == 0 else 0x80]) + tail + picture.data[at : at + PAYLOAD_MAX] for at in starts]
