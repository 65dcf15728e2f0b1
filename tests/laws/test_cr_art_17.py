"""CR 17: nobody speaks without leave; observers never."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_order as co
from server.hearing.audience import heard, shown, silent_because
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import CAST, CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PRESIDING
from tests.playbook import by

pytestmark = pytest.mark.pure


def test_without_leave_only_the_presiding_seat_and_the_clerk_are_heard():
    state = a_hearing().opened().with_witness().state
    assert {seat for seat in CAST if heard(state, seat)} == {PRESIDING, CLERK}
    assert silent_because(state, DEFENDANT) is Reason.NO_FLOOR


def test_an_interruption_without_the_floor_is_not_heard():
    state = a_hearing().opened().with_floor(PLAINTIFF).state
    assert not heard(state, DEFENDANT)


def test_asking_is_not_being_given():
    hearing = a_hearing().opened()
    hearing.script >> by(PLAINTIFF, c.RequestFloor("objection"))
    assert not heard(hearing.state, PLAINTIFF)


@pytest.mark.parametrize("command", [c.RequestFloor(), c.SetSelf(microphone=True, camera=True)])
def test_an_observer_neither_asks_nor_switches_anything_on(command):
    a_hearing().opened().script >> by(OBSERVER, command) << Reason.OBSERVER_NEVER_SPEAKS


def test_an_observer_is_never_given_the_floor_nor_seen():
    hearing = a_hearing().opened()
    hearing.script >> by(PRESIDING, c.GrantFloor(OBSERVER)) << Reason.OBSERVER_NEVER_SPEAKS
    assert not shown(hearing.state, OBSERVER)


def test_in_turns_nobody_speaks_over_another():
    hearing = a_hearing().opened()
    script = hearing.script
    script >> by(CLERK, co.SetHalfDuplex(on=True)) >> by(PRESIDING, c.OpenFloor((PLAINTIFF, DEFENDANT)))
    script >> by(PLAINTIFF, co.TakeTurn()) >> by(DEFENDANT, co.TakeTurn()) << Reason.TURN_TAKEN
    assert {seat for seat in CAST if heard(hearing.state, seat)} == {PLAINTIFF}


def test_the_bench_stops_a_speaker_at_once_and_lets_it_go_on():
    hearing = a_hearing().opened().with_floor(PLAINTIFF)
    hearing.script >> by(PRESIDING, co.Interrupt("off the point"))
    assert not heard(hearing.state, PLAINTIFF)
    hearing.script >> by(PRESIDING, co.GiveBack())
    assert heard(hearing.state, PLAINTIFF)


def test_an_objection_is_written_and_makes_nobody_heard():
    hearing = a_hearing().opened()
    hearing.script >> by(PLAINTIFF, co.RaiseObjection("leading"))
    assert not heard(hearing.state, PLAINTIFF)
