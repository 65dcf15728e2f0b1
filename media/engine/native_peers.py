"""One peer of the C data plane as this side knows it, and its figures in the house's own shapes.

Asks the C side nothing itself and decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.engine import native_commands as commands
from media.figures import LineFigures, StreamFigures
from media.health import Counts, Told
from media.ids import Kind, TrackId
from media.layers import Budget, Sending, order

if TYPE_CHECKING:
    from collections.abc import Collection

    from media.addresses import Address
    from media.engine import native_library as c
    from media.ids import PeerId
    from media.negotiated import Negotiated

NEVER = float("-inf")
_NS = 1_000_000_000
_NEVER_NS = -(1 << 63)
_JITTER_WITHIN_S = 5.0


class Peer:
    """What is known of one peer on this side."""

    def __init__(self, name: PeerId, number: int, agreed: Negotiated) -> None:
        self.name = name
        self.number = number
        self.tracks = tuple(TrackId(name, kind) for kind in commands.KINDS)
        self.agreed = agreed
        self.linked = False
        self.address: Address = ("", 0)
        self.budget = Budget()
        self.limit: int | None = None
        self.told = Told()
        self.fraction_lost = 0


def stream_figures(peer: PeerId, one: Peer, row: c.StreamRow) -> StreamFigures:
    """One layer that a peer sends."""
    kind = commands.KINDS[row.kind]
    return StreamFigures(
        track=TrackId(peer, kind),
        layer=_layer(one.agreed, kind, row.layer),
        codec=commands.CODECS[row.codec],
        permitted=bool(row.permitted),
        packets=row.received,
        bytes=row.bytes,
        lost=max(0, row.expected - row.received),
        jitter_s=row.jitter_s,
        bitrate_bps=row.bitrate_bps,
        width_px=row.width_px,
        keyframes=row.keyframes,
        seen_at=None if row.seen_at == _NEVER_NS else seconds(row.seen_at),
    )


def line_figures(one: Peer, row: c.LineRow, source: Peer | None, now: float) -> LineFigures:
    """One downlink line. source: the peer whose track the routes give it."""
    kind, layer = commands.KINDS[row.kind], None
    if row.layer >= 0 and source is not None:
        layer = _layer(source.agreed, kind, row.layer)
    return LineFigures(
        slot=row.slot,
        kind=kind,
        packets=row.packets,
        octets=row.octets,
        source=None if source is None else source.name,
        layer=layer,
        fraction_lost=row.fraction_lost / 256,
        rtt_s=one.told.rtt(now),
        nacks=row.nacks,
        repeats=row.repeats,
        freezes=row.freezes,
        switches=row.switches,
    )


def seconds(ns: int) -> float:
    """Of the C side's nanoseconds; never is minus infinity."""
    return NEVER if ns == _NEVER_NS else ns / _NS


def _layer(agreed: Negotiated, kind: Kind, index: int) -> str:
    for one in agreed.uplinks:
        names = order(one.rids)
        if one.kind is kind and index < len(names):
            return names[index]
    return ""


def sending(rows: Collection[c.LineRow]) -> Sending:
    """What is going out now, by the streams' own measure."""
    flowing = [row for row in rows if row.layer >= 0]
    pictures = [row for row in flowing if commands.KINDS[row.kind] is Kind.VIDEO]
    return Sending(
        sum(row.bitrate_bps for row in flowing), len(pictures), any(row.reducible for row in pictures)
    )


def peer_counters(
    one: Peer, streams: Collection[c.StreamRow], lines: Collection[c.LineRow], failed: int
) -> dict[str, int]:
    """By the names of media.engine.port.PEER_COUNTERS. failed: packets its keys would not protect."""
    out = sending(lines)
    return {
        "bitrate_in_bps": sum(row.bitrate_bps for row in streams),
        "bitrate_out_bps": out.bitrate_bps,
        "failed": failed,
        "fraction_lost_256": one.fraction_lost,
        "freezes": sum(row.freezes for row in lines),
        "nacks": sum(row.nacks for row in lines),
        "octets_out": sum(row.octets for row in lines),
        "packets_in": sum(row.received for row in streams),
        "packets_out": sum(row.packets for row in lines),
        "pictures_out": out.pictures,
        "repeats": sum(row.repeats for row in lines),
        "streams": len(streams),
        "switches": sum(row.switches for row in lines),
    }


def counts(one: Peer, rows: Collection[c.StreamRow], heard_at: float, now: float) -> Counts:
    """What a peer's health is made of. heard_at: when its last RTCP came."""
    flowing = [
        row.jitter_s for row in rows if row.permitted and now - seconds(row.seen_at) < _JITTER_WITHIN_S
    ]
    seen_at = max((seconds(row.seen_at) for row in rows), default=NEVER)
    told = one.told
    return Counts(
        sum(row.expected for row in rows),
        sum(row.received for row in rows),
        told.sent,
        told.got,
        told.lost,
        flowing[0] if flowing else None,
        told.rtt(now),
        max(seen_at, told.at, heard_at),
    )
