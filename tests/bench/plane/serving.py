"""What every server under test shows the case, and who is connected to it. Starts nothing itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import socket

    from tests.bench.plane.clients import LoadPeer

_AT_ONCE = 16


class SkippedError(Exception):
    """This server can't be measured here; the text says why."""


@dataclass
class Clients:
    """Who is connected. peers: all with ICE; heard: those of them (or the bare sockets) that get media, in order."""

    peers: list[LoadPeer] = field(default_factory=list)
    heard: list[LoadPeer] = field(default_factory=list)
    bare: list[socket.socket] = field(default_factory=list)


class Server(Protocol):
    """One server under test."""

    async def start(self) -> None:
        """Start its process. Raises SkippedError."""

    async def connect(self) -> Clients:
        """Connect the case's clients."""

    @property
    def pid(self) -> int:
        """Its process."""

    @property
    def tape_pid(self) -> int | None:
        """The process that only keeps what it hears, if it has one; its CPU is not the server's."""

    async def stats(self) -> dict[str, Any]:
        """Its own figures, if it has any."""

    async def close(self) -> None:
        """End its process."""


async def connect_some(peers: list[LoadPeer], least: int = _AT_ONCE) -> None:
    """Connect those that are not yet, once `least` of them wait: each waits for timers of its own, and has its time."""
    waiting = [peer for peer in peers if not peer.connected]
    if len(waiting) >= least:
        await asyncio.gather(*(peer.connect(peer.agreed) for peer in waiting))
