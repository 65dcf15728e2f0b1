"""The courtroom: append before act, one bad message ends nothing, everybody is told what they may know."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from media.ids import Kind, PeerId
from server.courtroom.ports import TapeFact, Unavailable
from server.hearing import commands as c
from server.hearing import events as e
from server.hearing.commands_order import TakeOath
from server.hearing.events import Actor
from server.hearing.floor import GRACE_S
from server.hearing.ids import SeatId
from server.hearing.presence import Presence
from server.hearing.refusals import InvariantBroken, Reason, Refused
from server.hearing.session import SessionState
from server.hearing.state_order import OATH_VERSION
from tests.builders import scheduled
from tests.cast import CAST, CLERK, DEFENDANT, PLAINTIFF, PRESIDING, WITNESS, connection
from tests.courtroom.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.service


# --- the log first ---


async def test_nothing_happens_that_the_log_does_not_hold(rig: Rig) -> None:
    await rig.opened()
    await rig.do(PRESIDING, c.GrantFloor(DEFENDANT))
    rig.log.broken = True
    before, applied, told = rig.room.state, rig.media.applied, len(rig.tabs[PLAINTIFF].told)
    for command in (c.MuteAndLock(DEFENDANT, "x"), c.Recess("noon"), c.Close("over")):
        with pytest.raises(Unavailable, match="ledger"):
            await rig.do(PRESIDING, command)
    assert rig.room.state is before
    assert rig.media.applied == applied
    assert len(rig.tabs[PLAINTIFF].told) == told
    assert rig.receives(PLAINTIFF, DEFENDANT).audio  # type: ignore[union-attr]
    rig.log.broken = False
    seq = await rig.do(PRESIDING, c.MuteAndLock(DEFENDANT, "x"))
    assert (await rig.kinds())[seq - 1] == "seat_locked"
    assert not rig.receives(PLAINTIFF, DEFENDANT).audio  # type: ignore[union-attr]


async def test_a_command_is_in_the_log_in_force_and_on_every_screen_when_its_answer_comes(rig: Rig) -> None:
    await rig.opened()
    before = {seat: tab.last.seq for seat, tab in rig.tabs.items()}
    seq = await rig.do(PRESIDING, c.GrantFloor(DEFENDANT))
    entry = (await rig.log.read(str(rig.hearing)))[-1]
    assert (entry.seq, entry.kind, entry.actor_seat) == (seq, "floor_granted", "presiding")
    assert (entry.actor_connection, entry.at_ms) == (connection(PRESIDING), rig.clock.now_ms())
    assert rig.receives(PLAINTIFF, DEFENDANT).audio  # type: ignore[union-attr]
    assert Kind.AUDIO in rig.routes.publish[PeerId(connection(DEFENDANT))]
    for seat, tab in rig.tabs.items():
        changed = seat != WITNESS
        assert tab.last.seq == rig.room.shown(tab) == before[seat] + changed
    assert rig.tabs[PLAINTIFF].last.view.floor.seats == ("defendant",)
    assert rig.tabs[WITNESS].last.view.floor.seats == ()


async def test_a_refusal_goes_to_the_asker_alone_and_changes_nothing(rig: Rig) -> None:
    await rig.opened()
    before, entries = rig.room.state, await rig.kinds()
    told = {seat: len(tab.told) for seat, tab in rig.tabs.items()}
    with pytest.raises(Refused) as refused:
        await rig.do(PLAINTIFF, c.GrantFloor(PLAINTIFF))
    assert refused.value.reason is Reason.NOT_PRESIDING
    assert rig.room.state is before
    assert await rig.kinds() == entries
    assert {seat: len(tab.told) for seat, tab in rig.tabs.items()} == told


async def test_what_changes_nothing_is_not_entered(rig: Rig) -> None:
    await rig.opened()
    entries = await rig.kinds()
    seq = await rig.do(PLAINTIFF, c.SetSelf(microphone=True, camera=True))
    assert (await rig.kinds(), seq) == (entries, len(entries))


async def test_another_writer_is_noticed_and_the_truth_taken_over(rig: Rig) -> None:
    await rig.opened()
    other = rig.codec.to_entry(
        e.SeatLocked(DEFENDANT, "by another node"), rig.clock.now_ms(), "presiding", "c"
    )
    seq = await rig.log.append(str(rig.hearing), rig.room.seq, [other])
    with pytest.raises(Unavailable, match="conflict"):
        await rig.do(PRESIDING, c.GrantFloor(PLAINTIFF))
    assert rig.room.state.attendance[DEFENDANT].locked
    assert rig.room.seq >= seq
    card = next(card for card in rig.tabs[PLAINTIFF].last.view.seats if card.seat == DEFENDANT)
    assert card.locked, "every screen shows it"
    await rig.do(PRESIDING, c.GrantFloor(PLAINTIFF))


# --- one bad message ends nothing ---


async def test_a_message_that_breaks_the_courtroom_is_answered_and_the_hearing_goes_on(rig: Rig) -> None:
    await rig.opened()
    rig.media.fails = RuntimeError("a bug of ours")
    with pytest.raises(Unavailable, match="internal"):
        await rig.do(PRESIDING, c.GrantFloor(DEFENDANT))
    # It was entered before it broke: state, routes and screens are what the log says.
    assert (await rig.kinds())[-1] == "floor_granted"
    assert rig.room.state.floor.held_by(DEFENDANT)
    assert rig.receives(PLAINTIFF, DEFENDANT).audio  # type: ignore[union-attr]
    assert rig.tabs[PLAINTIFF].last.view.floor.seats == ("defendant",)
    await rig.do(PRESIDING, c.CloseFloor())


async def test_an_event_that_the_law_cannot_follow_never_gets_into_the_log(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.opened()
    entries = await rig.kinds()
    monkeypatch.setattr("server.courtroom.room.decide", lambda *_: (e.CheckInBegan(),))
    with pytest.raises(Unavailable, match="internal"):
        await rig.do(PRESIDING, c.Recess("x"))
    monkeypatch.undo()
    assert await rig.kinds() == entries
    await rig.do(PRESIDING, c.Recess("x"))


@pytest.mark.parametrize("broken", [Unavailable("ledger"), InvariantBroken("x")])
async def test_a_courtroom_that_cannot_be_rebuilt_still_answers(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, broken: Exception
) -> None:
    await rig.opened()

    async def fail(*_: Any) -> Any:
        raise broken

    with monkeypatch.context() as patch:
        patch.setattr(rig.log, "read", fail)
        rig.media.fails = RuntimeError("a bug of ours")
        with pytest.raises(Unavailable, match="internal"):
            await rig.do(PRESIDING, c.GrantFloor(DEFENDANT))
    await rig.do(PRESIDING, c.CloseFloor())
    assert (await rig.log.verify(str(rig.hearing))).ok


async def test_a_full_mailbox_refuses_the_newcomer_and_loses_nothing_accepted() -> None:
    rig = Rig(mailbox_max=4)
    await rig.begin()
    await rig.arrive(PRESIDING)
    asks = [
        asyncio.ensure_future(
            rig.room.ask(
                c.SetSelf(microphone=n % 2 == 0, camera=True), Actor(PRESIDING, connection(PRESIDING))
            )
        )
        for n in range(1, 8)
    ]
    answers = await asyncio.gather(*asks, return_exceptions=True)
    busy = [a for a in answers if isinstance(a, Unavailable) and a.reason == "busy"]
    done = [a for a in answers if isinstance(a, int)]
    assert (len(done), len(busy)) == (4, 3)
    assert (await rig.kinds()).count("self_switched") == 4
    await rig.close()


async def test_an_asker_who_is_gone_stops_nothing(rig: Rig) -> None:
    await rig.opened()
    asked = asyncio.ensure_future(rig.do(PRESIDING, c.GrantFloor(DEFENDANT)))
    await asyncio.sleep(0)
    asked.cancel()
    await rig.settle()
    assert rig.room.state.floor.held_by(DEFENDANT)
    await rig.do(PRESIDING, c.CloseFloor())


# --- deadlines ---


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_granted_floor_ends_when_its_time_is_over(rig: Rig) -> None:
    await rig.opened()
    await rig.do(PRESIDING, c.GrantFloor(DEFENDANT, 3600))
    rig.clock.move(3_600_001 + GRACE_S * 1000)
    rig.room.show(rig.tabs[CLERK], {})  # anything: the timer is set again by the clock of the house
    await until(lambda: rig.room.state.floor.seats == ())
    assert (await rig.kinds())[-1] == "floor_expired"
    assert not rig.receives(PLAINTIFF, DEFENDANT).audio  # type: ignore[union-attr]
    assert rig.room._timer is None


async def test_a_clock_that_was_set_back_only_makes_the_end_later(rig: Rig) -> None:
    await rig.opened()
    await rig.do(PRESIDING, c.GrantFloor(DEFENDANT, 1))
    timer = rig.room._timer
    assert timer is not None
    timer.cancel()
    rig.room._mailbox.tell(c.Tick())  # the timer went off, before the time is over by the clock
    await rig.settle()
    assert rig.room.state.floor.held_by(DEFENDANT)
    assert rig.room._timer is not timer
    rig.clock.move((1 + GRACE_S) * 1000)
    rig.room.show(rig.tabs[CLERK], {})  # anything: the timer is set again by the clock of the house
    await until(lambda: rig.room.state.floor.seats == ())


async def test_an_end_that_could_not_be_entered_is_entered_when_the_ledger_is_back(rig: Rig) -> None:
    await rig.opened()
    await rig.do(PRESIDING, c.GrantFloor(DEFENDANT, 1))
    rig.log.broken = True
    rig.clock.move((1 + GRACE_S) * 1000)
    rig.room._mailbox.tell(c.Tick())
    await rig.settle()
    assert rig.room.state.floor.held_by(DEFENDANT)
    rig.log.broken = False
    await until(lambda: rig.room.state.floor.seats == ())


# --- life ---


async def test_a_restart_changes_nothing_but_who_is_connected(rig: Rig) -> None:
    await rig.opened()
    await rig.do(WITNESS, TakeOath(OATH_VERSION))
    await rig.do(PRESIDING, c.CallWitness(WITNESS))
    await rig.do(PRESIDING, c.GrantFloor(WITNESS))
    before = rig.room.state
    room = await rig.restart()
    assert room.state.floor == before.floor
    assert {a.presence for a in room.state.attendance.values()} == {Presence.LOST}
    ended = [entry for entry in await rig.log.read(str(rig.hearing)) if entry.kind == "connection_ended"]
    assert len(ended) == len(CAST)
    assert {entry.body["cause"] for entry in ended} == {"server_restart"}
    for seat in CAST:
        await rig.arrive(seat, 2)
    after = room.state
    assert {s: a.presence for s, a in after.attendance.items()} == {
        s: a.presence for s, a in before.attendance.items()
    }
    assert (after.session, after.stage, after.floor) == (before.session, before.stage, before.floor)
    assert rig.receives(PLAINTIFF, WITNESS).audio  # type: ignore[union-attr]


async def test_a_courtroom_whose_log_cannot_be_read_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty state would refuse everything for ever as "not scheduled"."""
    rig = Rig()

    async def fail(*_: Any) -> Any:
        raise Unavailable("ledger")

    with monkeypatch.context() as patch:
        patch.setattr(rig.log, "read", fail)
        with pytest.raises(Unavailable, match="ledger"):
            await rig.begin()
    room = await rig.registry.room(rig.hearing)
    assert room.state.session is SessionState.SCHEDULED
    assert room.seq == 1
    await rig.close()


async def test_a_courtroom_that_cannot_enter_the_restart_is_not_opened(rig: Rig) -> None:
    await rig.opened()
    rig.log.broken = True
    with pytest.raises(Unavailable, match="ledger"):
        await rig.restart()
    assert rig.media.plans == {}
    rig.log.broken = False
    room = await rig.registry.room(rig.hearing)
    assert room.state.session is SessionState.IN_SESSION


async def test_when_the_house_closes_every_tab_is_told_and_the_tape_is_not_sealed(rig: Rig) -> None:
    await rig.opened()
    await rig.registry.close()
    assert {tab.bye for tab in rig.tabs.values()} == {"shutting_down"}
    assert (rig.instruments.sealed, len(rig.instruments.stopped)) == (set(), 1)


async def test_files_closed_with_the_house_are_entered_and_nobody_is_heard_again(rig: Rig) -> None:
    await rig.opened()
    (recorder,) = rig.instruments.recorders
    stop, append = recorder.stop, rig.log.append

    async def slowly(*args: Any) -> int:
        await asyncio.sleep(0.01)
        return await append(*args)

    async def told() -> None:
        await stop()
        for n in range(3):
            digests = c.ReportSegment(f"a-audio-{n}.ytape", 9, "aa" * 32, "bb" * 32, "plaintiff", 1, 2)
            recorder.post(TapeFact(None, segment=digests))

    recorder.stop = told  # type: ignore[method-assign]
    rig.log.append = slowly  # type: ignore[assignment, method-assign]
    await rig.registry.close()
    assert (await rig.kinds())[-3:] == ["tape_segment_closed"] * 3
    await rig.settle()
    assert rig.media.plans == {}


async def test_an_unknown_seat_is_refused(rig: Rig) -> None:
    with pytest.raises(Refused, match="seat_unknown"):
        await rig.room.ask(c.Arrive(connection(PRESIDING)), Actor(SeatId("nobody"), connection(PRESIDING)))


async def test_a_hearing_that_is_in_no_log_refuses_everything(rig: Rig) -> None:
    room = await rig.registry.room(scheduled(hearing="h-nowhere").hearing)
    with pytest.raises(Refused, match="hearing_not_scheduled"):
        await room.ask(c.Arrive(connection(PRESIDING)), Actor(PRESIDING, connection(PRESIDING)))
