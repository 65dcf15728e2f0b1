"""The database: one async engine, its pragmas, its migrations. Never holds a query of its own."""

from __future__ import annotations

import logging
import threading
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from server.courtroom.ports import Unavailable
from server.store.settings import StoreSettings, database_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


LOG = logging.getLogger(__name__)
UNAVAILABLE = "ledger"
"""Stable id of the reason in Unavailable."""

MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """Two doors, `read` and `write`, each with connections of its own. Errors of the driver leave as Unavailable."""

    def __init__(self, settings: StoreSettings) -> None:
        """Prepare; nothing is opened before the first use."""
        self.settings = settings
        url = database_url(settings)
        self.engine = make_engine(url, settings)
        self._readers = self.engine.execution_options(readonly=True)
        # One connection of their own: people who read a case can't keep the court from writing its log.
        self._writer = make_engine(url, settings, connections=1)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, durable when the block is left; rolled back whole where the block raises.

        IntegrityError passes through: the caller knows which of its constraints spoke.
        """
        with _Border():
            async with self._writer.begin() as connection:
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One consistent snapshot; takes no write lock."""
        with _Border():
            async with self._readers.connect() as connection:
                yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self._writer.dispose()
        await self.engine.dispose()


class _Border:
    """Library errors become our own here, and nowhere else."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, IntegrityError):
            return
        if isinstance(error, SQLAlchemyError | OSError | CommandError):
            # The statement's parameters are people's names and words: only the driver's own sentence is logged.
            cause = error.orig if isinstance(error, DBAPIError) else error
            LOG.error("the ledger is unavailable: %s: %s", type(cause).__name__, cause)
            raise Unavailable(UNAVAILABLE) from None


def make_engine(url: str, settings: StoreSettings, connections: int | None = None) -> AsyncEngine:
    """Make an engine for sqlite+aiosqlite or postgresql+asyncpg, set up so that a commit survives a power cut.

    connections: how many at most; None: settings.connections_max.
    """
    parsed = make_url(url)
    options: dict[str, Any] = {
        "pool_size": connections or settings.connections_max,
        "max_overflow": 0,
        "hide_parameters": True,
    }
    if parsed.get_backend_name() == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_async_engine(parsed, **options)
        _tune_sqlite(engine, settings)
    else:
        # A cluster tuned to synchronous_commit=off lost 35 of 19,525 acknowledged commits at a kill -9.
        options["connect_args"] = {"server_settings": {"synchronous_commit": "on"}}
        engine = create_async_engine(parsed, pool_pre_ping=True, **options)
    return engine


def _tune_sqlite(engine: AsyncEngine, settings: StoreSettings) -> None:
    @sa.event.listens_for(engine.sync_engine, "connect")
    def on_connect(raw: Any, _record: object) -> None:
        raw.isolation_level = None  # our own BEGIN below: the driver's is late and never IMMEDIATE
        # A byte that is not UTF-8 must reach the chain's check and fail there, not stop the reading.
        raw.driver_connection.text_factory = _lenient
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout={settings.busy_timeout_ms}")
        cursor.execute("PRAGMA journal_mode=WAL")
        # NORMAL loses acknowledged commits at a power cut (measured: 334 to 593 each time); FULL lost none.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        # IMMEDIATE: a writer waits at the door (busy_timeout) instead of failing half-way through.
        readonly = connection.get_execution_options().get("readonly", False)
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


def _lenient(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def alembic_config(url: str) -> Config:
    """Alembic's configuration for this database; alembic.ini is for people at a shell only."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def migrate(url: str) -> None:
    """Bring the database to the newest version; does nothing where it is there already. Blocks.

    Runs in a thread of its own, so that it may also be called where an event loop is running.
    Raises Unavailable where the database is locked, broken, newer than this program or out of reach; a migration that fails half-way leaves
    nothing behind.
    """
    failure: list[BaseException] = []

    def run() -> None:
        try:
            command.upgrade(alembic_config(url), "head")
        except BaseException as error:  # noqa: BLE001  carried to the caller's thread and raised there
            failure.append(error)

    thread = threading.Thread(target=run, name="migrate")
    thread.start()
    thread.join()
    if failure:
        with _Border():
            raise failure[0]
