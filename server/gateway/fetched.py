"""How much of which file was fetched under each act of reading, in whole megabytes: gathered here, entered from time to time.

Players fetch in hundreds of small pieces; the ledger gets a few coarse spans. What a killed process had gathered is lost, the
act itself is not: it was entered before its first byte. Bounded in memory: what could not be remembered is not given out.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from server.courtroom.ports import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from server.store.readings import Readings

log = logging.getLogger(__name__)

MEGABYTE = 1 << 20
SPANS_MAX = 32  # of one file in one entry


def spans_of(megabytes: Iterable[int], most: int = SPANS_MAX) -> list[list[int]]:
    """Numbers of megabytes as spans [first, after the last], in order; the narrowest gaps are closed until there are few."""
    spans: list[list[int]] = []
    for number in sorted(set(megabytes)):
        if spans and number <= spans[-1][1]:
            spans[-1][1] = number + 1
        else:
            spans.append([number, number + 1])
    while len(spans) > most:
        gaps = [(spans[at + 1][0] - spans[at][1], at) for at in range(len(spans) - 1)]
        at = min(gaps)[1]
        spans[at : at + 2] = [[spans[at][0], spans[at + 1][1]]]
    return spans


class Fetched:
    """Gathers. keys_max: files under acts at one time; all are entered at once when there would be more."""

    def __init__(
        self, readings: Readings, now_ms: Callable[[], int], *, interval_s: float, keys_max: int
    ) -> None:
        self._readings = readings
        self._now_ms = now_ms
        self._interval_s = interval_s
        self._keys_max = keys_max
        self._seen: dict[tuple[str, int, str], set[int]] = {}
        self._one = asyncio.Lock()  # two at a time would enter the same twice
        self._away = False  # the ledger did not take all of it the last time

    async def note(self, hearing: str, number: int, file: str, first: int, last: int) -> None:
        """Bytes first..last of a file are about to be given out under an act. Unavailable("ledger"): they must not be."""
        key = (hearing, number, file)
        if key not in self._seen and len(self._seen) >= self._keys_max:
            if not self._away:  # else it is asked again in its own time, not by every request
                await self.drain()
            if len(self._seen) >= self._keys_max:
                raise Unavailable("ledger")
        self._seen.setdefault(key, set()).update(range(first // MEGABYTE, last // MEGABYTE + 1))

    async def run(self) -> None:
        """Enter what was gathered, for ever."""
        while True:
            await asyncio.sleep(self._interval_s)
            await self.drain()

    async def drain(self) -> None:
        """Enter all of it, a hearing at a time; what the ledger does not take now is kept for the next time."""
        async with self._one:
            away = False
            for hearing in dict.fromkeys(key[0] for key in self._seen):
                try:
                    await self._enter(hearing)
                except Unavailable:
                    log.warning("what was read of hearing %s is not entered yet", hearing)
                    away = True
            self._away = away

    async def _enter(self, hearing: str) -> None:
        """Enter what was fetched of a hearing. It is forgotten only then: whoever cancels this loses nothing."""
        taken = {key: frozenset(numbers) for key, numbers in self._seen.items() if key[0] == hearing}
        rows = [(number, file, spans_of(numbers)) for (_, number, file), numbers in taken.items()]
        await self._readings.note_bytes(hearing, rows, self._now_ms())
        for key, numbers in taken.items():
            self._seen[key] -= numbers
            if not self._seen[key]:
                del self._seen[key]
