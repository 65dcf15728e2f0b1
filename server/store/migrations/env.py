"""Runs migrations. Called by alembic; never imported by the server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from alembic import context

from server.store.database import make_engine
from server.store.settings import StoreSettings, database_url
from server.store.tables import METADATA

if TYPE_CHECKING:
    import sqlalchemy as sa


def run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        transactional_ddl=True,  # SQLite can, with a BEGIN of our own: a migration is whole or absent
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    settings = StoreSettings()
    engine = make_engine(context.config.attributes.get("url") or database_url(settings), settings)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


asyncio.run(main())
