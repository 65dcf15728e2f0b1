"""The Python engine on a real socket: whose media it takes, what goes to strangers, what must not stop it.

The engine in C reads on a thread of its own; test_plane.py tries both over the wire.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from media.engine.python import PythonEngine
from media.engine.reader import READ_BATCH
from media.ids import Kind, PeerId
from media.routing import Route
from media.settings import MediaSettings
from tests.media import rig
from tests.media.engines import WALL_NS
from tests.media.rig import Clear, Source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from media.engine.port import Address
    from media.facts import MediaFact

pytestmark = pytest.mark.media

A, B = PeerId("a"), PeerId("b")


class Port:
    """An engine that reads a real port. a sends to b, whose packets are kept."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((host, 0))
        self.address = self.socket.getsockname()[:2]
        self.client = socket.socket(family, socket.SOCK_DGRAM)
        self.client.bind((host, 0))
        self.other = socket.socket(family, socket.SOCK_DGRAM)
        self.other.bind((host, 0))
        self.strange: list[tuple[bytes, Address]] = []
        self.sent: list[bytes] = []
        self.facts: list[MediaFact] = []
        self.fail = False
        self.now = 5.0
        self.engine = PythonEngine(
            MediaSettings(),
            lambda data, _: self.sent.append(data),
            self.fact,
            lambda: WALL_NS,
            lambda: self.now,
        )
        for number, peer in enumerate((A, B), 1):
            self.engine.add_peer(peer, rig.negotiated(number), self.now)
            self.engine.link(peer, Clear(), (peer, 1), self.now)
        self.engine.permit(A, rig.BOTH, self.now)
        self.engine.feed(B, (Route(A, Kind.AUDIO, 0, 0),), self.now)
        self.engine.open(self.socket, self.stranger)

    def fact(self, fact: MediaFact) -> None:
        if self.fail:
            raise RuntimeError("a fact that nobody can take")
        self.facts.append(fact)

    def stranger(self, data: bytes, address: Address) -> None:
        self.strange.append((data, address))
        if data == b"bad":
            raise RuntimeError("a datagram that nobody can take")
        if data == b"close":
            self.engine.close()

    def name(self, sock: socket.socket) -> Address:
        host, port = sock.getsockname()[:2]
        return host, port

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not true():
                await asyncio.sleep(0.005)


@pytest.fixture
async def port() -> AsyncIterator[Port]:
    made = Port()
    with closing(made.socket), closing(made.client), closing(made.other):
        yield made
        made.engine.close()


async def test_media_of_an_accepted_address_and_nothing_else_is_taken(port: Port) -> None:
    sound = Source("a", Kind.AUDIO, 5)
    mine, theirs = port.name(port.client), port.name(port.other)
    early = sound.sound()
    port.client.sendto(early, port.address)
    await port.until(lambda: len(port.strange) == 1)
    port.engine.accept(A, [mine])
    port.client.sendto(sound.sound(), port.address)
    port.client.sendto(b"\x00\x01stun", port.address)
    port.client.sendto(b"\x16dtls", port.address)
    port.client.sendto(b"", port.address)
    port.other.sendto(sound.sound(), port.address)
    await port.until(lambda: len(port.strange) == 5)
    assert len(port.sent) == 1
    assert port.strange[0] == (early, mine)
    assert port.strange[1:4] == [(b"\x00\x01stun", mine), (b"\x16dtls", mine), (b"", mine)]
    assert port.strange[4][1] == theirs
    assert port.engine.counters()["packets_in"] == 1


async def test_an_address_is_its_newest_owners(port: Port) -> None:
    mine, theirs = port.name(port.client), port.name(port.other)
    port.engine.accept(A, [mine, theirs])
    port.engine.accept(B, [mine])
    port.engine.accept(A, [theirs])
    port.engine.accept(PeerId("nobody"), [theirs])
    sound = Source("a", Kind.AUDIO, 5)
    port.client.sendto(sound.sound(), port.address)
    port.other.sendto(sound.sound(), port.address)
    await port.until(lambda: len(port.sent) == 1)
    assert port.engine.counters() == {"refused_publish": 1, "packets_in": 1, "packets_out": 1}
    port.engine.remove_peer(A)
    port.other.sendto(sound.sound(), port.address)
    await port.until(lambda: len(port.strange) == 1)


async def test_what_fails_is_counted_and_the_rest_is_read(
    port: Port, caplog: pytest.LogCaptureFixture
) -> None:
    port.engine.accept(A, [port.name(port.client)])
    port.fail = True
    port.client.sendto(b"bad", port.address)
    port.client.sendto(Source("a", Kind.AUDIO, 5).sound(), port.address)
    port.client.sendto(b"good", port.address)
    await port.until(lambda: len(port.strange) == 2)
    assert port.engine.counters()["contained"] == 2
    assert len([one for one in caplog.records if one.levelname == "ERROR"]) == 1, (
        "the log is no place for a flood"
    )


async def test_more_than_one_batch_is_read(port: Port) -> None:
    for number in range(2 * READ_BATCH + 9):  # few enough for any socket's buffer
        port.client.sendto(b"\x00%d" % number, port.address)
    await port.until(lambda: len(port.strange) == 2 * READ_BATCH + 9)


async def test_closed_reads_nothing_more(port: Port) -> None:
    port.client.sendto(b"close", port.address)
    port.client.sendto(b"after", port.address)
    await port.until(lambda: bool(port.strange))
    await asyncio.sleep(0.05)
    assert len(port.strange) == 1
    port.engine.close()
    port.engine.open(port.socket, port.stranger)
    await port.until(lambda: len(port.strange) == 2)


async def test_ipv6_addresses_are_spelt_one_way() -> None:
    port = Port("::1")
    with closing(port.socket), closing(port.client), closing(port.other):
        port.engine.accept(A, [("::1", port.client.getsockname()[1])])
        port.client.sendto(Source("a", Kind.AUDIO, 5).sound(), port.address)
        port.client.sendto(b"\x00", port.address)
        await port.until(lambda: bool(port.strange))
        assert len(port.sent) == 1
        assert port.strange == [(b"\x00", port.name(port.client))]
        port.engine.close()
