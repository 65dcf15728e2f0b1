"""The data plane's narrow face: what the plane asks of an engine, whatever it is written in.

An engine forwards packets where its routes say and knows no plan, no group, no ICE. Everything takes
effect before the call returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Collection, Mapping, Sequence

    from media.facts import MediaFact
    from media.figures import PeerFigures
    from media.health import Counts
    from media.ids import Kind, PeerId
    from media.negotiated import Negotiated
    from media.routing import Route
    from media.srtp_keys import SrtpKeys
    from media.taps import Tap, Tee

    Address = tuple[str, int]
    OnDatagram = Callable[[bytes, Address], None]
    SendTo = Callable[[bytes, Address], None]
    """Puts one datagram on the wire; never blocks, never raises."""

    OnFact = Callable[[MediaFact], None]

COUNTERS = (
    "contained",  # faults of ours that a datagram brought to light
    "duplicates",  # RTP that came already, or too late
    "key_requests_in",  # PLI and FIR entries for a line that shows something
    "late",  # RTP that came out of order, repairs included
    "malformed",  # RTP, RED or RTCP that does not add up
    "nacks_in",
    "nacks_out",
    "packets_in",  # RTP that was let in
    "packets_out",  # RTP sent on lines, without repeats
    "plis_out",
    "probes",  # RTX without a packet in it
    "refused_publish",  # RTP of a kind its sender may not send
    "repeated",  # packets sent again
    "rtcp_flood",  # RTCP above the limit
    "srtp",  # SRTP or SRTCP that fails its check
    "tap_dropped",
    "transport_cc_in",  # transport-wide feedback packets
    "transport_cc_out",
    "unknown_payload_type",
    "unknown_ssrc",
    "unlinked",  # of a peer that has no keys yet, or too short for a header
    "unread",  # errors of the socket, and what came from addresses that cannot be answered
)
"""Names of an engine's totals; each is part of the contract."""

PEER_COUNTERS = (
    "bitrate_in_bps",
    "bitrate_out_bps",
    "failed",  # packets its keys would not protect
    "fraction_lost_256",
    "freezes",
    "nacks",
    "octets_out",
    "packets_in",
    "packets_out",
    "pictures_out",
    "repeats",
    "streams",
    "switches",
)
"""Names of one peer's figures; sums over its streams and lines."""


class Srtp(Protocol):
    """The keys of one peer (media.srtp.SrtpSession). Each method raises SrtpError and nothing else."""

    @property
    def keys(self) -> SrtpKeys:
        """What it was made of, for an engine that does its own SRTP."""
        ...

    def protect(self, rtp: bytes) -> bytes:
        """Protect RTP."""
        ...

    def unprotect(self, srtp: bytes) -> bytes:
        """Check and decrypt SRTP."""
        ...

    def protect_rtcp(self, rtcp: bytes) -> bytes:
        """Protect RTCP."""
        ...

    def unprotect_rtcp(self, srtcp: bytes) -> bytes:
        """Check and decrypt SRTCP."""
        ...


class Engine(Protocol):
    """One data plane. now: monotonic seconds."""

    @property
    def name(self) -> str:
        """Which engine it is, for the log and the figures: "python" or "native"."""
        ...

    def open(self, sock: socket.socket, strangers: OnDatagram) -> None:
        """Read the bound socket from now on, on its own or on the running loop.

        strangers: gets, on the loop, every datagram that is not RTP or RTCP of a linked peer's accepted address.
        """
        ...

    def close(self) -> None:
        """Read nothing more; the socket may be closed afterwards. Harmless when not open."""
        ...

    def accept(self, peer: PeerId, addresses: Collection[Address]) -> None:
        """Say from which addresses a peer's media may come: those that have passed its ICE checks, and no others."""
        ...

    def add_peer(self, peer: PeerId, negotiated: Negotiated, now: float) -> None:
        """Take in a negotiated peer, not yet connected; replaces an older one of the same name."""
        ...

    def extend(self, peer: PeerId, negotiated: Negotiated, now: float) -> None:
        """Add the slots a peer that is there has agreed to since; its packets, keys and other slots go on."""
        ...

    def link(self, peer: PeerId, srtp: Srtp, address: Address, now: float) -> None:
        """Set a peer's keys and where it is: packets flow from now on. Also for a changed address."""
        ...

    def remove_peer(self, peer: PeerId) -> None:
        """Forget a peer's packets, SSRCs and keys. Rights and routes stay, for when it comes back."""
        ...

    def add_tap(self, peer: PeerId, tap: Tap | Tee, now: float) -> None:
        """Let a machine ear get the routes of `peer`. AssertionError: a Tee of a kind that has no ring."""
        ...

    def remove_tap(self, peer: PeerId) -> None:
        """Let a machine ear get nothing more."""
        ...

    def permit(self, peer: PeerId, kinds: frozenset[Kind], now: float) -> None:
        """Set what a peer may send; everything else of it is dropped and counted."""
        ...

    def feed(self, peer: PeerId, routes: Sequence[Route], now: float) -> None:
        """Set everything a receiver gets; whatever is not in `routes` stops."""
        ...

    def receive(self, peer: PeerId, data: bytes, now: float) -> None:
        """Take one SRTP or SRTCP datagram that came from the peer's validated address."""
        ...

    @property
    def tick_s(self) -> float:
        """How soon timer() is to be called again, seconds."""
        ...

    def timer(self, now: float) -> None:
        """Do what is due (NACK, reports, key frame requests, layers). Call every `tick_s` or so."""
        ...

    def take_levels(self) -> Mapping[PeerId, float]:
        """Mean loudness in dBov of each permitted speaker since the last call."""
        ...

    def counters(self) -> Mapping[str, int]:
        """Totals since the start, by the names of COUNTERS; a name that is left out is 0."""
        ...

    def take_fills(self) -> Mapping[str, float]:
        """How full each ring was at the worst since the last call, as a share of its room: 1 where something found none.

        By its kind for a shared one (media.tee); "up": what the data plane tells those above; "ears": to the machine
        ears of this process. An engine without such rings leaves the latter two out.
        """
        ...

    def health_counts(self, peer: PeerId, now: float) -> Counts | None:
        """One peer's counters for its health; None if it is not there."""
        ...

    def peer_counters(self, peer: PeerId) -> Mapping[str, int]:
        """One peer's figures now, by the names of PEER_COUNTERS; empty if it is not there."""
        ...

    def figures(self, peer: PeerId, now: float) -> PeerFigures | None:
        """Figures of each stream and line of a peer; None if it is not there."""
        ...
