"""`yunting verify-log` as a function: sound, tampered with, unknown, unreachable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.courtroom.ports import NewEntry, Unavailable
from server.store.cases import Cases
from server.store.database import Database
from server.store.event_log import SqlEventLog
from server.store.settings import StoreSettings
from server.store.verify import verify_hearing
from tests.store.ledgers import sqlite_settings, tamper

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.service


async def test_verdicts(tmp_path: Path) -> None:
    settings = sqlite_settings(tmp_path)
    database = Database(settings)
    cases = Cases(database)
    case = await cases.create_case(case_no="1", cause="c", court="c", procedure="p", now_ms=0)
    await cases.create_hearing(
        case_id=case, public=True, procedure="p", scheduled_at=0, seats=(), now_ms=0, hearing_id="h1"
    )
    scheduled = await verify_hearing(settings, "h1")
    assert (scheduled.ok, scheduled.entries) == (True, 0)

    await SqlEventLog(database).append("h1", 0, [NewEntry(n, None, None, "k", 1, {}) for n in range(3)])
    held = await verify_hearing(settings, "h1")
    assert (held.ok, held.entries) == (True, 3)

    log, stream = SqlEventLog(database), "h1#caucus.plaintiff"
    await log.append(stream, 0, [NewEntry(n, None, None, "k", 1, {}) for n in range(2)])
    assert (await verify_hearing(settings, "h1")).ok
    await tamper(database, "UPDATE events SET kind = 'x' WHERE seq = 1 AND stream LIKE '%caucus%'")
    aside = await verify_hearing(settings, "h1")
    assert (aside.ok, aside.first_bad_seq, aside.reason) == (False, 1, f"{stream}: hash")

    await tamper(database, "UPDATE events SET kind = 'x' WHERE seq = 2 AND stream = 'h1'")
    forged = await verify_hearing(settings, "h1")
    assert (forged.ok, forged.entries, forged.first_bad_seq, forged.reason) == (False, 1, 2, "hash")

    unknown = await verify_hearing(settings, "h2")
    assert (unknown.ok, unknown.reason) == (False, "unknown_hearing")
    await database.close()


async def test_a_database_that_was_never_made_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await verify_hearing(StoreSettings(root=tmp_path), "h1")
    assert list(tmp_path.iterdir()) == []
