"""One UDP port of a test for both families: Admission and the answerer on a real socket, without plane or engine."""

from __future__ import annotations

import asyncio
import itertools
import socket
from typing import TYPE_CHECKING, Any

from media.addresses import source, target
from media.admission import Admission
from media.ice import IceCredentials
from media.ids import PeerId
from media.sdp import LocalDescription, answer, continues, parse_offer
from media.settings import MediaSettings
from media.transport import Output, Send, Transport
from tests.media.parts import CERTIFICATE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from media.negotiated import Negotiated

SETTINGS = MediaSettings()


def _ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


IPV6 = _ipv6()


class Port(asyncio.DatagramProtocol):
    """One UDP port for both families in front of Admission; RTP is unprotected and kept."""

    def __init__(self) -> None:
        self.admission = Admission(CERTIFICATE, SETTINGS)
        self.facts: list[tuple[str, Output]] = []
        self.rtp: list[bytes] = []
        self.loop = asyncio.get_running_loop()
        self.numbers = itertools.count(1000)
        self.socket: asyncio.DatagramTransport | None = None
        self.hosts: tuple[str, ...] = ("127.0.0.1",)
        self.both_families = True
        self.agreed: dict[str, Negotiated] = {}

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        assert self.socket is not None
        number = self.socket.get_extra_info("sockname")[1]
        return tuple((host, number) for host in self.hosts)

    @property
    def address(self) -> tuple[str, int]:
        return self.addresses[0]

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        known = source(addr)
        assert known is not None
        if data and data[0] >= 128:
            transport = self.admission.by_address.get(known)
            if transport is not None and transport.srtp is not None and not 192 <= data[1] < 224:
                self.rtp.append(transport.srtp.unprotect(data))
            return
        found, outputs = self.admission.receive(data, known, self.loop.time())
        self.perform(found, outputs)

    def perform(self, found: Transport | None, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                self.send(output.data, output.addr)
            elif found is not None:
                self.facts.append((found.peer, output))

    def send(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self.socket is not None
        self.socket.sendto(data, target(addr) if self.both_families else addr)

    def speak(self, name: str, packet: bytes) -> None:
        """Send RTP to where the peer's media goes now."""
        transport = self.admission.by_peer[PeerId(name)]
        assert transport.srtp is not None
        assert transport.address is not None
        self.send(transport.srtp.protect(packet), transport.address)

    def admit(self, name: str, offer_sdp: str) -> str:
        """Answer an offer: a new peer's, or a later one of a peer that is there."""
        offer = parse_offer(offer_sdp, SETTINGS)
        remote = IceCredentials(offer.ufrag, offer.pwd)
        transport = self.admission.by_peer.get(PeerId(name))
        previous = self.agreed.get(name)
        if transport is not None and previous is not None and continues(offer, previous):
            self.admission.renew(transport, remote, self.loop.time())
        else:
            previous = None
            transport = self.admission.open(PeerId(name), offer.fingerprint, self.loop.time(), remote)
        ours = transport.credentials
        local = LocalDescription(ours.ufrag, ours.pwd, CERTIFICATE.fingerprint, self.addresses)
        text, self.agreed[name] = answer(offer, local, lambda: next(self.numbers), previous)
        return text


async def open_port() -> AsyncIterator[Port]:
    """Bind, give the port, close it; for fixtures."""
    loop = asyncio.get_running_loop()
    if IPV6:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(("::", 0))
    else:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("0.0.0.0", 0))  # noqa: S104  as in service
    transport, one = await loop.create_datagram_endpoint(Port, sock=sock)
    one.socket, one.both_families = transport, IPV6
    yield one
    transport.close()


async def until(condition: object) -> None:
    """Wait for a condition; TimeoutError after 10 s."""
    assert callable(condition)
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)
