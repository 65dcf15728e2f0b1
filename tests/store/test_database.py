"""Pragmas in force, migrations equal to the tables, migrating twice and under a running loop."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from server.courtroom.ports import Unavailable
from server.store.database import Database, alembic_config, migrate
from server.store.settings import StoreSettings, database_url
from server.store.tables import METADATA
from tests.store.ledgers import settings_for, sqlite_settings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
async def test_migrations_build_exactly_what_the_tables_describe(backend: str, tmp_path: Path) -> None:
    database = Database(await settings_for(backend, tmp_path))

    def differences(connection: sa.Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
async def test_down_and_up_again(backend: str, tmp_path: Path) -> None:
    settings = await settings_for(backend, tmp_path)
    url = database_url(settings)
    database = Database(settings)

    def names(connection: sa.Connection) -> set[str]:
        return set(sa.inspect(connection).get_table_names())

    def down() -> None:
        command.downgrade(alembic_config(url), "base")

    await asyncio.to_thread(down)
    async with database.engine.connect() as connection:
        assert await connection.run_sync(names) == {"alembic_version"}
    migrate(url)
    async with database.engine.connect() as connection:
        assert await connection.run_sync(names) == {*METADATA.tables, "alembic_version"}
    await database.close()


async def test_migrating_an_up_to_date_database_changes_nothing(tmp_path: Path) -> None:
    settings = sqlite_settings(tmp_path)
    before = (tmp_path / "yunting.db").read_bytes()
    migrate(database_url(settings))
    assert (tmp_path / "yunting.db").read_bytes() == before


async def test_a_failing_migration_is_raised_to_the_caller(tmp_path: Path) -> None:
    (tmp_path / "yunting.db").write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(Unavailable, match="ledger"):
        migrate(database_url(StoreSettings(root=tmp_path)))


async def test_a_database_that_another_program_holds_is_unavailable(tmp_path: Path) -> None:
    sqlite_settings(tmp_path)
    other = sqlite3.connect(tmp_path / "yunting.db", isolation_level=None)
    other.execute("DELETE FROM alembic_version")  # there is something to migrate
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable, match="ledger"):
        migrate(f"{database_url(StoreSettings(root=tmp_path))}?timeout=0.1")
    other.close()


async def test_a_database_of_a_newer_program_is_unavailable(tmp_path: Path) -> None:
    settings = sqlite_settings(tmp_path)
    database = Database(settings)
    async with database.write() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'of-tomorrow'")
    await database.close()
    with pytest.raises(Unavailable, match="ledger"):
        migrate(database_url(settings))


async def test_readers_who_take_every_connection_do_not_keep_the_court_from_writing(tmp_path: Path) -> None:
    database = Database(sqlite_settings(tmp_path, connections_max=2))
    async with asyncio.timeout(20), database.read() as first, database.read() as second:
        async with database.write() as writer:
            await writer.exec_driver_sql("INSERT INTO cases VALUES ('c', 'n', 'x', 'x', 'p', 0)")
        for reader in (first, second):
            await reader.exec_driver_sql("SELECT 1")
    async with database.read() as reader:
        assert (await reader.exec_driver_sql("SELECT count(*) FROM cases")).scalar_one() == 1
    await database.close()


async def test_writers_take_turns(tmp_path: Path) -> None:
    """One connection: our own writers wait for each other in memory and never meet SQLite's busy_timeout."""
    database = Database(sqlite_settings(tmp_path, busy_timeout_ms=0))

    async def enter(number: int) -> None:
        async with database.write() as writer:
            statement = "INSERT INTO cases VALUES (?, ?, 'x', 'x', 'p', 0)"
            await writer.exec_driver_sql(statement, (f"c{number}", str(number)))

    await asyncio.gather(*(enter(number) for number in range(20)))
    async with database.read() as reader:
        assert (await reader.exec_driver_sql("SELECT count(*) FROM cases")).scalar_one() == 20
    await database.close()


async def test_sqlite_is_set_to_survive_a_power_cut(tmp_path: Path) -> None:
    database = Database(sqlite_settings(tmp_path, busy_timeout_ms=1234))
    for door in (database.read, database.write):
        async with door() as connection:
            pragmas = {
                name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 1234}
    await database.close()


async def test_postgres_commits_are_synchronous(tmp_path: Path) -> None:
    database = Database(await settings_for("postgres", tmp_path))
    async with database.write() as connection:
        assert (await connection.exec_driver_sql("SHOW synchronous_commit")).scalar_one() == "on"
    await database.close()


async def test_a_reader_is_not_held_up_by_a_writer(tmp_path: Path) -> None:
    database = Database(sqlite_settings(tmp_path, busy_timeout_ms=0))
    async with database.write() as writer, database.read() as reader:
        await writer.exec_driver_sql("INSERT INTO cases VALUES ('c', 'n', 'x', 'x', 'p', 0)")
        assert (await reader.exec_driver_sql("SELECT count(*) FROM cases")).scalar_one() == 0
    async with database.read() as reader:
        assert (await reader.exec_driver_sql("SELECT count(*) FROM cases")).scalar_one() == 1
    await database.close()


async def test_a_block_that_raises_leaves_nothing(tmp_path: Path) -> None:
    database = Database(sqlite_settings(tmp_path))
    with pytest.raises(RuntimeError):
        async with database.write() as connection:
            await connection.exec_driver_sql("INSERT INTO cases VALUES ('c', 'n', 'x', 'x', 'p', 0)")
            raise RuntimeError
    async with database.read() as reader:
        assert (await reader.exec_driver_sql("SELECT count(*) FROM cases")).scalar_one() == 0
    await database.close()
