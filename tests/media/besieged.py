"""A plane on a real loopback port with clients, a tap and strangers around it, for attacks. Sends to loopback only.

Everything is paced by what has come through, never by the clock: a test may wait, but a busy machine changes no result.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from media.facts import PeerConnected
from media.ids import Kind, PeerId, TrackId
from media.plan import RoutePlan, Subscription
from media.plane import MediaPlane
from media.rtp import bounds
from media.settings import MediaSettings
from media.taps import TapPacket
from tests.media.rig import BOTH, Ear, vp8_payload
from tests.peers.client import WirePeer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from media.facts import MediaFact

A, B, C, EAR = PeerId("a"), PeerId("b"), PeerId("c"), PeerId("ear")
HOST, OTHER_HOST = "127.0.0.1", "127.0.0.2"  # two sources that are not the same
_BURST = 32


class Stranger:
    """A socket that the plane knows nothing of; got: what came back."""

    def __init__(self, port: int, host: str = HOST) -> None:
        self._to = (HOST, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((host, 0))

    def send(self, data: bytes) -> None:
        """One datagram; a full buffer loses it."""
        try:
            self._socket.sendto(data, self._to)
        except BlockingIOError:
            return

    def got(self) -> list[bytes]:
        """Every datagram that has come."""
        found = []
        while True:
            try:
                found.append(self._socket.recv(4096))
            except BlockingIOError:
                return found

    def close(self) -> None:
        """Close it."""
        self._socket.close()


@contextmanager
def overheard(client: WirePeer, *, held: bool = False) -> Iterator[list[bytes]]:
    """The datagrams that a client sends meanwhile, as they are on the wire. held: they are not sent at all."""
    seen: list[bytes] = []
    send = client.send_raw

    def keep(data: bytes) -> None:
        seen.append(data)
        if not held:
            send(data)

    client.send_raw = keep  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        client.send_raw = send  # type: ignore[method-assign]


class Besieged:
    """A hears nobody, B and C hear A, and so does the tap EAR. words: how many A has spoken so far."""

    def __init__(self, plane: MediaPlane, facts: list[MediaFact]) -> None:
        self.plane = plane
        self.facts = facts
        self.ear = Ear()
        self.clients: dict[PeerId, WirePeer] = {}
        self.strangers: list[Stranger] = []
        self.words = 0
        self._heard: dict[
            PeerId, tuple[int, list[bytes]]
        ] = {}  # how many packets were looked at, the words of them

    async def join(self, name: PeerId) -> WirePeer:
        """A client that is connected."""
        client = WirePeer(slots=2)
        self.clients[name] = client
        await client.connect(self.plane.answer(name, client.offer()))
        await self.until(lambda: PeerConnected(name) in self.facts)
        return client

    def stranger(self, host: str = HOST) -> Stranger:
        """A further socket."""
        one = Stranger(self.plane.port, host)
        self.strangers.append(one)
        return one

    async def until(self, true: Callable[[], bool], limit_s: float = 30.0) -> None:
        """Wait. TimeoutError."""
        async with asyncio.timeout(limit_s):
            while not true():
                await asyncio.sleep(0.002)

    def heard(self, name: PeerId) -> list[bytes]:
        """The words of A that a receiver got, in order."""
        received = self.clients[name].received
        seen, found = self._heard.get(name, (0, []))
        for _, packet in received[seen:]:  # each is looked at once: there are thousands
            payload = packet[bounds(packet)[0] :]
            if payload.startswith(b"word"):
                found.append(payload)
        self._heard[name] = len(received), found
        return found

    def taped(self) -> list[bytes]:
        """The sound of A that the tap got."""
        items = self.ear.items
        seen, found = self._heard.get(EAR, (0, []))
        found += [
            item.payload
            for item in items[seen:]
            if isinstance(item, TapPacket) and item.track == TrackId(A, Kind.AUDIO)
        ]
        self._heard[EAR] = len(items), found
        return found

    def said(self) -> list[bytes]:
        """Everything A has spoken."""
        return [f"word {number}".encode() for number in range(1, self.words + 1)]

    async def speak(self) -> None:
        """A word of A, and wait until everybody has it: so nothing of the attack before is still under way."""
        self.words += 1
        self.clients[A].send_rtp(
            "audio", f"word {self.words}".encode(), self.words, self.words * 960, level=-20
        )
        await self.until(lambda: len(self.heard(B)) == len(self.heard(C)) == len(self.taped()) == self.words)

    def show(self, number: int, *, key: bool) -> None:
        """A picture of A."""
        payload = vp8_payload(b"pixels", start=True, key=key, picture=number, tl0=number)
        self.clients[A].send_rtp("video", payload, number, number * 3000, marker=True)

    async def storm(
        self, datagrams: Iterable[bytes], *senders: Callable[[bytes], None], burst: int = _BURST
    ) -> int:
        """Give each datagram to each sender, with a word of A after each burst; gives how many there were."""
        count = 0
        for count, datagram in enumerate(datagrams, 1):
            for send in senders:
                send(datagram)
            if count % burst == 0:
                await self.speak()
        await self.speak()
        return count

    def whole(self) -> None:
        """Everything that was said has come, once and in order; nothing went astray; nothing had to be contained."""
        assert self.heard(B) == self.heard(C) == self.taped() == self.said()
        assert [one for stranger in self.strangers for one in stranger.got()] == []
        assert self.plane.stats()["totals"].get("contained", 0) == 0


@asynccontextmanager
async def besieged(engine: str, **limits: float) -> AsyncIterator[Besieged]:
    """A plane with A, B, C and EAR in place and one word spoken."""
    facts: list[MediaFact] = []
    settings = MediaSettings(udp_port=0, bind_host=HOST, engine=engine, **limits)  # type: ignore[arg-type]
    plane = MediaPlane(settings, facts.append)
    await plane.start()
    made = Besieged(plane, facts)
    try:
        plane.add_tap(EAR, made.ear)
        hearing = (Subscription(A, audio=True, video=True),)
        plane.apply("g", RoutePlan({A: BOTH, B: BOTH}, dict.fromkeys((B, C, EAR), hearing)))
        for name in (A, B, C):
            await made.join(name)
        await made.speak()
        yield made
    finally:
        for client in made.clients.values():
            client.close()
        for stranger in made.strangers:
            stranger.close()
        await plane.close()
