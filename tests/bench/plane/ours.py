"""Our media plane under test, as a hearing has it: one media worker, and the tape's process behind a shared ring."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from media.fleet import Fleet
from media.ids import Kind, PeerId
from media.plan import RoutePlan, Subscription
from media.settings import MediaSettings
from media.tee import TAPE
from recording.facts import TapeOrder, TapeUnavailable
from recording.house import TapeHouse
from recording.settings import RecordingSettings
from tests.bench.plane.clients import LoadPeer
from tests.bench.plane.loads import LOADS, PROFILES, Case
from tests.bench.plane.serving import Clients, SkippedError, connect_some

if TYPE_CHECKING:
    from recording.remote import HouseRecorder

PEOPLE = 4  # of a hearing
_SLOTS_MIN = 4
_WIDTH_PX = 1280
_ANSWER_S = 30.0  # a machine that is full of load is no worker that hangs
_REPORTED_S = 1.5


class Ours:
    """Our media plane with one of its engines, as a hearing has it.

    One media worker in a process of its own, and a tape of every group that gets all its tracks: by a ring in shared
    memory, read by the tape's own process.
    """

    def __init__(self, case: Case, engine: str, *, gso: bool = False) -> None:
        self._case, self._engine = case, engine
        self._kind = LOADS[case.load].kind
        self._tapes = Path(tempfile.mkdtemp(prefix="tapes-"))
        self._house = TapeHouse(RecordingSettings(free_bytes_min=1))
        self._recorders: list[HouseRecorder] = []
        slots = max(_SLOTS_MIN, case.slots, PEOPLE if case.hearings else 1)
        self._fleet = Fleet(
            MediaSettings(
                udp_port=0,
                bind_host=case.host,
                engine=engine,
                gso=gso,
                slots_per_peer=slots,
                workers=1,
                worker_answer_s=_ANSWER_S,
            ),
            lambda _: None,
            lambda worker, rings: self._house.attach(worker, rings[TAPE]),
        )

    async def start(self) -> None:
        await self._house.start()
        try:
            await self._fleet.start()
        except OSError as error:
            raise SkippedError(f"not built ({error})") from error
        for number, (name, plan) in enumerate(self._plans().items()):
            tape = PeerId(f"tape-{number}")
            recorder = self._house.recorder(
                self._tapes / str(number), f"bench-{number}", tape, lambda _: None
            )
            self._recorders.append(recorder)
            await recorder.start()
            recorder.follow(
                TapeOrder(rolling=True, ground=None, labels={peer: peer for peer in plan.publish})
            )
            self._fleet.add_tap(tape, recorder.feed)
            hears = tuple(_all_of(plan, peer) for peer in plan.publish)
            self._fleet.apply(name, RoutePlan(plan.publish, {**plan.receive, tape: hears}))

    def _plans(self) -> dict[str, RoutePlan]:
        """Give the plan of each group, without its tape."""
        sends = frozenset({self._kind})
        if not self._case.hearings:
            publish = {PeerId("p"): sends}
            hearers = [PeerId(f"s{number}") for number in range(self._case.subscribers)]
            wish = _all_of(RoutePlan(publish), PeerId("p"))
            return {"group-0": RoutePlan(publish, dict.fromkeys(hearers, (wish,)))}
        found = {}
        for hall in range(self._case.hearings):
            names = [PeerId(f"h{hall}-{one}") for one in range(PEOPLE)]
            here = RoutePlan(dict.fromkeys(names, sends))
            receive = {one: tuple(_all_of(here, other) for other in names if other != one) for one in names}
            found[f"group-{hall}"] = RoutePlan(here.publish, receive)
        return found

    async def connect(self) -> Clients:
        found = Clients()
        for group, plan in self._plans().items():
            for name in dict.fromkeys((*plan.publish, *plan.receive)):
                kind: Kind | None = self._kind if name in plan.publish else None
                hears = len(plan.receive.get(name, ()))
                peer = LoadPeer(
                    self._case.host,
                    PROFILES[self._case.profile],
                    kind,
                    max(self._case.slots, hears) if hears else 0,
                )
                found.peers.append(peer)
                peer.agreed = self._fleet.answer(name, peer.offer(), group)
                if hears:
                    found.heard.append(peer)
                await connect_some(found.peers)
        await connect_some(found.peers, 1)
        for peer in found.heard:
            assert peer.answer is not None
            slot = peer.answer.slots[0]
            peer.hears = slot.video_ssrc if self._kind == "video" else slot.audio_ssrc
        return found

    @property
    def pid(self) -> int:
        return self._fleet.pids[0]

    @property
    def tape_pid(self) -> int | None:
        return self._house.pid

    async def stats(self) -> dict[str, Any]:
        await asyncio.sleep(_REPORTED_S)  # worker and tape process tell their counts now and then
        found, house = self._fleet.stats(), self._house.counts
        return {
            "engine": found["engine"],
            "totals": found["totals"],
            "restarts": found["workers"]["restarts"] + house.restarts,
            "taped": house.process.get("packets", 0),
            "tape_lost": house.dropped,
        }

    async def close(self) -> None:
        await self._fleet.close()
        for recorder in self._recorders:
            with contextlib.suppress(TapeUnavailable):
                await recorder.stop()
        await self._house.close()
        shutil.rmtree(self._tapes, ignore_errors=True)


def _all_of(plan: RoutePlan, publisher: PeerId) -> Subscription:
    """Everything one of a plan's publishers sends."""
    kinds = plan.publish[publisher]
    return Subscription(publisher, Kind.AUDIO in kinds, Kind.VIDEO in kinds, _WIDTH_PX)
