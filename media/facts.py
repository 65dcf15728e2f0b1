"""What the media plane reports upwards. Plain values; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from media.ids import PeerId, TrackId


OWN_FAULT = "server"
"""Cause of a loss that is the house's own: its media process is gone."""


@dataclass(frozen=True, slots=True)
class PeerConnected:
    """ICE and DTLS are through; media flows."""

    peer: PeerId


@dataclass(frozen=True, slots=True)
class PeerLost:
    """The transport is gone. cause: "consent" (RFC 7675 silence), "dtls" (failed or fingerprint mismatch), "setup" (timed out), "alert" (peer said close), or OWN_FAULT."""

    peer: PeerId
    cause: str


@dataclass(frozen=True, slots=True)
class TrackStarted:
    """First accepted packet of a published track."""

    track: TrackId
    codec: str


@dataclass(frozen=True, slots=True)
class SpeakersChanged:
    """Who is speaking now in a group (after hysteresis), loudest first; only permitted publishers."""

    group: str
    speakers: tuple[PeerId, ...]


@dataclass(frozen=True, slots=True)
class CandidatesChanged:
    """A port can be reached at more addresses than the answers said: `media.addresses.candidate_lines` of them.

    groups: those whose peers use this port; None: all.
    """

    candidates: tuple[str, ...]
    groups: frozenset[str] | None = None


MediaFact = PeerConnected | PeerLost | TrackStarted | SpeakersChanged | CandidatesChanged


class TooManyPeers(Exception):  # noqa: N818  a state of the house, not a fault
    """`peers_max` transports are open."""


class MediaAway(Exception):  # noqa: N818  a state of the house too
    """No media process can take an offer at this moment; it is worth trying again."""
