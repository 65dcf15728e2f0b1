"""The ledger of reading 查阅台账: who played, copied or took away what of a record, for which purpose, when, and how much.

A stream of its own beside the hearing's log, on the same table: append-only and chained hash by hash. Decides nothing.
Every method may raise server.courtroom.ports.Unavailable.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from server.courtroom.ports import NewEntry, SeqConflict, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from server.store.event_log import SqlEventLog

BEGUN, BYTES = "reading_begun", "reading_bytes"
_TRIES = 5  # of an entry, where another process writes too


def stream_of(hearing: str) -> str:
    """Name of the stream: no hearing and no caucus has it, for ids hold no colon."""
    return f"reading:{hearing}"


@dataclass(frozen=True, slots=True)
class Reading:
    """One act of reading. hearing: the reader's own, where the seat is; session: SHA-256 of the bearer.

    action, thing: server.gateway.rights; what: the copy or seat it is of, "" for all.
    """

    action: str
    thing: str
    what: str
    purpose: str
    note: str
    hearing: str
    seat: str
    role: str
    name: str
    session: str


@dataclass(frozen=True, slots=True)
class Read:
    """One act as it stands in the ledger. spans: by file, what was fetched of it, in megabytes from and to."""

    number: int
    at_ms: int
    reading: Reading
    spans: dict[str, list[list[int]]]


class Readings:
    """The streams of reading. One process is expected to write; another one only costs tries."""

    def __init__(self, events: SqlEventLog) -> None:
        self._events = events
        self._lock = asyncio.Lock()

    async def begin(self, hearing: str, reading: Reading, now_ms: int) -> int:
        """Enter an act before its first byte is given; its number."""
        body = asdict(reading)
        return await self._append(hearing, NewEntry(now_ms, reading.seat, None, BEGUN, 1, body))

    async def note_bytes(
        self, hearing: str, rows: Sequence[tuple[int, str, list[list[int]]]], now_ms: int
    ) -> None:
        """Enter what was fetched, all or nothing: rows of an act's number, a file's name and spans of it."""
        bodies = [{"reading": number, "file": file, "spans": spans} for number, file, spans in rows]
        await self._append(hearing, *(NewEntry(now_ms, None, None, BYTES, 1, body) for body in bodies))

    async def find(self, hearing: str, number: int) -> Reading | None:
        """The act of this number, or None."""
        entry = await self._events.entry(stream_of(hearing), number)
        if entry is None or entry.kind != BEGUN:
            return None
        return Reading(**entry.body)

    async def newest(self, hearing: str, limit: int) -> list[Read]:
        """The newest acts, newest first, with what was fetched under each."""
        entries = await self._events.read(stream_of(hearing))
        found: dict[int, Read] = {}
        for entry in entries:
            if entry.kind == BEGUN:
                found[entry.seq] = Read(entry.seq, entry.at_ms, Reading(**entry.body), {})
            elif entry.kind == BYTES and entry.body["reading"] in found:
                spans = found[entry.body["reading"]].spans.setdefault(entry.body["file"], [])
                spans.extend(entry.body["spans"])
        return sorted(found.values(), key=lambda one: -one.number)[:limit]

    async def _append(self, hearing: str, *entries: NewEntry) -> int:
        stream = stream_of(hearing)
        async with self._lock:
            for _ in range(_TRIES):
                try:
                    return await self._events.append(stream, await self._events.last_seq(stream), entries)
                except SeqConflict:
                    continue
        raise Unavailable("ledger")
