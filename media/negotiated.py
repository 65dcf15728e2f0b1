"""What an offer and our answer agreed on. Plain values between the answerer and the engine; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.ids import Kind

# Header extensions the engine reads, by URI (RFC 8285).
EXT_AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
EXT_MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
EXT_RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
EXT_REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
EXT_ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
EXT_TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


@dataclass(frozen=True, slots=True)
class PayloadType:
    """One negotiated codec: name "opus", "red" (RFC 2198 around Opus), "vp8", "vp9", "h264" or "av1".

    rtx is its RFC 4588 payload type, if any.
    """

    number: int
    codec: str
    clock_rate: int
    rtx: int | None = None


@dataclass(frozen=True, slots=True)
class Uplink:
    """One m-line the client sends on. rids: simulcast layers in the client's order, () without simulcast.

    ssrcs: a=ssrc lines of the offer, if any (media first, then its RTX partner where ssrc-group:FID says so).
    """

    mid: str
    kind: Kind
    payload_types: tuple[PayloadType, ...]
    rids: tuple[str, ...] = ()
    ssrcs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One m-line we send on: our SSRCs and the receiver's payload types."""

    mid: str
    kind: Kind
    ssrc: int
    rtx_ssrc: int | None
    payload_types: tuple[PayloadType, ...]


@dataclass(frozen=True, slots=True)
class SlotPair:
    """A downlink slot: one audio and one video line under one msid, so that lips keep in step."""

    index: int
    cname: str
    audio: SlotLine
    video: SlotLine


@dataclass(frozen=True, slots=True)
class Negotiated:
    """The agreement of one peer.

    extensions: id -> URI of what the client sends, the same for every m-line of the BUNDLE (RFC 9143 §9.1).
    slot_extensions: id -> URI of what we write into packets of the slots; other elements are stripped. (On sound a receiver
    may not have offered abs-send-time, and then passes over it.)
    session, layout: what a later offer of the same peer connection must keep: sess-id of its o= line, and (kind, mid)
    of every m-line, ("", "") for a rejected one. revision: how many answers this connection has had.
    """

    remote_fingerprint: bytes
    uplinks: tuple[Uplink, ...]
    slots: tuple[SlotPair, ...]
    extensions: Mapping[int, str] = field(default_factory=dict)
    slot_extensions: Mapping[int, str] = field(default_factory=dict)
    session: str = ""
    layout: tuple[tuple[str, str], ...] = ()
    revision: int = 1
