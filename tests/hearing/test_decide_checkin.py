"""Decisions about check-in and the stages' record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing import events as e
from server.hearing import events_checkin as ei
from server.hearing.audience import heard
from server.hearing.floor import FloorMode
from server.hearing.refusals import Reason
from server.hearing.seats import Role, side_of
from server.hearing.session import SessionState
from server.hearing.texts import TEXT_MAX
from tests.builders import a_hearing
from tests.cast import CLERK, DEFENDANT, MEDIATION, MEDIATOR, OBSERVER, PLAINTIFF, PRESIDING, WITNESS, plan
from tests.playbook import by, depart, tape

pytestmark = pytest.mark.pure


def test_the_roll_takes_down_who_is_here_and_again_when_that_has_changed():
    hearing = a_hearing(absent=(DEFENDANT,)).checked_in()
    script = hearing.script
    script >> by(CLERK, ci.CallRoll()) << ()
    check = hearing.state.check
    assert check.absent == (DEFENDANT,)
    assert WITNESS in check.present
    assert OBSERVER not in {*check.present, *check.absent}
    script >> depart(PLAINTIFF) >> by(CLERK, ci.CallRoll())
    assert hearing.state.check.absent == (PLAINTIFF, DEFENDANT)
    assert hearing.state.check.rolled_at == script.now


def test_who_waits_outside_is_not_here():
    script = a_hearing().arrived().script
    script >> by(CLERK, ci.CallRoll())
    assert PLAINTIFF in script.state.check.absent


def test_suitability_is_the_same_list_in_whatever_order_it_was_ticked():
    script = a_hearing().checked_in().script
    script >> by(CLERK, ci.CheckSuitability(("complex", "secret", "complex"), " big "))
    script << ei.SuitabilityChecked(("complex", "secret"), "big")
    script >> by(CLERK, ci.CheckSuitability(("secret", "complex"), "big")) << ()


@pytest.mark.parametrize(
    "command",
    [
        ci.CheckSuitability((), "x" * (TEXT_MAX + 1)),
        ci.SetOnSite(DEFENDANT, on_site=True, reason="x" * (TEXT_MAX + 1)),
        ci.ConvertOffline("network", "x" * (TEXT_MAX + 1)),
        ci.RecordPoint("rights_told", "x" * (TEXT_MAX + 1)),
        c.OpenCourt("x" * (TEXT_MAX + 1)),
        c.GoToStage("debate", "x" * (TEXT_MAX + 1)),
    ],
)
def test_every_text_has_its_limit(command):
    hearing = a_hearing()
    if isinstance(command, c.OpenCourt):
        script = hearing.checked_in().script >> tape(c.TapeState.IDLE)
    else:
        script = hearing.opened().script
    script >> by(PRESIDING, command) << Reason.TEXT_TOO_LONG


def test_a_point_is_of_the_present_stage_and_may_be_put_in_other_words():
    script = a_hearing().opened().script
    script >> by(CLERK, ci.RecordPoint("recusal_asked", " nobody "))
    script << ei.PointRecorded("opening", "recusal_asked", "nobody")
    script >> by(CLERK, ci.RecordPoint("recusal_asked", "nobody")) << ()
    script >> by(CLERK, ci.RecordPoint("recusal_asked", "the defendant, of the clerk"))
    assert script.state.check.points["recusal_asked"].text == "the defendant, of the clerk"
    script >> by(CLERK, ci.RecordPoint("claims_stated")) << Reason.POINT_UNKNOWN


def test_opening_with_a_reason_records_all_that_was_missing():
    script = a_hearing(absent=(DEFENDANT, MEDIATION[-2])).arrived().script
    script >> tape(c.TapeState.IDLE) >> by(PRESIDING, c.OpenCourt("summoned and absent without reason"))
    opened = script.came[0]
    assert isinstance(opened, e.CourtOpened)
    assert opened.despite == (
        "plaintiff_absent",
        "defendant_absent",
        "roll_not_called",
        "suitability_unchecked",
        "stage_needs_reason",
        "point:identity_checked",
        "point:discipline_read",
    )


def test_a_reason_that_nothing_called_for_is_not_recorded():
    script = a_hearing().checked_in().script
    script >> tape(c.TapeState.IDLE) >> by(PRESIDING, c.OpenCourt("just so"))
    script << (e.CourtOpened(), e.StageEntered("opening", "discipline"))


def test_a_mediation_is_opened_by_the_mediator_untaped_and_closed_by_an_ending_only():
    hearing = a_hearing(MEDIATION, procedure="mediation").checked_in()
    script = hearing.script
    script >> by(CLERK, c.OpenCourt()) << Reason.NOT_PRESIDING
    script >> by(MEDIATOR, c.OpenCourt()) << (e.CourtOpened(), e.StageEntered("notice", "check_in"))
    script >> by(MEDIATOR, c.Close()) << Reason.CLOSE_BY_ENDING


def test_the_joint_session_begins_with_the_floor_open_between_the_sides():
    hearing = a_hearing(MEDIATION, procedure="mediation").checked_in()
    script = hearing.script
    script >> by(MEDIATOR, c.OpenCourt())
    script >> by(MEDIATOR, c.GoToStage("joint")) << Reason.POINT_MISSING
    for item in ("sham_warned", "disclosed", "confidentiality_told"):
        script >> by(MEDIATOR, ci.RecordPoint(item))
    script >> by(MEDIATOR, c.GoToStage("joint"))
    assert script.came[0] == e.StageEntered("joint", "notice")
    assert hearing.state.floor.mode is FloorMode.OPEN
    assert heard(hearing.state, PLAINTIFF)
    assert heard(hearing.state, DEFENDANT)


def test_an_exchange_of_evidence_is_presided_by_the_clerk_where_no_judge_has_a_seat():
    hearing = a_hearing((CLERK, PLAINTIFF, DEFENDANT), procedure="evidence_exchange").opened()
    script = hearing.script
    assert hearing.state.stage == "notice"
    script >> by(CLERK, ci.RecordPoint("rights_told")) >> by(CLERK, c.GoToStage("exchange"))
    assert script.came[0] == e.StageEntered("exchange", "notice")
    assert hearing.state.floor.seats == (PLAINTIFF,), "whoever speaks first has the floor"
    script >> by(CLERK, c.Close()) << Reason.STAGE_NEEDS_REASON
    script >> by(CLERK, c.Close("nobody has anything to show"))
    assert hearing.state.session is SessionState.CLOSED


def test_an_exchange_before_a_judge_is_not_the_clerks():
    script = (
        a_hearing((PRESIDING, CLERK, PLAINTIFF, DEFENDANT), procedure="evidence_exchange").opened().script
    )
    script >> by(CLERK, c.Close()) << Reason.NOT_PRESIDING


def test_the_enforcement_officer_presides_over_an_enforcement_hearing():
    officer = replace(
        plan(PRESIDING), role=Role.ENFORCEMENT_OFFICER.value, side=side_of(Role.ENFORCEMENT_OFFICER).value
    )
    seats = (officer, plan(CLERK), plan(PLAINTIFF), plan(DEFENDANT))
    hearing = a_hearing(procedure="enforcement_hearing", seats=seats).opened()
    hearing.script >> by(PRESIDING, c.Recess("noon")) << e.CourtRecessed("noon")


def test_a_hearing_of_an_unknown_procedure_is_never_opened():
    script = a_hearing((CLERK,), procedure="criminal").arrived().script
    script >> by(CLERK, c.OpenCourt("x")) << Reason.NOT_PRESIDING
