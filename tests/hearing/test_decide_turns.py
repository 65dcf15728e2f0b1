"""Decisions about interruption and turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.hearing import commands as c
from server.hearing import commands_order as co
from server.hearing import events as e
from server.hearing import events_order as eo
from server.hearing.audience import heard
from server.hearing.ids import Instant
from server.hearing.refusals import Reason
from tests.builders import AHearing, a_hearing
from tests.cast import (
    CLERK,
    DEFENDANT,
    FULL_BENCH,
    INTERPRETER,
    JUDGE,
    OBSERVER,
    PARTIES,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
)
from tests.playbook import STEP_MS, TICK, by, depart

if TYPE_CHECKING:
    from server.hearing.ids import SeatId

pytestmark = pytest.mark.pure


def by_turns(cast: tuple[SeatId, ...] = FULL_BENCH) -> AHearing:
    hearing = a_hearing(cast).opened()
    hearing.script >> by(CLERK, co.SetHalfDuplex(on=True)) << eo.HalfDuplexSet(on=True)
    hearing.script >> by(PRESIDING, c.OpenFloor(PARTIES)) << e.FloorOpened(PARTIES)
    return hearing


def test_an_interrupted_floor_comes_back_with_the_time_that_was_left():
    hearing = a_hearing().opened().with_floor(PLAINTIFF, 60)
    script = hearing.script
    until = hearing.state.floor.until or Instant(0)
    script.after(10_000) >> by(PRESIDING, co.Interrupt(" to the point "))
    left = until - script.now
    script << eo.FloorInterrupted((PLAINTIFF,), "to the point", left)
    assert not heard(hearing.state, PLAINTIFF)
    script.after(600_000) >> TICK << ()
    script >> by(PRESIDING, co.GiveBack()) << eo.FloorGivenBack((PLAINTIFF,), Instant(script.now + left))
    assert heard(hearing.state, PLAINTIFF)
    script >> by(PRESIDING, co.GiveBack()) << Reason.NOTHING_INTERRUPTED


def test_an_unlimited_or_open_floor_comes_back_as_it_was():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(PRESIDING, c.OpenFloor(PARTIES))
    before = hearing.state.floor
    script >> by(PRESIDING, co.Interrupt()) << eo.FloorInterrupted(PARTIES, "", None)
    script >> by(PRESIDING, co.GiveBack()) << eo.FloorGivenBack(PARTIES, None)
    assert hearing.state.floor == before


def test_in_the_grace_of_its_end_nothing_is_left_but_the_grace():
    hearing = a_hearing().opened().with_floor(PLAINTIFF, 2)
    hearing.script.after(4_000) >> by(PRESIDING, co.Interrupt())
    hearing.script << eo.FloorInterrupted((PLAINTIFF,), "", 0)
    hearing.script >> by(PRESIDING, co.GiveBack())
    hearing.script.after(9_000 - STEP_MS) >> TICK << ()
    hearing.script >> TICK << e.FloorExpired(PLAINTIFF)


def test_only_a_floor_that_somebody_holds_is_interrupted():
    script = a_hearing().opened().script
    script >> by(PRESIDING, co.Interrupt()) << Reason.NOBODY_TO_INTERRUPT
    script >> by(PRESIDING, c.GrantFloor(PLAINTIFF)) >> by(PRESIDING, co.Interrupt())
    script >> by(PRESIDING, co.Interrupt()) << Reason.NOBODY_TO_INTERRUPT


@pytest.mark.parametrize("seat", [CLERK, JUDGE, DEFENDANT])
def test_only_the_presiding_seat_interrupts(seat):
    script = a_hearing(FULL_BENCH).opened().with_floor(PLAINTIFF).script
    script >> by(seat, co.Interrupt()) << Reason.NOT_PRESIDING
    script >> by(seat, co.GiveBack()) << Reason.NOT_PRESIDING


def test_by_turns_only_who_has_the_turn_is_heard():
    hearing = by_turns()
    assert not any(heard(hearing.state, seat) for seat in FULL_BENCH)
    hearing.script >> by(PLAINTIFF, co.TakeTurn()) << eo.TurnTaken(PLAINTIFF)
    assert [seat for seat in FULL_BENCH if heard(hearing.state, seat)] == [PLAINTIFF]
    hearing.script >> by(PLAINTIFF, co.TakeTurn()) << ()
    hearing.script >> by(DEFENDANT, co.TakeTurn()) << Reason.TURN_TAKEN
    hearing.script >> by(DEFENDANT, co.YieldTurn()) << Reason.NO_TURN
    hearing.script >> by(PLAINTIFF, co.YieldTurn()) << eo.TurnYielded(PLAINTIFF)
    hearing.script >> by(DEFENDANT, co.TakeTurn()) << eo.TurnTaken(DEFENDANT)


def test_the_bench_takes_the_turn_from_others_and_nobody_from_the_presiding_seat():
    script = by_turns().script
    script >> by(PLAINTIFF, co.TakeTurn()) >> by(CLERK, co.TakeTurn()) << Reason.TURN_TAKEN
    script >> by(JUDGE, co.TakeTurn()) << eo.TurnTaken(JUDGE)
    script >> by(PRESIDING, co.TakeTurn()) << eo.TurnTaken(PRESIDING)
    script >> by(JUDGE, co.TakeTurn()) << Reason.TURN_TAKEN


def test_there_is_no_turn_to_take_for_some():
    script = by_turns().script
    script >> by(PLAINTIFF_AGENT, co.TakeTurn()) << Reason.NO_FLOOR
    script >> by(OBSERVER, co.TakeTurn()) << Reason.OBSERVER_NEVER_SPEAKS
    script >> by(PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting"))
    script >> by(PLAINTIFF, co.TakeTurn()) << Reason.MUTED_BY_COURT
    script >> by(PRESIDING, c.CloseFloor()) >> by(DEFENDANT, co.TakeTurn()) << Reason.NO_TURNS
    a_hearing().arrived().script >> by(PLAINTIFF, co.TakeTurn()) << Reason.NOT_ADMITTED


@pytest.mark.parametrize(
    "line",
    [
        by(PLAINTIFF, c.Leave()),
        depart(PLAINTIFF),
        by(PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting")),
        by(PRESIDING, co.Remove(PLAINTIFF, "shouting")),
        by(PRESIDING, c.OpenFloor(PARTIES)),
        by(PRESIDING, co.Interrupt()),
        by(PRESIDING, co.SetHalfDuplex(on=False)),
    ],
)
def test_a_turn_ends_with_going_silence_or_any_change_of_the_floor(line):
    hearing = by_turns()
    hearing.script >> by(PLAINTIFF, co.TakeTurn()) >> line
    assert hearing.state.floor.turn is None


def test_what_is_so_already_changes_nothing():
    script = by_turns().script
    script >> by(CLERK, co.SetHalfDuplex(on=True)) << ()


def test_an_interpreter_whose_person_has_gone_keeps_the_turn_from_nobody():
    hearing = a_hearing((PRESIDING, PLAINTIFF, DEFENDANT, INTERPRETER)).opened()
    script = hearing.script
    (
        script
        >> by(PRESIDING, co.PairInterpreter(INTERPRETER, PLAINTIFF))
        >> by(PRESIDING, co.SetHalfDuplex(on=True))
    )
    script >> by(PRESIDING, c.OpenFloor((PLAINTIFF, DEFENDANT))) >> by(INTERPRETER, co.TakeTurn())
    script >> by(DEFENDANT, co.TakeTurn()) << Reason.TURN_TAKEN
    script >> by(PLAINTIFF, c.Leave()) >> by(DEFENDANT, co.TakeTurn()) << eo.TurnTaken(DEFENDANT)
