"""Figures of one peer's streams and lines, as an engine counted them. Plain values; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from media.ids import Kind, PeerId, TrackId


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """One layer ("" without simulcast) of a track a peer sends, since its first packet; repeats that came count.

    lost: packets that should have come and have not (RFC 3550 appendix A.3). jitter_s: RFC 3550 §6.4.1.
    bitrate_bps: over the last second, 0 when nothing comes. width_px: 0 where not known (sound).
    seen_at: monotonic seconds of the newest packet, None before the first and while it may not send.
    """

    track: TrackId
    layer: str
    codec: str
    permitted: bool
    packets: int
    bytes: int
    lost: int
    jitter_s: float
    bitrate_bps: int
    width_px: int
    keyframes: int
    seen_at: float | None


@dataclass(frozen=True, slots=True)
class LineFigures:
    """One downlink line (the sound or the picture of a slot) since the peer came; repeats do not count as packets.

    source: whose track the plan gives it; layer: which of its layers flows now, None if none does.
    fraction_lost: 0 to 1, of the receiver's newest report. rtt_s: of the receiver, None if not known.
    nacks: NACK packets for this line; repeats: packets sent again. freezes: how often a picture whose source
    was sending stood still for more than `FREEZE_S`. switches: changes of layer of the same source.
    """

    slot: int
    kind: Kind
    packets: int
    octets: int
    source: PeerId | None
    layer: str | None
    fraction_lost: float
    rtt_s: float | None
    nacks: int
    repeats: int
    freezes: int
    switches: int


@dataclass(frozen=True, slots=True)
class PeerFigures:
    """All of one peer: streams by kind (sound first) and layer (lowest first), lines by slot, sound first."""

    streams: tuple[StreamFigures, ...]
    lines: tuple[LineFigures, ...]


FREEZE_S = 0.5  # a picture that is sent and stands still for longer is a freeze
FREEZE_CHECK_S = 0.1  # how often it is looked for; a shorter excess may pass unseen
