"""The archive's book: what is known of the remote copy of each file of each sealed package. Decides nothing; reads no clock.

Every method may raise server.courtroom.ports.Unavailable. Times: Unix milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from server.store.tables import ARCHIVE_FILES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from server.store.database import Database

FileState = Literal["pending", "stored", "verified"]
"""Not there yet; written, not yet believed; read back whole and the same."""


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file of a package. version: of the remote object; tries: that failed since the last good one.

    failing_since: the first of these; next_at: not to be tried before.
    """

    hearing_id: str
    name: str
    size: int
    sha256: str
    state: FileState = "pending"
    version: str = ""
    locked_until: int | None = None
    held: bool = False
    tries: int = 0
    reason: str = ""
    next_at: int = 0
    failing_since: int | None = None
    updated_at: int = 0


@dataclass(frozen=True, slots=True)
class Troubled:
    """A hearing whose remote copy does not come about."""

    hearing_id: str
    since: int
    files: int


class ArchiveBook:
    """The rows of archive_files."""

    def __init__(self, database: Database) -> None:
        """Use this database's connections."""
        self._database = database

    async def enter(self, files: Sequence[ArchiveFile]) -> None:
        """Enter files that are not in the book yet; those that are stay as they are."""
        if not files:
            return
        hearing = files[0].hearing_id
        known = sa.select(_C.name).where(_C.hearing_id == hearing)
        async with self._database.write() as connection:
            there = set((await connection.execute(known)).scalars())
            rows = [_values(one) for one in files if one.name not in there]
            if rows:
                await connection.execute(sa.insert(ARCHIVE_FILES), rows)

    async def files(self, hearing_id: str) -> list[ArchiveFile]:
        """Every file of a hearing, by name."""
        return await self._select(_C.hearing_id == hearing_id)

    async def due(self, now_ms: int, limit: int) -> list[ArchiveFile]:
        """Files that are not verified and may be tried now; those that failed least come first."""
        query = sa.select(ARCHIVE_FILES).where(_C.state != "verified", _C.next_at <= now_ms)
        query = query.order_by(_C.tries, _C.hearing_id, _C.name).limit(limit)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [ArchiveFile(**row) for row in rows]

    async def next_at(self) -> int | None:
        """When the next file that is not verified may be tried; None where all are."""
        query = sa.select(sa.func.min(_C.next_at)).where(_C.state != "verified")
        async with self._database.read() as connection:
            found: int | None = (await connection.execute(query)).scalar()
        return found

    async def known(self) -> dict[str, bool]:
        """The hearings in the book; whether their timestamp is in it too."""
        stamped = sa.func.max(sa.case((_C.name == "timestamp.json", 1), else_=0))
        query = sa.select(_C.hearing_id, stamped).group_by(_C.hearing_id)
        async with self._database.read() as connection:
            return {row[0]: bool(row[1]) for row in await connection.execute(query)}

    async def save(self, file: ArchiveFile) -> None:
        """Put a row in the place of the one with the same hearing and name."""
        mine = (_C.hearing_id == file.hearing_id, _C.name == file.name)
        async with self._database.write() as connection:
            await connection.execute(sa.update(ARCHIVE_FILES).where(*mine).values(_values(file)))

    async def set_held(self, file: ArchiveFile, *, held: bool, now_ms: int) -> None:
        """Note the legal hold of this version alone: whatever else another process wrote of the file stays."""
        mine = (_C.hearing_id == file.hearing_id, _C.name == file.name, _C.version == file.version)
        async with self._database.write() as connection:
            await connection.execute(
                sa.update(ARCHIVE_FILES).where(*mine).values(held=held, updated_at=now_ms)
            )

    async def counts(self) -> dict[str, int]:
        """How many files there are in each state."""
        query = sa.select(_C.state, sa.func.count()).group_by(_C.state)
        async with self._database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def troubled(self, tries: int) -> list[Troubled]:
        """Hearings with a file that failed so often, since when, and how many of them."""
        query = sa.select(_C.hearing_id, sa.func.min(_C.failing_since), sa.func.count())
        query = query.where(_C.tries >= tries, _C.failing_since.is_not(None)).group_by(_C.hearing_id)
        async with self._database.read() as connection:
            return [Troubled(*row) for row in await connection.execute(query.order_by(_C.hearing_id))]

    async def _select(self, *where: sa.ColumnElement[bool]) -> list[ArchiveFile]:
        query = sa.select(ARCHIVE_FILES).where(*where).order_by(_C.hearing_id, _C.name)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [ArchiveFile(**row) for row in rows]


_C = ARCHIVE_FILES.c


def _values(file: ArchiveFile) -> dict[str, Any]:
    return {name: getattr(file, name) for name in ArchiveFile.__dataclass_fields__}
