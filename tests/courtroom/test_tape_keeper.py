"""The tape of a hearing: started before the opening, reported when it fails, tried again, sealed after the close."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace

import pytest

from media.ids import PeerId
from server.courtroom.outputs import TapeOut
from server.courtroom.ports import TapeFact
from server.courtroom.tape_keeper import TapeKeeper
from server.courtroom.tasks import Tasks
from server.hearing import commands as c
from server.hearing.commands import TapeState
from server.hearing.ids import HearingId
from server.hearing.refusals import Refused
from server.hearing.session import SessionState
from tests.cast import CLERK, DEFENDANT, OBSERVER, PRESIDING, WITNESS
from tests.courtroom.rig import Rig
from tests.fakes.instruments import FakeInstruments, FakeRecorder

pytestmark = pytest.mark.service


def rolling(recorder: FakeRecorder) -> bool:
    return recorder.orders[-1].rolling


async def tape_events(rig: Rig) -> list[tuple[str, str]]:
    entries = await rig.log.read(str(rig.hearing))
    return [(x.body["state"], x.body["reason"]) for x in entries if x.kind == "tape_reported"]


async def test_the_tape_is_proven_before_the_court_opens_and_follows_it(rig: Rig) -> None:
    assert rig.instruments.recorders == [], "no tape before the court's people are here"
    await rig.checked_in()
    (recorder,) = rig.instruments.recorders
    assert await tape_events(rig) == [("idle", "")]
    assert rig.media.taps[PeerId(f"tape:{rig.hearing}")] is recorder
    assert not rolling(recorder)
    await rig.do(PRESIDING, c.OpenCourt())
    assert rolling(recorder)
    await rig.settle()
    await rig.do(PRESIDING, c.Recess("noon"))
    await rig.settle()
    assert (recorder.orders[-1].rolling, recorder.orders[-1].ground) == (False, "recess")
    await rig.do(PRESIDING, c.Resume())
    await rig.settle()
    assert await tape_events(rig) == [("idle", ""), ("rolling", ""), ("paused", "recess"), ("rolling", "")]


async def test_the_court_cannot_open_without_a_tape_and_can_when_the_disk_lets_it(rig: Rig) -> None:
    rig.instruments.start_gate = asyncio.Event()
    rig.instruments.fails["start"] = ["disk_full"]
    await rig.checked_in()
    with pytest.raises(Refused, match="tape_not_ready"):
        await rig.do(PRESIDING, c.OpenCourt())
    rig.instruments.start_gate.set()
    await rig.settle()
    assert await tape_events(rig) == [("faulted", "disk_full"), ("idle", "")]
    assert len(rig.instruments.recorders) == 2
    await rig.do(PRESIDING, c.OpenCourt())


async def test_a_fault_is_an_event_and_the_hearing_goes_on(rig: Rig) -> None:
    await rig.opened()
    (recorder,) = rig.instruments.recorders
    recorder.post(TapeFact(TapeState.FAULTED, "disk_full"))
    recorder.post(TapeFact(TapeState.FAULTED, "disk_full"))
    await rig.settle()
    assert (await tape_events(rig))[-1] == ("faulted", "disk_full")
    assert rig.room.state.session is SessionState.IN_SESSION
    assert rig.tabs[CLERK].last.tape == TapeOut("faulted", None, "disk_full")
    await rig.do(PRESIDING, c.GrantFloor(DEFENDANT))
    recorder.post(TapeFact(TapeState.ROLLING))
    await rig.settle()
    assert await tape_events(rig) == [
        ("idle", ""),
        ("rolling", ""),
        ("faulted", "disk_full"),
        ("rolling", ""),
    ]


async def test_a_recorder_that_died_is_replaced(rig: Rig) -> None:
    await rig.opened()
    rig.instruments.fails["stop"] = ["internal"]
    dead = rig.instruments.recorders[0]
    dead.post(TapeFact(TapeState.FAULTED, "internal"))
    await rig.settle()
    assert len(rig.instruments.recorders) == 2
    new = rig.instruments.recorders[1]
    assert rig.instruments.stopped == [dead]
    assert rig.media.taps[PeerId(f"tape:{rig.hearing}")] is new
    assert new.orders[-1].rolling
    assert (await tape_events(rig))[-2:] == [("faulted", "internal"), ("rolling", "")]


async def test_progress_is_no_event_but_those_in_court_see_it(rig: Rig) -> None:
    await rig.opened()
    entries = await rig.kinds()
    rig.instruments.recorders[0].post(TapeFact(None, safe_until_ms=12345))
    await rig.settle()
    assert await rig.kinds() == entries
    assert rig.tabs[CLERK].all(TapeOut)[-1] == TapeOut("rolling", 12345, "")
    assert rig.tabs[WITNESS].all(TapeOut) == []
    assert rig.tabs[WITNESS].last.tape == TapeOut("idle", None, ""), "nor in its view"


async def test_what_was_read_back_is_for_all_and_what_the_tape_warns_of_for_those_who_oversee(
    rig: Rig,
) -> None:
    await rig.opened()
    word = TapeFact(
        None, safe_until_ms=9, verified_until_ms=7, warnings=("second_place", "clock"), hours_left=3.21
    )
    rig.instruments.recorders[0].post(word)
    await rig.settle()
    for seat in (CLERK, PRESIDING):
        told = TapeOut("rolling", 9, "", 7, ("second_place", "clock"), 3.2)
        assert rig.tabs[seat].all(TapeOut)[-1] == told
    assert rig.tabs[DEFENDANT].all(TapeOut)[-1] == TapeOut("rolling", 9, "", 7)


async def test_room_is_asked_for_as_many_as_have_a_seat(rig: Rig) -> None:
    await rig.checked_in()
    assert rig.instruments.seats == len(rig.room.state.seats) > 0


async def test_a_tape_in_its_second_place_is_a_tape_and_the_log_says_where(rig: Rig) -> None:
    await rig.checked_in()
    recorder = rig.instruments.recorders[0]
    recorder.post(TapeFact(TapeState.FAULTED, "disk_full"))
    recorder.post(TapeFact(TapeState.IDLE, "second_place"))
    await rig.settle()
    assert (await tape_events(rig))[-2:] == [("faulted", "disk_full"), ("idle", "second_place")]
    await rig.do(PRESIDING, c.OpenCourt())


SEGMENT = c.ReportSegment("a-audio-0001.ytape", 9, "aa" * 32, "bb" * 32, "plaintiff", 1000, 2000)


async def test_digests_of_finished_files_are_entered_while_the_court_sits_and_when_it_is_over(
    rig: Rig,
) -> None:
    await rig.opened()
    recorder = rig.instruments.recorders[0]
    for _ in range(2):  # told again by a writer that took over: entered once
        recorder.post(TapeFact(None, segment=SEGMENT))
    await rig.settle()
    await rig.do(PRESIDING, c.Adjourn("ill"))
    last = replace(SEGMENT, name="a-audio-0002.ytape")
    recorder.post(TapeFact(None, segment=last))
    await rig.settle()
    entries = await rig.log.read(str(rig.hearing))
    found = [entry.body for entry in entries if entry.kind == "tape_segment_closed"]
    assert found == [asdict(SEGMENT), asdict(last)]


async def test_what_the_tape_said_while_the_ledger_was_away_is_entered_in_order(rig: Rig) -> None:
    await rig.opened()
    (recorder,) = rig.instruments.recorders
    rig.log.broken = True
    recorder.post(TapeFact(TapeState.FAULTED, "disk_full"))
    await rig.settle()
    recorder.post(TapeFact(TapeState.ROLLING))
    await rig.settle()
    assert (await tape_events(rig))[-1] == ("rolling", "")
    rig.log.broken = False
    async with asyncio.timeout(10):
        while (await tape_events(rig))[-2:] != [("faulted", "disk_full"), ("rolling", "")]:
            await asyncio.sleep(0.005)
    assert rig.room.state.tape is TapeState.ROLLING


async def test_a_full_mailbox_only_delays_what_the_tape_says() -> None:
    rig = Rig(mailbox_max=3)
    await rig.begin()
    await rig.opened()
    (recorder,) = rig.instruments.recorders
    for number in range(10):
        recorder.post(TapeFact(TapeState.FAULTED, f"fault_{number}"))
    expected = [("faulted", f"fault_{number}") for number in range(10)]
    rig.room._mailbox.stop()
    for _ in range(5):
        rig.room._mailbox.pay()
        await rig.settle()
    assert (await tape_events(rig))[2:] == expected
    await rig.close()


async def test_after_the_close_the_tape_is_sealed_and_the_hearing_handed_over(rig: Rig) -> None:
    await rig.opened()
    await rig.do(PRESIDING, c.Close("over"))
    await rig.settle()
    assert rig.instruments.sealed == {rig.hearing}
    assert rig.instruments.released == [], "the last words may still be on their way"
    await rig.room.retire()
    assert rig.instruments.released == [rig.hearing]
    assert rig.media.taps == {}
    assert rig.over == [rig.hearing]
    assert rig.tabs[CLERK].last.tape.state == "sealed"
    after = (await rig.kinds())[(await rig.kinds()).index("court_closed") :]
    assert after == ["court_closed", "stage_entered", "sheet_filed"], (
        "a closed hearing gets no event from its tape"
    )


async def test_a_tape_that_cannot_be_sealed_is_tried_until_it_can(rig: Rig) -> None:
    await rig.opened()
    rig.instruments.fails["seal"] = ["disk_full", "io_error"]
    rig.instruments.fails["start"] = ["disk_full"]
    await rig.do(PRESIDING, c.Close("over"))
    async with asyncio.timeout(10):
        while not rig.over:
            await asyncio.sleep(0.001)
    assert rig.instruments.sealed == {rig.hearing}
    faults = [out.reason for out in rig.tabs[CLERK].all(TapeOut) if out.state == "faulted"]
    assert [reason for n, reason in enumerate(faults) if faults[n - 1 : n] != [reason]] == [
        "disk_full",
        "io_error",
    ]


async def test_a_closed_hearing_whose_tape_was_not_sealed_is_sealed_after_the_restart(rig: Rig) -> None:
    await rig.opened()
    rig.instruments.fails["seal"] = ["io_error"] * 10_000
    await rig.do(PRESIDING, c.Close("over"))
    await rig.settle()
    assert (rig.instruments.sealed, rig.over) == (set(), [])
    rig.instruments.fails.clear()
    await rig.restart()
    assert rig.instruments.sealed == {rig.hearing}
    assert rig.over == [rig.hearing]


async def test_a_sealed_tape_is_left_alone_when_its_hearing_is_opened_again(rig: Rig) -> None:
    await rig.opened()
    await rig.do(PRESIDING, c.Close("over"))
    await rig.settle()
    await rig.restart()
    assert rig.over == [rig.hearing, rig.hearing]
    assert rig.instruments.held == {}


async def test_a_hearing_adjourned_before_it_opened_ends_the_same_way(rig: Rig) -> None:
    await rig.checked_in()
    await rig.do(PRESIDING, c.Adjourn("ill"))
    await rig.settle()
    assert (rig.instruments.sealed, rig.over) == ({rig.hearing}, [rig.hearing])


async def test_a_restart_in_mid_hearing_goes_on_taping_in_the_same_folder(rig: Rig) -> None:
    await rig.opened()
    await rig.restart()
    recorder = rig.instruments.held[rig.hearing]
    assert rolling(recorder)
    assert rig.room.state.tape is TapeState.ROLLING


async def test_a_tape_that_was_still_starting_at_the_close_lets_go_of_its_folder() -> None:
    """Else the one who seals would find the folder taken, for ever."""
    instruments, tasks = FakeInstruments(), Tasks()
    instruments.start_gate = asyncio.Event()
    hearing = HearingId("h-1")
    facts: list[TapeFact] = []
    keeper = TapeKeeper(hearing, instruments, tasks, facts.append)
    keeper.want(lambda _: pytest.fail("connected after the end"), lambda: pytest.fail("ready after the end"))
    await asyncio.sleep(0)
    sealing = asyncio.ensure_future(keeper.seal())
    await asyncio.sleep(0)
    instruments.start_gate.set()
    await asyncio.wait_for(sealing, 10)
    assert instruments.sealed == {hearing}
    assert instruments.held == {}
    assert facts[-1] == TapeFact(TapeState.SEALED)
    await tasks.close()


async def test_stopping_survives_a_disk_that_does_not_let_it(rig: Rig) -> None:
    await rig.opened()
    rig.instruments.fails["stop"] = ["io_error"]
    await rig.registry.close()
    assert len(rig.instruments.stopped) == 1


async def test_observers_see_that_the_hearing_is_taped(rig: Rig) -> None:
    await rig.opened()
    assert rig.tabs[OBSERVER].last.tape.state == "rolling"
