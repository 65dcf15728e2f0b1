"""One hearing's tape as the server holds it while the recorder itself lives in the tape process. Never waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from media.taps import Tee
from media.tee import TAPE
from recording.facts import TapeFact, TapeFaulted, TapeOrder, TapeSeal, TapeUnavailable
from recording.orders import LOST, seal_of
from recording.recorder import RecorderStats

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from media.ids import PeerId
    from recording.house import TapeHouse

_TRIES = 2  # to end a tape whose process dies meanwhile


@dataclass(frozen=True, slots=True)
class Told:
    """An order, and when it was told (wall clock)."""

    number: int
    at_ns: int
    order: TapeOrder


class HouseRecorder:
    """One hearing's tape in the tape process: the face of recording.recorder.Recorder, fed by the tape's rings.

    Everything belongs to the server's loop; on_fact is called in it.
    """

    feed = Tee(TAPE)

    def __init__(
        self,
        house: TapeHouse,
        directory: Path,
        hearing: str,
        tap: PeerId,
        on_fact: Callable[[TapeFact], None],
        seats: int = 0,
    ) -> None:
        self._house = house
        self._on_fact = on_fact
        self._told: list[Told] = []  # the last settled one, and what came after it
        self.number = house.new_number()
        folder = str(directory.absolute())
        self.values = {"folder": folder, "hearing": hearing, "tap": str(tap), "seats": seats}
        self.stats = RecorderStats(0, 0, 0)

    async def start(self) -> None:
        """Open the folder, repair it, prove that bytes reach the disk. TapeUnavailable."""
        await self._house.up()
        await self._house.open(self)
        for told in self._told:  # before there was a tape to obey
            self._house.tell(self, told)

    def follow(self, order: TapeOrder) -> None:
        """Have the tape obey for all that is captured from now on; the fact follows when the mark of it is on disk."""
        if self._told and self._told[-1].order == order:
            return
        if len(self._told) >= self._house.settings.orders_told_max:
            del self._told[0]
        self._told.append(Told(self._house.new_number(), self._house.wall_ns(), order))
        if not self._house.tell(self, self._told[-1]):
            self.lost()

    async def close(self) -> TapeSeal:
        """End the tape for good, after all that was captured for it; see Recorder.close. TapeUnavailable."""
        return seal_of(await self._end(seal=True))

    async def stop(self) -> None:
        """End this run without sealing, after all that was captured for it. TapeUnavailable."""
        await self._end(seal=False)

    async def _end(self, *, seal: bool) -> Mapping[str, Any]:
        """A process that dies meanwhile is followed by another, which reads what is left and ends the tape."""
        for _ in range(_TRIES):
            try:
                await self._house.up()
                answer = await self._house.ask({"do": "end", "tape": self.number, "seal": seal})
            except TapeUnavailable as unavailable:
                if unavailable.reason == LOST:
                    continue
                self._house.forget(self)
                raise
            self._house.forget(self)
            self.count(answer["stats"])
            return answer
        self._house.forget(self)
        raise TapeUnavailable(LOST)

    # --- what the house does with it ---

    @property
    def told(self) -> tuple[Told, ...]:
        """Orders that a new process must know: the one in force, and those it may have to tell apart."""
        return tuple(self._told)

    def settled(self, number: int) -> None:
        """Forget what is older than this order."""
        self._told = [one for one in self._told if one.number >= number]

    def fact(self, fact: TapeFact) -> None:
        """Report a fact, in a callback of its own: what comes of it is not the house's."""
        asyncio.get_running_loop().call_soon(self._on_fact, fact)

    def lost(self) -> None:
        """Say that there is no process, if that costs this tape anything."""
        if self._told and self._told[-1].order.rolling:
            self.fact(TapeFaulted(LOST))

    def count(self, stats: list[int]) -> None:
        """Take the counts of this run."""
        self.stats = RecorderStats(*stats)
