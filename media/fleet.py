"""The media plane over several processes: the same face as media.plane.MediaPlane, a group on one worker at a time.

It holds the plans and the taps, so that a group whose worker died is laid on another before anybody is answered there. It
must never let a dead or hanging worker raise out of a call that is about a plan: the hearing goes on without sound until
its people offer again. No packet and no address of a client comes here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from media.facts import (
    OWN_FAULT,
    CandidatesChanged,
    MediaAway,
    PeerConnected,
    PeerLost,
    SpeakersChanged,
    TooManyPeers,
)
from media.fleet_book import Book
from media.fleet_groups import Groups, tell
from media.fleet_messages import Call, Report
from media.fleet_worker import Worker, WorkerGone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from media.facts import MediaFact
    from media.figures import PeerFigures
    from media.fleet_groups import Group
    from media.fleet_messages import Noted
    from media.health import PeerHealth, Sample
    from media.ids import PeerId
    from media.plan import RoutePlan, SlotUse
    from media.settings import MediaSettings
    from media.taps import Tap, Tee
    from media.tee import TeeRing

log = logging.getLogger(__name__)


class Fleet:
    """Carries sound and picture where plans say, in `settings.processes` processes.

    on_fact: called on the loop's thread, never in the middle of a call of this class; must not block.
    on_rings: called with a worker's index and its fresh rings (media.tee) each time one starts, before a packet flows.
    """

    def __init__(
        self,
        settings: MediaSettings,
        on_fact: Callable[[MediaFact], None],
        on_rings: Callable[[int, Mapping[str, TeeRing]], None] = lambda *_: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._on_fact = on_fact
        self._on_rings = on_rings
        self._monotonic = monotonic
        self._workers = [Worker(index, settings, self) for index in range(settings.processes)]
        self._groups = Groups(self._workers)
        self._homes: dict[PeerId, tuple[Worker, str]] = {}
        self._book = Book()
        self._facts: deque[MediaFact] = deque()
        self._delivering = False
        self._contained = self._restarts = 0
        self._delays = [0.0] * len(self._workers)
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._changed = asyncio.Event()
        self._serving = False  # from the first time that all were there until the end

    # -- life ----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start every worker and wait for their ports. Raises OSError if one of them can't serve."""
        try:
            for worker in self._workers:
                worker.start()
            while not all(worker.ready for worker in self._workers):
                failed = next((one.failure for one in self._workers if one.failure is not None), None)
                if failed is not None:
                    raise failed
                self._changed.clear()
                await self._changed.wait()
        except OSError:
            await self.close()
            raise
        self._serving = True
        log.info(
            "media plane: %d workers, engines %s, udp ports %s", self.workers, self._engines(), self.ports
        )

    async def close(self) -> None:
        """Say goodbye to every peer and end the processes. Harmless when not started."""
        self._serving = False
        for timer in self._timers.values():
            timer.cancel()
        await asyncio.gather(*(worker.close() for worker in self._workers))
        self._homes.clear()
        self._facts.clear()

    @property
    def workers(self) -> int:
        """How many media processes there are to be."""
        return len(self._workers)

    @property
    def port(self) -> int:
        """The first worker's UDP port; 0 before `start`."""
        return self._workers[0].port

    @property
    def ports(self) -> tuple[int, ...]:
        """Each worker's UDP port, as it last was."""
        return tuple(worker.port for worker in self._workers)

    @property
    def pids(self) -> tuple[int, ...]:
        """Each worker's process; 0 for one that is being restarted."""
        return tuple(worker.pid for worker in self._workers)

    def worker_of(self, group: str) -> int | None:
        """Which worker a group is on; None where it is on none."""
        found = self._groups.get(group)
        return found.worker.index if found is not None and found.worker is not None else None

    # -- peers ---------------------------------------------------------------------------------------------

    def answer(self, peer: PeerId, offer_sdp: str, group: str) -> str:
        """Answer an offer as MediaPlane does, on the worker of this group, where its plan is in force before.

        Raises media.sdp.SdpError, TooManyPeers, or MediaAway: no worker lives, or it died over this very offer, which
        is then given to no other one: an offer that kills would go through all of them.
        """
        kept = self._groups.known(group)
        try:
            return self._answer(kept, peer, offer_sdp, group)
        finally:
            self._groups.prune(group)

    def _answer(self, kept: Group, peer: PeerId, offer_sdp: str, group: str) -> str:
        if kept.worker is None:
            self._groups.lay(group)
        worker, home = kept.worker, self._homes.get(peer)
        if worker is None:
            raise MediaAway
        if home is not None and home != (worker, group):
            self.disconnect(peer)
            home = None
        if home is None and len(self._homes) >= self._settings.peers_max:
            raise TooManyPeers
        try:
            (text,) = worker.ask(Call("answer", (peer, offer_sdp)))
        except WorkerGone:
            raise MediaAway from None
        except TooManyPeers:
            self._leave(peer)
            self._book.ended(peer, None, self._monotonic())
            raise
        self._homes[peer] = (worker, group)
        kept.peers.add(peer)
        self._book.came(worker.index, peer, self._monotonic())
        self._forget_older(peer)
        return str(text)

    def _forget_older(self, peer: PeerId) -> None:
        """What is not told yet of a transport that another one has replaced is told no more."""
        lost = [at for at, fact in enumerate(self._facts) if isinstance(fact, PeerLost) and fact.peer == peer]
        if lost:
            self._facts = deque(
                fact
                for at, fact in enumerate(self._facts)
                if at > lost[-1] or not isinstance(fact, PeerConnected | PeerLost) or fact.peer != peer
            )

    def disconnect(self, peer: PeerId) -> None:
        """End a peer's transport, if it has one. Its place in the plans stays."""
        home = self._leave(peer)
        if home is None:
            return
        told = tell(home[0], Call("disconnect", (peer,)))
        self._book.ended(peer, told[0] if told is not None else None, self._monotonic())

    def _leave(self, peer: PeerId) -> tuple[Worker, str] | None:
        home = self._homes.pop(peer, None)
        if home is not None:
            group = self._groups.get(home[1])
            if group is not None:
                group.peers.discard(peer)
                self._groups.prune(home[1])
        return home

    # -- plans ---------------------------------------------------------------------------------------------

    def apply(self, group: str, plan: RoutePlan) -> Mapping[PeerId, tuple[SlotUse, ...]]:
        """Replace a group's plan as MediaPlane does; when this returns it holds, to the last packet.

        Gives no slots while no worker lives: the plan is laid on the first that does.
        """
        return self._groups.apply(group, plan)

    def drop_group(self, group: str) -> None:
        """Take a group's plan away: nothing of it flows any more."""
        self._groups.drop_group(group)

    def slot_use(self, peer: PeerId) -> tuple[SlotUse, ...]:
        """Say who is in which slot of one receiver now; nobody where it is on no worker."""
        return self._groups.slot_use(peer)

    def add_tap(self, peer: PeerId, tap: Tap | Tee) -> None:
        """Register a machine ear; it gets what the plans let `peer` receive, by the shared ring of its kind."""
        self._groups.add_tap(peer, tap)

    def remove_tap(self, peer: PeerId) -> None:
        """Let a machine ear get nothing more."""
        self._groups.remove_tap(peer)

    # -- workers (media.fleet_worker.Owner) ----------------------------------------------------------------

    def started(self, worker: Worker, rings: Mapping[str, TeeRing]) -> None:
        """A process is about to start."""
        self._on_rings(worker.index, rings)

    def came(self, worker: Worker) -> None:
        """A worker serves: what had no place gets one."""
        log.info(
            "media worker %d: process %d, engine %s, udp port %d",
            worker.index, worker.pid, worker.engine, worker.port,
        )  # fmt: skip
        self._changed.set()
        asyncio.get_running_loop().call_soon(self._groups.lay_waiting)

    def told(self, worker: Worker, message: Noted | Report) -> None:
        """A worker says something: figures are kept, facts wait for their turn."""
        now = self._monotonic()
        if isinstance(message, Report):
            self._book.take(worker.index, message, now)
            return
        fact: MediaFact = message.fact
        match fact:
            case PeerConnected() | PeerLost():
                home = self._homes.get(fact.peer)
                if home is None or home[0] is not worker:
                    return
                if isinstance(fact, PeerLost):
                    self._leave(fact.peer)
                    self._book.ended(fact.peer, message.last, now)
            case SpeakersChanged():
                group = self._groups.get(fact.group)
                if group is None or group.worker is not worker:
                    return
                group.speakers = fact.speakers
            case CandidatesChanged():
                here = frozenset(self._groups.on(worker))
                fact = replace(fact, groups=here)
            case _:
                pass
        self._note(fact)

    def went(self, worker: Worker, reason: str) -> None:
        """A worker's process is gone: its people are told to offer again, its groups are laid elsewhere first."""
        self._changed.set()
        if not self._serving:
            return
        lost = [peer for peer, (home, _) in self._homes.items() if home is worker]
        groups = self._groups.on(worker)
        self._book.worker_ended(worker.index, self._monotonic())
        for peer in lost:
            self._leave(peer)
            self._note(PeerLost(peer, OWN_FAULT))
        waiting = []
        for name in groups:
            group = self._groups.get(name)
            if group is None:
                continue
            group.worker = None
            if group.speakers:
                group.speakers = ()
                self._note(SpeakersChanged(name, ()))
            if group.plan is not None and not group.laying:
                waiting.append(name)
        delay = self._restart(worker)
        log.error(
            "media worker %d %s: %d peers of %d groups lost; starts again in %.1f s",
            worker.index, reason, len(lost), len(groups), delay,
        )  # fmt: skip
        for name in waiting:
            group = self._groups.get(name)
            if group is not None and group.worker is None:
                self._groups.lay(name)

    def _restart(self, worker: Worker) -> float:
        """Start the worker anew: at once, or later each time it dies young. Gives the seconds until then."""
        settings, index = self._settings, worker.index
        if worker.came_at and time.monotonic() - worker.came_at >= settings.worker_restart_s_max:
            self._delays[index] = 0.0
        delay = self._delays[index]
        self._delays[index] = min(
            settings.worker_restart_s_max, max(settings.worker_restart_s, 2 * self._delays[index])
        )
        worker.came_at = 0.0
        self._timers[index] = asyncio.get_running_loop().call_later(delay, self._start_again, worker)
        return delay

    def _start_again(self, worker: Worker) -> None:
        self._restarts += 1
        try:
            worker.start()
        except OSError as error:
            self.went(worker, f"can't be started ({error.strerror})")

    # -- facts ---------------------------------------------------------------------------------------------

    def _note(self, fact: MediaFact) -> None:
        self._facts.append(fact)
        if not self._delivering:
            self._delivering = True
            asyncio.get_running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        try:
            while self._facts:
                self._tell_fact(self._facts.popleft())
        finally:
            self._delivering = False

    def _tell_fact(self, fact: MediaFact) -> None:
        try:
            self._on_fact(fact)
        except Exception:  # border: a fact that breaks its listener must not keep the others from being told
            self._contained += 1
            log.exception("contained in the fleet: a fact broke its listener")

    # -- figures -------------------------------------------------------------------------------------------

    def health(self, peer: PeerId) -> PeerHealth:
        """Give a peer's line as its worker last said, or as it last was; all unknown for a stranger."""
        return self._book.health(peer, self._monotonic())

    def history(self, peer: PeerId) -> tuple[Sample, ...]:
        """Give a peer's last ten minutes at steps of five seconds, oldest first; also of one that is gone."""
        return self._book.history(peer)

    def figures(self, peer: PeerId) -> PeerFigures | None:
        """Give a peer's streams and lines as its worker last said; None for one that has no transport."""
        return self._book.figures(peer)

    def take_fills(self) -> Mapping[tuple[int, str], float]:
        """Give how full each ring was at the worst since the last call, 0 to 1, by worker and ring."""
        return self._book.take_fills()

    def stats(self) -> dict[str, Any]:
        """Give what MediaPlane.stats gives, summed, and "workers": how many, living, restarts, engines."""
        found = self._book.stats()
        if self._contained:
            totals = found["totals"]
            totals["contained"] = totals.get("contained", 0) + self._contained
        engines = self._engines()
        return {
            "engine": engines[0] if len(set(engines)) == 1 else "mixed" if engines else "",
            **found,
            "workers": {
                "wanted": self.workers,
                "living": len(engines),
                "restarts": self._restarts,
                "engines": engines,
            },
        }

    def _engines(self) -> tuple[str, ...]:
        return tuple(worker.engine for worker in self._workers if worker.ready)
