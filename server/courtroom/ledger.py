"""The log of one live hearing: its main stream, and one for the caucus with each side. Written all or nothing.

Read back main stream first, then the others, in any order: an event of a caucus's stream changes only what belongs to that
caucus (docs/decisions/0008). Never writes an event into a stream that others may read than those it is for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from server.courtroom.ports import Unavailable
from server.hearing.evolve import evolve
from server.hearing.ids import Instant
from server.hearing.state import initial
from server.hearing.streams import side_streams, stream_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from server.courtroom.ports import Codec, EventLog, NewEntry
    from server.hearing.events import Actor, Event
    from server.hearing.ids import HearingId
    from server.hearing.state import Hearing


class Ledger:
    """Where each stream of the hearing stands."""

    def __init__(self, hearing: HearingId, log: EventLog, codec: Codec, timeout_s: float) -> None:
        self._hearing = hearing
        self._log = log
        self._codec = codec
        self._timeout_s = timeout_s
        self._at: dict[str, int] = {}
        self.last = Instant(0)  # of the log, when it was read

    @property
    def seq(self) -> int:
        """Position of the main stream; how far a caucus's own has come is nobody's business but theirs."""
        return self._at.get(str(self._hearing), 0)

    async def write(self, events: Iterable[Event], now: Instant, actor: Actor) -> None:
        """Enter the events, each in its stream. Raises SeqConflict, Unavailable; nothing was written then, or all."""
        parts: dict[str, list[NewEntry]] = {}
        for event in events:
            entry = self._codec.to_entry(event, now, actor.seat, actor.connection)
            parts.setdefault(stream_of(self._hearing, event), []).append(entry)
        try:
            async with asyncio.timeout(self._timeout_s):
                if len(parts) == 1:
                    stream, entries = next(iter(parts.items()))
                    self._at[stream] = await self._log.append(stream, self._at.get(stream, 0), entries)
                else:
                    self._at |= await self._log.append_all(
                        {stream: (self._at.get(stream, 0), entries) for stream, entries in parts.items()}
                    )
        except TimeoutError:  # perhaps written, perhaps not: if it was, the next append finds out and replays
            raise Unavailable("ledger") from None

    async def read(self) -> Hearing:
        """The state as the log has it. Raises Unavailable."""
        at: dict[str, int] = {}
        state, last = await self._follow(initial(), str(self._hearing), at, 0)
        for stream in side_streams(state):
            state, last = await self._follow(state, stream, at, last)
        self._at, self.last = at, Instant(last)
        return state

    async def _follow(
        self, state: Hearing, stream: str, at: dict[str, int], last: int
    ) -> tuple[Hearing, int]:
        for entry in await self._log.read(stream):
            state = evolve(state, self._codec.to_event(entry), Instant(entry.at_ms))
            at[stream], last = entry.seq, max(last, entry.at_ms)
        return state, last
