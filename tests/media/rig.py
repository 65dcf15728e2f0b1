"""A plane without sockets, DTLS or SRTP: packets in by hand, what each receiver got out. Builders of RTP and RTCP.

The engine is named by the test (the fixture `engine` of conftest.py), so that a law of an engine is tried on each.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from struct import pack, unpack_from
from typing import TYPE_CHECKING, cast

from media.ids import Kind, PeerId
from media.negotiated import (
    EXT_AUDIO_LEVEL,
    EXT_MID,
    EXT_REPAIRED_RID,
    EXT_RID,
    Negotiated,
    PayloadType,
    SlotLine,
    SlotPair,
    Uplink,
)
from media.plane import MediaPlane
from media.settings import MediaSettings
from media.srtp_keys import SrtpKeys, SrtpProfile
from tests.media.engines import WALL_NS, make_engine

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from media.facts import MediaFact
    from media.plan import RoutePlan
    from media.taps import TapPacket, TapReport
    from media.tee import TeeRing

OPUS = PayloadType(111, "opus", 48000)
RED = PayloadType(63, "red", 48000)
VP8 = PayloadType(96, "vp8", 90000, rtx=97)
VP9 = PayloadType(98, "vp9", 90000, rtx=99)
H264 = PayloadType(102, "h264", 90000, rtx=103)
AV1 = PayloadType(45, "av1", 90000, rtx=46)
VIDEO = {one.codec: one for one in (VP8, VP9, H264, AV1)}
EXTENSIONS = {1: EXT_AUDIO_LEVEL, 4: EXT_MID, 10: EXT_RID, 11: EXT_REPAIRED_RID}
BOTH = frozenset({Kind.AUDIO, Kind.VIDEO})


class Clear:
    """SRTP without protection."""

    keys = SrtpKeys(SrtpProfile("CLEAR", 0, 0, 0), b"", b"")

    def protect(self, rtp: bytes) -> bytes:
        return rtp

    def unprotect(self, srtp: bytes) -> bytes:
        return srtp

    def protect_rtcp(self, rtcp: bytes) -> bytes:
        return rtcp

    def unprotect_rtcp(self, srtcp: bytes) -> bytes:
        return srtcp


@dataclass(frozen=True)
class Got:
    """One RTP packet a receiver got; elements: its header extensions by id."""

    ssrc: int
    payload_type: int
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes
    elements: Mapping[int, bytes] = field(default_factory=dict)

    @staticmethod
    def read(packet: bytes) -> Got:
        first, second, sequence, timestamp, ssrc = unpack_from("!BBHII", packet)
        assert first & ~0x10 == 0x80, "no padding, no CSRC goes down"
        elements, start = read_elements(packet) if first & 0x10 else ({}, 12)
        return Got(ssrc, second & 0x7F, sequence, timestamp, bool(second & 0x80), packet[start:], elements)


def read_elements(packet: bytes) -> tuple[dict[int, bytes], int]:
    """One-byte header extensions (RFC 8285 §4.2), and where the payload begins; written apart from media.rtp on purpose."""
    profile, words = unpack_from("!HH", packet, 12)
    assert profile == 0xBEDE
    at, end = 16, 16 + 4 * words
    found: dict[int, bytes] = {}
    while at < end:
        if packet[at] == 0:
            at += 1
            continue
        number, size = packet[at] >> 4, (packet[at] & 15) + 1
        assert number not in found
        assert at + 1 + size <= end
        found[number] = packet[at + 1 : at + 1 + size]
        at += 1 + size
    assert found, "no block without an element"
    return found, end


def rtp(  # every field of the header
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    *,
    marker: bool = False,
    extensions: dict[int, bytes] | None = None,
    padding: int = 0,
) -> bytes:
    block = b"".join(bytes((number << 4 | len(v) - 1,)) + v for number, v in (extensions or {}).items())
    block += bytes(-len(block) % 4)
    head = pack(
        "!BBHII",
        0x80 | (0x10 if block else 0) | (0x20 if padding else 0),
        marker << 7 | payload_type,
        sequence & 0xFFFF,
        timestamp & 0xFFFFFFFF,
        ssrc,
    )
    tail = bytes(padding - 1) + bytes((padding,)) if padding else b""
    return head + (pack("!HH", 0xBEDE, len(block) // 4) + block if block else b"") + payload + tail


def vp8_payload(body: bytes, *, start: bool, key: bool, picture: int, tl0: int, wide: bool = True) -> bytes:
    """A VP8 payload with picture id (15 bit if wide), tl0picidx and temporal id (RFC 7741)."""
    number = pack("!H", 0x8000 | picture & 0x7FFF) if wide else bytes((picture & 0x7F,))
    head = bytes((0x80 | (0x10 if start else 0), 0xE0)) + number + bytes((tl0 & 0xFF, 0x00))
    return head + bytes((0x00 if key else 0x01,)) + body


def read_vp8(payload: bytes) -> tuple[int, int, bool, bytes]:
    """Picture id, tl0picidx, key frame start, body; written apart from media.rtp on purpose."""
    assert payload[0] & 0x80
    assert payload[1] == 0xE0
    picture = (payload[2] << 8 | payload[3]) & 0x7FFF
    assert payload[2] & 0x80, "always 15 bit"
    return picture, payload[4], bool(payload[0] & 0x10) and not payload[6] & 1, payload[7:]


VP9_KEY, VP9_INTER = 0x82, 0x86  # first byte of a frame of profile 0


def vp9_payload(
    body: bytes, *, start: bool, end: bool, key: bool, picture: int, tl0: int, wide: bool = True
) -> bytes:
    """A VP9 payload in non-flexible mode: picture id, layer byte, tl0picidx; a structure on key frames (RFC 9628)."""
    number = pack("!H", 0x8000 | picture & 0x7FFF) if wide else bytes((picture & 0x7F,))
    structure = key and start
    first = 0xA0 | (0 if key else 0x40) | (8 if start else 0) | (4 if end else 0) | (2 if structure else 0)
    head = bytes((first,)) + number + bytes((0x10, tl0 & 0xFF))
    head += b"\x18\x02\x80\x01\x68\x01\x04\x01" if structure else b""
    return head + (bytes((VP9_KEY if key else VP9_INTER,)) if start else b"") + body


def read_vp9(payload: bytes) -> tuple[int, int, bool, bytes]:
    """Like read_vp8, of what vp9_payload writes."""
    first = payload[0]
    assert first & 0xB0 == 0xA0
    assert payload[1] & 0x80, "always 15 bit"
    assert payload[3] == 0x10
    at = 5
    if first & 2:
        assert payload[5:13] == b"\x18\x02\x80\x01\x68\x01\x04\x01"
        at = 13
    at += 1 if first & 8 else 0
    return (
        (payload[1] << 8 | payload[2]) & 0x7FFF,
        payload[4],
        not first & 0x40 and bool(first & 8),
        payload[at:],
    )


AV1_SEQUENCE = bytes.fromhex("0a0b0000000cc4ff6712be4010")  # header OBU of 640x360 as SVT-AV1 writes it


def red_payload(primary: bytes, *before: bytes, inner: int = 111) -> bytes:
    """A RED payload around Opus, redundant blocks oldest first, 20 ms apart (RFC 2198 §3)."""
    head = b""
    for index, block in enumerate(before):
        offset = 960 * (len(before) - index)
        head += bytes((0x80 | inner,)) + (offset << 10 | len(block)).to_bytes(3, "big")
    return head + bytes((inner,)) + b"".join(before) + primary


class Source:
    """One RTP stream of a publisher: numbers go on by themselves. codec: of a camera."""

    def __init__(
        self, peer: str, kind: Kind, ssrc: int, layer: str = "", first: int = 100, codec: str = "vp8"
    ) -> None:
        self.peer, self.kind, self.ssrc, self.layer = peer, kind, ssrc, layer
        self.codec = codec
        self.sequence = first
        self.timestamp = first * 1000
        self.picture = first & 0x7FFF
        self.tl0 = first & 0xFF
        self.count = 0

    @property
    def tag(self) -> bytes:
        return f"{self.peer}:{self.kind}:{self.layer}:".encode()

    def _extensions(self) -> dict[int, bytes]:
        if self.kind is Kind.AUDIO:
            return {1: bytes((0x80 | 20,)), 4: b"0"}
        return {4: b"1", 10: self.layer.encode()} if self.layer else {4: b"1"}

    def _number(self) -> tuple[int, int]:
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.count += 1
        return self.sequence, self.timestamp

    def sound(self, level: int | None = 20) -> bytes:
        self.timestamp += 960
        sequence, timestamp = self._number()
        elements = self._extensions()
        if level is None:
            del elements[1]
        else:
            elements[1] = bytes((0x80 | level,))
        body = self.tag + str(self.count).encode()
        return rtp(111, sequence, timestamp, self.ssrc, body, extensions=elements)

    def _payload(self, key: bool, start: bool, end: bool, wide: bool) -> bytes:
        body = self.tag + str(self.count).encode()
        if self.codec == "h264":
            return (b"\x65" if key and start else b"\x41") + body
        if self.codec == "av1":
            opens = b"\x28" + bytes((len(AV1_SEQUENCE),)) + AV1_SEQUENCE if key and start else b"\x10"
            return opens + b"\x32" + body  # a frame OBU, without a length: the last element
        if self.codec == "vp9":
            return vp9_payload(
                body, start=start, end=end, key=key, picture=self.picture, tl0=self.tl0, wide=wide
            )
        return vp8_payload(
            body, start=start, key=key and start, picture=self.picture, tl0=self.tl0, wide=wide
        )

    def frame(self, packets: int = 2, *, key: bool = False, wide: bool = True) -> list[bytes]:
        self.timestamp += 3000
        self.picture = (self.picture + 1) & (0x7FFF if wide else 0x7F)
        self.tl0 = (self.tl0 + 1) & 0xFF
        out = []
        for index in range(packets):
            sequence, timestamp = self._number()
            last = index == packets - 1
            payload = self._payload(key, index == 0, last, wide)
            number = VIDEO[self.codec].number
            out.append(
                rtp(
                    number,
                    sequence,
                    timestamp,
                    self.ssrc,
                    payload,
                    marker=last,
                    extensions=self._extensions(),
                )
            )
        return out


def negotiated(
    number: int,
    *,
    rids: tuple[str, ...] = (),
    slots: int = 2,
    video: tuple[PayloadType, ...] = (VP8, H264),
    down_video: tuple[PayloadType, ...] = (VP8, H264),
    rtx: bool = True,
    audio: tuple[PayloadType, ...] = (OPUS,),
    down_audio: tuple[PayloadType, ...] = (OPUS,),
    extensions: Mapping[int, str] = EXTENSIONS,
    slot_extensions: Mapping[int, str] | None = None,
) -> Negotiated:
    """An agreement; our SSRCs are 1000 * number + 10 * slot + (1 sound, 2 picture, 3 its RTX)."""

    def pair(index: int) -> SlotPair:
        base = 1000 * number + 10 * index
        return SlotPair(
            index,
            f"slot{index}",
            SlotLine(f"{2 + 2 * index}", Kind.AUDIO, base + 1, None, down_audio),
            SlotLine(f"{3 + 2 * index}", Kind.VIDEO, base + 2, base + 3 if rtx else None, down_video),
        )

    return Negotiated(
        b"",
        (Uplink("0", Kind.AUDIO, audio), Uplink("1", Kind.VIDEO, video, rids)),
        tuple(pair(index) for index in range(slots)),
        extensions,
        slot_extensions or {},
    )


class Ear:
    """A tap that keeps everything."""

    def __init__(self) -> None:
        self.items: list[TapPacket | TapReport] = []
        self.full = False

    def offer(self, item: TapPacket | TapReport) -> bool:
        if not self.full:
            self.items.append(item)
        return not self.full


class Rig:
    """The plane on the engine of this name, its clock, and the wire as lists. tees: its shared rings, by kind."""

    def __init__(
        self, engine: str, settings: MediaSettings | None = None, tees: Mapping[str, TeeRing] | None = None
    ) -> None:
        self.now = 1000.0
        self.facts: list[MediaFact] = []
        settings = settings or MediaSettings(ring_bytes=1 << 16)  # it is emptied after every call
        self.plane = MediaPlane(settings, self.facts.append, wall_ns=self.wall_ns, monotonic=lambda: self.now)
        self.plane._wire.socket = cast("socket.socket", self)
        self.engine = make_engine(
            engine, settings, self.plane._wire.send, self.facts.append, self.wall_ns, tees or {}
        )
        self.plane._engine = self.engine
        self.wire: dict[str, list[bytes]] = defaultdict(list)
        self._numbers: dict[PeerId, int] = {}

    def wall_ns(self) -> int:
        return WALL_NS + int((self.now - 1000.0) * 1e9)

    def sendto(self, data: bytes, addr: tuple[str, int]) -> None:
        self.wire[addr[0]].append(data)

    def join(self, peer: str, agreed: Negotiated | None = None, *, linked: bool = True) -> None:
        name = PeerId(peer)
        self._numbers.setdefault(name, len(self._numbers) + 1)
        agreed = agreed or negotiated(self._numbers[name])
        self.engine.add_peer(name, agreed, self.now)
        self.plane._agreed[name] = agreed
        self.plane._route(name, self.now)
        if linked:
            self.engine.link(name, Clear(), (peer, 1), self.now)

    def extend(self, peer: str, agreed: Negotiated) -> None:
        """A later offer of a peer that is there has added slots."""
        name = PeerId(peer)
        self.plane._agreed[name] = agreed
        self.engine.extend(name, agreed, self.now)
        self.plane._route(name, self.now)

    def number(self, peer: str) -> int:
        return self._numbers[PeerId(peer)]

    def apply(self, plan: RoutePlan, group: str = "g") -> None:
        self.plane.apply(group, plan)

    def send(self, peer: str, *packets: bytes) -> None:
        for packet in packets:
            self.engine.receive(PeerId(peer), packet, self.now)

    def wait(self, seconds: float) -> None:
        """Let time pass in timer ticks."""
        for _ in range(max(1, round(seconds / 0.02))):
            self.now += 0.02
            self.engine.timer(self.now)

    def take(self, peer: str) -> list[Got]:
        """RTP the peer got since the last call; RTCP is left out."""
        return [Got.read(one) for one in self.raw(peer) if not 192 <= one[1] <= 223]

    def rtcp(self, peer: str) -> list[bytes]:
        """RTCP the peer got since the last call; RTP is left out."""
        return [one for one in self.raw(peer) if 192 <= one[1] <= 223]

    def raw(self, peer: str) -> list[bytes]:
        return self.wire.pop(peer, [])

    def count(self, name: str) -> int:
        return int(self.engine.counters().get(name, 0))
