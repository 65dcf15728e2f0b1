"""The transport stack on real loopback sockets, against clients that share no code with it."""

from __future__ import annotations

import asyncio
import itertools
import random
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

from media.admission import Admission
from media.ids import PeerId
from media.sdp import LocalDescription, answer, parse_offer
from media.settings import MediaSettings
from media.transport import Connected, Lost, Output, Send, Transport
from tests.media.parts import CERTIFICATE
from tests.peers.client import WirePeer, rtp_packet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.media

SETTINGS = MediaSettings()


class Port(asyncio.DatagramProtocol):
    """One UDP port in front of Admission; RTP is unprotected and kept."""

    def __init__(self) -> None:
        self.admission = Admission(CERTIFICATE, SETTINGS)
        self.facts: list[tuple[str, Output]] = []
        self.rtp: list[bytes] = []
        self.loop = asyncio.get_running_loop()
        self.numbers = itertools.count(1000)
        self.socket: asyncio.DatagramTransport | None = None
        self.host = "127.0.0.1"

    @property
    def address(self) -> tuple[str, int]:
        assert self.socket is not None
        return (self.host, self.socket.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data and data[0] >= 128:
            transport = self.admission.by_address.get(addr)
            if transport is not None and transport.srtp is not None and not 192 <= data[1] < 224:
                self.rtp.append(transport.srtp.unprotect(data))
            return
        found, outputs = self.admission.receive(data, addr, self.loop.time())
        self.perform(found, outputs)

    def perform(self, found: Transport | None, outputs: list[Output]) -> None:
        assert self.socket is not None
        for output in outputs:
            if isinstance(output, Send):
                self.socket.sendto(output.data, output.addr)
            elif found is not None:
                self.facts.append((found.peer, output))

    def admit(self, name: str, offer_sdp: str) -> str:
        offer = parse_offer(offer_sdp, SETTINGS)
        transport = self.admission.open(PeerId(name), offer.fingerprint, self.loop.time())
        local = LocalDescription(
            transport.credentials.ufrag, transport.credentials.pwd, CERTIFICATE.fingerprint, (self.address,)
        )
        return answer(offer, local, lambda: next(self.numbers))[0]


@pytest_asyncio.fixture
async def port() -> AsyncIterator[Port]:
    loop = asyncio.get_running_loop()
    transport, one = await loop.create_datagram_endpoint(Port, local_addr=("0.0.0.0", 0))  # noqa: S104  as in service
    one.socket = transport
    yield one
    transport.close()


async def until(condition: object) -> None:
    assert callable(condition)
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_client_connects_speaks_moves_and_leaves(port: Port):
    peer = WirePeer(rids=("q", "h", "f"), slots=2)
    await peer.connect(port.admit("p", peer.offer()))
    transport = port.admission.by_peer[PeerId("p")]
    peer.send_rtp("audio", b"words", 1, 960, level=-20)
    await until(lambda: port.rtp)
    assert port.rtp[0].endswith(b"words")

    assert transport.srtp is not None
    assert port.socket is not None
    packet = rtp_packet(111, b"back", 5, 6, 1000)
    port.socket.sendto(transport.srtp.protect(packet), transport.address)
    await until(lambda: peer.received)
    assert peer.received == [(1000, packet)]

    before = transport.address
    await peer.move()
    await until(lambda: transport.address == peer.local_address)
    assert transport.address != before
    peer.send_rtp("audio", b"from elsewhere", 2, 1920)
    await until(lambda: len(port.rtp) == 2)

    peer.close()
    await until(lambda: ("p", Lost("alert")) in port.facts)
    assert port.facts == [("p", Connected()), ("p", Lost("alert"))]
    assert port.admission.by_address == {}


async def test_set_ups_succeed_under_a_spray_of_hellos_and_empty_datagrams(port: Port):
    """reliability.md, datagram attacks: a stranger sprays while ten clients set up one after another."""
    loop = asyncio.get_running_loop()
    spray, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    hello = WirePeer().dtls.step()[0]
    rng = random.Random(5)

    def burst() -> None:
        for _ in range(5):
            spray.sendto(hello, port.address)
            spray.sendto(b"", port.address)
            spray.sendto(bytes([rng.randrange(256)]) + rng.randbytes(rng.randrange(64)), port.address)
        handles[0] = loop.call_later(0.005, burst)

    handles = [loop.call_soon(burst)]
    peers = [WirePeer() for _ in range(10)]
    for index, peer in enumerate(peers):
        await peer.connect(port.admit(str(index), peer.offer()), timeout_s=5)
    await until(lambda: port.admission.counters["stranger"] > 100)
    for index, peer in enumerate(peers):
        peer.send_rtp("audio", b"words", 1, 960 * index)
    await until(lambda: len(port.rtp) == len(peers))
    handles[0].cancel()
    spray.close()
    assert [fact for _, fact in port.facts] == [Connected()] * len(peers)
    for peer in peers:
        peer.close()


async def test_a_client_with_another_certificate_than_its_offer_is_refused(port: Port):
    peer, other = WirePeer(), WirePeer()
    text = port.admit(
        "p",
        peer.offer().replace(peer.dtls.fingerprint.hex(":").upper(), other.dtls.fingerprint.hex(":").upper()),
    )
    with pytest.raises(TimeoutError):
        await peer.connect(text, timeout_s=0.5)
    assert port.facts == [("p", Lost("dtls"))]
    assert port.rtp == []
    peer.vanish()


async def test_aiortc_connects_and_is_heard(port: Port):
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver(AudioStreamTrack(), direction="sendonly")
    await connection.setLocalDescription(await connection.createOffer())
    port.host = connection.localDescription.sdp.split("c=IN IP4 ")[1].split()[0]
    text = port.admit("aiortc", connection.localDescription.sdp)
    await connection.setRemoteDescription(RTCSessionDescription(text, "answer"))
    await until(lambda: len(port.rtp) > 5)
    assert ("aiortc", Connected()) in port.facts
    await connection.close()
    await until(lambda: ("aiortc", Lost("alert")) in port.facts)
