"""What one receiver gets: slot lines with continuous numbers, repeats, sender reports; and taps (sans-IO).

A line sends only what its source's stream hands it; `cut` ends that at once and empties the history, so
that nothing of a lost source can follow. It never reads a clock and never decides who may be received.
Sources: RFC 3550 §5.1 and §6.4, RFC 4588, RFC 7741 §4.2.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from media import rtcp
from media.health import Told
from media.history import History
from media.ids import Kind
from media.layers import Budget, Sending
from media.rtp import HEADER, rtx_packet
from media.srtp import SrtpError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from media.engine.port import Address, SendTo, Srtp
    from media.ids import PeerId
    from media.negotiated import SlotLine, SlotPair
    from media.rtp import Vp8
    from media.taps import Tap, TapPacket
    from media.uplink import Stream

_HALF = 0x8000
_BASE_STALE, _BASE_KEPT = 0x4000, 0x2000
_VP8 = struct.Struct("!BBHIIBBHB")  # RTP header, then the usual VP8 descriptor up to tl0picidx


def _no_keys(packet: bytes) -> bytes:
    del packet
    raise SrtpError("keys")


class Follower(ABC):
    """Someone who gets one track: a slot line or a tap.

    source: whose track the plan gives it. current: the stream it gets packets of. target: the stream it
    goes over to at its next key frame. base: the sequence number it began the current stream at.
    """

    __slots__ = ("base", "current", "kind", "source", "target", "width_px")

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.source: PeerId | None = None
        self.width_px = 0
        self.current: Stream | None = None
        self.target: Stream | None = None
        self.base = 0

    @abstractmethod
    def takes(self, codec: str) -> bool:
        """Whether it can receive this codec."""

    def aim(self, stream: Stream) -> None:
        """Go over to `stream` at its next key frame (sound: its next packet)."""
        self.hold()
        self.target = stream
        stream.waiting.append(self)
        stream.pli_wanted = self.kind is Kind.VIDEO

    def hold(self) -> None:
        """Stay on the current stream; no key frame is awaited any more."""
        if self.target is not None:
            self.target.waiting.remove(self)
            self.target = None

    @abstractmethod
    def leave(self) -> None:
        """Get no more packets of the current stream."""

    def cut(self) -> None:
        """Stop at once: nothing awaited, nothing kept, nothing more sent."""
        self.hold()
        self.leave()

    def renew_base(self) -> None:
        """Keep the base within half the number space of the newest packet. Call every second or so."""
        if self.current is not None:
            highest = self.current.reception.highest
            if (highest - self.base) & 0xFFFF > _BASE_STALE:
                self.base = (highest - _BASE_KEPT) & 0xFFFF


class TapFeed(Follower):
    """A tap's share of one track."""

    __slots__ = ("tap",)

    def __init__(self, kind: Kind, tap: Tap) -> None:
        super().__init__(kind)
        self.tap = tap

    def takes(self, codec: str) -> bool:
        """Give True: a tap takes any codec."""
        del codec
        return True

    def leave(self) -> None:
        """Get no more packets of the current stream."""
        if self.current is not None:
            self.current.feeds.remove(self)
            self.current = None

    def take(self, stream: Stream, sequence: int) -> None:
        """Go over to `stream`, whose packet `sequence` comes next."""
        self.hold()
        self.leave()
        self.current = stream
        self.base = sequence
        stream.feeds.append(self)

    def offer(self, packet: TapPacket) -> bool:
        """Hand one packet over, unless it is from before the feed began; False if the ear is full."""
        return (packet.sequence - self.base) & 0xFFFF >= _HALF or self.tap.offer(packet)


class Line(Follower):
    """One downlink m-line: rewrites numbers so that a change of source or layer shows no seam.

    *_offset: what is added to the stream's own numbers. history: None on sound, which browsers do not NACK.
    """

    __slots__ = (
        "_codecs",
        "_last_at",
        "_last_timestamp",
        "_next_picture",
        "_next_sequence",
        "_next_tl0",
        "_rtx_sequence",
        "cname",
        "down",
        "history",
        "octets",
        "packets",
        "payload_type",
        "picture_offset",
        "rtx_payload_type",
        "rtx_ssrc",
        "sequence_offset",
        "ssrc",
        "timestamp_offset",
        "tl0_offset",
    )

    def __init__(self, down: Downlink, slot: SlotLine, cname: str, history_packets: int) -> None:
        super().__init__(slot.kind)
        self.down = down
        self.ssrc = slot.ssrc
        self.rtx_ssrc = slot.rtx_ssrc
        self.cname = cname
        self._codecs = {one.codec: one for one in reversed(slot.payload_types)}
        self.history = History(history_packets) if slot.kind is Kind.VIDEO else None
        self.payload_type = 0
        self.rtx_payload_type: int | None = None
        self.packets = self.octets = 0
        self.sequence_offset = self.timestamp_offset = self.picture_offset = self.tl0_offset = 0
        # Low first numbers: a wrap among the first lost packets would desynchronise SRTP (RFC 3711 §3.3.1).
        self._next_sequence = slot.ssrc & 0x7FFF
        self._rtx_sequence = slot.ssrc >> 8 & 0x7FFF
        self._last_timestamp = slot.ssrc * 2654435761 & 0x7FFFFFFF
        self._last_at: float | None = None
        self._next_picture = self._next_tl0 = 0

    def takes(self, codec: str) -> bool:
        """Whether the receiver negotiated a payload type for this codec."""
        return codec in self._codecs

    def leave(self) -> None:
        """Get no more packets; remember where the numbers stand."""
        stream = self.current
        if stream is None:
            return
        self._next_sequence = (stream.reception.highest + self.sequence_offset + 1) & 0xFFFF
        self._last_timestamp = (stream.seen_timestamp + self.timestamp_offset) & 0xFFFFFFFF
        self._last_at = stream.seen_at
        if stream.seen_picture >= 0:
            self._next_picture = (stream.seen_picture + self.picture_offset + 1) & 0x7FFF
        if stream.seen_tl0 >= 0:
            self._next_tl0 = (stream.seen_tl0 + self.tl0_offset + 1) & 0xFF
        stream.lines.remove(self)
        self.current = None

    def cut(self) -> None:
        """Stop at once, with nothing left in the history to repeat."""
        super().cut()
        if self.history is not None:
            self.history.clear()

    def take(self, stream: Stream, sequence: int, timestamp: int, vp8: Vp8 | None, now: float) -> None:
        """Go over to `stream`, whose packet with these numbers comes next."""
        self.hold()
        self.leave()
        codec = self._codecs[stream.codec]
        self.payload_type = codec.number
        self.rtx_payload_type = codec.rtx if self.rtx_ssrc is not None else None
        ticks = 0 if self._last_at is None else max(1, round((now - self._last_at) * stream.clock_rate))
        self.sequence_offset = (self._next_sequence - sequence) & 0xFFFF
        self.timestamp_offset = (self._last_timestamp + ticks - timestamp) & 0xFFFFFFFF
        if vp8 is not None and vp8[3] >= 0:
            self.picture_offset = (self._next_picture - vp8[3]) & 0x7FFF
        if vp8 is not None and vp8[4] >= 0:
            self.tl0_offset = (self._next_tl0 - vp8[4]) & 0xFF
        self.base = sequence
        self.current = stream
        stream.lines.append(self)

    def sender_report(self, report: rtcp.SenderReport, ntp: int) -> bytes:
        """SR and SDES of this line for a publisher's report; ntp: the same instant on the server's clock."""
        mine = rtcp.SenderReport(
            self.ssrc,
            ntp & 0xFFFFFFFFFFFFFFFF,
            (report.rtp + self.timestamp_offset) & 0xFFFFFFFF,
            self.packets & 0xFFFFFFFF,
            self.octets & 0xFFFFFFFF,
        )
        return rtcp.build_sender_report(mine) + rtcp.build_cname(self.ssrc, self.cname)

    def repeat(self, sequences: Sequence[int], now: float) -> int:
        """Answer a NACK from the history, by RTX where negotiated; gives how many packets were sent."""
        if self.history is None or self.current is None:
            return 0
        kept = self.history.answer(sequences, now)
        for packet in kept:
            if self.rtx_payload_type is None or self.rtx_ssrc is None:
                self.down.send_wire(packet)
            else:
                self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
                again = rtx_packet(packet, self.rtx_ssrc, self.rtx_payload_type, self._rtx_sequence)
                self.down.send(again)
        return len(kept)


class Downlink:
    """One receiver: its lines, its keys, its address, what its RTCP said.

    Until `link`, and after `unlink`, nothing goes out: there are no keys.
    """

    def __init__(self, peer: PeerId, slots: Sequence[SlotPair], history_packets: int, sendto: SendTo) -> None:
        self.peer = peer
        self.linked = False
        self.address: Address = ("", 0)
        self.protect: Callable[[bytes], bytes] = _no_keys
        self.protect_rtcp: Callable[[bytes], bytes] = _no_keys
        self.sendto = sendto
        self.lines: dict[tuple[int, Kind], Line] = {}
        for slot in slots:
            for half in (slot.audio, slot.video):
                self.lines[slot.index, half.kind] = Line(self, half, slot.cname, history_packets)
        self.by_ssrc = {line.ssrc: line for line in self.lines.values()}
        self.budget = Budget()
        self.told = Told()
        self.fraction_lost = 0
        self.failed = 0

    def link(self, srtp: Srtp, address: Address) -> None:
        """Set the keys and where the receiver is."""
        self.protect, self.protect_rtcp = srtp.protect, srtp.protect_rtcp
        self.address = address
        self.linked = True

    def unlink(self) -> None:
        """Let nothing out any more."""
        self.protect = self.protect_rtcp = _no_keys
        self.linked = False

    def send(self, packet: bytes) -> None:
        """Protect and send one RTP packet."""
        try:
            wire = self.protect(packet)
        except SrtpError:
            self.failed += 1
            return
        self.send_wire(wire)

    def send_wire(self, wire: bytes) -> None:
        """Send one datagram that is protected already."""
        if self.linked:
            self.sendto(wire, self.address)

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send one RTCP compound; b"" is nothing."""
        if not packet or not self.linked:
            return
        try:
            wire = self.protect_rtcp(packet)
        except SrtpError:
            self.failed += 1
            return
        self.send_wire(wire)

    def sending(self) -> Sending:
        """Say what is going out now, by the streams' own measure."""
        streams = [line.current for line in self.lines.values() if line.current is not None]
        pictures = [one for one in streams if one.kind is Kind.VIDEO]
        return Sending(
            sum(one.bitrate_bps for one in streams),
            len(pictures),
            any(one is not one.siblings[0] for one in pictures),
        )


def relay(
    lines: Sequence[Line], numbers: tuple[int, int, int], payload: bytes, fresh: bool, vp8: Vp8 | None = None
) -> int:
    """Send one packet on every line; give on how many it went.

    numbers: marker bit (0x80 or 0), sequence, timestamp. payload: with a vp8 descriptor, what follows its
    picture id and tl0picidx, which are made continuous; the picture id always goes out in its 15 bit form,
    so that its width can't change with the source. The one hot loop: written out, not divided.
    """
    marker, sequence, timestamp = numbers
    _, first, extra, picture, tl0, _ = vp8 or (False, 0, 0, -1, -1, 0)
    usual = picture >= 0 and tl0 >= 0
    size = len(payload)
    sent = 0
    for line in lines:
        if not fresh and (sequence - line.base) & 0xFFFF >= _HALF:
            continue
        down = line.down
        number = (sequence + line.sequence_offset) & 0xFFFF
        kind = marker | line.payload_type
        time = (timestamp + line.timestamp_offset) & 0xFFFFFFFF
        if usual:
            shown = (picture + line.picture_offset) & 0x7FFF | 0x8000
            layer = (tl0 + line.tl0_offset) & 0xFF
            packet = _VP8.pack(0x80, kind, number, time, line.ssrc, first, extra, shown, layer) + payload
        elif vp8 is None:
            packet = HEADER.pack(0x80, kind, number, time, line.ssrc) + payload
        else:
            packet = HEADER.pack(0x80, kind, number, time, line.ssrc) + _descriptor(line, vp8) + payload
        try:
            wire = down.protect(packet)
        except SrtpError:
            down.failed += 1
            continue
        down.sendto(wire, down.address)
        sent += 1
        line.packets += 1
        line.octets += size
        history = line.history
        if history is not None:
            history.ring[number % history.size] = wire if line.rtx_payload_type is None else packet
    return sent


def _descriptor(line: Line, vp8: Vp8) -> bytes:
    """Write a VP8 descriptor that lacks the picture id or tl0picidx, up to where the payload goes on."""
    _, first, extra, picture, tl0, _ = vp8
    head = bytes((first, extra))
    if picture >= 0:
        head += ((picture + line.picture_offset) & 0x7FFF | 0x8000).to_bytes(2, "big")
    if tl0 >= 0:
        head += bytes(((tl0 + line.tl0_offset) & 0xFF,))
    return head
