"""Seeding: once, whole, and a second start changes nothing."""

from __future__ import annotations

import stat
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from recording.settings import RecordingSettings
from server.courtroom.ports import NewEntry
from server.demo import cast
from server.demo.seed import Demo, describe
from server.finish import Folders
from server.store.cases import Cases
from server.store.codec import EventCodec
from server.store.database import Database
from server.store.event_log import SqlEventLog
from server.store.results import Results
from tests.fakes.clock import NOON
from tests.store.ledgers import sqlite_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.service


class Ledger:
    """A ledger with its folders."""

    def __init__(self, root: Path) -> None:
        self.database = Database(sqlite_settings(root))
        self.cases, self.results = Cases(self.database), Results(self.database)
        self.events = SqlEventLog(self.database)
        self.folders = Folders(root)

    def demo(self) -> Demo:
        return Demo(
            cases=self.cases,
            results=self.results,
            events=self.events,
            codec=EventCodec(),
            folders=self.folders,
        )

    async def all(self) -> dict[str, Any]:
        """Everything that seeding could change."""
        hearings = await self.cases.hearings(cast.CASE_ID)
        return {
            "cases": await self.cases.cases(),
            "hearings": hearings,
            "heads": {h.id: (await self.events.verify(h.id)).head for h in hearings},
            "job": await self.results.job(cast.HELD, "finish"),
            "files": {
                p: p.stat().st_mtime_ns for p in self.folders.root.rglob("*") if "yunting.db" not in p.name
            },
        }


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    ledger = Ledger(tmp_path / "var")
    yield ledger
    await ledger.database.close()


async def test_the_first_start_seeds_one_hearing_held_and_one_to_be_held(ledger: Ledger) -> None:
    demo = ledger.demo()
    assert demo.links() == {}
    await demo.seed(RecordingSettings(), NOON)
    held, now = sorted(await ledger.cases.hearings(cast.CASE_ID), key=lambda row: row.scheduled_at)
    assert held.id == cast.HELD
    assert held.scheduled_at < NOON < now.scheduled_at
    assert [entry.kind for entry in await ledger.events.read(now.id)] == ["hearing_scheduled"]
    job = await ledger.results.job(cast.HELD, "finish")
    assert job is not None
    assert job.state == "pending"
    assert demo.links().keys() == {row.seat for row in cast.NOW_SEATS}
    for seat, token in demo.links().items():
        redeemed = await ledger.cases.redeem_link(token, NOON)
        assert redeemed is not None
        assert (redeemed[1].hearing_id, redeemed[1].seat) == (now.id, seat)
    mode = (ledger.folders.root / "demo-links.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600, "links are keys"

    before = await ledger.all()
    await ledger.demo().seed(RecordingSettings(), NOON + 86_400_000)
    assert await ledger.all() == before, "a second start changes nothing"


async def test_a_seeding_cut_short_while_taping_is_finished_at_the_next_start(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: Any, **__: Any) -> None:
        tape = ledger.folders.tape(cast.HELD)
        tape.mkdir(parents=True)
        (tape / "half.rtp").write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("server.demo.seed.hold", killed)
        with pytest.raises(KeyboardInterrupt):
            await ledger.demo().seed(RecordingSettings(), NOON)
    await ledger.demo().seed(RecordingSettings(), NOON)
    assert not (ledger.folders.tape(cast.HELD) / "half.rtp").exists()
    assert (await ledger.events.read(cast.HELD))[-1].kind == "connection_ended"


async def test_every_write_may_be_the_last_one(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after each write to the ledger in turn; the next start finishes what that one left."""
    write, left = Database.write, 0

    @asynccontextmanager
    async def counted(self: Database) -> AsyncIterator[Any]:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        async with write(self) as connection:
            yield connection

    monkeypatch.setattr("server.demo.seed.hold", told_only)
    monkeypatch.setattr(Database, "write", counted)
    cut_short = 0
    for writes in (1, 1, 1, 1, 1, 1, 1, 3, 99):
        left = writes
        try:
            await ledger.demo().seed(RecordingSettings(), NOON)
        except KeyboardInterrupt:
            cut_short += 1
    assert cut_short >= 6
    hearings = {
        h.id: [e.kind for e in await ledger.events.read(h.id)]
        for h in await ledger.cases.hearings(cast.CASE_ID)
    }
    assert len(hearings) == 2, "no hearing is left half-made"
    assert hearings.pop(cast.HELD) == ["hearing_scheduled", "court_closed"]
    assert list(hearings.values()) == [["hearing_scheduled"]]
    assert await ledger.results.job(cast.HELD, "finish") is not None
    assert ledger.demo().links().keys() == {row.seat for row in cast.NOW_SEATS}


async def told_only(log: SqlEventLog, *_: Any, hearing_id: str, **__: Any) -> None:
    """Stands for `hold`: nothing but its end."""
    await log.append(hearing_id, 1, [NewEntry(NOON, None, None, "court_closed", 1, {})])


async def test_a_sealed_tape_without_its_log_is_held_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: Any, **__: Any) -> int:
        raise KeyboardInterrupt

    demo = ledger.demo()
    await demo.enter_case(NOON)
    append = SqlEventLog.append
    monkeypatch.setattr(SqlEventLog, "append", killed)
    with pytest.raises(KeyboardInterrupt):
        await demo.seed(RecordingSettings(), NOON)
    monkeypatch.setattr(SqlEventLog, "append", append)
    tape = ledger.folders.tape(cast.HELD)
    (tape / "inner").mkdir(parents=True)
    (tape / "tape.json").write_text("{}", encoding="utf-8")
    await demo.seed(RecordingSettings(), NOON)
    assert (tape / "tape.json").read_text(encoding="utf-8") != "{}"
    assert not (tape / "inner").exists()
    kinds = [entry.kind for entry in await ledger.events.read(cast.HELD)]
    assert (kinds[0], kinds.count("court_closed")) == ("hearing_scheduled", 1)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"links": 3}', b'{"links": {}}', b"\xff", b'{"links": {"x": "y"}}']
)
async def test_a_links_file_that_is_no_good_is_as_none(ledger: Ledger, content: bytes) -> None:
    demo = ledger.demo()
    await demo.enter_case(NOON)
    await demo.new_hearing(NOON)
    (ledger.folders.root / "demo-links.json").write_bytes(content)
    assert demo.links() == {}


async def test_one_more_hearing_takes_the_links_place(ledger: Ledger) -> None:
    demo = ledger.demo()
    await demo.enter_case(NOON)
    first = await demo.new_hearing(NOON)
    second = await demo.new_hearing(NOON + 1)
    assert set(first.values()).isdisjoint(second.values())
    assert demo.links() == second
    assert await ledger.cases.redeem_link(first["presiding"], NOON) is not None, (
        "the older hearing is still on"
    )


def test_links_are_told_one_a_seat() -> None:
    links = {row.seat: f"token-{row.seat}" for row in cast.NOW_SEATS}
    lines = describe(links, "http://localhost:8080").splitlines()
    assert len(lines) == len(links)
    for (seat, token), line in zip(links.items(), lines, strict=True):
        assert cast.TITLES[seat] in line
        assert line.endswith(f"http://localhost:8080/j/{token}")
