"""AVR 3: the whole course is recorded, from the opening to the closing of the court; only a recess interrupts."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing.audience import tape_hears, tape_sees
from server.hearing.events import CourtClosed, CourtOpened, CourtRecessed, CourtResumed
from server.hearing.evolve import evolve
from server.hearing.names import command_names
from server.hearing.recording_duty import duty
from server.hearing.refusals import Reason
from server.hearing.state import initial
from tests.builders import a_hearing
from tests.cast import PLAINTIFF, PRESIDING
from tests.playbook import by, tape

pytestmark = pytest.mark.pure


def test_the_duty_turns_only_with_opening_recess_resumption_and_close():
    hearing = a_hearing().opened().with_floor(PLAINTIFF).with_witness().in_stage("debate").recessed()
    hearing.script >> by(PRESIDING, c.Resume()) >> by(PRESIDING, c.MuteAndLock(PLAINTIFF, "shouting"))
    hearing.closed()
    state, turns = initial(), []
    for event, at in hearing.log:
        after = evolve(state, event, at)
        if duty(after) != duty(state):
            turns.append((type(event), duty(after).on, duty(after).ground))
        state = after
    assert turns == [
        (CourtOpened, True, None),
        (CourtRecessed, False, "recess"),
        (CourtResumed, True, None),
        (CourtClosed, False, None),
    ]


def test_nobody_can_stop_the_tape():
    assert not any("tape" in name or "record" in name for name in command_names)


@pytest.mark.parametrize("state", [None, c.TapeState.FAULTED, c.TapeState.PAUSED, c.TapeState.SEALED])
def test_the_court_does_not_open_before_the_tape_is_proven(state):
    script = a_hearing().checked_in().script
    if state:
        script >> tape(state)
    script >> by(PRESIDING, c.OpenCourt()) << Reason.TAPE_NOT_READY


def test_the_tape_keeps_what_the_court_hears_from_the_opening_on():
    hearing = a_hearing().checked_in()
    assert not tape_hears(hearing.state, PRESIDING)
    hearing.opened()
    assert tape_hears(hearing.state, PRESIDING)
    assert tape_sees(hearing.state, PLAINTIFF)
    assert not tape_hears(hearing.state, PLAINTIFF)
    assert tape_hears(hearing.with_floor(PLAINTIFF).state, PLAINTIFF)
    assert not tape_sees(hearing.recessed().state, PRESIDING)


def test_the_secret_deliberation_is_a_recess_and_not_taped():
    state = a_hearing().opened().in_stage("deliberation").state
    assert duty(state).ground == "recess"
    assert not tape_hears(state, PRESIDING)
