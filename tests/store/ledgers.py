"""Real databases for tests: a migrated SQLite file, and a PostgreSQL server of the run's own."""

from __future__ import annotations

import atexit
import functools
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa

from server.store.database import Database, make_engine, migrate
from server.store.settings import StoreSettings, database_url


@functools.cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="yunting-ledger-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = StoreSettings(root=folder)
    migrate(database_url(settings))
    # A clean close has folded the write-ahead log back into the file.
    assert not (folder / "yunting.db-wal").exists()
    return folder / "yunting.db"


def sqlite_settings(root: Path, **changes: object) -> StoreSettings:
    """Make a migrated SQLite database under root."""
    root.mkdir(parents=True, exist_ok=True)
    shutil.copy(_sqlite_template(), root / "yunting.db")
    return StoreSettings(root=root, **changes)  # type: ignore[arg-type]


def _programs() -> Path | None:
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _as_postgres(*command: str | Path) -> None:
    """Run as an ordinary user: PostgreSQL refuses root."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*prefix, *map(str, command)], cwd="/", capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@functools.cache
def _postgres() -> Path | str:
    """Start the server once a run; give the folder of its socket, or why there is none."""
    programs = _programs()
    if programs is None:
        return "PostgreSQL is not installed (no initdb in PATH or /usr/lib/postgresql/*/bin)"
    if os.geteuid() == 0 and (not shutil.which("runuser") or not _user_exists("postgres")):
        return "PostgreSQL refuses root, and there is no user postgres to run it as"
    folder = Path(tempfile.mkdtemp(prefix="yunting-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    _as_postgres(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    # Own socket, no TCP port; no fsync: these tests pull no plug.
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    _as_postgres(programs / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
    atexit.register(_as_postgres, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    return folder


def _user_exists(name: str) -> bool:
    return name in {entry.pw_name for entry in pwd.getpwall()}


async def postgres_settings(root: Path, **changes: object) -> StoreSettings:
    """Make a migrated PostgreSQL database; skips the test where PostgreSQL is not installed."""
    folder = _postgres()
    if isinstance(folder, str):
        pytest.skip(folder)
    name = f"t{uuid.uuid4().hex}"
    template = f"postgresql+asyncpg://postgres@/{{}}?host={folder}"
    engine = make_engine(template.format("postgres"), StoreSettings())
    async with engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(
            sa.text(f"CREATE DATABASE {name}")
        )
    await engine.dispose()
    settings = StoreSettings(root=root, url=template.format(name), **changes)  # type: ignore[arg-type]
    migrate(database_url(settings))
    return settings


async def settings_for(backend: str, root: Path, **changes: object) -> StoreSettings:
    """Make a migrated database of this kind: "sqlite" or "postgres"."""
    if backend == "postgres":
        return await postgres_settings(root, **changes)
    return sqlite_settings(root, **changes)


async def tamper(database: Database, *statements: str) -> None:
    """Change events as one who owns the database could: the guards are lifted first."""
    async with database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            for guard in ("events_no_update", "events_no_delete", "events_no_replace"):
                await connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {guard}"))
        else:
            await connection.execute(sa.text("ALTER TABLE events DISABLE TRIGGER ALL"))
        for statement in statements:
            await connection.exec_driver_sql(statement)
