"""What one publisher sends: its SSRCs, its layers, and the feedback it is owed (sans-IO).

Each publisher's SSRC space is its own: another peer's packet never reaches this table. A layer's SSRC
belongs to the first that claimed it, and a packet is never given to a track by payload type alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from media import rtcp
from media.figures import StreamFigures
from media.ids import Kind, TrackId
from media.layers import LIVE_S, Layer, assumed_width, order
from media.negotiated import EXT_AUDIO_LEVEL, EXT_MID, EXT_REPAIRED_RID, EXT_RID, EXT_TRANSPORT_CC
from media.reception import Reception
from media.transport_cc import Arrivals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.downlink import Follower, Line, TapFeed
    from media.ids import PeerId
    from media.negotiated import Negotiated, PayloadType, Uplink

REPORT_WITHIN_S = 5.0  # a stream silent for longer is left out of receiver reports
RATE_WINDOW_S = 1.0
NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an SSRC belongs: a layer of an m-line, or that layer's RTX."""

    uplink: Uplink
    layer: str
    repair: bool


class Stream:
    """One layer of a track (audio has one, "").

    lines and feeds: who gets each packet now; waiting: who wants it from its next key frame on.
    seen_*: of the newest packet, in the publisher's own numbers. permitted: the plan lets it flow.
    siblings: all layers of the track, lowest first. codec: of what is carried; a RED stream's is "opus".
    opus: payload type of the Opus inside RED, -1 if none was agreed.
    """

    __slots__ = (
        "_bytes",
        "_bytes_before",
        "_window_at",
        "bitrate_bps",
        "clock_rate",
        "codec",
        "codecs",
        "feeds",
        "key_timestamp",
        "keyed_at",
        "keyframes",
        "kind",
        "layer",
        "lines",
        "opus",
        "permitted",
        "pli_at",
        "pli_wanted",
        "reception",
        "repairs",
        "report",
        "report_ns",
        "seen_at",
        "seen_picture",
        "seen_timestamp",
        "seen_tl0",
        "siblings",
        "ssrc",
        "track",
        "waiting",
        "width_px",
    )

    def __init__(self, track: TrackId, uplink: Uplink, layer: str, ssrc: int, siblings: list[Stream]) -> None:
        self.track = track
        self.siblings = siblings
        self.kind = track.kind
        self.layer = layer
        self.ssrc = ssrc
        self.permitted = False
        self.codecs: dict[int, PayloadType] = {one.number: one for one in uplink.payload_types}
        self.repairs = {one.rtx: one.number for one in uplink.payload_types if one.rtx is not None}
        first = uplink.payload_types[0]
        self.codec = "opus" if first.codec == "red" else first.codec
        self.opus = next((one.number for one in uplink.payload_types if one.codec == "opus"), -1)
        self.clock_rate = first.clock_rate
        self.reception = Reception(first.clock_rate)
        self.lines: list[Line] = []
        self.feeds: list[TapFeed] = []
        self.waiting: list[Follower] = []
        rids = order(uplink.rids)
        self.width_px = assumed_width(rids.index(layer), len(rids)) if layer in rids else 0
        self.seen_at = NEVER
        self.seen_timestamp = self.seen_picture = self.seen_tl0 = 0
        self.key_timestamp = -1
        self.keyframes = 0
        self.keyed_at = NEVER
        self.pli_at = NEVER
        self.pli_wanted = False
        self.report: rtcp.SenderReport | None = None
        self.report_ns = 0
        self.bitrate_bps = self._bytes = self._bytes_before = 0
        self._window_at = 0.0

    def live(self, now: float) -> bool:
        """Whether it is permitted and packets have been coming."""
        return self.permitted and now - self.seen_at < LIVE_S

    def restart(self) -> None:
        """Forget the run of packets: the next accepted one begins anew (after a lock)."""
        self.reception.restart()
        self.seen_at = NEVER
        self.pli_wanted = False

    def measure(self, size: int, now: float) -> None:
        """Add one packet to the bit rate of the last second."""
        self._bytes += size
        passed = now - self._window_at
        if passed >= RATE_WINDOW_S:
            self.bitrate_bps = int(self._bytes * 8 / passed)
            self._bytes_before += self._bytes
            self._bytes = 0
            self._window_at = now

    def figures(self, now: float) -> StreamFigures:
        """Give the stream's figures."""
        expected, received = self.reception.totals()
        return StreamFigures(
            track=self.track,
            layer=self.layer,
            codec=self.codec,
            permitted=self.permitted,
            packets=received,
            bytes=self._bytes_before + self._bytes,
            lost=max(0, expected - received),
            jitter_s=self.reception.jitter_s,
            bitrate_bps=self.bitrate_bps if self.live(now) else 0,
            width_px=self.width_px,
            keyframes=self.keyframes,
            seen_at=None if self.seen_at == NEVER else self.seen_at,
        )

    def key_missed(self, now: float, every_s: float) -> bool:
        """Whether a machine ear keeps it, and has had no place to begin for `every_s`: a record is searched through."""
        return bool(self.feeds) and self.live(now) and now - max(self.keyed_at, self.pli_at) >= every_s

    def pli_due(self, now: float, interval_s: float) -> bool:
        """Whether to ask for a wanted key frame now; notes the asking."""
        if not self.pli_wanted or now - self.pli_at < interval_s:
            return False
        self.pli_at = now
        # Kept wanted while somebody waits for the key frame: the request itself may be lost.
        self.pli_wanted = bool(self.waiting)
        return True


class Publisher:
    """One peer's sending side.

    arrivals: when its packets came, where it wants transport-wide feedback (it is sent no REMB then), else None.
    """

    def __init__(self, peer: PeerId, negotiated: Negotiated) -> None:
        self.peer = peer
        self.streams: dict[int, Stream] = {}
        self.repairs: dict[int, Stream] = {}
        self.tracks: dict[Kind, list[Stream]] = {Kind.AUDIO: [], Kind.VIDEO: []}
        self.may: frozenset[Kind] = frozenset()
        self.started: set[Kind] = set()
        self.ntp_shift: int | None = None
        self._uplinks = {one.mid: one for one in negotiated.uplinks if one.payload_types}
        ids = {uri: number for number, uri in negotiated.extensions.items()}
        self.level_id = ids.get(EXT_AUDIO_LEVEL, 0)
        self._mid_id = ids.get(EXT_MID, 0)
        self._rid_id = ids.get(EXT_RID, 0)
        self._repaired_id = ids.get(EXT_REPAIRED_RID, 0)
        self.transport_id = ids.get(EXT_TRANSPORT_CC, 0)
        self.arrivals = Arrivals() if self.transport_id else None
        self._offered = self._places_of_offer(negotiated)
        self.level_sum = 0
        self.level_count = 0

    def extend(self, negotiated: Negotiated) -> None:
        """Take in m-lines on which the peer sends since; those known stay as they are."""
        for one in negotiated.uplinks:
            if one.payload_types:
                self._uplinks.setdefault(one.mid, one)
        self._offered |= self._places_of_offer(negotiated)

    @staticmethod
    def _places_of_offer(negotiated: Negotiated) -> dict[int, _Place]:
        places: dict[int, _Place] = {}
        for uplink in negotiated.uplinks:
            if (
                uplink.rids or not uplink.payload_types
            ):  # the order of a=ssrc lines says nothing about rids: packets tell
                continue
            for index, ssrc in enumerate(uplink.ssrcs[:2]):
                places.setdefault(ssrc, _Place(uplink, "", repair=index == 1))
        return places

    def permit(self, kinds: frozenset[Kind]) -> None:
        """Set what may flow. What may no longer is cut: no line or feed keeps it."""
        self.may = kinds
        if Kind.AUDIO not in kinds:  # what was heard of it before is not to be taken for later
            self.take_level()
        for kind, streams in self.tracks.items():
            for stream in streams:
                allowed = kind in kinds
                if stream.permitted and not allowed:
                    for follower in (*stream.lines, *stream.feeds, *stream.waiting):
                        follower.cut()
                    stream.restart()
                stream.permitted = allowed

    def learn(self, ssrc: int, payload_type: int, elements: Mapping[int, bytes]) -> bool:
        """Find the place of an unknown SSRC by its header extensions or the offer; False if it has none."""
        place = self._place(elements) or self._offered.get(ssrc)
        if place is None:
            return False
        if place.repair:
            return self._learn_repair(ssrc, place, payload_type)
        if all(one.number != payload_type for one in place.uplink.payload_types):
            return self._learn_rtx_of_same_rid(ssrc, place, payload_type)
        kind = place.uplink.kind
        if self._stream(kind, place.layer) is not None:
            return False  # the first owner keeps the layer
        track = TrackId(self.peer, kind)
        stream = Stream(track, place.uplink, place.layer, ssrc, self.tracks[kind])
        stream.permitted = kind in self.may
        self.streams[ssrc] = stream
        names = order(place.uplink.rids)
        self.tracks[kind].append(stream)
        self.tracks[kind].sort(key=lambda one: names.index(one.layer) if one.layer in names else 0)
        return True

    def _place(self, elements: Mapping[int, bytes]) -> _Place | None:
        mid = elements.get(self._mid_id) if self._mid_id else None
        rid = elements.get(self._rid_id) if self._rid_id else None
        repaired = elements.get(self._repaired_id) if self._repaired_id else None
        layer = (repaired or rid or b"").decode("ascii", "replace")
        if mid is not None:
            uplink = self._uplinks.get(mid.decode("ascii", "replace"))
        elif layer:
            holders = [one for one in self._uplinks.values() if layer in one.rids]
            uplink = holders[0] if len(holders) == 1 else None
        else:
            return None
        if uplink is None or (layer not in uplink.rids if uplink.rids else layer):
            return None
        return _Place(uplink, layer, repair=repaired is not None)

    def _learn_repair(self, ssrc: int, place: _Place, payload_type: int) -> bool:
        stream = self._stream(place.uplink.kind, place.layer)
        if stream is None or all(one.rtx != payload_type for one in place.uplink.payload_types):
            return False
        if stream in self.repairs.values():
            return False
        self.repairs[ssrc] = stream
        return True

    def _learn_rtx_of_same_rid(self, ssrc: int, place: _Place, payload_type: int) -> bool:
        # Without simulcast an RTX packet carries only the mid: its payload type says that it is a repair.
        return self._learn_repair(ssrc, _Place(place.uplink, place.layer, repair=True), payload_type)

    def _stream(self, kind: Kind, layer: str) -> Stream | None:
        return next((one for one in self.tracks[kind] if one.layer == layer), None)

    def layers(self, kind: Kind, now: float) -> list[Layer]:
        """Give the layers of a track as `media.layers` judges them, lowest first."""
        return [Layer(one.width_px, one.bitrate_bps, one.live(now)) for one in self.tracks[kind]]

    def reports(self, now: float) -> bytes:
        """Receiver report for every live stream, or b"" if there is none."""
        blocks = [
            stream.reception.report(stream.ssrc, now)
            for stream in self.streams.values()
            if stream.permitted and now - stream.seen_at < REPORT_WITHIN_S
        ]
        return rtcp.build_receiver_report(blocks) if blocks else b""

    def received(self, now: float) -> tuple[int, int, float | None, float]:
        """Packets expected and received in all, jitter in seconds if something flows, when the newest came."""
        totals = [stream.reception.totals() for stream in self.streams.values()]
        flowing = [
            stream.reception.jitter_s
            for kind in (Kind.AUDIO, Kind.VIDEO)
            for stream in self.tracks[kind]
            if stream.permitted and now - stream.seen_at < REPORT_WITHIN_S
        ]
        return (
            sum(expected for expected, _ in totals),
            sum(received for _, received in totals),
            flowing[0] if flowing else None,
            max((stream.seen_at for stream in self.streams.values()), default=NEVER),
        )

    def remb(self, bitrate_bps: int) -> bytes:
        """REMB over every known stream; b"" before the first packet, or with transport-wide feedback."""
        if not self.streams or self.arrivals is not None:
            return b""
        return rtcp.build_remb(bitrate_bps, tuple(self.streams))

    def take_level(self) -> float | None:
        """Mean loudness since the last call in dBov, or None if no packet told one."""
        if not self.level_count:
            return None
        mean = self.level_sum / self.level_count
        self.level_sum = self.level_count = 0
        return mean
