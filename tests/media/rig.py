"""A plane without sockets, DTLS or SRTP: packets in by hand, what each receiver got out. Builders of RTP and RTCP."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
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

if TYPE_CHECKING:
    import socket

    from media.facts import MediaFact
    from media.plan import RoutePlan
    from media.taps import TapPacket, TapReport

OPUS = PayloadType(111, "opus", 48000)
VP8 = PayloadType(96, "vp8", 90000, rtx=97)
H264 = PayloadType(102, "h264", 90000, rtx=103)
EXTENSIONS = {1: EXT_AUDIO_LEVEL, 4: EXT_MID, 10: EXT_RID, 11: EXT_REPAIRED_RID}
BOTH = frozenset({Kind.AUDIO, Kind.VIDEO})
WALL_NS = 1_780_000_000_000_000_000


class Clear:
    """SRTP without protection."""

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
    """One RTP packet a receiver got."""

    ssrc: int
    payload_type: int
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes

    @staticmethod
    def read(packet: bytes) -> Got:
        first, second, sequence, timestamp, ssrc = unpack_from("!BBHII", packet)
        assert first == 0x80, "no padding, no extension, no CSRC goes down"
        return Got(ssrc, second & 0x7F, sequence, timestamp, bool(second & 0x80), packet[12:])


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


class Source:
    """One RTP stream of a publisher: numbers go on by themselves."""

    def __init__(self, peer: str, kind: Kind, ssrc: int, layer: str = "", first: int = 100) -> None:
        self.peer, self.kind, self.ssrc, self.layer = peer, kind, ssrc, layer
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

    def frame(self, packets: int = 2, *, key: bool = False, wide: bool = True) -> list[bytes]:
        self.timestamp += 3000
        self.picture = (self.picture + 1) & (0x7FFF if wide else 0x7F)
        self.tl0 = (self.tl0 + 1) & 0xFF
        out = []
        for index in range(packets):
            sequence, timestamp = self._number()
            payload = vp8_payload(
                self.tag + str(self.count).encode(),
                start=index == 0,
                key=key and index == 0,
                picture=self.picture,
                tl0=self.tl0,
                wide=wide,
            )
            last = index == packets - 1
            out.append(
                rtp(96, sequence, timestamp, self.ssrc, payload, marker=last, extensions=self._extensions())
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
) -> Negotiated:
    """An agreement; our SSRCs are 1000 * number + 10 * slot + (1 sound, 2 picture, 3 its RTX)."""

    def pair(index: int) -> SlotPair:
        base = 1000 * number + 10 * index
        return SlotPair(
            index,
            f"slot{index}",
            SlotLine(f"{2 + 2 * index}", Kind.AUDIO, base + 1, None, (OPUS,)),
            SlotLine(f"{3 + 2 * index}", Kind.VIDEO, base + 2, base + 3 if rtx else None, down_video),
        )

    return Negotiated(
        b"",
        (Uplink("0", Kind.AUDIO, (OPUS,)), Uplink("1", Kind.VIDEO, video, rids)),
        tuple(pair(index) for index in range(slots)),
        EXTENSIONS,
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
    """The plane, its clock, and the wire as lists."""

    def __init__(self, settings: MediaSettings | None = None) -> None:
        self.now = 1000.0
        self.facts: list[MediaFact] = []
        self.plane = MediaPlane(
            settings or MediaSettings(),
            self.facts.append,
            wall_ns=lambda: WALL_NS + int((self.now - 1000.0) * 1e9),
            monotonic=lambda: self.now,
        )
        self.plane._socket = cast("socket.socket", self)
        self.engine = self.plane._engine
        self.wire: dict[str, list[bytes]] = defaultdict(list)
        self._numbers: dict[PeerId, int] = {}

    def sendto(self, data: bytes, addr: tuple[str, int]) -> None:
        self.wire[addr[0]].append(data)

    def join(self, peer: str, agreed: Negotiated | None = None, *, linked: bool = True) -> None:
        name = PeerId(peer)
        self._numbers.setdefault(name, len(self._numbers) + 1)
        agreed = agreed or negotiated(self._numbers[name])
        self.engine.add_peer(name, agreed, self.now)
        self.plane._slot_counts[name] = len(agreed.slots)
        self.plane._route(name, self.now)
        if linked:
            self.engine.link(name, Clear(), (peer, 1), self.now)

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
