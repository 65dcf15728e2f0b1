"""The transport stack on real loopback sockets, against clients that share no code with it."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

from media.ids import PeerId
from media.transport import Connected, Lost
from tests.media.wire_port import IPV6, Port, open_port, until
from tests.peers.client import WirePeer, rtp_packet
from tests.peers.offers import read_answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.media


@pytest_asyncio.fixture
async def port() -> AsyncIterator[Port]:
    async for one in open_port():
        yield one


async def test_a_client_connects_speaks_moves_and_leaves(port: Port):
    peer = WirePeer(rids=("q", "h", "f"), slots=2)
    await peer.connect(port.admit("p", peer.offer()))
    transport = port.admission.by_peer[PeerId("p")]
    peer.send_rtp("audio", b"words", 1, 960, level=-20)
    await until(lambda: port.rtp)
    assert port.rtp[0].endswith(b"words")

    packet = rtp_packet(111, b"back", 5, 6, 1000)
    port.speak("p", packet)
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


async def test_ice_restarts_and_slots_are_added_without_a_gap(port: Port):
    peer = WirePeer(slots=1)
    await peer.connect(port.admit("p", peer.offer()))
    transport = port.admission.by_peer[PeerId("p")]
    keys, first = transport.srtp, port.agreed["p"]
    sent = 0

    async def both_ways() -> None:
        nonlocal sent
        sent += 1
        peer.send_rtp("audio", b"up", sent, 960 * sent)
        port.speak("p", rtp_packet(111, b"down", sent, 960 * sent, first.slots[0].audio.ssrc))
        await until(lambda: len(port.rtp) == len(peer.received) == sent)

    await both_ways()
    # More slots: nothing of the transport changes.
    peer.take(port.admit("p", peer.reoffer(slots=3)))
    assert peer.answer is not None
    assert peer.answer.slots[0].audio_ssrc == first.slots[0].audio.ssrc
    assert len(peer.answer.slots) == len(port.agreed["p"].slots) == 3
    await both_ways()
    # A restart from another place: media goes on both before and after the move.
    before, old = transport.address, transport.credentials
    text = port.admit("p", peer.reoffer(restart=True))
    assert transport.credentials != old
    await both_ways()
    await peer.move()
    peer.take(text)
    await until(lambda: transport.address == peer.local_address)
    assert transport.address != before
    assert list(transport.ufrags) == [transport.credentials.ufrag]
    await both_ways()
    assert transport.srtp is keys
    assert port.facts == [("p", Connected())]
    peer.close()


@pytest.mark.skipif(not IPV6, reason="no IPv6 on this machine")
async def test_ipv6_and_ipv4_share_the_port(port: Port):
    port.hosts = ("::1", "127.0.0.1")
    six, four = WirePeer(host="::1"), WirePeer()
    for name, peer in (("six", six), ("four", four)):
        text = port.admit(name, peer.offer())
        candidates = read_answer(text).candidates
        assert [host for host, _ in candidates] == ["::1", "127.0.0.1"]
        await peer.connect(text, server=candidates[0 if peer is six else 1])
        peer.send_rtp("audio", name.encode(), 1, 960)
        port.speak(name, rtp_packet(111, b"back", 5, 6, 1000))
    await until(lambda: len(port.rtp) == 2 and six.received and four.received)
    assert {host for host, _ in port.admission.by_address} == {"::1", "127.0.0.1"}
    # From the one network to the other, by a check as ever.
    transport = port.admission.by_peer[PeerId("six")]
    six._host, six.server = "127.0.0.1", four.server
    await six.move()
    await until(lambda: transport.address == six.local_address)
    for peer in (six, four):
        peer.close()


class Relay(asyncio.DatagramProtocol):
    """What a TURN server is to us: another source address, with a client behind it that is never seen."""

    def __init__(self, back: Relay | None = None) -> None:
        self.socket: asyncio.DatagramTransport | None = None
        self.back = back
        self.goal: tuple[str, int] | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.back is not None:  # the client's side
            self.goal = addr
            out = self.back
        else:
            out = self.front
        assert out.socket is not None
        assert out.goal is not None
        out.socket.sendto(data, out.goal)

    front: Relay


async def test_a_client_behind_a_relay_is_known_by_its_relayed_address(port: Port):
    """Nothing of a relay candidate is needed from the offer: it is learnt from checks like any."""
    loop = asyncio.get_running_loop()
    far_socket, far = await loop.create_datagram_endpoint(Relay, local_addr=("127.0.0.1", 0))
    near_socket, near = await loop.create_datagram_endpoint(lambda: Relay(far), local_addr=("127.0.0.1", 0))
    far.socket, near.socket, far.front, far.goal = far_socket, near_socket, near, port.address
    relayed = far_socket.get_extra_info("sockname")
    peer = WirePeer()
    text = port.admit("p", peer.offer())
    await peer.connect(text, server=near_socket.get_extra_info("sockname"))
    transport = port.admission.by_peer[PeerId("p")]
    assert transport.address == relayed != peer.local_address
    peer.send_rtp("audio", b"through the relay", 1, 960)
    port.speak("p", rtp_packet(111, b"back", 5, 6, 1000))
    await until(lambda: port.rtp and peer.received)
    # The direct way opens later, and then the relayed one again: each check that nominates moves it.
    for server, expected in (
        (port.address, peer.local_address),
        (near_socket.get_extra_info("sockname"), relayed),
    ):
        peer.take(text, server=server)
        await until(lambda expected=expected: transport.address == expected)
    assert set(transport.addresses) == {relayed, peer.local_address}
    peer.close()
    far_socket.close()
    near_socket.close()


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
    port.hosts = (connection.localDescription.sdp.split("c=IN IP4 ")[1].split()[0],)
    text = port.admit("aiortc", connection.localDescription.sdp)
    await connection.setRemoteDescription(RTCSessionDescription(text, "answer"))
    await until(lambda: len(port.rtp) > 5)
    assert ("aiortc", Connected()) in port.facts
    await connection.close()
    await until(lambda: ("aiortc", Lost("alert")) in port.facts)
