"""The event log in SQL: appends, reads, checks. Never updates or deletes an entry (nor can: triggers forbid it)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from server.courtroom.ports import Entry, NewEntry, SeqConflict, Verdict
from server.store.chain import GENESIS, Stored, Walk, canonical, link
from server.store.tables import EVENTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from server.store.database import Database

_COLUMNS = EVENTS.c


class SqlEventLog:
    """Implements server.courtroom.ports.EventLog on SQLite and PostgreSQL.

    An append that is cancelled may or may not have been written: the caller reads the stream again.
    Database failures are raised as ports.Unavailable.
    """

    def __init__(self, database: Database) -> None:
        """Use this database's connections."""
        self._database = database
        self._bytes_max = database.settings.event_bytes_max
        self._page = database.settings.page_entries

    async def append(self, stream: str, expected_seq: int, entries: Sequence[NewEntry]) -> int:
        """Write entries after expected_seq, all or none, durable on return; give the new last seq.

        Raises SeqConflict where the stream is elsewhere, ValueError or TypeError where a body is not JSON or is
        larger than event_bytes_max. Nothing is written then.
        """
        return (await self.append_all({stream: (expected_seq, entries)}))[stream]

    async def append_all(self, parts: Mapping[str, tuple[int, Sequence[NewEntry]]]) -> dict[str, int]:
        """Do the same for several streams at once: all of it is written, or nothing; give their new last seqs."""
        try:
            async with self._database.write() as connection:
                linked: list[Entry] = []
                for stream, (expected_seq, entries) in parts.items():
                    last_seq, last_hash = await _head(connection, stream)
                    if last_seq != expected_seq:
                        raise SeqConflict(f"{stream} is at {last_seq}, not at {expected_seq}")
                    linked += link(stream, last_seq, last_hash, entries)
                if linked:
                    await connection.execute(sa.insert(EVENTS), [self._row(entry) for entry in linked])
        except IntegrityError:
            # Two writers read the same head; UNIQUE(stream, seq) let one through.
            raise SeqConflict(f"{' and '.join(parts)} moved on") from None
        return {stream: expected_seq + len(entries) for stream, (expected_seq, entries) in parts.items()}

    def _row(self, entry: Entry) -> dict[str, Any]:
        body = canonical(entry.body)
        if len(body.encode()) > self._bytes_max:
            raise ValueError(f"event {entry.kind} is larger than event_bytes_max ({self._bytes_max})")
        return {name: getattr(entry, name) for name in Entry.__dataclass_fields__} | {"body": body}

    async def read(self, stream: str, after_seq: int = 0) -> list[Entry]:
        """Give the entries after after_seq, in order."""
        return await self._select(_COLUMNS.stream == stream, _COLUMNS.seq > after_seq)

    async def read_kinds(self, stream: str, kinds: Collection[str]) -> list[Entry]:
        """Give the entries of these kinds only, in order: for one who needs a few of a day's thousands."""
        return await self._select(_COLUMNS.stream == stream, _COLUMNS.kind.in_(sorted(kinds)))

    async def entry(self, stream: str, seq: int) -> Entry | None:
        """Give the entry of this number, or None."""
        found = await self._select(_COLUMNS.stream == stream, _COLUMNS.seq == seq)
        return found[0] if found else None

    async def last_seq(self, stream: str) -> int:
        """Number of the last entry; 0 where there is none."""
        async with self._database.read() as connection:
            return (await _head(connection, stream))[0]

    async def _select(self, *where: sa.ColumnElement[bool]) -> list[Entry]:
        query = sa.select(EVENTS).where(*where).order_by(_COLUMNS.seq)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [Entry(**{**row, "body": json.loads(row["body"])}) for row in rows]

    async def side_streams(self, hearing: str) -> list[str]:
        """Name the other streams of a hearing, those of its caucuses, sorted."""
        own = sa.select(_COLUMNS.stream).distinct()
        own = own.where(_COLUMNS.stream.startswith(f"{hearing}#", autoescape=True)).order_by(_COLUMNS.stream)
        async with self._database.read() as connection:
            return list((await connection.execute(own)).scalars())

    async def verify(self, stream: str) -> Verdict:
        """Walk the chain from the first entry and name the first bad one; holds one page at a time.

        A tail cut off cleanly leaves a sound chain: compare `head` with the digest kept in the sealed manifest.
        """
        walk = Walk(stream)
        async with self._database.read() as connection:
            async for page in self._pages(connection, stream):
                if not walk.take(page):
                    break
        return walk.verdict()

    async def _pages(self, connection: AsyncConnection, stream: str) -> AsyncIterator[list[Stored]]:
        names = Stored.__dataclass_fields__
        after: int | None = None  # not 0: an entry planted before the first must be seen too
        while True:
            query = sa.select(*(_COLUMNS[name] for name in names)).where(_COLUMNS.stream == stream)
            if after is not None:
                query = query.where(_COLUMNS.seq > after)
            query = query.order_by(_COLUMNS.seq).limit(self._page)
            page = [Stored(*row) for row in (await connection.execute(query)).all()]
            if not page:
                return
            yield page
            after = page[-1].seq


async def _head(connection: AsyncConnection, stream: str) -> tuple[int, str]:
    query = (
        sa.select(_COLUMNS.seq, _COLUMNS.hash)
        .where(_COLUMNS.stream == stream)
        .order_by(_COLUMNS.seq.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return (row.seq, row.hash) if row else (0, GENESIS)
