"""What one courtroom is asked: in order, bounded, and nothing dropped that was accepted.

Facts of the house that the ledger would not take are owed: told again later, in their order. Decides nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.courtroom.ports import Unavailable
from server.hearing.commands import Arrive, ReportSegment, ReportTape
from server.hearing.events import INSTRUMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from server.hearing.commands import Command
    from server.hearing.events import Actor
    from server.hearing.ids import HearingId
    from server.hearing.refusals import Refused

log = logging.getLogger(__name__)

AGAIN_S = 1.0
"""A fact that could not be entered is tried again after this."""

_ARRIVALS_SHARE = 0.75  # of the mailbox; the rest is for commands


@dataclass(frozen=True, slots=True)
class Ask:
    """One message. answer: for who waits for it; None for a message of the house."""

    command: Command
    actor: Actor
    answer: asyncio.Future[int] | None

    def succeed(self, seq: int) -> None:
        """It was done; seq: the log position."""
        if self.answer is not None and not self.answer.done():
            self.answer.set_result(seq)


class Mailbox:
    """The messages of one hearing.

    owed_max: facts kept for a ledger that is away. last_word: what the tape says now; None where nothing of it is entered
    any more.
    """

    def __init__(
        self, hearing: HearingId, limit: int, owed_max: int, last_word: Callable[[], ReportTape | None]
    ) -> None:
        self._hearing = hearing
        self._last_word = last_word
        self._waiting: asyncio.Queue[Ask] = asyncio.Queue(limit)
        self._owed_max = owed_max
        self._owed: deque[tuple[Command, Actor]] = deque()
        self._paying: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return self._waiting.qsize()

    @property
    def owed(self) -> int:
        """How many facts wait for the ledger."""
        return len(self._owed)

    async def take(self) -> Ask:
        """The next message; waits for one."""
        return await self._waiting.get()

    def ask(self, command: Command, actor: Actor) -> asyncio.Future[int]:
        """Put a message somebody waits for. Raises Unavailable("busy")."""
        if isinstance(command, Arrive) and len(self) >= self._waiting.maxsize * _ARRIVALS_SHARE:
            raise Unavailable("busy")  # a crowd at the door must leave the court room to speak
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait(Ask(command, actor, answer))
        except asyncio.QueueFull:
            raise Unavailable("busy") from None
        return answer

    def tell(self, command: Command, actor: Actor = INSTRUMENT) -> None:
        """Put a message from the house itself; nobody waits for its answer."""
        if self._owed or self._waiting.full():
            self._owe(command, actor)
        else:
            self._waiting.put_nowait(Ask(command, actor, None))

    def fail(self, ask: Ask, error: Refused | Unavailable) -> None:
        """The message was not done: who waits is told, and a fact stays true and is entered when the ledger is back."""
        if ask.answer is not None:
            if not ask.answer.done():
                ask.answer.set_exception(error)
        elif isinstance(error, Unavailable):
            log.warning("hearing %s: a message of the house failed: %s", self._hearing, error.reason)
            if error.reason != "internal":
                self._owe(ask.command, ask.actor)

    def stop(self) -> None:
        """Try nothing again."""
        if self._paying is not None:
            self._paying.cancel()

    def _owe(self, command: Command, actor: Actor) -> None:
        """Try later, in order; drop nothing accepted. Of too many the digests of files go first: the tape itself has them."""
        if (command, actor) not in self._owed or isinstance(command, ReportTape):
            self._owed.append((command, actor))
        if len(self._owed) > self._owed_max:
            digests = (at for at, (one, _) in enumerate(self._owed) if isinstance(one, ReportSegment))
            at = next(digests, 0)
            log.error(
                "hearing %s: a fact is not entered: %s", self._hearing, type(self._owed[at][0]).__name__
            )
            del self._owed[at]
        if self._paying is None:
            self._paying = asyncio.get_running_loop().call_later(AGAIN_S, self.pay)

    def pay(self) -> None:
        """Tell what is owed again."""
        self._paying = None
        owed, self._owed = self._owed, deque()
        reported = [command for command, _ in owed if isinstance(command, ReportTape)]
        now = self._last_word()
        if now is not None and reported and reported[-1] != now:
            owed.append((now, INSTRUMENT))  # what is entered late must not be the last word
        for command, actor in owed:
            self.tell(command, actor)
