"""The plane on a real port, with independent clients: real ICE, DTLS and SRTP on loopback.

Each law is tried on every engine, in this process and in a media worker: the server can't tell which of the two it has.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from media.facts import PeerConnected, PeerLost, SpeakersChanged, TooManyPeers, TrackStarted
from media.fleet import Fleet
from media.ids import Kind, PeerId, TrackId
from media.plan import RoutePlan, SlotUse, Subscription
from media.plane import MediaPlane
from media.rtp import bounds
from media.sdp import SdpError
from media.settings import MediaSettings
from media.wire import local_hosts
from tests.media.engines import ENGINES
from tests.media.rig import BOTH, Ear, vp8_payload
from tests.peers.client import WirePeer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from media.facts import MediaFact

pytestmark = pytest.mark.media

A, B, C, EAR = PeerId("a"), PeerId("b"), PeerId("c"), PeerId("ear")
APART = "worker: "


@pytest.fixture(scope="session", params=[*ENGINES, *(f"{APART}{name}" for name in ENGINES)])
def engine(request: pytest.FixtureRequest) -> str:
    """The name of an engine, or of one in a process apart."""
    return str(request.param)


class House:
    """A started plane, its facts, its clients."""

    def __init__(self, plane: MediaPlane | Fleet, facts: list[MediaFact]) -> None:
        self.plane = plane
        self.facts = facts
        self.clients: list[WirePeer] = []

    def answer(self, name: PeerId, offer: str) -> str:
        return self.plane.answer(name, offer, "g")

    async def join(self, name: PeerId, *, slots: int = 1, rids: tuple[str, ...] = ()) -> WirePeer:
        client = WirePeer(slots=slots, rids=rids)
        self.clients.append(client)
        await client.connect(self.answer(name, client.offer()))
        await self.until(lambda: PeerConnected(name) in self.facts)
        return client

    async def until(self, true: Callable[[], bool], limit_s: float = 5.0) -> None:
        async with asyncio.timeout(limit_s):
            while not true():
                await asyncio.sleep(0.01)


@asynccontextmanager
async def house(engine: str, **limits: float) -> AsyncIterator[House]:
    facts: list[MediaFact] = []
    settings = MediaSettings(
        udp_port=0,
        bind_host="127.0.0.1",
        engine=engine.removeprefix(APART),
        workers=1,
        worker_report_interval_s=0.05,
        worker_reports_missed_max=200,  # a machine that is busy with other tests is no hanging worker
        worker_answer_s=10.0,
        worker_start_timeout_s=60.0,
        **limits,  # type: ignore[arg-type]
    )
    apart = engine.startswith(APART)
    plane = Fleet(settings, facts.append) if apart else MediaPlane(settings, facts.append)
    await plane.start()
    made = House(plane, facts)
    try:
        yield made
    finally:
        for client in made.clients:
            client.close()
        await plane.close()
        assert plane.stats()["totals"].get("contained", 0) == 0


def hears(*pairs: tuple[PeerId, PeerId], publish: frozenset[Kind] = BOTH) -> RoutePlan:
    receive: dict[PeerId, tuple[Subscription, ...]] = {}
    for receiver, publisher in pairs:
        receive[receiver] = (*receive.get(receiver, ()), Subscription(publisher, audio=True, video=True))
    return RoutePlan({publisher: publish for _, publisher in pairs}, receive)


def speak(client: WirePeer, count: int, first: int = 1, level: int = -20) -> None:
    for number in range(first, first + count):
        client.send_rtp("audio", f"word {number}".encode(), number, number * 960, level=level)


def words(client: WirePeer) -> list[bytes]:
    payloads = (packet[bounds(packet)[0] :] for _, packet in client.received)
    return [one for one in payloads if one.startswith(b"word")]


async def settle() -> None:
    """Let every datagram that is on its way arrive."""
    await asyncio.sleep(0.15)


async def test_sound_and_picture_go_where_the_plan_says_and_stop_at_once(engine: str) -> None:
    async with house(engine) as home:
        ear, heard = Ear(), not engine.startswith(APART)
        if heard:  # of a worker's ear: test_fleet
            home.plane.add_tap(EAR, ear)
        used = home.plane.apply("g", hears((B, A), (EAR, A)))
        assert used == {B: (SlotUse(0, A, audio=True, video=True),), **({} if heard else {EAR: used[EAR]})}
        a, b = await home.join(A), await home.join(B)
        speak(a, 5)
        for number in range(3):
            payload = vp8_payload(b"pixels", start=True, key=number == 0, picture=number, tl0=number)
            a.send_rtp("video", payload, number, number * 3000, marker=True)
        await home.until(lambda: len(b.received) == 8)
        assert words(b) == [f"word {number}".encode() for number in range(1, 6)]
        await home.until(lambda: len(ear.items) == 8 * heard)
        await home.until(lambda: TrackStarted(TrackId(A, Kind.VIDEO), "vp8") in home.facts)
        home.plane.apply("g", hears((B, A), (EAR, A), publish=frozenset()))
        speak(a, 5, first=6)
        speak(b, 5)
        await settle()
        assert (len(b.received), len(ear.items), a.received) == (8, 8 * heard, [])
        await home.until(lambda: home.plane.stats()["totals"].get("refused_publish") == 10)
        home.plane.drop_group("g")
        assert home.plane.slot_use(B) == ()


async def test_a_client_that_forges_anothers_ssrc_is_not_heard_as_it(engine: str) -> None:
    async with house(engine) as home:
        home.plane.apply("g", hears((C, A), (C, B)))
        a, b, c = await home.join(A), await home.join(B), await home.join(C)
        home.plane.apply("g", RoutePlan({A: BOTH}, hears((C, A), (C, B)).receive))
        speak(a, 3)
        for number in range(50):
            b.send_rtp("audio", b"word forged", number, 1, ssrc=a.ssrcs["audio", ""])
        await home.until(lambda: len(c.received) == 3)
        await settle()
        assert words(c) == [b"word 1", b"word 2", b"word 3"]


async def test_slots_shrink_to_what_the_client_offers(engine: str) -> None:
    async with house(engine) as home:
        assert len(home.plane.apply("g", hears((C, A), (C, B)))[C]) == 2
        await home.join(C, slots=1)
        assert [use.publisher for use in home.plane.slot_use(C)] == [A]


async def test_a_new_offer_replaces_the_old_transport(engine: str) -> None:
    async with house(engine) as home:
        home.plane.apply("g", hears((B, A)))
        a, old = await home.join(A), await home.join(B)
        home.facts.clear()
        new = await home.join(B)
        speak(a, 3)
        await home.until(lambda: len(new.received) == 3)
        assert old.received == []
        await home.until(lambda: not old.connected)
        assert not [fact for fact in home.facts if isinstance(fact, PeerLost)]


async def test_a_client_that_moves_keeps_its_media(engine: str) -> None:
    async with house(engine) as home:
        home.plane.apply("g", hears((B, A)))
        a, b = await home.join(A), await home.join(B)
        await b.move()
        await settle()
        speak(a, 3)
        await home.until(lambda: len(b.received) == 3)


async def test_loss_is_told_with_its_cause(engine: str) -> None:
    async with house(engine, consent_timeout_s=0.6, setup_timeout_s=0.6) as home:
        a, b = await home.join(A), await home.join(B)
        half = WirePeer()
        home.answer(C, half.offer())
        a.vanish()
        b.close()
        await home.until(lambda: len([one for one in home.facts if isinstance(one, PeerLost)]) == 3)
        lost = {one.peer: one.cause for one in home.facts if isinstance(one, PeerLost)}
        assert lost == {A: "consent", B: "alert", C: "setup"}
        await home.until(lambda: home.plane.stats()["peers"] == {})


async def test_limits_and_bad_offers(engine: str) -> None:
    async with house(engine, peers_max=1) as home:
        first = await home.join(A)
        with pytest.raises(SdpError):
            home.answer(A, "not an offer")
        assert first.connected
        with pytest.raises(TooManyPeers):
            home.answer(B, WirePeer().offer())
        await home.join(A)
        home.plane.disconnect(A)
        await home.join(B)


async def test_junk_from_anywhere_disturbs_nobody(engine: str) -> None:
    async with house(engine) as home:
        home.plane.apply("g", hears((B, A)))
        a, b = await home.join(A), await home.join(B)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for first in range(256):
                for rest in (b"", b"\x60", bytes(11), bytes(60)):
                    stranger.sendto(bytes((first,)) + rest, ("127.0.0.1", home.plane.port))
                    if (
                        not 20 <= first < 64
                    ):  # from the client's own address, DTLS junk is the transport's test
                        a.send_raw(bytes((first,)) + rest)
                await asyncio.sleep(0)
            stranger.sendto(b"", ("127.0.0.1", home.plane.port))
        speak(a, 5)
        await home.until(lambda: len(b.received) == 5)


async def test_who_speaks_is_told_and_only_of_those_who_may(engine: str) -> None:
    async with house(engine) as home:
        home.plane.apply("g", hears((B, A)))
        a, b = await home.join(A), await home.join(B)
        speak(a, 3, level=-20)
        speak(b, 3, level=-10)
        await home.until(lambda: SpeakersChanged("g", (A,)) in home.facts)
        await home.until(lambda: SpeakersChanged("g", ()) in home.facts)
        assert all(B not in fact.speakers for fact in home.facts if isinstance(fact, SpeakersChanged))


async def test_a_fact_handler_that_fails_is_contained() -> None:
    def fail(fact: MediaFact) -> None:
        raise RuntimeError(str(type(fact)))

    plane = MediaPlane(MediaSettings(udp_port=0, bind_host="127.0.0.1"), fail)
    await plane.start()
    client = WirePeer()
    await client.connect(plane.answer(A, client.offer()))
    await asyncio.sleep(0.1)
    assert plane.stats()["totals"]["contained"] == 1
    assert client.connected
    client.close()
    await plane.close()
    await plane.close()


async def test_a_taken_port_is_an_error_at_start(engine: str) -> None:
    async with house(engine) as home:
        settings = MediaSettings(udp_port=home.plane.port, bind_host="127.0.0.1", workers=1)
        second = Fleet(settings, print) if engine.startswith(APART) else MediaPlane(settings, print)
        with pytest.raises(OSError, match="in use"):
            await second.start()


def test_loopback_is_announced_last() -> None:
    found = local_hosts()
    loopback = [host in {"127.0.0.1", "::1"} for host in found]
    assert loopback == sorted(loopback)
    assert "127.0.0.1" in found
    assert len(set(found)) == len(found)
