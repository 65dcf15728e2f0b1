"""CPL 146, 147: who was summoned and does not come does not stop the court; that it went on, and why, is on record."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_care as cc
from server.hearing import commands_checkin as ci
from server.hearing import events as e
from server.hearing import events_care as ec
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import CLERK, DEFENDANT, DEFENDANT_AGENT, PLAINTIFF, PLAINTIFF_AGENT, PRESIDING, UNREPRESENTED
from tests.playbook import by, tape

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    "absent, reason",
    [
        ((PLAINTIFF, PLAINTIFF_AGENT), Reason.PLAINTIFF_ABSENT),
        ((DEFENDANT, DEFENDANT_AGENT), Reason.DEFENDANT_ABSENT),
    ],
)
def test_the_court_goes_on_without_a_side_only_by_the_presiding_judges_recorded_reason(absent, reason):
    script = a_hearing(absent=absent).checked_in().script
    script >> tape(c.TapeState.IDLE) >> by(PRESIDING, c.OpenCourt("  ")) << reason
    script >> by(PRESIDING, c.OpenCourt("served on 3 November, absent without reason"))
    script << (
        e.CourtOpened("served on 3 November, absent without reason", (reason.value,)),
        e.StageEntered("opening", "discipline"),
    )


@pytest.mark.parametrize("seat", [PLAINTIFF, DEFENDANT])
def test_absent_is_found_only_by_the_presiding_judge_after_the_time_and_the_roll(seat):
    hearing = a_hearing(UNREPRESENTED, absent=(seat,)).opened("served")
    rule = cc.RuleAbsence(seat, "absent", "summons served on 3 November")
    hearing.script >> by(CLERK, rule) << Reason.NOT_PRESIDING
    if hearing.state.check.rolled_at is None:
        hearing.script >> by(CLERK, ci.CallRoll())
    hearing.script.after(120_000) >> by(PRESIDING, rule)
    hearing.script << ec.AbsenceRuled(seat, "absent", "summons served on 3 November", "unknown")
    assert hearing.state.session.value == "in_session"


def test_a_finding_needs_a_reason():
    hearing = a_hearing(UNREPRESENTED, absent=(DEFENDANT,)).opened("served")
    hearing.script.after(120_000) >> by(PRESIDING, cc.RuleAbsence(DEFENDANT, "absent", " "))
    hearing.script << Reason.REASON_REQUIRED
