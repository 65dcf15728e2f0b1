"""Care in a live courtroom: sheets shown and filed, incidents noted, notices proved; never at the hearing's cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from media.facts import PeerConnected, PeerLost, SpeakersChanged
from media.ids import PeerId
from server.courtroom.outputs import SheetOut
from server.courtroom.ports import TapeFact
from server.hearing import commands as c
from server.hearing import commands_care as cc
from server.hearing import commands_rooms as cr
from server.hearing.commands import TapeState
from server.hearing.events import Actor
from server.hearing.sheet import read
from tests.cast import CAST, CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PRESIDING, WITNESS, connection

if TYPE_CHECKING:
    from tests.courtroom.rig import Rig

pytestmark = pytest.mark.service


async def talking(rig: Rig) -> None:
    """The court is open, everybody has media, the plaintiff speaks."""
    await rig.opened()
    for seat in CAST:
        rig.room.media_fact(PeerConnected(PeerId(connection(seat))))
    await rig.do(PRESIDING, c.GrantFloor(PLAINTIFF))
    rig.room.media_fact(SpeakersChanged(str(rig.hearing), (PeerId(connection(PLAINTIFF)),)))


def passes(rig: Rig, seconds: int) -> None:
    for _ in range(seconds):
        rig.clock.move(1000)
        rig.room.care.tick()


def sheet(rig: Rig) -> dict[str, Any]:
    return {row.seat: row for row in map(read, rig.room.state.care.sheet)}


async def test_the_bench_and_the_clerk_see_the_sheet_nobody_else(rig: Rig) -> None:
    await talking(rig)
    passes(rig, 12)
    for seat in (PRESIDING, CLERK):
        told = rig.tabs[seat].all(SheetOut)
        assert len(told) == 3  # at 1, 6 and 11 seconds
        assert {row.seat: row.spoke_ms for row in told[-1].rows}[PLAINTIFF] == 11_000
    for seat in set(CAST) - {PRESIDING, CLERK}:
        assert rig.tabs[seat].all(SheetOut) == []


async def test_who_missed_something_is_told_its_own_row_and_nothing_of_others(rig: Rig) -> None:
    await talking(rig)
    rig.room.media_fact(PeerLost(PeerId(connection(DEFENDANT)), "consent"))
    passes(rig, 6)
    (told,) = rig.tabs[DEFENDANT].all(SheetOut)[-1:]
    assert [row.seat for row in told.rows] == [DEFENDANT]
    assert [passage.seat for passage in told.rows[0].passages] == [PLAINTIFF]
    for seat in set(CAST) - {PRESIDING, CLERK, DEFENDANT}:
        assert rig.tabs[seat].all(SheetOut) == []


async def test_a_missed_passage_of_one_it_must_not_meet_is_not_named(rig: Rig) -> None:
    await talking(rig)
    rig.room.media_fact(PeerLost(PeerId(connection(DEFENDANT)), "consent"))
    passes(rig, 2)
    before = len(rig.tabs[DEFENDANT].all(SheetOut))
    await rig.do(PRESIDING, cr.ScreenOff(PLAINTIFF, DEFENDANT, on=True, reason="fear"))
    passes(rig, 12)
    assert len(rig.tabs[DEFENDANT].all(SheetOut)) == before


async def test_an_unchanged_sheet_is_not_told_again(rig: Rig) -> None:
    await talking(rig)
    rig.room.media_fact(SpeakersChanged(str(rig.hearing), ()))
    passes(rig, 30)
    assert len(rig.tabs[CLERK].all(SheetOut)) == 1


async def test_the_sheet_is_filed_at_recess_and_at_the_close(rig: Rig) -> None:
    await talking(rig)
    passes(rig, 4)
    await rig.do(PRESIDING, c.Recess("noon"))
    await rig.settle()
    assert sheet(rig)[PLAINTIFF].spoke_ms == 5_000  # do() takes a second
    await rig.do(PRESIDING, c.Resume())
    await rig.do(PRESIDING, c.GrantFloor(PLAINTIFF))
    passes(rig, 2)
    await rig.do(PRESIDING, c.Close("over"))
    await rig.settle()
    assert sheet(rig)[PLAINTIFF].spoke_ms == 8_000
    assert (await rig.kinds()).count("sheet_filed") == 2


async def test_after_a_kill_it_goes_on_from_the_last_checkpoint(rig: Rig) -> None:
    await talking(rig)
    passes(rig, 301)
    await rig.settle()
    filed = sheet(rig)[PLAINTIFF].spoke_ms
    assert filed >= 270_000
    passes(rig, 10)
    room = await rig.restart()
    rows = {row.seat: row for row in room.care.heard.rows(rig.clock.now_ms())}
    assert rows[PLAINTIFF].spoke_ms == filed


async def test_a_house_that_closes_in_good_order_forgets_nothing(rig: Rig) -> None:
    await talking(rig)
    passes(rig, 7)
    await rig.registry.close()
    entries = await rig.log.read(str(rig.hearing))
    assert entries[-1].kind == "sheet_filed"
    assert any(read(text).spoke_ms == 7_000 for text in entries[-1].body["rows"])


async def test_a_fault_of_the_tape_makes_one_note(rig: Rig) -> None:
    await rig.opened()
    recorder = rig.instruments.recorders[-1]
    recorder.post(TapeFact(TapeState.FAULTED, "disk_full"))
    await rig.settle()
    passes(rig, 90)
    await rig.settle()
    assert [(i.kind, i.ended, i.facts) for i in rig.room.state.care.incidents] == [
        ("tape", None, ("reason=disk_full",))
    ]
    recorder.post(TapeFact(TapeState.ROLLING))
    await rig.settle()
    (incident,) = rig.room.state.care.incidents
    assert incident.ended is not None
    assert rig.tabs[CLERK].last.view.incidents[0].ended == incident.ended
    assert rig.tabs[PLAINTIFF].last.view.incidents == ()


async def test_a_long_loss_is_noted_while_everybody_waits(rig: Rig) -> None:
    await rig.opened()
    line = connection(DEFENDANT)
    await rig.room.ask(c.Depart(line, c.LeaveCause.CONNECTION_LOST), Actor(DEFENDANT, line))
    passes(rig, 62)
    await rig.settle()
    assert [(i.kind, i.subject) for i in rig.room.state.care.incidents] == [("network", DEFENDANT)]


async def test_a_restart_in_mid_hearing_is_noted_once(rig: Rig) -> None:
    await rig.opened()
    rig.clock.move(7_000)
    await rig.restart()
    passes(rig, 3)
    await rig.settle()
    (incident,) = [i for i in rig.room.state.care.incidents if i.kind == "server"]
    assert incident.facts == ("gap_ms=7000",)


async def test_a_device_that_fails_is_noted(rig: Rig) -> None:
    await rig.opened()
    await rig.do(DEFENDANT, c.ReportDevice("ok", "failed", "ok", "good"))
    await rig.settle()
    assert [(i.kind, i.subject) for i in rig.room.state.care.incidents] == [("device", DEFENDANT)]


async def test_a_notice_waits_for_the_screen_and_its_showing_is_proved(rig: Rig) -> None:
    await rig.opened()
    line = connection(DEFENDANT)
    await rig.room.ask(c.Depart(line, c.LeaveCause.CONNECTION_LOST), Actor(DEFENDANT, line))
    await rig.do(CLERK, cc.PromptAbsent(DEFENDANT))
    await rig.settle()
    (notice,) = rig.room.state.attendance[DEFENDANT].care.notices
    assert notice.shown_at is None
    rig.clock.move(1000)
    tab = await rig.arrive(DEFENDANT, 2)
    await rig.settle()
    (notice,) = rig.room.state.attendance[DEFENDANT].care.notices
    assert notice.shown_at == rig.clock.now_ms()
    assert [n.kind for n in tab.last.view.notices] == ["prompt"]
    assert (await rig.kinds()).count("notice_shown") == 1
    await rig.do(DEFENDANT, cc.SeeNotice(notice.notice))
    assert tab.last.view.notices == ()


async def test_a_mistake_in_the_count_does_not_touch_the_hearing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.opened()

    def broken(*_: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(rig.room.care.heard, "follow", broken)
    await rig.do(PRESIDING, c.GrantFloor(DEFENDANT))
    assert rig.room.state.floor.held_by(DEFENDANT)


async def test_a_ledger_that_is_away_is_not_flooded_with_notes(rig: Rig) -> None:
    await rig.opened()
    rig.log.broken = True
    rig.instruments.recorders[-1].post(TapeFact(TapeState.FAULTED, "disk_full"))
    passes(rig, 600)
    assert rig.room._mailbox.owed < 20
    rig.log.broken = False
    await rig.settle()


async def test_witnesses_and_the_public_learn_nothing_of_care(rig: Rig) -> None:
    await talking(rig)
    before = {seat: len(rig.tabs[seat].told) for seat in (WITNESS, OBSERVER)}
    await rig.do(DEFENDANT, cc.AskHelp("technician", "no sound"))
    await rig.do(DEFENDANT, cc.SendMessage(CLERK.__class__(""), "help"))
    passes(rig, 10)
    await rig.settle()
    assert {seat: len(rig.tabs[seat].told) for seat in (WITNESS, OBSERVER)} == before
