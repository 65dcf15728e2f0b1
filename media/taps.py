"""What a machine ear receives, and the narrow face it shows. Pure; an offer never blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from media.ids import TrackId


class TapPacket(NamedTuple):
    """One decrypted RTP packet as the publisher sent it (RFC 3550), of the layer the tap is subscribed to.

    codec: "opus" (also of what came in RED, whose wrapping is taken off), "vp8", "vp9", "h264" or "av1".
    rtp: the whole packet; payload is rtp[payload_start:payload_end] (extensions and padding stripped).
    arrival_ns: wall clock, UTC, nanoseconds.
    audio_level_db: RFC 6464, 0 (loudest) to -127, or None. keyframe: a video key frame begins here.
    A tuple, because one is made a packet: a frozen dataclass costs six times as much.
    """

    track: TrackId
    codec: str
    clock_rate: int
    ssrc: int
    sequence: int
    timestamp: int
    marker: bool
    keyframe: bool
    rtp: bytes
    payload_start: int
    payload_end: int
    arrival_ns: int
    audio_level_db: int | None = None

    @property
    def payload(self) -> bytes:
        """The codec's bytes."""
        return self.rtp[self.payload_start : self.payload_end]


class TapReport(NamedTuple):
    """An RTCP sender report of a tapped track (RFC 3550 §6.4.1): NTP 64 bit and RTP time of one instant."""

    track: TrackId
    ssrc: int
    ntp_time: int
    rtp_timestamp: int
    arrival_ns: int


class Tap(Protocol):
    """A machine ear. Called on the forwarding loop: must return at once and never raise."""

    def offer(self, item: TapPacket | TapReport) -> bool:
        """Take one item; False means it was dropped (the ear's queue is full) and is counted."""
        ...


@dataclass(frozen=True, slots=True)
class Tee:
    """Instead of an ear in this process: its packets go into the shared ring of this kind (media.tee)."""

    kind: str
