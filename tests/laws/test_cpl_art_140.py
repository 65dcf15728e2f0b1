"""CPL 140: attendance and discipline first, by the clerk; then the presiding judge opens."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing import events as e
from server.hearing import events_checkin as ei
from server.hearing.audience import heard
from server.hearing.procedure import stages_of
from server.hearing.recording_duty import duty
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import CLERK, DEFENDANT, PLAINTIFF, PRESIDING, connection
from tests.playbook import arrive, by, tape

pytestmark = pytest.mark.pure


def test_check_in_begins_with_the_courts_own_people_and_not_with_the_parties():
    hearing = a_hearing()
    hearing.script >> arrive(PLAINTIFF) << e.SeatArrived(PLAINTIFF, connection(PLAINTIFF))
    hearing.script >> arrive(CLERK)
    assert hearing.state.stage == "check_in"


def test_the_court_does_not_open_before_the_roll_is_called_but_for_a_recorded_reason():
    hearing = a_hearing().arrived().recorded()
    script = hearing.script
    for seat in (PLAINTIFF, DEFENDANT):
        script >> by(CLERK, c.Admit(seat))
    script >> tape(c.TapeState.IDLE) >> by(CLERK, ci.CheckSuitability(()))
    hearing.in_stage("discipline").recorded()
    script >> by(PRESIDING, c.OpenCourt()) << Reason.ROLL_NOT_CALLED
    script >> by(PRESIDING, c.OpenCourt("only two, and both are known"))
    script << (
        e.CourtOpened("only two, and both are known", ("roll_not_called",)),
        e.StageEntered("opening", "discipline"),
    )


def test_the_roll_says_who_came_and_who_did_not():
    script = a_hearing(absent=(DEFENDANT,)).arrived().script
    script >> by(CLERK, c.Admit(PLAINTIFF)) >> by(CLERK, ci.CallRoll())
    (roll,) = script.came
    assert isinstance(roll, ei.RollCalled)
    assert {PRESIDING, CLERK, PLAINTIFF} <= set(roll.present)
    assert DEFENDANT in roll.absent
    assert DEFENDANT not in roll.present


def test_the_parties_do_not_call_the_roll():
    script = a_hearing().checked_in().script
    script >> by(PLAINTIFF, ci.CallRoll()) << Reason.NOT_PRESIDING


def test_the_bench_has_the_words_for_parties_cause_panel_rights_and_recusal():
    opening = next(stage for stage in stages_of("civil_ordinary") if stage.key == "opening")
    told = "".join(line.zh for line in opening.script)
    assert all(word in told for word in ("核对当事人", "案由", "合议庭", "诉讼权利", "诉讼义务", "回避"))
    assert {"cause_announced", "rights_told", "recusal_asked"} == {
        p.item for p in opening.points if p.required
    }


def test_the_clerk_calls_the_roll_and_announces_the_discipline():
    hearing = a_hearing().arrived().recorded()
    script = hearing.script >> by(CLERK, c.Admit(PLAINTIFF))
    assert heard(hearing.state, CLERK)
    script >> by(CLERK, c.GrantFloor(PLAINTIFF)) << e.FloorGranted(PLAINTIFF, None)
    assert heard(hearing.state, PLAINTIFF)
    script >> by(CLERK, c.GoToStage("discipline")) << e.StageEntered("discipline", "check_in")
    assert not duty(hearing.state).on


def test_the_clerk_does_not_open_the_court():
    script = a_hearing().checked_in().script
    script >> tape(c.TapeState.IDLE) >> by(CLERK, c.OpenCourt()) << Reason.NOT_PRESIDING
    script >> by(PRESIDING, c.OpenCourt()) << (e.CourtOpened(), e.StageEntered("opening", "discipline"))


@pytest.mark.parametrize("stage", ["check_in", "discipline"])
def test_there_is_no_way_back_before_the_opening(stage):
    script = a_hearing().opened().script
    script >> by(PRESIDING, c.GoToStage(stage, "again")) << Reason.STAGE_BEFORE_OPENING


@pytest.mark.parametrize("stage", ["opening", "investigation", "judgment"])
def test_no_stage_of_the_hearing_begins_before_the_court_is_opened(stage):
    script = a_hearing().checked_in().script
    script >> by(PRESIDING, c.GoToStage(stage, "hurry")) << Reason.COURT_NOT_OPEN
