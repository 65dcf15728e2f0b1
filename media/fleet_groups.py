"""Which worker each group is on; lays plans and taps there. Knows no process and no transport.

A group's plan is kept until it is dropped, so that it can be laid on another worker. It must never raise because a worker
died: what was on it flows no more, and is laid elsewhere.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from media.fleet_messages import Call
from media.fleet_worker import WorkerGone
from media.taps import Tee

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from media.fleet_worker import Worker
    from media.ids import PeerId
    from media.plan import RoutePlan, SlotUse
    from media.taps import Tap

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Group:
    """One hearing. plan: None before the first and after the last; laying: its worker is being told of it now."""

    plan: RoutePlan | None = None
    worker: Worker | None = None
    peers: set[PeerId] = field(default_factory=set)
    speakers: tuple[PeerId, ...] = ()
    laying: bool = False


class Groups:
    """All groups of a fleet, by name."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers
        self._groups: dict[str, Group] = {}
        self._taps: dict[PeerId, Tee] = {}

    def get(self, name: str) -> Group | None:
        """A group that is known."""
        return self._groups.get(name)

    def known(self, name: str) -> Group:
        """A group, from now on known."""
        return self._groups.setdefault(name, Group())

    def prune(self, name: str) -> None:
        """Forget a group that has neither a plan nor people."""
        group = self._groups.get(name)
        if group is not None and group.plan is None and not group.peers and not group.laying:
            del self._groups[name]

    def on(self, worker: Worker) -> list[str]:
        """The groups that are on this worker."""
        return [name for name, group in self._groups.items() if group.worker is worker]

    # -- plans ---------------------------------------------------------------------------------------------

    def apply(self, group: str, plan: RoutePlan) -> Mapping[PeerId, tuple[SlotUse, ...]]:
        """Replace a group's plan as MediaPlane does; when this returns it holds, to the last packet.

        Gives no slots while no worker lives: the plan is laid on the first that does.
        """
        kept = self.known(group)
        kept.plan = plan
        slots = self.lay(group)
        if slots is None:  # its worker died over it
            slots = self.lay(group)
        return slots or {}

    def drop_group(self, group: str) -> None:
        """Take a group's plan away: nothing of it flows any more."""
        kept = self._groups.get(group)
        if kept is None:
            return
        kept.plan, kept.speakers = None, ()
        if kept.worker is not None:
            tell(kept.worker, Call("drop_group", (group,)))
        self.prune(group)

    def slot_use(self, peer: PeerId) -> tuple[SlotUse, ...]:
        """Say who is in which slot of one receiver now; nobody where it is on no worker."""
        for group in tuple(self._groups.values()):
            named = group.plan is not None and peer in group.plan.receive
            if named and group.worker is not None:
                found = tell(group.worker, Call("slot_use", (peer,)))
                return found[0] if found else ()
        return ()

    def add_tap(self, peer: PeerId, tap: Tap | Tee) -> None:
        """Register a machine ear; it gets what the plans let `peer` receive, by the shared ring of its kind."""
        if not isinstance(tap, Tee):
            raise AssertionError("a worker's packets come by rings only")  # noqa: TRY004  a bug of ours
        self._taps[peer] = tap
        for group in tuple(self._groups.values()):
            if group.worker is not None and group.plan is not None and peer in group.plan.receive:
                group.worker.taps.add(peer)
                tell(group.worker, Call("add_tap", (peer, tap)))

    def remove_tap(self, peer: PeerId) -> None:
        """Let a machine ear get nothing more."""
        self._taps.pop(peer, None)
        for worker in self._workers:
            if peer in worker.taps:
                worker.taps.discard(peer)
                tell(worker, Call("remove_tap", (peer,)))

    def lay(self, name: str) -> Mapping[PeerId, tuple[SlotUse, ...]] | None:
        """Put a group's taps and plan in force on its worker, or on the one that has the least.

        Gives the slots; none where no worker lives; None if the worker died over it.
        """
        group = self._groups[name]
        worker = group.worker or self._least()
        if worker is None:
            return {}
        group.worker = worker
        if group.plan is None:
            return {}
        fresh = [peer for peer in group.plan.receive if peer in self._taps and peer not in worker.taps]
        worker.taps.update(fresh)
        calls = [Call("add_tap", (peer, self._taps[peer])) for peer in fresh]
        group.laying = True
        try:
            told = tell(worker, *calls, Call("apply", (name, group.plan)))
        finally:
            group.laying = False
        slots: Mapping[PeerId, tuple[SlotUse, ...]] | None = told[-1] if told is not None else None
        return slots

    def _least(self) -> Worker | None:
        """The living worker with the fewest people; a hearing where nobody is yet counts as one."""
        load = {worker.index: 0 for worker in self._workers if worker.ready}
        for group in self._groups.values():
            if group.worker is not None and group.worker.index in load:
                load[group.worker.index] += max(1, len(group.peers))
        return self._workers[min(load, key=lambda index: (load[index], index))] if load else None

    def lay_waiting(self) -> None:
        """Lay what is on no worker."""
        for name, group in tuple(self._groups.items()):
            if group.worker is None and group.plan is not None and not group.laying:
                self.lay(name)


def tell(worker: Worker, *calls: Call) -> tuple[Any, ...] | None:
    """Have calls made; None if the worker is gone: then nothing of it flows, and what it had is laid elsewhere."""
    try:
        return worker.ask(*calls)
    except WorkerGone as gone:
        log.info("media worker %d %s: %s not done there", worker.index, gone, calls[-1].name)
        return None
