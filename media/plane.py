"""The media plane: one UDP port, its peers, and the routes of every plan. The only face the server may use.

Shell around the sans-IO parts: it has the port, the timer and the clocks, and an engine that reads the port. Nothing a
client sends may raise out of it, and a plan takes effect before `apply` returns. It never logs a packet, a name or a text.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from media import levels, routing, sdp, slots
from media.admission import Admission, AdmissionError
from media.dtls import Certificate
from media.engine.choice import make_engine
from media.facts import CandidatesChanged, PeerConnected, PeerLost, SpeakersChanged, TooManyPeers
from media.health import STEP_S, HealthBook
from media.ice import IceCredentials
from media.ids import Kind
from media.plan import RoutePlan
from media.transport import Connected, Lost, Send
from media.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from media.addresses import Address
    from media.engine.port import Engine
    from media.facts import MediaFact
    from media.figures import PeerFigures
    from media.health import Counts, PeerHealth, Sample
    from media.ids import PeerId
    from media.negotiated import Negotiated
    from media.plan import SlotUse
    from media.settings import MediaSettings
    from media.taps import Tap, Tee
    from media.tee import TeeRing
    from media.transport import Outputs, Transport

log = logging.getLogger(__name__)

TRANSPORT_TICK_S = 0.1
_EARLY_S = 0.005  # what is due at a tick is not put off to the next for a timer that is this early
_MINUTE_S = 60.0


class MediaPlane:
    """Carries sound and picture where plans say.

    on_fact: called on the loop's thread, must not block. wall_ns: UTC; monotonic: seconds. tees: the shared rings,
    by kind; they may be closed once this is made. Raises OSError for a ring that can't be mapped.
    """

    def __init__(
        self,
        settings: MediaSettings,
        on_fact: Callable[[MediaFact], None],
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        tees: Mapping[str, TeeRing] = MappingProxyType({}),
    ) -> None:
        self._settings = settings
        self._on_fact = on_fact
        self._monotonic = monotonic
        self._wall_ns = wall_ns
        self._counters: Counter[str] = Counter()
        self._admission = Admission(Certificate.generate(wall_ns()), settings)
        self._wire = Wire(settings, self._counters)
        self._engine: Engine = make_engine(settings, self._wire.send, on_fact, wall_ns, monotonic, tees)
        self._plans: dict[str, RoutePlan] = {}
        self._speakers: dict[str, levels.Speakers] = {}
        self._uses: dict[PeerId, tuple[SlotUse | None, ...]] = {}
        self._agreed: dict[PeerId, Negotiated] = {}
        self._taps: dict[PeerId, Tap | Tee] = {}
        self._linked: dict[PeerId, Address] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._health = HealthBook()
        self._transports_at = self._speakers_at = self._logged_at = self._health_at = float("-inf")

    # -- life ----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the port. Raises OSError if it can't be had."""
        sock = self._wire.open()
        self._loop = asyncio.get_running_loop()
        try:
            self._engine.open(sock, self._datagram)
        except OSError:
            self._wire.close()
            raise
        self._timer = self._loop.call_later(self._engine.tick_s, self._tick)
        log.info(
            "media plane: engine %s, udp port %s, %s addresses",
            self._engine.name,
            self.port,
            len(self._wire.candidates),
        )

    async def close(self) -> None:
        """Say goodbye to every peer and close the port. Harmless when not started."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for peer in tuple(self._admission.by_peer):
            self.disconnect(peer)
        self._engine.close()
        self._wire.close()

    @property
    def port(self) -> int:
        """The UDP port in use; 0 before `start`."""
        return self._wire.candidates[0][1] if self._wire.candidates else 0

    # -- peers ---------------------------------------------------------------------------------------------

    def answer(self, peer: PeerId, offer_sdp: str, group: str = "") -> str:  # noqa: ARG002  one port for all groups
        """Answer an offer (once started); of a connection that runs, it goes on with more slots or an ICE restart.

        Any other begins anew, and an older transport of the same peer ends, without a PeerLost.
        Raises media.sdp.SdpError for an offer that can't be answered (the older transport stays), or TooManyPeers.
        """
        now = self._monotonic()
        offer = sdp.parse_offer(offer_sdp, self._settings)
        remote = IceCredentials(offer.ufrag, offer.pwd)
        running, previous = self._admission.by_peer.get(peer), self._agreed.get(peer)
        if running is None or previous is None or not sdp.continues(offer, previous):
            previous = None
            self.disconnect(peer)
            try:
                running = self._admission.open(peer, offer.fingerprint, now, remote)
            except AdmissionError as error:
                raise TooManyPeers from error
        else:
            self._admission.renew(running, remote, now)
        local = sdp.LocalDescription(
            running.credentials.ufrag,
            running.credentials.pwd,
            self._admission.certificate.fingerprint,
            self._wire.candidates,
        )
        taken = {ssrc for line in offer.lines for ssrc in line.ssrcs}
        text, negotiated = sdp.answer(offer, local, lambda: _fresh_ssrc(taken), previous)
        self._agreed[peer] = negotiated
        if previous is None:
            self._engine.add_peer(peer, negotiated, now)
        else:
            self._engine.extend(peer, negotiated, now)
        self._route(peer, now)
        return text

    def disconnect(self, peer: PeerId) -> None:
        """End a peer's transport, if it has one. Its place in the plans stays."""
        self._do(self._admission.close(peer), None, self._monotonic())
        self._forget(peer)

    def _forget(self, peer: PeerId) -> None:
        counts = self._engine.health_counts(peer, self._monotonic())
        if counts is not None and peer in self._linked:
            self._health.note_end(peer, counts)
        self._engine.remove_peer(peer)
        self._linked.pop(peer, None)
        self._agreed.pop(peer, None)

    # -- plans ---------------------------------------------------------------------------------------------

    def apply(self, group: str, plan: RoutePlan) -> Mapping[PeerId, tuple[SlotUse, ...]]:
        """Replace a group's plan; when this returns it holds, to the last packet.

        Gives the slots of each real receiver, with what really flows into each. A publisher keeps its slot
        as long as it is wanted. Before a receiver has offered, `slots_per_peer` slots are taken for granted.
        """
        now = self._monotonic()
        before = self._plans.get(group, RoutePlan())
        self._plans[group] = plan
        for peer in before.publish.keys() | plan.publish.keys():
            self._engine.permit(peer, routing.permitted(self._plans, peer), now)
        for peer in before.receive.keys() | plan.receive.keys():
            self._route(peer, now)
        return {peer: self.slot_use(peer) for peer in plan.receive if peer not in self._taps}

    def drop_group(self, group: str) -> None:
        """Take a group's plan away: nothing of it flows any more."""
        self.apply(group, RoutePlan())
        del self._plans[group]
        self._speakers.pop(group, None)

    def slot_use(self, peer: PeerId) -> tuple[SlotUse, ...]:
        """Say who is in which slot of one receiver now."""
        return routing.effective(self._uses.get(peer, ()), routing.wishes(self._plans, peer))

    def add_tap(self, peer: PeerId, tap: Tap | Tee) -> None:
        """Register a machine ear; it gets what the plans let `peer` receive. A Tee: by the shared ring of its kind.

        AssertionError: there is no ring of that kind.
        """
        now = self._monotonic()
        self._taps[peer] = tap
        self._uses.pop(peer, None)
        self._engine.add_tap(peer, tap, now)
        self._route(peer, now)

    def remove_tap(self, peer: PeerId) -> None:
        """Let a machine ear get nothing more."""
        self._engine.remove_tap(peer)
        self._taps.pop(peer, None)

    def _route(self, peer: PeerId, now: float) -> None:
        wished = routing.wishes(self._plans, peer)
        if peer in self._taps:
            self._engine.feed(peer, routing.tap_routes(wished), now)
            return
        agreed = self._agreed.get(peer)
        count = self._settings.slots_per_peer if agreed is None else len(agreed.slots)
        uses = slots.assign(self._uses.get(peer, ()), [one.subscription for one in wished], count)
        self._uses[peer] = uses
        if not wished:
            del self._uses[peer]
        self._engine.feed(peer, routing.slot_routes(routing.effective(uses, wished), wished), now)

    # -- wire ----------------------------------------------------------------------------------------------

    def _datagram(self, data: bytes, addr: Address) -> None:
        """Take what is not media of an accepted address: STUN, DTLS, and strangers."""
        now = self._monotonic()
        try:
            owner, outputs = self._admission.receive(data, addr, now)
            if owner is not None:
                self._do(outputs, owner, now)
            self._accept()
        except Exception as error:  # noqa: BLE001  border: a datagram is anyone's, and must never stop the plane
            self._contain(error, now)

    def _accept(self) -> None:
        for transport in self._admission.take_changed():
            self._engine.accept(transport.peer, tuple(transport.addresses))

    def _do(self, outputs: Outputs, transport: Transport | None, now: float) -> None:
        for output in outputs:
            if isinstance(output, Send):
                self._wire.send(output.data, output.addr)
            elif transport is None:
                continue
            elif isinstance(output, Connected):
                self._link(transport, now)
                self._on_fact(PeerConnected(transport.peer))
            elif isinstance(output, Lost):
                self._forget(transport.peer)
                self._on_fact(PeerLost(transport.peer, output.cause))
        if transport is not None and transport.connected and transport.lost is None:
            self._link(transport, now)

    def _link(self, transport: Transport, now: float) -> None:
        address, srtp = transport.address, transport.srtp
        if address is None or srtp is None or self._linked.get(transport.peer) == address:
            return
        self._linked[transport.peer] = address
        self._engine.link(transport.peer, srtp, address, now)

    def _contain(self, error: Exception, now: float) -> None:
        self._counters["contained"] += 1
        if now - self._logged_at >= _MINUTE_S / max(1, self._settings.stun_errors_logged_per_minute):
            self._logged_at = now
            log.error("contained in the media plane (%s so far)", self._counters["contained"], exc_info=error)

    # -- time ----------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        now = self._monotonic()
        try:
            self._due(now)
        except Exception as error:  # noqa: BLE001  border: the timer must go on whatever one peer's state is
            self._contain(error, now)
        if self._loop is not None and self._timer is not None:
            self._timer = self._loop.call_later(self._engine.tick_s, self._tick)

    def _due(self, now: float) -> None:
        self._engine.timer(now)
        if now - self._transports_at >= TRANSPORT_TICK_S - _EARLY_S:
            self._transports_at = now
            for transport, outputs in self._admission.timer(now):
                self._do(outputs, transport, now)
            self._accept()
        if now - self._speakers_at >= self._settings.speaker_interval_s - _EARLY_S:
            self._speakers_at = now
            self._speakers_step(now)
        if now - self._health_at >= STEP_S:
            self._health_at = now
            fresh = self._wire.renew()
            if fresh:
                self._on_fact(CandidatesChanged(fresh))
            counts = {peer: found for peer in self._linked if (found := self._counts(peer, now)) is not None}
            self._health.step(counts, now, self._wall_ns() // 1_000_000)

    def _speakers_step(self, now: float) -> None:
        loudness = self._engine.take_levels()
        for group, plan in tuple(self._plans.items()):
            audible = {peer for peer, kinds in plan.publish.items() if Kind.AUDIO in kinds}
            before = self._speakers.get(group, levels.Speakers({}))
            after = levels.step(
                levels.only(before, audible),
                {peer: loudness[peer] for peer in audible & loudness.keys()},
                now,
                threshold_db=self._settings.speaker_threshold_db,
                hold_s=self._settings.speaker_hold_s,
            )
            self._speakers[group] = after
            if set(after.order) != set(before.order) or after.order[:1] != before.order[:1]:
                self._on_fact(SpeakersChanged(group, after.order))

    # -- figures -------------------------------------------------------------------------------------------

    def _counts(self, peer: PeerId, now: float) -> Counts | None:
        """A peer's counters; its ICE checks count as a sign of life like any packet."""
        counts = self._engine.health_counts(peer, now)
        transport = self._admission.by_peer.get(peer)
        if counts is None or transport is None:
            return counts
        return replace(counts, heard_at=max((counts.heard_at, *transport.addresses.values())))

    def health(self, peer: PeerId) -> PeerHealth:
        """Give a peer's line as it is now, or as it last was (RFC 3550 §6.4); all unknown for a stranger."""
        now = self._monotonic()
        return self._health.health(peer, self._counts(peer, now) if peer in self._linked else None, now)

    def history(self, peer: PeerId) -> tuple[Sample, ...]:
        """Give a peer's last ten minutes at steps of five seconds, oldest first; also of one that is gone."""
        return self._health.history(peer)

    def figures(self, peer: PeerId) -> PeerFigures | None:
        """Give a peer's streams and lines as the engine counted them; None for one that has no transport."""
        return self._engine.figures(peer, self._monotonic())

    def take_fills(self) -> Mapping[tuple[int, str], float]:
        """Give how full each ring was at the worst since the last call, 0 to 1; see Engine.take_fills. The 0: one plane."""
        return {(0, ring): share for ring, share in self._engine.take_fills().items()}

    def stats(self) -> dict[str, Any]:
        """Give figures now: "engine", "peers" (by peer id), "totals" (since the start) and "datagrams_dropped"."""
        return {
            "engine": self._engine.name,
            "peers": {
                peer: {"connected": transport.connected, **self._engine.peer_counters(peer)}
                for peer, transport in self._admission.by_peer.items()
            },
            "totals": dict(self._counters + Counter(self._engine.counters())),
            "datagrams_dropped": dict(self._admission.counters),
        }


def _fresh_ssrc(taken: set[int]) -> int:
    """Draw an SSRC none of ours or of the offer has; small numbers are left for the server's own feedback."""
    while True:
        ssrc = 0x100 + secrets.randbelow((1 << 32) - 0x100)
        if ssrc not in taken:
            taken.add(ssrc)
            return ssrc
