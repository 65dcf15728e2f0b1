"""The data plane in Python: one pass a packet, nothing decoded (sans-IO).

A packet is unprotected once, placed by its SSRC in its own sender's table, dropped if the sender may not
publish that kind, then rewritten and protected for each line that follows the stream. It never looks at
a plan: `permit` and `feed` are all it knows of one. It reads no clock but the wall clock handed in.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from media.downlink import Downlink, Line, TapFeed, relay
from media.engine.feedback import Feedback
from media.engine.switchboard import Switchboard
from media.facts import TrackStarted
from media.health import Counts
from media.ids import Kind
from media.rtp import (
    HEADER,
    HEADER_BYTES,
    audio_level_db,
    bounds,
    extensions,
    h264_key,
    rtx_original,
    vp8,
    vp8_width,
)
from media.srtp import SrtpError
from media.taps import TapPacket
from media.uplink import NEVER, Publisher, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from media.engine.port import Address, OnFact, SendTo, Srtp
    from media.ids import PeerId
    from media.negotiated import Negotiated, PayloadType
    from media.routing import Route
    from media.rtp import Vp8
    from media.settings import MediaSettings
    from media.taps import Tap

_RTCP_FIRST, _RTCP_LAST = 192, 223  # second byte of an RTCP packet (RFC 5761 §4)


class Port:
    """One connected client as the engine sees it."""

    __slots__ = ("down", "publisher", "rtcp_left", "rtcp_second", "unprotect", "unprotect_rtcp")

    def __init__(self, publisher: Publisher, down: Downlink) -> None:
        self.publisher = publisher
        self.down = down
        self.unprotect: Callable[[bytes], bytes] | None = None
        self.unprotect_rtcp: Callable[[bytes], bytes] | None = None
        self.rtcp_second = -1
        self.rtcp_left = 0


class PythonEngine:
    """Implements media.engine.port.Engine."""

    def __init__(
        self, settings: MediaSettings, sendto: SendTo, on_fact: OnFact, wall_ns: Callable[[], int]
    ) -> None:
        self._settings = settings
        self._sendto = sendto
        self._on_fact = on_fact
        self._wall_ns = wall_ns
        self._ports: dict[PeerId, Port] = {}
        self._may: dict[PeerId, frozenset[Kind]] = {}
        self._board = Switchboard()
        self._counters: Counter[str] = Counter()
        self._feedback = Feedback(settings, self._counters, wall_ns)

    # -- peers, rights and routes --------------------------------------------------------------------------

    def add_peer(self, peer: PeerId, negotiated: Negotiated, now: float) -> None:
        """Take in a negotiated peer; its rights, if set before, hold at once."""
        self.remove_peer(peer)
        down = Downlink(peer, negotiated.slots, self._settings.history_packets, self._sendto)
        publisher = Publisher(peer, negotiated)
        publisher.permit(self._may.get(peer, frozenset()))
        self._ports[peer] = Port(publisher, down)
        self._board.publishers[peer] = publisher
        for kind in Kind:
            self._board.steer_track(peer, kind, now)

    def link(self, peer: PeerId, srtp: Srtp, address: Address, now: float) -> None:
        """Set keys and address of an added peer; unknown peers are ignored."""
        port = self._ports.get(peer)
        if port is None:
            return
        known = port.down.linked
        port.down.link(srtp, address)
        if not known:
            port.down.told.at = now  # the handshake was a sign of life
            port.unprotect, port.unprotect_rtcp = srtp.unprotect, srtp.unprotect_rtcp
            self._board.receivers[peer] = port.down
            self._board.connect(peer, now)

    def remove_peer(self, peer: PeerId) -> None:
        """Forget a peer's packets, SSRCs and keys; rights and routes stay."""
        port = self._ports.pop(peer, None)
        if port is None:
            return
        self._board.disconnect(peer)
        del self._board.publishers[peer]
        port.down.unlink()
        port.publisher.permit(frozenset())

    def add_tap(self, peer: PeerId, tap: Tap, now: float) -> None:
        """Let a machine ear get the routes of `peer`; an older ear of that name gets nothing more."""
        self._board.add_tap(peer, tap, now)

    def remove_tap(self, peer: PeerId) -> None:
        """Let a machine ear get nothing more."""
        self._board.remove_tap(peer)

    def permit(self, peer: PeerId, kinds: frozenset[Kind], now: float) -> None:
        """Set what a peer may send, at once."""
        self._may[peer] = kinds
        if not kinds:
            del self._may[peer]
        port = self._ports.get(peer)
        if port is None or port.publisher.may == kinds:
            return
        port.publisher.permit(kinds)
        for kind in kinds:
            self._board.steer_track(peer, kind, now)

    def feed(self, peer: PeerId, routes: Sequence[Route], now: float) -> None:
        """Set everything a receiver gets, at once."""
        self._board.route(peer, routes, now)

    # -- packets -------------------------------------------------------------------------------------------

    def receive(self, peer: PeerId, data: bytes, now: float) -> None:
        """Take one SRTP or SRTCP datagram; whatever is wrong with it is counted, never raised."""
        port = self._ports.get(peer)
        if port is None or port.unprotect is None or len(data) < HEADER_BYTES - 4:
            self._counters["unlinked"] += 1
            return
        try:
            if _RTCP_FIRST <= data[1] <= _RTCP_LAST:
                self._feedback.receive(port, data, now)
            else:
                self._rtp(port, port.unprotect(data), now)
        except SrtpError:
            self._counters["srtp"] += 1
        except ValueError:
            self._counters["malformed"] += 1

    def _rtp(self, port: Port, packet: bytes, now: float) -> None:
        bound = bounds(packet)
        ssrc = int.from_bytes(packet[8:12], "big")
        stream = port.publisher.streams.get(ssrc) or self._place(port.publisher, packet, bound)
        if stream is None:
            self._counters["unknown_ssrc"] += 1
            return
        if not stream.permitted:
            self._counters["refused_publish"] += 1
            return
        if stream.ssrc != ssrc:
            original = rtx_original(packet, bound, stream.ssrc, stream.repairs.get(packet[1] & 0x7F, 0))
            if original is None:
                self._counters["probes"] += 1
            else:
                self._media(port.publisher, stream, original, (HEADER_BYTES, len(original), 0), now)
            return
        self._media(port.publisher, stream, packet, bound, now)

    def _media(
        self, publisher: Publisher, stream: Stream, packet: bytes, bound: tuple[int, int, int], now: float
    ) -> None:
        """Take one packet of a stream that may flow, as it came or as RTX brought it."""
        _, second, sequence, timestamp, _ = HEADER.unpack_from(packet)
        codec = stream.codecs.get(second & 0x7F)
        if codec is None:
            self._counters["unknown_payload_type"] += 1
            return
        if codec.codec != stream.codec:
            self._change_codec(stream, codec)
        if not stream.reception.accept(sequence, timestamp, now):
            self._counters["duplicates"] += 1
            return
        self._counters["packets_in"] += 1
        fresh = stream.reception.highest == sequence
        if not fresh:
            self._counters["late"] += 1
        stream.measure(len(packet), now)
        if stream.seen_at == NEVER:
            self._begin(publisher, stream, now)
        numbers = second & 0x80, sequence, timestamp
        if stream.kind is Kind.AUDIO:
            self._sound(publisher, stream, packet, bound, numbers, fresh, now)
        else:
            self._picture(stream, packet, bound, numbers, fresh, now)

    def _place(self, publisher: Publisher, packet: bytes, bound: tuple[int, int, int]) -> Stream | None:
        """Give the stream of an SSRC that is a repair, or is not known yet."""
        ssrc = int.from_bytes(packet[8:12], "big")
        if ssrc not in publisher.repairs and not publisher.learn(
            ssrc, packet[1] & 0x7F, extensions(packet, bound[2])
        ):
            return None
        return publisher.streams.get(ssrc) or publisher.repairs.get(ssrc)

    def _begin(self, publisher: Publisher, stream: Stream, now: float) -> None:
        """Note a stream's first packet, or its first after a lock."""
        stream.seen_at = now
        if stream.kind not in publisher.started:
            publisher.started.add(stream.kind)
            self._on_fact(TrackStarted(stream.track, stream.codec))
        self._board.steer_track(publisher.peer, stream.kind, now)

    def _change_codec(self, stream: Stream, codec: PayloadType) -> None:
        for follower in (*stream.lines, *stream.feeds, *stream.waiting):
            follower.cut()
        stream.codec = codec.codec
        stream.seen_at = NEVER

    def _sound(
        self,
        publisher: Publisher,
        stream: Stream,
        packet: bytes,
        bound: tuple[int, int, int],
        numbers: tuple[int, int, int],
        fresh: bool,
        now: float,
    ) -> None:
        level = audio_level_db(packet, bound[2], publisher.level_id) if publisher.level_id else None
        if level is not None:
            publisher.level_sum += level
            publisher.level_count += 1
        if fresh:
            if stream.waiting:
                self._open(stream, numbers, None, now)
            stream.seen_at = now
            stream.seen_timestamp = numbers[2]
        if stream.lines:
            sent = relay(stream.lines, numbers, packet[bound[0] : bound[1]], fresh)
            self._counters["packets_out"] += sent
        if stream.feeds:
            self._tap(stream, packet, bound, numbers, False, level)

    def _picture(
        self,
        stream: Stream,
        packet: bytes,
        bound: tuple[int, int, int],
        numbers: tuple[int, int, int],
        fresh: bool,
        now: float,
    ) -> None:
        start, end, _ = bound
        descriptor: Vp8 | None = None
        if stream.codec == "vp8":
            descriptor = vp8(packet, start, end)
            key = descriptor is not None and descriptor[0]
        else:
            key = h264_key(packet, start, end) and numbers[2] != stream.key_timestamp
        if key:
            stream.key_timestamp = numbers[2]
            if descriptor is not None:
                stream.width_px = vp8_width(packet, start, end) or stream.width_px
        if fresh:
            if key and stream.waiting:
                self._open(stream, numbers, descriptor, now)
            stream.seen_at = now
            stream.seen_timestamp = numbers[2]
            if descriptor is not None:
                stream.seen_picture, stream.seen_tl0 = descriptor[3], descriptor[4]
        if stream.lines:
            if descriptor is not None and descriptor[3] < 0 and descriptor[4] < 0:
                descriptor = None  # nothing in it to rewrite
            payload = packet[start if descriptor is None else descriptor[5] : end]
            self._counters["packets_out"] += relay(stream.lines, numbers, payload, fresh, descriptor)
        if stream.feeds:
            self._tap(stream, packet, bound, numbers, key, None)

    def _open(
        self, stream: Stream, numbers: tuple[int, int, int], descriptor: Vp8 | None, now: float
    ) -> None:
        """Let everyone who waited for this packet go over to the stream."""
        if not stream.lines and not stream.feeds:
            stream.reception.missing.clear()  # what was lost while nobody listened is of no use now
        for follower in tuple(stream.waiting):
            if isinstance(follower, TapFeed):
                follower.take(stream, numbers[1])
                if stream.report is not None:
                    follower.tap.offer(self._feedback.tap_report(stream, stream.report))
            elif isinstance(follower, Line) and follower.takes(stream.codec):
                follower.take(stream, numbers[1], numbers[2], descriptor, now)
                self._feedback.report_line(self._ports[stream.track.peer].publisher, stream, follower, now)
        stream.pli_wanted = bool(stream.waiting)

    def _tap(
        self,
        stream: Stream,
        packet: bytes,
        bound: tuple[int, int, int],
        numbers: tuple[int, int, int],
        key: bool,
        level: int | None,
    ) -> None:
        item = TapPacket(
            track=stream.track,
            codec=stream.codec,
            clock_rate=stream.clock_rate,
            ssrc=stream.ssrc,
            sequence=numbers[1],
            timestamp=numbers[2],
            marker=bool(numbers[0]),
            keyframe=key,
            rtp=packet,
            payload_start=bound[0],
            payload_end=bound[1],
            arrival_ns=self._wall_ns(),
            audio_level_db=level,
        )
        for feed in stream.feeds:
            if not feed.offer(item):
                self._counters["tap_dropped"] += 1

    # -- time and figures ----------------------------------------------------------------------------------

    def timer(self, now: float) -> None:
        """NACKs, key frame requests, reports, REMB, layers: whatever is due."""
        self._feedback.timer(self._ports.values(), now)
        self._board.timer(now)

    def take_levels(self) -> Mapping[PeerId, float]:
        """Mean loudness of each permitted speaker since the last call."""
        levels = ((peer, port.publisher.take_level()) for peer, port in self._ports.items())
        return {peer: level for peer, level in levels if level is not None}

    def counters(self) -> Mapping[str, int]:
        """Totals by name."""
        return dict(self._counters)

    def health_counts(self, peer: PeerId, now: float) -> Counts | None:
        """One peer's counters for its health; None if it is not there."""
        port = self._ports.get(peer)
        if port is None:
            return None
        expected, received, jitter_s, seen_at = port.publisher.received(now)
        told = port.down.told
        return Counts(
            expected, received, told.sent, told.got, told.lost, jitter_s, told.rtt(now), max(seen_at, told.at)
        )

    def peer_counters(self, peer: PeerId) -> Mapping[str, int]:
        """One peer's figures."""
        port = self._ports.get(peer)
        if port is None:
            return {}
        lines = port.down.lines.values()
        sending = port.down.sending()
        return {
            "streams": len(port.publisher.streams),
            "bitrate_in_bps": sum(one.bitrate_bps for one in port.publisher.streams.values()),
            "packets_out": sum(line.packets for line in lines),
            "octets_out": sum(line.octets for line in lines),
            "bitrate_out_bps": sending.bitrate_bps,
            "pictures_out": sending.pictures,
            "fraction_lost_256": port.down.fraction_lost,
            "failed": port.down.failed,
        }
