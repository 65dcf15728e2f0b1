"""Media workers as real processes on real ports: what the death of one costs, and what it must not cost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
import socket
import threading
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from media.facts import MediaAway, PeerConnected, PeerLost, SpeakersChanged, TooManyPeers
from media.fleet import Fleet
from media.ids import PeerId
from media.plan import RoutePlan
from media.settings import MediaSettings
from media.taps import TapPacket, Tee
from media.tee import TAPE, WORDS, TeeReader
from tests.house import free_port
from tests.media.rig import Ear
from tests.media.test_plane import hears, speak, words
from tests.peers.client import WirePeer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from media.facts import MediaFact
    from media.tee import TeeRing

pytestmark = pytest.mark.media

A, B, C, D, EAR = (PeerId(name) for name in ("a", "b", "c", "d", "tape:one"))
CALM: dict[str, float | str] = {
    "udp_port": 0,
    "bind_host": "127.0.0.1",
    "workers": 2,
    "worker_report_interval_s": 0.1,
    "worker_reports_missed_max": 300,  # a machine that is busy with other tests is no hanging worker
    "worker_answer_s": 10.0,
    "worker_start_timeout_s": 60.0,
}


class Court:
    """A fleet that serves, its facts, its clients, the rings of each worker."""

    def __init__(self, **settings: float | str) -> None:
        self.facts: list[MediaFact] = []
        self.rings: list[tuple[int, Mapping[str, TeeRing]]] = []
        self.readers: dict[int, TeeReader] = {}
        self.clients: list[WirePeer] = []
        wanted = MediaSettings(**{**CALM, **settings})  # type: ignore[arg-type]
        self.fleet = Fleet(wanted, self.facts.append, self._rings)

    def _rings(self, worker: int, rings: Mapping[str, TeeRing]) -> None:
        self.rings.append((worker, rings))
        self.readers[worker] = TeeReader(rings[TAPE].memory_fd, rings[TAPE].wake_fd)

    async def join(self, name: PeerId, group: str) -> WirePeer:
        """Offer until it is answered, as a client does."""
        client = WirePeer()
        self.clients.append(client)
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(MediaAway):
                    answer = self.fleet.answer(name, client.offer(), group)
                    break
                await asyncio.sleep(0.05)
        before = self.facts.count(PeerConnected(name))
        await client.connect(answer)
        await until(lambda: self.facts.count(PeerConnected(name)) > before)
        return client

    def pid(self, group: str) -> int:
        worker = self.fleet.worker_of(group)
        assert worker is not None
        return self.fleet.pids[worker]

    def lost(self) -> dict[PeerId, str]:
        return {fact.peer: fact.cause for fact in self.facts if isinstance(fact, PeerLost)}


@asynccontextmanager
async def court(**settings: float | str) -> AsyncIterator[Court]:
    made = Court(**settings)
    await made.fleet.start()
    try:
        yield made
    finally:
        for client in made.clients:
            client.close()
        await made.fleet.close()
        for reader in made.readers.values():
            reader.close()
        assert made.fleet.pids == (0,) * made.fleet.workers
        assert made.fleet.stats()["totals"].get("contained", 0) == 0


async def until(true: Callable[[], bool], limit_s: float = 20.0) -> None:
    async with asyncio.timeout(limit_s):
        while not true():
            await asyncio.sleep(0.01)


async def two_hearings(court: Court) -> tuple[WirePeer, WirePeer, WirePeer, WirePeer]:
    """A speaks to B in "one", C to D in "two"."""
    court.fleet.apply("one", hears((B, A)))
    court.fleet.apply("two", hears((D, C)))
    a, b = await court.join(A, "one"), await court.join(B, "one")
    c, d = await court.join(C, "two"), await court.join(D, "two")
    return a, b, c, d


async def test_each_hearing_is_on_one_worker_whose_port_its_candidates_name() -> None:
    async with court() as here:
        a, b, c, d = await two_hearings(here)
        assert {a.server, b.server} == {("127.0.0.1", here.fleet.ports[0])}
        assert {c.server, d.server} == {("127.0.0.1", here.fleet.ports[1])}
        assert len(set(here.fleet.ports)) == len(set(here.fleet.pids)) == 2
        speak(a, 3)
        speak(c, 4)
        await until(lambda: (len(b.received), len(d.received)) == (3, 4))
        here.fleet.apply("one", RoutePlan())
        speak(a, 3, first=4)
        await until(lambda: here.fleet.stats()["totals"].get("refused_publish") == 3)
        assert len(b.received) == 3
        stats = here.fleet.stats()
        assert stats["workers"] == {
            "wanted": 2, "living": 2, "restarts": 0, "engines": (stats["engine"],) * 2
        }  # fmt: skip
        assert stats["peers"].keys() == {A, B, C, D}
        await until(lambda: here.fleet.figures(A) is not None)
        here.fleet.disconnect(A)
        assert here.fleet.figures(A) is None
        assert here.lost() == {}


async def test_kill_9_costs_only_its_own_hearing_which_comes_back_elsewhere() -> None:
    async with court() as here:
        a, b, c, d = await two_hearings(here)
        speak(a, 2)
        await until(lambda: SpeakersChanged("one", (A,)) in here.facts)
        sent = 0

        async def go_on() -> None:
            nonlocal sent
            while True:
                sent += 1
                speak(c, 1, first=sent)
                await asyncio.sleep(0.01)

        speaking = asyncio.get_running_loop().create_task(go_on())
        await until(lambda: len(d.received) > 20)
        killed = here.pid("one")
        began = time.monotonic()
        os.kill(killed, signal.SIGKILL)
        await until(lambda: len(here.lost()) == 2)
        assert here.lost() == {A: "server", B: "server"}
        assert here.facts.index(SpeakersChanged("one", ())) > here.facts.index(PeerLost(A, "server"))
        assert here.fleet.worker_of("one") == here.fleet.worker_of("two")
        a, b = await here.join(A, "one"), await here.join(B, "one")
        speak(a, 3)
        await until(lambda: len(words(b)) == 3)
        print(f"heard again {time.monotonic() - began:.2f} s after kill -9")
        await until(lambda: here.fleet.stats()["workers"]["living"] == 2)
        assert here.fleet.stats()["workers"]["restarts"] == 1
        speaking.cancel()
        await until(lambda: len(d.received) == sent)
        assert words(d) == [f"word {number}".encode() for number in range(1, sent + 1)], "not one packet"
        assert [worker for worker, _ in here.rings] == [0, 1, 0]
        assert here.lost() == {A: "server", B: "server"}


async def test_a_hearing_that_opens_after_a_death_goes_to_the_new_process() -> None:
    async with court() as here:
        await two_hearings(here)
        os.kill(here.pid("one"), signal.SIGKILL)
        await until(lambda: here.fleet.stats()["workers"]["restarts"] == 1)
        await until(lambda: here.fleet.stats()["workers"]["living"] == 2)
        here.fleet.apply("three", hears((B, A)))
        assert here.fleet.worker_of("three") == 0


async def test_a_worker_that_hangs_is_ended_because_it_tells_nothing() -> None:
    async with court(worker_report_interval_s=0.2, worker_reports_missed_max=10) as here:
        await two_hearings(here)
        stopped = here.pid("two")
        os.kill(stopped, signal.SIGSTOP)
        await until(lambda: here.lost() == {C: "server", D: "server"})
        assert not Path(f"/proc/{stopped}").exists()
        c, d = await here.join(C, "two"), await here.join(D, "two")
        speak(c, 3)
        await until(lambda: len(words(d)) == 3)


async def test_a_worker_that_does_not_answer_is_ended_and_the_plan_holds_when_the_call_returns() -> None:
    async with court(worker_answer_s=1.0) as here:
        await two_hearings(here)
        stopped = here.pid("one")
        os.kill(stopped, signal.SIGSTOP)
        here.facts.clear()
        slots = here.fleet.apply("one", hears((A, B)))
        assert [use.publisher for use in slots[A]] == [B], "laid on the other one, in the same call"
        assert not Path(f"/proc/{stopped}").exists(), "it can send nothing any more"
        assert here.facts == [], "no fact in the middle of a call"
        await until(lambda: here.lost() == {A: "server", B: "server"})


async def test_a_worker_that_dies_over_an_offer_is_followed_by_no_other() -> None:
    async with court() as here:
        a, *_ = await two_hearings(here)
        dying, other = here.pid("one"), here.pid("two")
        os.kill(dying, signal.SIGSTOP)
        threading.Timer(0.3, os.kill, (dying, signal.SIGKILL)).start()
        with pytest.raises(MediaAway):
            here.fleet.answer(A, WirePeer().offer(), "one")
        assert here.pid("one") == here.pid("two") == other, "the offer went to one, the plan to both"
        await until(lambda: here.lost() == {A: "server", B: "server"})
        a, b = await here.join(A, "one"), await here.join(B, "one")
        speak(a, 2)
        await until(lambda: len(words(b)) == 2)


async def test_while_no_worker_lives_nothing_else_of_the_hearing_stops() -> None:
    async with court(workers=1) as here:
        plan = hears((B, A))
        here.fleet.apply("one", plan)
        await here.join(A, "one")
        os.kill(here.pid("one"), signal.SIGKILL)
        await until(lambda: here.lost() == {A: "server"})
        assert here.fleet.worker_of("one") is None
        with pytest.raises(MediaAway):
            here.fleet.answer(A, WirePeer().offer(), "one")
        assert here.fleet.apply("one", plan) == {}
        assert here.fleet.slot_use(B) == ()
        here.fleet.add_tap(EAR, Tee(TAPE))
        here.fleet.remove_tap(EAR)
        here.fleet.disconnect(A)
        here.fleet.drop_group("none such")
        a, b = await here.join(A, "one"), await here.join(B, "one")
        speak(a, 3)
        await until(lambda: len(words(b)) == 3)


async def test_a_worker_that_cannot_live_is_tried_ever_more_seldom(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port(socket.SOCK_DGRAM)
    async with court(workers=1, udp_port=port, worker_restart_s=0.1, worker_restart_s_max=0.4) as here:
        caplog.set_level(logging.ERROR, "media.fleet")
        here.fleet._delays[0] = (
            0.1  # it has died before: no haste, so that the port is taken when the next one asks
        )
        os.kill(here.fleet.pids[0], signal.SIGKILL)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine:
            while not _bound(mine, port):
                await asyncio.sleep(0)
            await until(lambda: len(_delays(caplog)) >= 5, 60)
        assert _delays(caplog)[:5] == [0.1, 0.2, 0.4, 0.4, 0.4]
        await until(lambda: here.fleet.stats()["workers"]["living"] == 1)


def _bound(sock: socket.socket, port: int) -> bool:
    with contextlib.suppress(OSError):
        sock.bind(("127.0.0.1", port))
        return True
    return False


def _delays(caplog: pytest.LogCaptureFixture) -> list[float]:
    found = (re.search(r"starts again in ([0-9.]+) s", one.getMessage()) for one in caplog.records)
    return [float(one[1]) for one in found if one]


async def test_people_are_counted_over_all_workers_and_a_group_is_never_split() -> None:
    async with court(peers_max=3) as here:
        here.fleet.apply("one", hears((B, A)))
        here.fleet.apply("two", hears((D, C)))
        for peer, group in ((A, "one"), (C, "two"), (B, "one")):
            await here.join(peer, group)
        with pytest.raises(TooManyPeers):
            here.fleet.answer(D, WirePeer().offer(), "two")
        again = await here.join(A, "one")  # who has a place may offer anew
        assert again.server[1] == here.fleet.ports[0]
        moved = await here.join(A, "two")  # of another hearing: the older transport ends
        assert moved.server[1] == here.fleet.ports[1]
        await until(lambda: not again.connected)
        assert here.lost() == {}


async def test_a_group_that_was_dropped_stays_where_its_people_are() -> None:
    async with court() as here:
        a, b, *_ = await two_hearings(here)
        here.fleet.drop_group("one")
        here.fleet.apply("three", hears((D, C)))
        here.fleet.apply("one", hears((B, A)))
        assert here.fleet.worker_of("one") == 0
        speak(a, 2)
        await until(lambda: len(words(b)) == 2)
        here.fleet.drop_group("one")
        here.fleet.disconnect(A)
        here.fleet.disconnect(B)
        assert here.fleet.worker_of("one") is None


async def test_taps_are_laid_with_the_plan_also_on_the_worker_that_takes_over() -> None:
    async with court() as here:
        with pytest.raises(AssertionError):
            here.fleet.add_tap(EAR, Ear())
        here.fleet.add_tap(EAR, Tee(TAPE))
        used = here.fleet.apply("one", hears((B, A), (EAR, A)))
        assert used.keys() == {B}, "an ear has no slots"
        a = await here.join(A, "one")
        speak(a, 3)
        assert await _taped(here, 0, 3) == [b"word 1", b"word 2", b"word 3"]
        speak(a, 2, first=4)
        await until(lambda: here.fleet.stats()["totals"].get("packets_in", 0) == 5)
        os.kill(here.pid("one"), signal.SIGKILL)
        old = here.readers[0]
        await until(lambda: here.lost() == {A: "server"})
        assert [_payload(item) for _, item in old.read(100)] == [b"word 4", b"word 5"], "written is not lost"
        a = await here.join(A, "one")
        speak(a, 2, first=6)
        assert await _taped(here, 1, 2) == [b"word 6", b"word 7"]
        here.fleet.remove_tap(EAR)
        speak(a, 2, first=8)
        await until(lambda: here.fleet.stats()["totals"].get("packets_in", 0) >= 9)
        assert here.readers[1].read(100) == []
        assert {kind for _, rings in here.rings for kind in rings} == {TAPE, WORDS}


async def _taped(here: Court, worker: int, count: int) -> list[bytes]:
    found: list[bytes] = []

    def read() -> bool:
        for tap, item in here.readers[worker].read(100):
            assert tap == EAR
            found.append(_payload(item))
        return len(found) >= count

    await until(read)
    return found


def _payload(item: object) -> bytes:
    assert isinstance(item, TapPacket)
    return item.payload


async def test_how_a_line_was_is_known_after_its_worker_is_gone() -> None:
    async with court() as here:
        a, *_ = await two_hearings(here)
        speak(a, 20)
        await until(lambda: len(here.fleet.history(A)) > 0)  # a step is five seconds
        known = here.fleet.history(A)
        os.kill(here.pid("one"), signal.SIGKILL)
        await until(lambda: A in here.lost())
        assert here.fleet.history(A)[: len(known)] == known
        silent = here.fleet.health(A).silent_ms
        await until(lambda: here.fleet.health(A).silent_ms > silent + 50)
        await here.join(A, "one")
        assert here.fleet.history(A)[: len(known)] == known


async def test_how_full_the_rings_of_each_worker_were_is_known() -> None:
    async with court() as here:
        here.fleet.add_tap(EAR, Tee(TAPE))
        here.fleet.apply("one", hears((EAR, A)))
        a = await here.join(A, "one")
        worker = here.fleet.worker_of("one")
        assert worker is not None
        await until(lambda: len(here.fleet.take_fills()) >= 4)
        speak(a, 20)
        await until(lambda: here.fleet.take_fills()[worker, TAPE] > 0)
        assert here.fleet.take_fills()[1 - worker, TAPE] == 0
        assert {ring for _, ring in here.fleet.take_fills()} >= {TAPE, WORDS}
