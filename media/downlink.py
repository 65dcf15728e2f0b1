"""What one receiver gets: slot lines with continuous numbers, repeats, sender reports; and taps (sans-IO).

A line sends only what its source's stream hands it; `cut` ends that at once and empties the history, so
that nothing of a lost source can follow. It never reads a clock and never decides who may be received.
Sources: RFC 3550 §5.1 and §6.4, RFC 4588, RFC 7741 §4.2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from media import rtcp
from media.figures import FREEZE_S, LineFigures
from media.health import Told
from media.history import History
from media.ids import Kind
from media.layers import Budget, Sending
from media.rtp import rtx_packet
from media.srtp import SrtpError
from media.stamps import Stamper

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from media.engine.port import Address, SendTo, Srtp
    from media.ids import PeerId
    from media.negotiated import SlotLine, SlotPair
    from media.rtp import Descriptor
    from media.stamps import Stamp
    from media.taps import Tap, TapPacket
    from media.uplink import Stream

_HALF = 0x8000
_BASE_STALE, _BASE_KEPT = 0x4000, 0x2000


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
    red_payload_type: -1 where RED was not negotiated. stamp: None where no header extension was.
    """

    __slots__ = (
        "_codecs",
        "_frozen",
        "_last_at",
        "_last_timestamp",
        "_next_picture",
        "_next_sequence",
        "_next_tl0",
        "_rtx_sequence",
        "_watched_from",
        "cname",
        "down",
        "fraction_lost",
        "freezes",
        "history",
        "nacks",
        "octets",
        "packets",
        "payload_type",
        "picture_offset",
        "red_payload_type",
        "repeats",
        "rtx_payload_type",
        "rtx_ssrc",
        "sequence_offset",
        "slot",
        "ssrc",
        "stamp",
        "switches",
        "timestamp_offset",
        "tl0_offset",
    )

    def __init__(
        self,
        down: Downlink,
        index: int,
        slot: SlotLine,
        cname: str,
        history_packets: int,
        stamp: Stamp | None,
    ) -> None:
        super().__init__(slot.kind)
        self.down = down
        self.slot = index
        self.stamp = stamp
        self.ssrc = slot.ssrc
        self.rtx_ssrc = slot.rtx_ssrc
        self.cname = cname
        self._codecs = {one.codec: one for one in reversed(slot.payload_types)}
        self.history = History(history_packets) if slot.kind is Kind.VIDEO else None
        self.payload_type = 0
        self.rtx_payload_type: int | None = None
        red = self._codecs.get("red")
        self.red_payload_type = -1 if red is None else red.number
        self.packets = self.octets = 0
        self.fraction_lost = 0
        self.nacks = self.repeats = self.freezes = self.switches = 0
        self._watched_from: float | None = None
        self._frozen = False
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

    def take(
        self, stream: Stream, sequence: int, timestamp: int, descriptor: Descriptor | None, now: float
    ) -> None:
        """Go over to `stream`, whose packet with these numbers comes next."""
        if self.current is not None and self.current.track == stream.track:
            self.switches += self.current is not stream
        self.hold()
        self.leave()
        codec = self._codecs[stream.codec]
        self.payload_type = codec.number
        self.rtx_payload_type = codec.rtx if self.rtx_ssrc is not None else None
        ticks = 0 if self._last_at is None else max(1, round((now - self._last_at) * stream.clock_rate))
        self.sequence_offset = (self._next_sequence - sequence) & 0xFFFF
        self.timestamp_offset = (self._last_timestamp + ticks - timestamp) & 0xFFFFFFFF
        if descriptor is not None and descriptor[3] >= 0:
            self.picture_offset = (self._next_picture - descriptor[3]) & 0x7FFF
        if descriptor is not None and descriptor[4] >= 0:
            self.tl0_offset = (self._next_tl0 - descriptor[4]) & 0xFF
        self.base = sequence
        self.current = stream
        if self.history is not None:
            self.history.begin()
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
        self.nacks += 1
        if self.history is None or self.current is None:
            return 0
        kept = self.history.answer(sequences, now)
        for packet in kept:
            if self.rtx_payload_type is None or self.rtx_ssrc is None:
                self.down.send_wire(packet)
            else:
                self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
                again = rtx_packet(packet, self.rtx_ssrc, self.rtx_payload_type, self._rtx_sequence)
                self.down.send(again, self.stamp)
        self.repeats += len(kept)
        return len(kept)

    def watch(self, now: float, live: bool) -> None:
        """Count a picture that stands still though its source sends (live), once; age. Call every FREEZE_CHECK_S."""
        if self.history is not None and self.current is not None:
            self.history.age((self.current.reception.highest + self.sequence_offset) & 0xFFFF, now)
        if not live or self._watched_from is None:
            self._watched_from = now
        moved_at = self._last_at if self.current is None else self.current.seen_at
        since = self._watched_from if moved_at is None else max(self._watched_from, moved_at)
        frozen = now - since > FREEZE_S
        self.freezes += frozen and not self._frozen
        self._frozen = frozen

    def figures(self, now: float) -> LineFigures:
        """Give the line's figures."""
        return LineFigures(
            slot=self.slot,
            kind=self.kind,
            packets=self.packets,
            octets=self.octets,
            source=self.source,
            layer=None if self.current is None else self.current.layer,
            fraction_lost=self.fraction_lost / 256,
            rtt_s=self.down.told.rtt(now),
            nacks=self.nacks,
            repeats=self.repeats,
            freezes=self.freezes,
            switches=self.switches,
        )


class Downlink:
    """One receiver: its lines, its keys, its address, what its RTCP said.

    Until `link`, and after `unlink`, nothing goes out: there are no keys.
    """

    def __init__(
        self,
        peer: PeerId,
        slots: Sequence[SlotPair],
        history_packets: int,
        sendto: SendTo,
        extensions: Mapping[int, str],
        wall_ns: Callable[[], int],
    ) -> None:
        self.peer = peer
        self.linked = False
        self.address: Address = ("", 0)
        self.protect: Callable[[bytes], bytes] = _no_keys
        self.protect_rtcp: Callable[[bytes], bytes] = _no_keys
        self.sendto = sendto
        self.lines: dict[tuple[int, Kind], Line] = {}
        self.by_ssrc: dict[int, Line] = {}
        self._history_packets = history_packets
        self._stamper = Stamper(extensions, wall_ns)
        self.extend(slots)
        self.budget = Budget()
        self.told = Told()
        self.fraction_lost = 0
        self.failed = 0

    def extend(self, slots: Sequence[SlotPair]) -> None:
        """Add the lines of these slots; those that are there stay as they are."""
        for slot in slots:
            for half in (slot.audio, slot.video):
                if (slot.index, half.kind) not in self.lines:
                    stamp = self._stamper.line(half.mid)
                    line = Line(self, slot.index, half, slot.cname, self._history_packets, stamp)
                    self.lines[slot.index, half.kind] = self.by_ssrc[half.ssrc] = line

    def link(self, srtp: Srtp, address: Address) -> None:
        """Set the keys and where the receiver is."""
        self.protect, self.protect_rtcp = srtp.protect, srtp.protect_rtcp
        self.address = address
        self.linked = True

    def unlink(self) -> None:
        """Let nothing out any more."""
        self.protect = self.protect_rtcp = _no_keys
        self.linked = False

    def send(self, packet: bytes, stamp: Stamp | None) -> None:
        """Protect and send one RTP packet, with its line's header extensions if it has any."""
        try:
            wire = self.protect(packet if stamp is None else stamp.put(packet))
        except SrtpError:
            self.failed += 1
            return
        if stamp is not None:
            stamp.stamper.sent()
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
