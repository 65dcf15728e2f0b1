"""A TURN client of the tests' own (RFC 8656, over UDP): asks for what a browser would never ask for.

It takes no answer for an error that it did not ask about, and sends only to the relay it was given.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import os
import secrets
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aioice import stun

if TYPE_CHECKING:
    from collections.abc import Iterable

IPV4, IPV6 = 1, 2
REFUSED = 403
_ALLOCATE, _PERMISSION, _CHANNEL, _SEND, _DATA = 0x0003, 0x0008, 0x0009, 0x0016, 0x0017
_USERNAME, _INTEGRITY, _ERROR, _CHANNEL_NUMBER, _PEER = 0x0006, 0x0008, 0x0009, 0x000C, 0x0012
_DATA_ATTRIBUTE, _REALM, _NONCE, _RELAYED, _FAMILY, _TRANSPORT = (
    0x0013,
    0x0014,
    0x0015,
    0x0016,
    0x0017,
    0x0019,
)
_COOKIE = 0x2112A442
_UDP = 17
_CHANNEL_FIRST = 0x4000
_ANSWER_S = 10.0
_AGAIN_S = 0.5

Attributes = list[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the relay answered: error code (0: done), and the attributes."""

    error: int
    found: dict[int, bytes]


def peer_address(host: str, port: int, transaction: bytes) -> bytes:
    """XOR-PEER-ADDRESS, the address spelled exactly so: a mapped IPv6 one stays IPv6."""
    address = ipaddress.ip_address(host)
    family = IPV6 if address.version == 6 else IPV4
    plain = struct.pack("!H", port) + address.packed
    mask = struct.pack("!HI", _COOKIE >> 16, _COOKIE) + transaction
    return struct.pack("!BB", 0, family) + bytes(a ^ b for a, b in zip(plain, mask, strict=False))


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


class TurnClient:
    """One 5-tuple to a relay. Allocations are of one address family."""

    def __init__(self, relay: tuple[str, int], username: str, credential: str) -> None:
        self._relay = relay
        self._username = username
        self._credential = credential
        self._realm = self._nonce = b""
        self._channels = _CHANNEL_FIRST
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def close(self) -> None:
        """Let go; the relay forgets by itself."""
        self._socket.close()

    async def allocate(self, family: int = IPV4) -> Reply:
        """Ask for a relayed address of a family."""
        wished: Attributes = [
            (_TRANSPORT, struct.pack("!B3x", _UDP)),
            (_FAMILY, struct.pack("!B3x", family)),
        ]
        return await self._ask(_ALLOCATE, wished)

    async def permit(self, host: str) -> Reply:
        """Ask for a permission towards an address."""
        return await self._ask(_PERMISSION, [], peers=[(host, 0)])

    async def bind(self, host: str, port: int) -> Reply:
        """Ask for a channel to an address and port."""
        self._channels += 1
        number = struct.pack("!H2x", self._channels)
        return await self._ask(_CHANNEL, [(_CHANNEL_NUMBER, number)], peers=[(host, port)])

    async def send(self, host: str, port: int, data: bytes) -> None:
        """Send to an address by a Send indication; there is no answer to one."""
        transaction = secrets.token_bytes(12)
        body = _attribute(_PEER, peer_address(host, port, transaction)) + _attribute(_DATA_ATTRIBUTE, data)
        head = struct.pack("!HHI", _SEND, len(body), _COOKIE) + transaction
        await asyncio.get_running_loop().sock_sendto(self._socket, head + body, self._relay)

    async def _ask(
        self, method: int, attributes: Attributes, *, peers: Iterable[tuple[str, int]] = ()
    ) -> Reply:
        """Ask, and once more with the realm and the nonce where the relay says so (RFC 8489 §9.2)."""
        reply = await self._once(method, attributes, peers)
        if reply.error in {401, 438} and reply.found.get(_NONCE) not in {None, self._nonce}:
            self._realm, self._nonce = reply.found[_REALM], reply.found[_NONCE]
            reply = await self._once(method, attributes, peers)
        return reply

    async def _once(self, method: int, attributes: Attributes, peers: Iterable[tuple[str, int]]) -> Reply:
        transaction = os.urandom(12)
        all_of_them = [*attributes, *((_PEER, peer_address(host, port, transaction)) for host, port in peers)]
        if self._nonce:
            all_of_them += [
                (_USERNAME, self._username.encode()),
                (_REALM, self._realm),
                (_NONCE, self._nonce),
            ]
        body = b"".join(_attribute(*one) for one in all_of_them)
        data = struct.pack("!HHI", method, len(body), _COOKIE) + transaction + body
        if self._nonce:
            # RFC 8489 §9.2.2: the long-term key; MD5 and SHA-1 are what browsers use with relays too.
            words = b":".join((self._username.encode(), self._realm, self._credential.encode()))
            key = hashlib.md5(words, usedforsecurity=False).digest()
            digest = stun.message_integrity(data, key)
            data = stun.set_body_length(data, len(body) + 24) + _attribute(_INTEGRITY, digest)
        return await self._answer(data, transaction)

    async def _answer(self, data: bytes, transaction: bytes) -> Reply:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_ANSWER_S):
            while True:
                await loop.sock_sendto(self._socket, data, self._relay)
                try:
                    async with asyncio.timeout(_AGAIN_S):
                        while True:
                            heard = await loop.sock_recv(self._socket, 2048)
                            if heard[8:20] == transaction:
                                return _read(heard)
                except TimeoutError:
                    continue


def _read(heard: bytes) -> Reply:
    found: dict[int, bytes] = {}
    at = 20
    while at + 4 <= len(heard):
        kind, length = struct.unpack_from("!HH", heard, at)
        found[kind] = heard[at + 4 : at + 4 + length]
        at += 4 + length + (-length % 4)
    code = found.get(_ERROR)
    return Reply(0 if code is None else code[2] * 100 + code[3], found)
