"""OLR 22: the whole procedure and all rights also online; no stage and no necessary point is skipped without a reason on record."""

from __future__ import annotations

from itertools import pairwise

import pytest

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing import commands_rooms as cr
from server.hearing import events as e
from server.hearing import events_checkin as ei
from server.hearing.conditions import unmet
from server.hearing.presence import Presence
from server.hearing.procedure import PROCEDURES, stage_of, stages_of
from server.hearing.refusals import Reason
from server.hearing.session import SessionState
from server.hearing.view import view
from server.hearing.view_shapes import NextStageView
from tests.builders import AHearing, a_hearing
from tests.cast import CLERK, MEDIATOR, OBSERVER, PARTIES, PRESIDING
from tests.hearing.mediations import accepted
from tests.playbook import by, tape

pytestmark = pytest.mark.pure

TOLD = ("cause_announced", "rights_told", "recusal_asked")


def told(hearing: AHearing) -> AHearing:
    """Rights told and challenge asked, in the stage of opening."""
    for item in TOLD:
        hearing.script >> by(CLERK, ci.RecordPoint(item)) << ei.PointRecorded("opening", item, "")
    return hearing


def test_debate_before_investigation_needs_a_reason_and_records_it():
    script = told(a_hearing().opened()).script
    script >> by(PRESIDING, c.GoToStage("debate")) << Reason.STAGE_NEEDS_REASON
    script >> by(PRESIDING, c.GoToStage("debate", "parties agree to join the two"))
    script << e.StageEntered("debate", "opening", "parties agree to join the two")


def test_the_usual_order_needs_none():
    hearing = a_hearing(absent=(OBSERVER,), procedure="civil_summary").opened()
    script = hearing.script
    for party in PARTIES:
        script >> by(party, c.Consent(agrees=True, step="mediation"))
    order = ["opening", "investigation", "debate", "final_statements", "mediation", "judgment"]
    for previous, stage in pairwise(order):
        hearing.recorded()
        script >> by(PRESIDING, c.GoToStage(stage)) << e.StageEntered(stage, previous)


def test_new_facts_lead_from_the_debate_back_to_the_investigation():
    script = told(a_hearing().opened()).in_stage("debate").script
    script >> by(PRESIDING, c.GoToStage("investigation")) << e.StageEntered("investigation", "debate")


@pytest.mark.parametrize("procedure", ["civil_ordinary", "civil_summary", "small_claim"])
def test_rights_are_told_and_challenge_asked_before_the_investigation_or_it_is_on_record_why_not(procedure):
    script = a_hearing(procedure=procedure).opened().script
    script >> by(PRESIDING, c.GoToStage("investigation")) << Reason.POINT_MISSING
    for item in ("cause_announced", "rights_told"):
        script >> by(PRESIDING, ci.RecordPoint(item))
    script >> by(PRESIDING, c.GoToStage("investigation")) << Reason.POINT_MISSING
    script >> by(PRESIDING, c.GoToStage("investigation", "told in writing on the first day"))
    script << e.StageEntered(
        "investigation", "opening", "told in writing on the first day", ("point:recusal_asked",)
    )


@pytest.mark.parametrize("procedure", ["civil_ordinary", "civil_summary", "small_claim"])
def test_the_bench_is_told_to_ask_for_claim_answer_evidence_argument_last_word_and_mediation(procedure):
    asked = {
        (stage.key, line.whom) for stage in stages_of(procedure) for line in stage.script if line.act == "ask"
    }
    for stage in ("investigation", "debate", "final_statements", "mediation"):
        assert {(stage, "plaintiff"), (stage, "defendant")} <= asked


@pytest.mark.parametrize("procedure", sorted(set(PROCEDURES) - {"mediation"}))
def test_each_necessary_point_of_the_stage_is_on_record_or_a_reason_is_before_it_goes_on(procedure):
    hearing = a_hearing((PRESIDING, CLERK, *PARTIES), procedure=procedure).opened()
    stages = [
        s for s in stages_of(procedure) if s.session is SessionState.IN_SESSION and s.key != "deliberation"
    ]
    for now, after in pairwise(stages):
        needed = tuple(f"point:{p.item}" for p in now.points if p.required)
        assert set(needed) <= set(unmet(hearing.state, after)), now.key
        if needed and after.key in now.free and not after.consent:
            hearing.script >> by(PRESIDING, c.GoToStage(after.key)) << Reason.POINT_MISSING
        hearing.recorded()
        assert set(unmet(hearing.state, after)).isdisjoint(needed), now.key
        hearing.in_stage(after.key)


def test_nothing_of_the_stage_is_asked_for_on_the_way_back():
    hearing = told(a_hearing().opened()).in_stage("debate")
    assert unmet(hearing.state, stage_of("civil_ordinary", "investigation")) == ()
    assert "point:debate_held" in unmet(hearing.state, stage_of("civil_ordinary", "final_statements"))


def test_a_close_that_skips_stages_or_points_takes_a_reason_and_records_what_was_missing():
    hearing = told(a_hearing().opened())
    hearing.script >> by(PRESIDING, c.Close()) << Reason.STAGE_NEEDS_REASON
    hearing.script >> by(PRESIDING, c.Close("the action was withdrawn"))
    hearing.script << (e.CourtClosed(), e.StageEntered("closed", "opening", "the action was withdrawn"))
    last = a_hearing().opened().in_stage("judgment")
    last.script >> by(PRESIDING, c.Close()) << Reason.POINT_MISSING
    last.recorded().script >> by(PRESIDING, c.Close())
    last.script << (e.CourtClosed(), e.StageEntered("closed", "judgment"))


def test_the_discipline_is_not_skipped_without_a_reason_on_record():
    hearing = a_hearing().arrived()
    for seat in (PRESIDING, *PARTIES):
        if hearing.state.attendance[seat].presence is Presence.WAITING:
            hearing.script >> by(CLERK, c.Admit(seat))
    script = hearing.script >> by(CLERK, ci.CallRoll()) >> by(CLERK, ci.CheckSuitability(()))
    hearing.recorded()
    script >> tape(c.TapeState.IDLE) >> by(PRESIDING, c.OpenCourt()) << Reason.STAGE_NEEDS_REASON
    script >> by(PRESIDING, c.OpenCourt("read out before the recess"))
    assert script.came[0] == e.CourtOpened(
        "read out before the recess", ("stage_needs_reason", "point:discipline_read")
    )


def test_a_mediation_that_ends_before_its_last_stage_says_why():
    script = accepted().script
    script >> by(MEDIATOR, cr.DraftClause("", "pay 10"))
    for party in PARTIES:
        script >> by(party, cr.AnswerClause("c1", 1, agrees=True))
    script >> by(MEDIATOR, cr.EndMediation("agreement_reached")) << Reason.STAGE_NEEDS_REASON
    script >> by(MEDIATOR, cr.EndMediation("agreement_reached", "read out and signed on paper"))
    lacking = ("point:sham_warned", "point:disclosed", "point:confidentiality_told")
    assert script.came[-1] == e.StageEntered("closed", "notice", "read out and signed on paper", lacking)


def test_a_mediation_that_went_its_way_ends_without_more_words():
    hearing = accepted().in_stage("signing")
    hearing.script >> by(MEDIATOR, cr.EndMediation("refused_to_sign"))
    assert hearing.script.came[-1] == e.StageEntered("closed", "signing")


def test_the_navigator_names_what_the_close_would_skip():
    hearing = told(a_hearing().opened())
    assert view(hearing.state, PRESIDING).closing == NextStageView("closed", free=False, missing=())
    hearing.in_stage("judgment")
    missing = ("point:judgment_given", "point:appeal_told")
    assert view(hearing.state, CLERK).closing == NextStageView("closed", free=True, missing=missing)
    assert view(hearing.state, PARTIES[0]).closing is None
