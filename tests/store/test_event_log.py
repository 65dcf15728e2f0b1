"""What only the real ledgers promise: guards, durability settings, detection of every kind of tampering."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import DBAPIError

from server.courtroom.ports import NewEntry, Unavailable
from server.store.database import Database
from server.store.event_log import SqlEventLog
from server.store.settings import database_url
from tests.store.ledgers import settings_for, sqlite_settings, tamper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.service

FORBIDDEN = (
    "UPDATE events SET kind = 'other'",
    "DELETE FROM events",
    "DELETE FROM events WHERE seq = 2",
    "INSERT OR REPLACE INTO events SELECT stream, seq, 0, actor_seat, 'c', 'k', 1, body, prev_hash, hash FROM events",
    "TRUNCATE events",
)

COUNTERFEITS = {
    "UPDATE events SET at_ms = at_ms + 1 WHERE seq = 3": (3, "hash"),
    "UPDATE events SET actor_seat = 'clerk' WHERE seq = 3": (3, "hash"),
    "UPDATE events SET actor_connection = NULL WHERE seq = 3": (3, "hash"),
    "UPDATE events SET kind = 'stage_entered' WHERE seq = 3": (3, "hash"),
    "UPDATE events SET version = 2 WHERE seq = 3": (3, "hash"),
    "UPDATE events SET body = '{\"n\":4}' WHERE seq = 3": (3, "hash"),
    "UPDATE events SET body = '{\"n\": 3}' WHERE seq = 3": (3, "body"),
    'UPDATE events SET body = \'{"n":3,"n":3}\' WHERE seq = 3': (3, "body"),
    "UPDATE events SET body = 'x' WHERE seq = 3": (3, "body"),
    "UPDATE events SET hash = prev_hash WHERE seq = 3": (3, "hash"),
    "UPDATE events SET prev_hash = hash WHERE seq = 3": (3, "prev_hash"),
    "DELETE FROM events WHERE seq = 3": (3, "missing"),
    "DELETE FROM events WHERE seq < 3": (1, "missing"),
    "UPDATE events SET seq = 0 WHERE seq = 1": (1, "missing"),
    "UPDATE events SET seq = 6 WHERE seq = 5": (5, "missing"),
    "UPDATE events SET stream = 'b' WHERE seq = 4": (4, "missing"),
}


def entries(count: int) -> list[NewEntry]:
    return [NewEntry(n, "presiding", "c1", "floor_granted", 1, {"n": n}) for n in range(1, count + 1)]


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(await settings_for(request.param, tmp_path, page_entries=2))
    await SqlEventLog(database).append("a", 0, entries(5))
    yield database
    await database.close()


async def test_nobody_may_update_or_delete_an_event(database: Database) -> None:
    sqlite = database.engine.dialect.name == "sqlite"
    for statement in FORBIDDEN:
        if (sqlite and "TRUNCATE" in statement) or (not sqlite and "REPLACE" in statement):
            continue
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.engine.begin() as connection:
                await connection.exec_driver_sql(statement)
    assert len(await SqlEventLog(database).read("a")) == 5
    assert (await SqlEventLog(database).verify("a")).ok


async def test_every_kind_of_tampering_is_found_and_named(tmp_path: Path) -> None:
    settings = sqlite_settings(tmp_path / "sound")
    database = Database(settings)
    await SqlEventLog(database).append("a", 0, entries(5))
    await database.close()
    found = {}
    for n, statement in enumerate(COUNTERFEITS):
        shutil.copytree(tmp_path / "sound", tmp_path / str(n))
        copy = Database(type(settings)(root=tmp_path / str(n), page_entries=2))
        await tamper(copy, statement)
        verdict = await SqlEventLog(copy).verify("a")
        assert not verdict.ok
        found[statement] = (verdict.first_bad_seq, verdict.reason)
        await copy.close()
    assert found == COUNTERFEITS


async def test_tampering_is_found_on_either_database(database: Database) -> None:
    await tamper(database, "UPDATE events SET at_ms = at_ms + 1 WHERE seq = 4")
    verdict = await SqlEventLog(database).verify("a")
    assert (verdict.ok, verdict.entries, verdict.first_bad_seq, verdict.reason) == (False, 3, 4, "hash")


def test_any_changed_byte_of_any_entry_breaks_the_chain(tmp_path: Path) -> None:
    """On the file itself: each round flips one bit inside one stored text; SQLite's own checks don't see it."""
    settings = sqlite_settings(tmp_path)

    async def write() -> None:
        database = Database(settings)
        await SqlEventLog(database).append("a", 0, entries(5))
        await database.close()

    async def sound() -> bool:
        database = Database(settings)
        verdict = await SqlEventLog(database).verify("a")
        await database.close()
        return verdict.ok

    asyncio.run(write())
    file = tmp_path / "yunting.db"
    with sqlite3.connect(file) as raw:
        texts = [
            text for row in raw.execute("SELECT kind, body, prev_hash, hash FROM events") for text in row
        ]
    original = file.read_bytes()
    dice = random.Random(20)
    for _ in range(32):
        text = dice.choice(texts).encode()
        places = [at for at in range(len(original)) if original.startswith(text, at)]
        assert places
        at = dice.choice(places) + dice.randrange(len(text))
        forged = bytearray(original)
        forged[at] ^= 1 << dice.randrange(8)
        file.write_bytes(forged)
        assert not asyncio.run(sound()), (text, at)
    file.write_bytes(original)
    assert asyncio.run(sound())


async def test_a_new_process_reads_what_the_old_one_was_told_is_safe(database: Database) -> None:
    again = Database(database.settings)
    assert len(await SqlEventLog(again).read("a")) == 5
    await again.close()


KILLED = """
import asyncio, sys
from pathlib import Path
from server.courtroom.ports import NewEntry
from server.store.database import Database
from server.store.event_log import SqlEventLog
from server.store.settings import StoreSettings

async def main():
    log = SqlEventLog(Database(StoreSettings(root=Path(sys.argv[1]))))
    at = 0
    while True:
        at = await log.append("a", at, [NewEntry(at, None, None, "k", 1, {"n": at})] * 3)
        print(at, flush=True)

asyncio.run(main())
"""


async def test_a_killed_writer_loses_nothing_it_was_told_is_safe(tmp_path: Path) -> None:
    settings = sqlite_settings(tmp_path)
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout
    told = [int(writer.stdout.readline()) for _ in range(20)][-1]
    writer.kill()
    told = max([told, *map(int, writer.stdout.read().split("\n")[:-1])])
    writer.wait()
    database = Database(settings)
    verdict = await SqlEventLog(database).verify("a")
    await database.close()
    assert verdict.ok
    assert verdict.entries >= told
    assert verdict.entries % 3 == 0  # all of an append or none of it


async def test_a_full_disk_is_unavailable_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    database = Database(sqlite_settings(tmp_path, connections_max=1))
    log = SqlEventLog(database)
    await log.append("a", 0, entries(1))
    async with database.write() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    big = [NewEntry(n, None, None, "k", 1, {"text": "词" * 2000}) for n in range(4)]
    with pytest.raises(Unavailable) as caught:
        await log.append("a", 1, big)
    assert caught.value.reason == "ledger"
    assert len(await log.read("a")) == 1
    assert (await log.verify("a")).ok
    async with database.write() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    assert await log.append("a", 1, big) == 5
    await database.close()


async def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    settings = sqlite_settings(tmp_path)
    nowhere = Database(type(settings)(url="postgresql+asyncpg://x@/x?host=/nonexistent"))
    with pytest.raises(Unavailable):
        await SqlEventLog(nowhere).append("a", 0, entries(1))
    with pytest.raises(Unavailable):
        await SqlEventLog(nowhere).read("a")
    await nowhere.close()


async def test_an_event_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    database = Database(sqlite_settings(tmp_path, event_bytes_max=100))
    log = SqlEventLog(database)
    with pytest.raises(ValueError, match="event_bytes_max"):
        await log.append("a", 0, [*entries(1), NewEntry(1, None, None, "k", 1, {"x": "字" * 40})])
    assert await log.read("a") == []
    await database.close()


async def test_a_failed_statement_does_not_log_what_people_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = sqlite_settings(tmp_path)
    with sqlite3.connect(database_url(settings).removeprefix("sqlite+aiosqlite:///")) as raw:
        raw.execute("DROP TABLE events")
    database = Database(settings)
    with pytest.raises(Unavailable) as caught:
        await SqlEventLog(database).append("a", 0, [NewEntry(1, None, None, "k", 1, {"x": "秘密"})])
    assert "no such table" in caplog.text
    assert "秘密" not in caplog.text + str(caught.value)
    await database.close()


async def test_a_few_kinds_are_read_in_order_and_of_this_stream_only(database: Database) -> None:
    log = SqlEventLog(database)
    kinds = ["court_opened", "floor_granted", "court_recessed", "floor_granted", "court_closed"]
    await log.append("few", 0, [NewEntry(n, None, None, kind, 1, {"n": n}) for n, kind in enumerate(kinds)])
    await log.append("other", 0, [NewEntry(1, None, None, "court_opened", 1, {})])
    found = await log.read_kinds("few", {"court_closed", "court_opened", "never"})
    assert [(entry.seq, entry.kind) for entry in found] == [(1, "court_opened"), (5, "court_closed")]
    assert found == [entry for entry in await log.read("few") if entry.seq in {1, 5}]
    assert await log.read_kinds("few", set()) == []
