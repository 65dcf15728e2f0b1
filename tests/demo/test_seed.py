"""Seeding: once, whole, and a second start changes nothing."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import pytest

from recording.settings import RecordingSettings
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
