"""The data plane's narrow face: what the plane asks of an engine, whatever it is written in.

An engine forwards packets where its routes say and knows no plan, no group, no ICE. Everything takes
effect before the call returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from media.facts import MediaFact
    from media.health import Counts
    from media.ids import Kind, PeerId
    from media.negotiated import Negotiated
    from media.routing import Route
    from media.taps import Tap

    Address = tuple[str, int]
    SendTo = Callable[[bytes, Address], None]
    """Puts one datagram on the wire; never blocks, never raises."""

    OnFact = Callable[[MediaFact], None]


class Srtp(Protocol):
    """The keys of one peer (media.srtp.SrtpSession). Each raises SrtpError and nothing else."""

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

    def add_peer(self, peer: PeerId, negotiated: Negotiated, now: float) -> None:
        """Take in a negotiated peer, not yet connected; replaces an older one of the same name."""
        ...

    def link(self, peer: PeerId, srtp: Srtp, address: Address, now: float) -> None:
        """Set a peer's keys and where it is: packets flow from now on. Also for a changed address."""
        ...

    def remove_peer(self, peer: PeerId) -> None:
        """Forget a peer's packets, SSRCs and keys. Rights and routes stay, for when it comes back."""
        ...

    def add_tap(self, peer: PeerId, tap: Tap, now: float) -> None:
        """Let a machine ear get the routes of `peer`."""
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

    def timer(self, now: float) -> None:
        """Do what is due (NACK, reports, key frame requests, layers). Call every 20 ms or so."""
        ...

    def take_levels(self) -> Mapping[PeerId, float]:
        """Mean loudness in dBov of each permitted speaker since the last call."""
        ...

    def counters(self) -> Mapping[str, int]:
        """Totals since the start, by name."""
        ...

    def health_counts(self, peer: PeerId, now: float) -> Counts | None:
        """One peer's counters for its health; None if it is not there."""
        ...

    def peer_counters(self, peer: PeerId) -> Mapping[str, int]:
        """One peer's figures now; empty if it is not there."""
        ...
