"""The hearing already held: its log is whole and lawful, and its tape holds what the court could hear."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.ids import Kind
from media.taps import TapPacket
from recording.reading import Tape
from recording.settings import RecordingSettings
from server.demo import cast
from server.demo.held import Books, hold, schedule
from server.gateway.record import session_of
from server.hearing.ids import Instant
from server.hearing.refusals import Refused
from server.hearing.session import SessionState
from server.hearing.state import Hearing, initial
from server.store.cases import Cases
from server.store.codec import EventCodec
from server.store.database import Database
from server.store.event_log import SqlEventLog
from tests.fakes.clock import NOON
from tests.fakes.event_log import MemoryEventLog
from tests.store.ledgers import sqlite_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from server.courtroom.ports import EventLog

pytestmark = pytest.mark.service

CODEC = EventCodec()


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(sqlite_settings(tmp_path / "var"))
    yield database
    await database.close()


async def enter(database: Database, log: EventLog) -> None:
    cases = Cases(database)
    await cases.create_case(
        case_no=cast.CASE_NO, cause=cast.CAUSE, court=cast.COURT, procedure=cast.PROCEDURE, now_ms=NOON,
        case_id=cast.CASE_ID,
    )  # fmt: skip
    await schedule(Books(cases, log, CODEC), case_id=cast.CASE_ID, hearing_id=cast.HELD, seats=cast.HELD_SEATS,
        scheduled_at=NOON, public=True, now_ms=NOON,
    )  # fmt: skip


async def replayed(log: EventLog) -> Hearing:
    from server.hearing.evolve import evolve  # noqa: PLC0415  beside its use

    state = initial()
    for entry in await log.read(cast.HELD):
        state = evolve(state, CODEC.to_event(entry), Instant(entry.at_ms))
    return state


async def test_a_scheduled_hearing_is_in_the_calendar_and_first_in_its_log(ledger: Database) -> None:
    log = SqlEventLog(ledger)
    await enter(ledger, log)
    (first,) = await log.read(cast.HELD)
    assert first.kind == "hearing_scheduled"
    state = await replayed(log)
    assert {s: (x.role.value, x.side.value, x.name) for s, x in state.seats.items()} == {
        row.seat: (row.role, row.side, row.name) for row in cast.HELD_SEATS
    }
    file = await Cases(ledger).hearing(cast.HELD)
    assert file is not None
    assert file.seats == cast.HELD_SEATS


async def test_of_a_case_that_is_not_there_no_hearing_is_scheduled(ledger: Database) -> None:
    log = MemoryEventLog()
    with pytest.raises(ValueError, match="no case"):
        await schedule(Books(Cases(ledger), log, CODEC), case_id="none", hearing_id="h", seats=cast.HELD_SEATS, scheduled_at=1,
            public=True, now_ms=1,
        )  # fmt: skip
    assert await log.read("h") == []


async def test_the_scripted_hearing_passes_the_law_and_its_sound_is_on_the_tape(
    ledger: Database, tmp_path: Path
) -> None:
    log = MemoryEventLog()
    await enter(ledger, log)
    tape = tmp_path / "tape"
    await hold(log, CODEC, RecordingSettings(), hearing_id=cast.HELD, tape=tape, begin_ms=NOON)

    state = await replayed(log)
    assert state.session is SessionState.CLOSED
    assert (await log.verify(cast.HELD)).ok
    entries = await log.read(cast.HELD)
    assert [e.at_ms for e in entries] == sorted(e.at_ms for e in entries)
    kinds = {entry.kind for entry in entries}
    assert kinds >= {
        "oath_taken",
        "witness_called",
        "witness_dismissed",
        "seat_locked",
        "court_recessed",
        "floor_requested",
    }

    session = session_of(entries)
    assert (tape / "tape.json").is_file(), "sealed"
    kept = Tape(tape)
    for label in kept.labels:
        times = [i.arrival_ns // 1_000_000 for i in kept.items(label, Kind.AUDIO) if isinstance(i, TapPacket)]
        assert times, label
        assert session["opened_at"] <= min(times)
        assert max(times) <= session["closed_at"]
    assert "observer" not in kept.labels
    called = next(entry.at_ms for entry in entries if entry.kind == "witness_called")
    dismissed = next(entry.at_ms for entry in entries if entry.kind == "witness_dismissed")
    words = [i.arrival_ns // 1_000_000 for i in kept.items("witness", Kind.AUDIO) if isinstance(i, TapPacket)]
    assert called < min(words) <= max(words) < dismissed


async def test_without_a_schedule_the_law_refuses_it(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="hearing_not_scheduled"):
        await hold(
            MemoryEventLog(),
            CODEC,
            RecordingSettings(),
            hearing_id=cast.HELD,
            tape=tmp_path / "t",
            begin_ms=NOON,
        )
