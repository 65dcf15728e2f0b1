"""What waits for one tab: bounded, newest view first, and never waiting for a slow reader. Decides nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from server.courtroom.outputs import ByeOut
from server.gateway import wire
from server.gateway.convert import to_wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from server.courtroom.outputs import Output
    from server.gateway.errors import Lang
    from server.hearing.ids import ConnectionId, SeatId

# Messages that a newer one of the same type makes worthless: a slow tab gets the newest only.
_REPLACEABLE = (
    wire.ViewMessage,
    wire.Speaking,
    wire.TapeMessage,
    wire.HealthMessage,
    wire.Sheet,
    wire.Pointer,
)


class Outbox:
    """What waits for one tab. A replaceable message takes the place of its older kin; a full box closes the tab."""

    def __init__(self, limit: int, cut: Callable[[], object]) -> None:
        self._limit = limit
        self.cut = cut  # ends the line soon, whether the tab reads or not
        self._waiting: list[BaseModel] = []
        self._wake = asyncio.Event()
        self._taken = asyncio.Event()
        self.overflowed = False

    def put(self, message: BaseModel) -> None:
        """Queue a message; never blocks."""
        if isinstance(message, _REPLACEABLE):
            self._waiting = [old for old in self._waiting if not _same_kind(old, message)]
        if len(self._waiting) >= self._limit:
            if not self.overflowed:
                self.overflowed = True
                self._taken.set()
                self.cut()
        else:
            self._waiting.append(message)
        self._wake.set()

    async def take(self) -> list[BaseModel]:
        """All that waits; waits for at least one."""
        while not self._waiting and not self.overflowed:
            self._wake.clear()
            await self._wake.wait()
        taken, self._waiting = self._waiting, []
        self._taken.set()
        return taken

    async def calm(self) -> None:
        """Wait while it is half full or more: who asks faster than it reads has to wait, not to be cut off."""
        while 2 * len(self._waiting) >= self._limit and not self.overflowed:
            self._taken.clear()
            await self._taken.wait()


def _same_kind(old: BaseModel, new: BaseModel) -> bool:
    """Whether the new one says all that the old one said; of pointers, only the same person's."""
    if isinstance(old, wire.Pointer) and isinstance(new, wire.Pointer):
        return old.seat == new.seat
    return type(old) is type(new)


class SocketTab:
    """A tab as conduct sees it (server.courtroom.outputs.Tab)."""

    def __init__(self, seat: SeatId, connection: ConnectionId, outbox: Outbox, lang: Lang) -> None:
        self._seat = seat
        self._connection = connection
        self._outbox = outbox
        self.lang = lang
        self.dismissed = ""
        self.relays_until_ms = 0  # end of the credentials it was told last (relays.py)

    @property
    def seat(self) -> SeatId:
        """The seat."""
        return self._seat

    @property
    def connection(self) -> ConnectionId:
        """The connection."""
        return self._connection

    def send(self, output: Output) -> None:
        """Queue an output."""
        if isinstance(output, ByeOut):
            self.dismissed = output.reason
        self._outbox.put(to_wire(output, self.lang))
