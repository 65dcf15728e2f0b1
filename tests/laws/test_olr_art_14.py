"""OLR 14, CPLI 224: evidence is exchanged online before a judge, or a clerk where no judge sits; the parties agree to that."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing import commands_exhibits as cx
from server.hearing import events as e
from server.hearing.procedure import consent_steps, gate_of
from server.hearing.recording_duty import duty
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import CLERK, DEFENDANT, PLAINTIFF
from tests.playbook import by, tape

pytestmark = pytest.mark.pure

KEYS = ["evidence_exchange", "pretrial_conference"]


@pytest.mark.parametrize("key", KEYS)
def test_the_consent_asked_at_the_door_is_to_the_exchange_and_not_to_a_hearing(key):
    assert gate_of(key) == "evidence_exchange"
    assert "hearing" not in {step.key for step in consent_steps(key)}


@pytest.mark.parametrize("key", KEYS)
def test_the_clerk_holds_it_where_no_judge_has_a_seat(key):
    hearing = a_hearing((CLERK, PLAINTIFF, DEFENDANT), procedure=key).opened()
    assert duty(hearing.state).on, "it is taped like a hearing"
    hearing.script >> by(CLERK, c.Recess("noon")) << e.CourtRecessed("noon")


@pytest.mark.parametrize("key", KEYS)
def test_it_does_not_begin_before_the_tape_is_proven(key):
    script = a_hearing((CLERK, PLAINTIFF, DEFENDANT), procedure=key).checked_in().script
    script >> by(CLERK, c.OpenCourt()) << Reason.TAPE_NOT_READY
    script >> tape(c.TapeState.IDLE) >> by(CLERK, c.OpenCourt())
    script << (e.CourtOpened(), e.StageEntered("notice", "check_in"))


def test_no_evidence_is_exchanged_before_rights_were_told():
    script = a_hearing((CLERK, PLAINTIFF, DEFENDANT), procedure="evidence_exchange").opened().script
    script >> by(CLERK, c.GoToStage("exchange")) << Reason.POINT_MISSING
    script >> by(CLERK, ci.RecordPoint("rights_told")) >> by(CLERK, c.GoToStage("exchange"))
    assert script.came[0] == e.StageEntered("exchange", "notice")


@pytest.mark.parametrize("key", KEYS)
def test_materials_are_handed_in_before_and_examined_at_it_or_without_being_shown(key):
    hearing = a_hearing((CLERK, PLAINTIFF, DEFENDANT), procedure=key).arrived()
    script = hearing.script
    script >> by(PLAINTIFF, cx.OfferExhibit("x1", "合同", "pdf", 3, "a" * 64, 9000))
    hearing.opened()
    script >> by(DEFENDANT, cx.GiveOpinion("x1", "accepted", "accepted", "disputed"))
    script >> by(CLERK, c.GrantFloor(PLAINTIFF)) >> by(PLAINTIFF, cx.PresentExhibit("x1"))
    assert script.state.exhibits.items["x1"].opinions[DEFENDANT].relevance == "disputed"
