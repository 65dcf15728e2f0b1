"""CPL 151: judgment is pronounced in public, always, also where the hearing was not public."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_doors as cd
from server.hearing import events as e
from server.hearing import events_doors as ed
from server.hearing.audience import NOTHING, audience
from server.hearing.may import may
from server.hearing.presence import Presence
from server.hearing.procedure import PROCEDURES, stages_of
from server.hearing.procedure_tables import BY_CASE
from server.hearing.refusals import Reason
from server.hearing.session import SessionState
from tests.builders import a_hearing
from tests.cast import CLERK, OBSERVER, PRESIDING
from tests.playbook import by

pytestmark = pytest.mark.pure

WITH_JUDGMENT = sorted(
    key
    for key, procedure in PROCEDURES.items()
    if procedure.public == BY_CASE and any(s.key == "judgment" for s in stages_of(key))
)


@pytest.mark.parametrize("public", [True, False])
def test_to_a_sitting_for_judgment_alone_the_public_may_come_whatever_the_schedule_says(public):
    hearing = a_hearing(procedure="judgment", public=public).arrived()
    hearing.script >> by(PRESIDING, c.Admit(OBSERVER)) << e.SeatAdmitted(OBSERVER, "courtroom")


@pytest.mark.parametrize("procedure", WITH_JUDGMENT)
def test_judgment_of_a_closed_hearing_is_pronounced_in_public(procedure):
    hearing = a_hearing(procedure=procedure, public=False).opened()
    hearing.script >> by(CLERK, c.Admit(OBSERVER)) << Reason.OBSERVERS_NOT_ALLOWED
    assert audience(hearing.state, PRESIDING, OBSERVER) == NOTHING
    hearing.in_stage("judgment").script >> by(CLERK, c.Admit(OBSERVER))
    assert audience(hearing.state, PRESIDING, OBSERVER).hear


def test_going_back_from_the_judgment_of_a_closed_hearing_the_public_goes_out_again():
    hearing = a_hearing(public=False).opened().in_stage("judgment")
    hearing.script >> by(CLERK, c.Admit(OBSERVER)) >> by(PRESIDING, c.GoToStage("debate", "new facts"))
    assert hearing.script.came[-1] == ed.SeatAskedOut(OBSERVER, "stage")
    assert hearing.state.attendance[OBSERVER].presence is Presence.WAITING


def test_doors_closed_for_a_part_are_open_for_the_judgment_and_are_not_closed_for_it():
    hearing = a_hearing().opened()
    hearing.script >> by(PRESIDING, cd.CloseDoors("minor", "a child is heard"))
    hearing.script >> by(PRESIDING, c.GoToStage("judgment", "simple"))
    assert ed.DoorsOpened() in hearing.script.came
    assert e.SeatAdmitted(OBSERVER, "courtroom") in hearing.script.came, "the public is there to hear it"
    hearing.script >> by(PRESIDING, cd.CloseDoors("minor", "x")) << Reason.JUDGMENT_IS_PUBLIC


@pytest.mark.parametrize(
    "stage", [s.key for s in stages_of("judgment") if s.session is SessionState.IN_SESSION]
)
def test_in_a_sitting_for_judgment_alone_the_doors_are_closed_at_no_stage(stage):
    hearing = a_hearing(procedure="judgment").opened()
    if hearing.state.stage != stage:
        hearing.in_stage(stage)
    hearing.script >> by(PRESIDING, cd.CloseDoors("minor", "x")) << Reason.JUDGMENT_IS_PUBLIC
    assert "close_doors" not in may(hearing.state, PRESIDING, hearing.script.now)
