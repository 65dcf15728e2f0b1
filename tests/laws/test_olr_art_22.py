"""OLR 22: the whole procedure and all rights also online; no stage is skipped without a reason on record."""

from __future__ import annotations

from itertools import pairwise

import pytest

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing import events as e
from server.hearing import events_checkin as ei
from server.hearing.procedure import stages_of
from server.hearing.refusals import Reason
from tests.builders import AHearing, a_hearing
from tests.cast import CLERK, PARTIES, PRESIDING
from tests.playbook import by

pytestmark = pytest.mark.pure

TOLD = ("rights_told", "recusal_asked")


def told(hearing: AHearing) -> AHearing:
    """Rights told and challenge asked, in the stage of opening."""
    for item in TOLD:
        hearing.script >> by(CLERK, ci.RecordPoint(item)) << ei.PointRecorded("opening", item, "")
    return hearing


def test_debate_before_investigation_needs_a_reason_and_records_it():
    script = a_hearing().opened().script
    script >> by(PRESIDING, c.GoToStage("debate")) << Reason.STAGE_NEEDS_REASON
    script >> by(PRESIDING, c.GoToStage("debate", "parties agree to join the two"))
    script << e.StageEntered("debate", "opening", "parties agree to join the two")


def test_the_usual_order_needs_none():
    script = told(a_hearing(procedure="civil_summary").opened()).script
    for party in PARTIES:
        script >> by(party, c.Consent(agrees=True, step="mediation"))
    order = ["opening", "investigation", "debate", "final_statements", "mediation", "judgment"]
    for previous, stage in pairwise(order):
        script >> by(PRESIDING, c.GoToStage(stage)) << e.StageEntered(stage, previous)


def test_new_facts_lead_from_the_debate_back_to_the_investigation():
    script = told(a_hearing().opened()).in_stage("debate").script
    script >> by(PRESIDING, c.GoToStage("investigation")) << e.StageEntered("investigation", "debate")


@pytest.mark.parametrize("procedure", ["civil_ordinary", "civil_summary", "small_claim"])
def test_rights_are_told_and_challenge_asked_before_the_investigation_or_it_is_on_record_why_not(procedure):
    script = a_hearing(procedure=procedure).opened().script
    script >> by(PRESIDING, c.GoToStage("investigation")) << Reason.POINT_MISSING
    script >> by(PRESIDING, ci.RecordPoint("rights_told"))
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
