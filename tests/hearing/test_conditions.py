"""What is missing before the court opens or a stage begins."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing.conditions import NEVER_WAIVED, missing, reason_for, taking_part, unmet
from server.hearing.procedure import stage_of
from server.hearing.procedure_tables import CONDITIONS
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import (
    ASSESSOR,
    CLERK,
    DEFENDANT,
    FULL_BENCH,
    JUDGE,
    MEDIATION,
    PLAINTIFF,
    PRESIDING,
    WITNESS,
)
from tests.playbook import by, depart, tape

pytestmark = pytest.mark.pure


def test_what_is_missing_comes_in_the_order_of_the_check():
    found = list(missing(a_hearing(FULL_BENCH).state))
    points = ["point:identity_checked", "point:discipline_read"]
    assert found == [*(condition for condition in CONDITIONS if condition in found), *points]
    assert found[0] == "presiding_absent"


def test_nothing_is_missing_once_the_court_is_open():
    assert missing(a_hearing().opened().state) == ()
    assert missing(a_hearing().opened().closed().state) == ()


@pytest.mark.parametrize("member", [JUDGE, ASSESSOR])
def test_a_panel_opens_complete_or_not_at_all(member):
    script = a_hearing(FULL_BENCH, absent=(member,)).checked_in().script
    script >> tape(c.TapeState.IDLE)
    assert missing(script.state) == (Reason.PANEL_ABSENT,)
    script >> by(PRESIDING, c.OpenCourt("he is ill")) << Reason.PANEL_ABSENT


def test_a_sole_judge_waits_for_no_panel():
    absent = (JUDGE, ASSESSOR)
    script = a_hearing(FULL_BENCH, absent=absent, procedure="civil_summary").checked_in().script
    script >> tape(c.TapeState.IDLE)
    assert missing(script.state) == ()


@pytest.mark.parametrize("reason", sorted(NEVER_WAIVED))
def test_what_is_never_waived_stops_the_opening_whatever_reason_is_given(reason):
    hearing = a_hearing(FULL_BENCH, absent=(JUDGE,) if reason is Reason.PANEL_ABSENT else ())
    script = hearing.checked_in().script
    if reason is not Reason.TAPE_NOT_READY:
        script >> tape(c.TapeState.IDLE)
    if reason is Reason.PRESIDING_ABSENT:
        script >> depart(PRESIDING)
        assert missing(script.state) == (reason,)
        return
    if reason is Reason.SUITABILITY_FORBIDDEN:
        script >> by(PRESIDING, ci.CheckSuitability(("secret",)))
    script >> by(PRESIDING, c.OpenCourt("hurry")) << reason


def test_a_mediation_needs_no_tape_and_no_list_of_barred_cases():
    found = missing(a_hearing(MEDIATION, procedure="mediation").state)
    assert Reason.TAPE_NOT_READY not in found
    assert Reason.SUITABILITY_UNCHECKED not in found
    assert Reason.ROLL_NOT_CALLED in found


def test_a_step_needs_a_yes_of_each_side_online_and_no_no_of_anybody():
    hearing = a_hearing().opened().in_stage("final_statements").recorded()
    stage, script = stage_of("civil_ordinary", "mediation"), hearing.script
    assert unmet(hearing.state, stage) == ("step_not_agreed",)
    script >> by(PLAINTIFF, c.Consent(agrees=True, step="mediation"))
    assert unmet(hearing.state, stage) == ("step_not_agreed",)
    script >> by(CLERK, ci.SetOnSite(DEFENDANT, on_site=True, reason="came"))
    assert unmet(hearing.state, stage) == ("step_not_agreed",), "the agent is online still"
    script >> by(DEFENDANT, c.Consent(agrees=True, step="mediation"))
    script >> by(CLERK, ci.SetOnSite(DEFENDANT, on_site=False, reason="online after all"))
    assert unmet(hearing.state, stage) == ()
    script >> by(PLAINTIFF, c.Consent(agrees=False, step="mediation"))
    assert unmet(hearing.state, stage) == ("step_not_agreed",)


def test_taking_part_are_those_in_the_courtroom_online_or_in_person():
    hearing = a_hearing(absent=(DEFENDANT,)).opened()
    assert {DEFENDANT, WITNESS}.isdisjoint(taking_part(hearing.state))
    hearing.script >> by(CLERK, ci.SetOnSite(DEFENDANT, on_site=True, reason="came"))
    assert DEFENDANT in taking_part(hearing.state)


def test_each_condition_is_refused_by_its_own_reason():
    assert reason_for("roll_not_called") is Reason.ROLL_NOT_CALLED
    assert reason_for("point:rights_told") is Reason.POINT_MISSING
