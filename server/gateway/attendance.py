"""Who holds a place at the door: sockets that have not said who they are, and seats' connections.

A bookkeeper: asks nobody, sends nothing, waits for nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from server.gateway.outbox import SocketTab
    from server.hearing.ids import ConnectionId, HearingId, SeatId


class Strangers:
    """Open sockets without a valid hello, bounded: one more costs the oldest its line, never a seat its place."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: dict[object, Callable[[], object]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def came(self, socket: object, abort: Callable[[], object]) -> None:
        """One more. abort: ends its line at once."""
        while len(self._waiting) >= self._limit:
            self._waiting.pop(next(iter(self._waiting)))()
        self._waiting[socket] = abort

    def gone(self, socket: object) -> None:
        """It has said who it is, or it is closed."""
        self._waiting.pop(socket, None)


@dataclass(slots=True)
class Held:
    """A connection and the tab it has; when its socket is cut it is kept for a moment: a short cut is no absence."""

    connection: ConnectionId
    seat: SeatId
    hearing: HearingId
    secret: str
    offered: str  # the secret its own hello showed, "" for none
    tab: SocketTab
    timer: asyncio.TimerHandle | None = None  # running: no socket now

    def revive(self, tab: SocketTab) -> None:
        """Another socket has it from now on."""
        self.stop()
        self.tab = tab

    def stop(self) -> None:
        """It is not given up by itself any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Attendance(dict["ConnectionId", Held]):
    """The connections that have a socket, or had one a moment ago."""

    def fitting(self, hearing: HearingId, seat: SeatId, offered: str) -> Held | None:
        """The connection of this seat whose secret was offered."""
        for held in self.values():
            if (held.hearing, held.seat) == (hearing, seat) and _same(held.secret, offered):
                return held
        return None

    def shuts_out(self, holder: ConnectionId | None, offered: str) -> bool:
        """Whether who offers this secret was superseded while away: the seat's holder is here and somebody else.

        Not so for a client whose welcome was lost: it shows again what the holder's own hello showed.
        """
        held = self.get(holder) if holder is not None else None
        return bool(offered) and held is not None and held.timer is None and not _same(held.offered, offered)


def end_of_line(close_code: int | None, error: BaseException | None) -> str:
    """How a socket ended (hearing.leaving.FACTS): the page "said" so, the line was "silent" or it was "cut"."""
    if close_code == WSCloseCode.GOING_AWAY:
        return "said"
    return "silent" if isinstance(error, TimeoutError) else "cut"


def _same(secret: str, offered: str) -> bool:
    return secrets.compare_digest(secret.encode(), offered.encode())
