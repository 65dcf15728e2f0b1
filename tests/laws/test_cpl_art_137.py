"""CPL 137, 151: hearings are public by rule, judgment always; a mediation never has observers (CPLI 146)."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import events as e
from server.hearing.procedure import stages_of
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import CLERK, MEDIATION, OBSERVER, PRESIDING
from tests.playbook import by

pytestmark = pytest.mark.pure


def test_an_observer_is_let_into_a_public_hearing_also_when_it_has_begun():
    script = a_hearing(absent=(OBSERVER,)).opened().script
    assert script.state.public
    hearing = a_hearing().arrived()
    hearing.script >> by(CLERK, c.Admit(OBSERVER)) << e.SeatAdmitted(OBSERVER, "courtroom")


@pytest.mark.parametrize("public", [True, False])
def test_judgment_is_pronounced_in_public_also_where_the_hearing_was_closed(public):
    hearing = a_hearing(procedure="judgment", public=public).arrived()
    hearing.script >> by(PRESIDING, c.Admit(OBSERVER)) << e.SeatAdmitted(OBSERVER, "courtroom")


def test_no_observer_is_let_into_a_mediation_whatever_the_schedule_says():
    hearing = a_hearing((*MEDIATION, OBSERVER), procedure="mediation", public=True).arrived()
    hearing.script >> by(CLERK, c.Admit(OBSERVER)) << Reason.OBSERVERS_NOT_ALLOWED


def test_whether_the_hearing_is_public_is_announced_at_the_opening():
    opening = next(stage for stage in stages_of("civil_ordinary") if stage.key == "opening")
    assert any("公开" in line.zh and "public" in line.en for line in opening.script)
