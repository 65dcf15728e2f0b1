"""What each person's streams up and lines down did since they were last looked at. Pure arithmetic of the wire's counters.

Counters only ever rise while a transport lives; one that is lower than before began anew and counts from nothing. Decides
nothing and judges nobody; holds no packet, no word and nothing of who said what.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.ids import Kind, PeerId
from server.courtroom.plans import connection_of_peer, peers, screen_peer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.figures import LineFigures, PeerFigures, StreamFigures
    from server.courtroom.ports import MediaRoutes
    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing

_PACKETS_MIN = 10  # a share of fewer packets says nothing


@dataclass(frozen=True, slots=True)
class StreamFlow:
    """One layer of what a person sends. source: "main" or "screen"; layer: "" without simulcast.

    packets, octets, lost: since its first packet. loss: share that never came (0 to 1), bps: bits a second, both since the
    last look; None, 0 where nothing or too little came. width_px: 0 where not known.
    """

    source: str
    kind: Kind
    layer: str
    codec: str
    packets: int
    octets: int
    lost: int
    loss: float | None
    jitter_ms: int
    bps: int
    width_px: int
    permitted: bool


@dataclass(frozen=True, slots=True)
class LineFlow:
    """One line to a person that has somebody in it. of, source: whose picture or sound; of is None for no seat's.

    packets, octets, and the counts of NACK packets, repeats, freezes and layer switches: since the person's transport came;
    those named `new_` since the last look. layer: what flows now, None if nothing. loss: of the newest report. rtt_ms: None
    if not known.
    """

    slot: int
    kind: Kind
    of: SeatId | None
    source: str
    layer: str | None
    packets: int
    octets: int
    loss: float
    rtt_ms: int | None
    bps: int
    nacks: int
    repeats: int
    freezes: int
    switches: int
    new_nacks: int
    new_repeats: int
    new_freezes: int
    new_switches: int


@dataclass(frozen=True, slots=True)
class SeatFlow:
    """All of one person, its screen's transport among it. Sound stands before picture."""

    streams: tuple[StreamFlow, ...] = ()
    lines: tuple[LineFlow, ...] = ()

    @property
    def up_bps(self) -> int:
        """Bits a second from the person."""
        return sum(stream.bps for stream in self.streams)

    @property
    def down_bps(self) -> int:
        """Bits a second to the person, repeats not counted."""
        return sum(line.bps for line in self.lines)

    @property
    def layers(self) -> str:
        """Which layers of pictures flow to it, as "2xf 1xh"; "one" is a picture without layers; "" if none flows."""
        found = Counter(
            line.layer or "one" for line in self.lines if line.kind is Kind.VIDEO and line.layer is not None
        )
        return " ".join(f"{count}x{layer}" for layer, count in sorted(found.items()))

    def total(self, name: str) -> int:
        """Sum of one of the `new_` counts over all lines."""
        return sum(getattr(line, name) for line in self.lines)


class Flows:
    """One hearing's flows: `step` reads the wire's counters once, everybody else reads what it found."""

    def __init__(self, media: MediaRoutes) -> None:
        self._media = media
        self._before: dict[PeerId, PeerFigures] = {}
        self._at: Instant | None = None
        self._now: dict[SeatId, SeatFlow] = {}

    def step(self, state: Hearing, now: Instant) -> Mapping[SeatId, SeatFlow]:
        """Look at everybody who is connected. Seats without a transport are not in the answer."""
        here = peers(state)
        seconds = max(0.001, (now - self._at) / 1000) if self._at is not None else 0.0
        seats = {peer: seat for seat, peer in here.items()}
        found: dict[PeerId, PeerFigures] = {}
        self._now = {}
        for seat, peer in here.items():
            streams: list[StreamFlow] = []
            lines: list[LineFlow] = []
            for one in (peer, screen_peer(peer)):
                figures = self._media.figures(one)
                if figures is None:
                    continue
                found[one] = figures
                before = self._before.get(one)
                streams += _streams(figures, before, connection_of_peer(one)[1], seconds)
                lines += _lines(figures, before, seats, seconds)
            if streams or lines:
                self._now[seat] = SeatFlow(tuple(streams), tuple(lines))
        self._before, self._at = found, now
        return self._now

    @property
    def now(self) -> Mapping[SeatId, SeatFlow]:
        """What the last look found."""
        return self._now

    def of(self, seat: SeatId) -> SeatFlow:
        """One person as last looked at."""
        return self._now.get(seat, SeatFlow())


def _grown(now: int, before: int | None) -> int:
    """How much a counter rose; one that is lower began anew."""
    return now if before is None or now < before else now - before


def _bps(octets: int, seconds: float) -> int:
    return round(octets * 8 / seconds) if seconds else 0


def _streams(now: PeerFigures, before: PeerFigures | None, source: str, seconds: float) -> list[StreamFlow]:
    known = {(one.track.kind, one.layer): one for one in before.streams} if before is not None else {}
    return [_stream(one, known.get((one.track.kind, one.layer)), source, seconds) for one in now.streams]


def _stream(one: StreamFigures, before: StreamFigures | None, source: str, seconds: float) -> StreamFlow:
    anew = before is None or one.packets < before.packets
    packets = _grown(one.packets, None if anew or before is None else before.packets)
    lost = max(0, one.lost - (0 if anew or before is None else before.lost))  # late ones take a loss back
    expected = packets + lost
    return StreamFlow(
        source=source,
        kind=one.track.kind,
        layer=one.layer,
        codec=one.codec,
        packets=one.packets,
        octets=one.bytes,
        lost=max(0, one.lost),
        loss=lost / expected if expected >= _PACKETS_MIN else None,
        jitter_ms=round(one.jitter_s * 1000),
        bps=_bps(_grown(one.bytes, None if anew or before is None else before.bytes), seconds),
        width_px=one.width_px,
        permitted=one.permitted,
    )


def _lines(
    now: PeerFigures, before: PeerFigures | None, seats: Mapping[PeerId, SeatId], seconds: float
) -> list[LineFlow]:
    known = {(one.slot, one.kind): one for one in before.lines} if before is not None else {}
    return [
        _line(one, one.source, known.get((one.slot, one.kind)), seats, seconds)
        for one in now.lines
        if one.source is not None
    ]


def _line(
    one: LineFigures,
    source: PeerId,
    before: LineFigures | None,
    seats: Mapping[PeerId, SeatId],
    seconds: float,
) -> LineFlow:
    anew = before is None or one.packets < before.packets
    last = None if anew else before
    connection, which = connection_of_peer(source)
    return LineFlow(
        slot=one.slot,
        kind=one.kind,
        of=seats.get(PeerId(connection)),
        source=which,
        layer=one.layer,
        packets=one.packets,
        octets=one.octets,
        loss=min(1.0, max(0.0, one.fraction_lost)),
        rtt_ms=None if one.rtt_s is None else round(one.rtt_s * 1000),
        bps=_bps(_grown(one.octets, None if last is None else last.octets), seconds),
        nacks=one.nacks,
        repeats=one.repeats,
        freezes=one.freezes,
        switches=one.switches,
        new_nacks=_grown(one.nacks, None if last is None else last.nacks),
        new_repeats=_grown(one.repeats, None if last is None else last.repeats),
        new_freezes=_grown(one.freezes, None if last is None else last.freezes),
        new_switches=_grown(one.switches, None if last is None else last.switches),
    )
