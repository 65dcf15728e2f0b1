"""The data plane in Python: one pass a packet, nothing decoded. Sans-IO but for the socket it is given to read.

A packet is unprotected once, placed by its SSRC in its own sender's table, dropped if the sender may not
publish that kind, then rewritten and protected for each line that follows the stream. It never looks at
a plan: `permit` and `feed` are all it knows of one. It reads no clock but those handed in.
"""

from __future__ import annotations

import time
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING

from media.downlink import Downlink
from media.engine.feedback import Feedback
from media.engine.forwarder import Forwarder
from media.engine.reader import Reader
from media.engine.switchboard import Switchboard
from media.engine.tee_writer import TeeWriter
from media.figures import PeerFigures
from media.health import Counts
from media.ids import Kind
from media.rtp import HEADER_BYTES
from media.srtp import SrtpError
from media.taps import Tee
from media.uplink import Publisher

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Collection, Mapping, Sequence

    from media.engine.port import Address, OnDatagram, OnFact, SendTo, Srtp
    from media.ids import PeerId
    from media.negotiated import Negotiated
    from media.routing import Route
    from media.settings import MediaSettings
    from media.taps import Tap
    from media.tee import TeeRing

_RTCP_FIRST, _RTCP_LAST = 192, 223  # second byte of an RTCP packet (RFC 5761 §4)


class Port:
    """One connected client as the engine sees it."""

    __slots__ = ("down", "publisher", "rtcp_left", "rtcp_second", "unprotect", "unprotect_rtcp")

    def __init__(self, publisher: Publisher, down: Downlink) -> None:
        self.publisher = publisher
        self.down = down
        self.unprotect: Callable[[bytes], bytes] | None = None
        self.unprotect_rtcp: Callable[[bytes], bytes] | None = None
        self.rtcp_second = -1
        self.rtcp_left = 0


class PythonEngine:
    """Implements media.engine.port.Engine. wall_ns: UTC; monotonic: seconds, for what `open` reads."""

    name = "python"

    def __init__(
        self,
        settings: MediaSettings,
        sendto: SendTo,
        on_fact: OnFact,
        wall_ns: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
        tees: Mapping[str, TeeRing] = MappingProxyType({}),
    ) -> None:
        self._settings = settings
        self._sendto = sendto
        self._wall_ns = wall_ns
        self._ports: dict[PeerId, Port] = {}
        self._may: dict[PeerId, frozenset[Kind]] = {}
        self._board = Switchboard()
        self._counters: Counter[str] = Counter()
        self._feedback = Feedback(settings, self._counters, wall_ns)
        self._forwarder = Forwarder(self._counters, self._board, self._feedback, on_fact, wall_ns)
        self._tees = {kind: TeeWriter(ring) for kind, ring in tees.items()}
        self._reader = Reader(settings, self._counters, self.receive, monotonic)

    # -- wire ----------------------------------------------------------------------------------------------

    def open(self, sock: socket.socket, strangers: OnDatagram) -> None:
        """Read the bound, non-blocking socket on the running loop from now on."""
        self._reader.open(sock, strangers)

    def close(self) -> None:
        """Read nothing more. Harmless when not open."""
        self._reader.close()
        for one in self._tees.values():
            one.close()

    def accept(self, peer: PeerId, addresses: Collection[Address]) -> None:
        """Say from which addresses a peer's media may come; unknown peers are ignored."""
        if peer in self._ports:
            self._reader.accept(peer, addresses)

    # -- peers, rights and routes --------------------------------------------------------------------------

    def add_peer(self, peer: PeerId, negotiated: Negotiated, now: float) -> None:
        """Take in a negotiated peer; its rights, if set before, hold at once."""
        self.remove_peer(peer)
        down = Downlink(
            peer,
            negotiated.slots,
            self._settings.history_packets,
            self._sendto,
            negotiated.slot_extensions,
            self._wall_ns,
        )
        publisher = Publisher(peer, negotiated)
        publisher.permit(self._may.get(peer, frozenset()))
        self._ports[peer] = Port(publisher, down)
        self._board.publishers[peer] = publisher
        for kind in Kind:
            self._board.steer_track(peer, kind, now)

    def extend(self, peer: PeerId, negotiated: Negotiated, now: float) -> None:
        """Add the slots a peer that is there has agreed to since; everything else of it goes on."""
        port = self._ports.get(peer)
        if port is None:
            return
        port.down.extend(negotiated.slots)
        port.publisher.extend(negotiated)
        self._board.connect(peer, now)

    def link(self, peer: PeerId, srtp: Srtp, address: Address, now: float) -> None:
        """Set keys and address of an added peer; unknown peers are ignored."""
        port = self._ports.get(peer)
        if port is None:
            return
        known = port.down.linked
        port.down.link(srtp, address)
        if not known:
            port.down.told.at = now  # the handshake was a sign of life
            port.unprotect, port.unprotect_rtcp = srtp.unprotect, srtp.unprotect_rtcp
            self._board.receivers[peer] = port.down
            self._board.connect(peer, now)

    def remove_peer(self, peer: PeerId) -> None:
        """Forget a peer's packets, SSRCs and keys; rights and routes stay."""
        port = self._ports.pop(peer, None)
        if port is None:
            return
        self._reader.accept(peer, ())
        self._board.disconnect(peer)
        del self._board.publishers[peer]
        port.down.unlink()
        port.publisher.permit(frozenset())

    def add_tap(self, peer: PeerId, tap: Tap | Tee, now: float) -> None:
        """Let a machine ear get the routes of `peer`; an older ear of that name gets nothing more."""
        if isinstance(tap, Tee):
            if tap.kind not in self._tees:
                raise AssertionError(f"there is no ring for {tap.kind}")
            tap = self._tees[tap.kind].tap(peer)
        self._board.add_tap(peer, tap, now)

    def remove_tap(self, peer: PeerId) -> None:
        """Let a machine ear get nothing more."""
        self._board.remove_tap(peer)

    def permit(self, peer: PeerId, kinds: frozenset[Kind], now: float) -> None:
        """Set what a peer may send, at once."""
        self._may[peer] = kinds
        if not kinds:
            del self._may[peer]
        port = self._ports.get(peer)
        if port is None or port.publisher.may == kinds:
            return
        port.publisher.permit(kinds)
        for kind in kinds:
            self._board.steer_track(peer, kind, now)

    def feed(self, peer: PeerId, routes: Sequence[Route], now: float) -> None:
        """Set everything a receiver gets, at once."""
        self._board.route(peer, routes, now)

    # -- packets -------------------------------------------------------------------------------------------

    def receive(self, peer: PeerId, data: bytes, now: float) -> None:
        """Take one SRTP or SRTCP datagram; whatever is wrong with it is counted, never raised."""
        port = self._ports.get(peer)
        if port is None or port.unprotect is None or len(data) < HEADER_BYTES - 4:
            self._counters["unlinked"] += 1
            return
        try:
            if _RTCP_FIRST <= data[1] <= _RTCP_LAST:
                self._feedback.receive(port, data, now)
            else:
                self._forwarder.rtp(port, port.unprotect(data), now)
        except SrtpError:
            self._counters["srtp"] += 1
        except ValueError:
            self._counters["malformed"] += 1

    # -- time and figures ----------------------------------------------------------------------------------

    @property
    def tick_s(self) -> float:
        """Every packet of feedback is made in it."""
        return 0.02

    def timer(self, now: float) -> None:
        """NACKs, key frame requests, reports, REMB, layers: whatever is due."""
        self._feedback.timer(self._ports.values(), now)
        self._board.timer(now)
        for one in self._tees.values():
            one.timer()

    def take_levels(self) -> Mapping[PeerId, float]:
        """Mean loudness of each permitted speaker since the last call."""
        levels = ((peer, port.publisher.take_level()) for peer, port in self._ports.items())
        return {peer: level for peer, level in levels if level is not None}

    def counters(self) -> Mapping[str, int]:
        """Totals by name."""
        return dict(self._counters)

    def take_fills(self) -> Mapping[str, float]:
        """How full each shared ring was at the worst since the last call."""
        return {kind: one.take_worst() for kind, one in self._tees.items()}

    def health_counts(self, peer: PeerId, now: float) -> Counts | None:
        """One peer's counters for its health; None if it is not there."""
        port = self._ports.get(peer)
        if port is None:
            return None
        expected, received, jitter_s, seen_at = port.publisher.received(now)
        told = port.down.told
        return Counts(
            expected, received, told.sent, told.got, told.lost, jitter_s, told.rtt(now), max(seen_at, told.at)
        )

    def peer_counters(self, peer: PeerId) -> Mapping[str, int]:
        """One peer's figures."""
        port = self._ports.get(peer)
        if port is None:
            return {}
        streams = port.publisher.streams.values()
        lines = port.down.lines.values()
        sending = port.down.sending()
        return {
            "bitrate_in_bps": sum(one.bitrate_bps for one in streams),
            "bitrate_out_bps": sending.bitrate_bps,
            "failed": port.down.failed,
            "fraction_lost_256": port.down.fraction_lost,
            "freezes": sum(line.freezes for line in lines),
            "nacks": sum(line.nacks for line in lines),
            "octets_out": sum(line.octets for line in lines),
            "packets_in": sum(one.reception.totals()[1] for one in streams),
            "packets_out": sum(line.packets for line in lines),
            "pictures_out": sending.pictures,
            "repeats": sum(line.repeats for line in lines),
            "streams": len(streams),
            "switches": sum(line.switches for line in lines),
        }

    def figures(self, peer: PeerId, now: float) -> PeerFigures | None:
        """Figures of each stream and line of a peer; None if it is not there."""
        port = self._ports.get(peer)
        if port is None:
            return None
        streams = (one for kind in (Kind.AUDIO, Kind.VIDEO) for one in port.publisher.tracks[kind])
        return PeerFigures(
            tuple(one.figures(now) for one in streams),
            tuple(line.figures(now) for line in port.down.lines.values()),
        )
