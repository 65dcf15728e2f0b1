"""Whole video frames from ordered RTP packets: VP8 (RFC 7741) and H.264 (RFC 6184). Pure; never decodes a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from recording.h264 import NAL_IDR, NAL_PPS, NAL_SPS, join_nals, nals_of, sps_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from recording.clocks import ClockMap
    from recording.rtp import Ordered, StreamKey

_VP8_KEY_HEADER_BYTES = 10
_FRAME_BYTES_MAX = 8 * 1024 * 1024
_VP8_START_CODE = b"\x9d\x01\x2a"


@dataclass(frozen=True, slots=True)
class Picture:
    """One whole frame. at_ns: wall time. width and height are 0 unless it is a key frame."""

    at_ns: int
    codec: str
    data: bytes
    keyframe: bool
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class _Frame:
    data: bytes
    keyframe: bool
    width: int = 0
    height: int = 0


class _Assembler(Protocol):
    def push(self, item: Ordered) -> _Frame | None:
        """Take the next packet; return the frame it completes."""
        ...


@dataclass(frozen=True, slots=True)
class _Vp8Packet:
    start: bool
    picture_id: int | None
    data: bytes


def _vp8_packet(payload: bytes) -> _Vp8Packet | None:
    """Take a VP8 payload descriptor apart (RFC 7741 §4.2); None if it is not one."""
    try:
        first = payload[0]
        offset = 1
        picture_id = None
        if first & 0x80:
            flags = payload[1]
            offset = 2
            if flags & 0x80:
                picture_id = payload[offset] & 0x7F
                offset += 1
                if payload[offset - 1] & 0x80:
                    picture_id = picture_id << 8 | payload[offset]
                    offset += 1
            offset += bool(flags & 0x40) + bool(flags & 0x30)
    except IndexError:
        return None
    if offset >= len(payload):
        return None
    return _Vp8Packet(bool(first & 0x10) and not first & 0x07, picture_id, payload[offset:])


def _vp8_frame(data: bytes) -> _Frame:
    """Read the frame header (RFC 6386 §9.1): key frame or not, and its size."""
    key = len(data) >= _VP8_KEY_HEADER_BYTES and not data[0] & 1 and data[3:6] == _VP8_START_CODE
    if not key:
        return _Frame(data, keyframe=False)
    width = int.from_bytes(data[6:8], "little") & 0x3FFF
    height = int.from_bytes(data[8:10], "little") & 0x3FFF
    if not width or not height:
        return _Frame(data, keyframe=False)
    return _Frame(data, keyframe=True, width=width, height=height)


class Vp8Assembler:
    """Whole VP8 frames of one stream. After a lost frame nothing is given out until a key frame."""

    def __init__(self) -> None:
        self._expected: int | None = None
        self._gap = True  # packets are missing since the last whole frame
        self._parts: list[bytes] = []
        self._size = 0
        self._picture_id: int | None = None  # of the frame in work
        self._done_id: int | None = None  # of the last whole frame
        self._broken = True

    def push(self, item: Ordered) -> _Frame | None:
        """Take the next packet; return the frame it completes."""
        if item.index != self._expected:
            self._lose()
        self._expected = item.index + 1
        if item.packet.payload_end <= item.packet.payload_start:
            return None  # padding only
        packet = _vp8_packet(item.packet.payload)
        if packet is None:
            self._lose()
            return None
        if packet.start:
            self._begin(packet.picture_id)
        elif not self._parts or self._size > _FRAME_BYTES_MAX:
            self._lose()
            return None
        self._parts.append(packet.data)
        self._size += len(packet.data)
        return self._complete() if item.packet.marker else None

    def _lose(self) -> None:
        self._gap = True
        if self._parts:
            self._broken = True
            self._parts = []

    def _begin(self, picture_id: int | None) -> None:
        if self._parts or (self._gap and not self._follows_done(picture_id)):
            self._broken = True
        self._gap = False
        self._parts = []
        self._size = 0
        self._picture_id = picture_id

    def _follows_done(self, picture_id: int | None) -> bool:
        """Tell whether packets are missing but no picture is: only padding was lost."""
        if picture_id is None or self._done_id is None:
            return False
        mask = 0x7FFF if max(picture_id, self._done_id) > 0x7F else 0x7F  # noqa: PLR2004  15 or 7 bit ids
        return (picture_id - self._done_id) & mask == 1

    def _complete(self) -> _Frame | None:
        frame = _vp8_frame(b"".join(self._parts))
        self._parts = []
        if self._broken and not frame.keyframe:
            return None
        self._broken = False
        self._done_id = self._picture_id
        return frame


class H264Assembler:
    """Whole H.264 access units of one stream, Annex B. After a loss nothing is given out until an IDR picture."""

    def __init__(self) -> None:
        self._expected: int | None = None
        self._ticks: int | None = None
        self._packets: list[bytes] = []
        self._size = 0
        self._whole = False
        self._broken = True
        self._sets: dict[int, bytes] = {}

    def push(self, item: Ordered) -> _Frame | None:
        """Take the next packet; return the access unit it completes."""
        contiguous = item.index == self._expected
        self._expected = item.index + 1
        payload = item.packet.payload
        if not contiguous:
            self._whole = False
            self._broken = True
        if item.ticks != self._ticks:
            self._ticks = item.ticks
            self._packets = []
            self._size = 0
            self._whole = contiguous or _begins_with_sets(payload)
        self._size += len(payload)
        if payload and self._size <= _FRAME_BYTES_MAX:
            self._packets.append(payload)
        if not item.packet.marker:
            return None
        packets, self._packets = self._packets, []
        return self._complete(packets) if self._whole else None

    def _complete(self, packets: list[bytes]) -> _Frame | None:
        nals = nals_of(packets)
        kinds = {nal[0] & 0x1F for nal in nals if nal}
        for nal in nals:
            if nal[0] & 0x1F in {NAL_SPS, NAL_PPS}:
                self._sets[nal[0] & 0x1F] = nal
        key = NAL_IDR in kinds and self._sets.keys() == {NAL_SPS, NAL_PPS}
        width, height = sps_size(self._sets[NAL_SPS]) if key else (0, 0)
        key = key and bool(width and height)
        if not nals or (self._broken and not key):
            return None
        self._broken = False
        if not key:
            return _Frame(join_nals(nals), keyframe=False)
        missing = [self._sets[kind] for kind in (NAL_SPS, NAL_PPS) if kind not in kinds]
        return _Frame(join_nals(missing + nals), keyframe=True, width=width, height=height)


def _begins_with_sets(payload: bytes) -> bool:
    """Tell whether the packet opens an access unit for sure: parameter sets come first, alone or aggregated (STAP-A)."""
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind == 24 and len(payload) > 3:  # noqa: PLR2004  STAP-A: type, then length, then the first NAL unit
        kind = payload[3] & 0x1F
    return kind == NAL_SPS


_ASSEMBLERS: dict[str, type[Vp8Assembler | H264Assembler]] = {
    "vp8": Vp8Assembler,
    "h264": H264Assembler,
}


def pictures(ordered: Iterable[Ordered], clocks: ClockMap) -> Iterator[Picture]:
    """Yield the whole frames a decoder can take, one stream at a time: another takes over only with a key frame."""
    assemblers: dict[StreamKey, _Assembler] = {}
    active: StreamKey | None = None
    for item in ordered:
        kind = _ASSEMBLERS.get(item.packet.codec)
        if kind is None:
            continue
        if item.key not in assemblers:
            assemblers[item.key] = kind()
        frame = assemblers[item.key].push(item)
        if frame is None or (item.key != active and not frame.keyframe):
            continue
        active = item.key
        at_ns = clocks.wall_ns(item.key, item.ticks)
        yield Picture(at_ns, item.packet.codec, frame.data, frame.keyframe, frame.width, frame.height)
