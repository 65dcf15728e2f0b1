"""Materials of hearings 证据材料 as files: who handed in what, under which name the server keeps it.

What came of one in the hearing stands in the log, not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from server.store.tables import MATERIALS

if TYPE_CHECKING:
    from server.store.database import Database


@dataclass(frozen=True, slots=True)
class Material:
    """One file. form: suffix of server.exhibits.forms; size, sha256: of the original as it was handed in."""

    id: str
    hearing_id: str
    seat: str
    title: str
    form: str
    pages: int
    duration_ms: int
    size: int
    sha256: str
    created_at: int


class Materials:
    """The files of materials in the ledger."""

    def __init__(self, database: Database) -> None:
        """Use this database's connections."""
        self._database = database

    async def add(self, material: Material) -> None:
        """Enter a file. It must be on disk already."""
        values = {name: getattr(material, name) for name in Material.__dataclass_fields__}
        async with self._database.write() as connection:
            await connection.execute(sa.insert(MATERIALS).values(values))

    async def remove(self, material_id: str) -> None:
        """Take back a file that did not come into the hearing's file after all."""
        async with self._database.write() as connection:
            await connection.execute(sa.delete(MATERIALS).where(MATERIALS.c.id == material_id))

    async def find(self, hearing_id: str, material_id: str) -> Material | None:
        """Find a file of this hearing."""
        query = sa.select(MATERIALS).where(
            MATERIALS.c.hearing_id == hearing_id, MATERIALS.c.id == material_id
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Material(**row) if row else None
