"""A packet's way through the Python engine: placed by its SSRC, counted, rewritten, sent on (sans-IO).

It decodes nothing and knows no plan: a stream that is not permitted goes nowhere. What does not add up
ends in ValueError, raised before the packet has changed anything but the counters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.codecs import av1, red, vp9, vp9_width
from media.downlink import Line, TapFeed
from media.facts import TrackStarted
from media.ids import Kind
from media.relay import relay, relay_red
from media.rtp import (
    HEADER,
    HEADER_BYTES,
    audio_level_db,
    bounds,
    extensions,
    h264_key,
    rtx_original,
    transport_sequence,
    vp8,
    vp8_width,
    widened,
)
from media.taps import TapPacket
from media.uplink import NEVER

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from media.engine.feedback import Feedback
    from media.engine.port import OnFact
    from media.engine.python import Port
    from media.engine.switchboard import Switchboard
    from media.negotiated import PayloadType
    from media.rtp import Descriptor
    from media.uplink import Publisher, Stream

_PADDING = 0x20


class Forwarder:
    """RTP in and out for all ports of one engine."""

    def __init__(
        self,
        counters: Counter[str],
        board: Switchboard,
        feedback: Feedback,
        on_fact: OnFact,
        wall_ns: Callable[[], int],
    ) -> None:
        self._counters = counters
        self._board = board
        self._feedback = feedback
        self._on_fact = on_fact
        self._wall_ns = wall_ns

    def rtp(self, port: Port, packet: bytes, now: float) -> None:
        """Take one decrypted packet. Raises ValueError for what does not add up."""
        bound = bounds(packet)
        ssrc = int.from_bytes(packet[8:12], "big")
        arrivals = port.publisher.arrivals
        if arrivals is not None:  # of every packet that came, refused or not: it took its share of the road
            number = transport_sequence(packet, bound[2], port.publisher.transport_id)
            if number >= 0:
                arrivals.note(number, ssrc, now)
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
        blocks: tuple[int, int] | None = None
        if codec.codec != stream.codec:
            if codec.codec == "red":
                blocks = red(packet, bound[0], bound[1], stream.opus)
            else:
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
            self._sound(publisher, stream, packet, bound, numbers, blocks, fresh, now)
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
        blocks: tuple[int, int] | None,
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
            payload = packet[bound[0] : bound[1]]
            if blocks is None:
                sent = relay(stream.lines, numbers, payload, fresh)
            else:
                inside = blocks[0], blocks[1] - bound[0]
                sent = relay_red(stream.lines, numbers, payload, inside, stream.opus, fresh)
            self._counters["packets_out"] += sent
        if stream.feeds:
            if blocks is not None:  # an ear gets the Opus packet that RED is wrapped around
                head = bytes((packet[0] & ~_PADDING, packet[1] & 0x80 | stream.opus)) + packet[2 : bound[0]]
                packet = head + packet[blocks[1] : bound[1]]
                bound = bound[0], len(packet), bound[2]
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
        key, descriptor = _frame(stream, packet, bound, numbers[2])
        if key:
            stream.keyed_at = now
        start, end, _ = bound
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
            self._counters["packets_out"] += relay(
                stream.lines, numbers, payload, fresh, descriptor, stream.codec == "vp9"
            )
        if stream.feeds:
            self._tap(stream, packet, bound, numbers, key, None)

    def _open(
        self, stream: Stream, numbers: tuple[int, int, int], descriptor: Descriptor | None, now: float
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
                self._feedback.report_line(self._board.publishers[stream.track.peer], stream, follower, now)
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


def _frame(
    stream: Stream, packet: bytes, bound: tuple[int, int, int], timestamp: int
) -> tuple[bool, Descriptor | None]:
    """Whether a key frame begins in this packet, and its descriptor (VP8, VP9); notes the key frame and its width."""
    start, end, _ = bound
    descriptor: Descriptor | None = None
    width = 0
    if stream.codec == "vp8":
        descriptor = vp8(packet, start, end)
        key = descriptor is not None and descriptor[0]
    elif stream.codec == "vp9":
        descriptor = vp9(packet, start, end)
        key = descriptor is not None and descriptor[0]
    else:
        if stream.codec == "av1":
            key, width = av1(packet, start, end)
        else:
            key = h264_key(packet, start, end)
        key = key and timestamp != stream.key_timestamp  # told by several packets of one frame
    if key:
        stream.key_timestamp = timestamp
        stream.keyframes += 1
        if descriptor is not None:
            width = (vp8_width if stream.codec == "vp8" else vp9_width)(packet, start, end)
        stream.width_px = width or stream.width_px
    if descriptor is not None and descriptor[6]:
        descriptor = widened(descriptor, stream.seen_picture)
    return key, descriptor
