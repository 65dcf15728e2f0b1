"""OLR 22: the whole procedure and all rights also online; no stage is skipped without a reason on record."""

from __future__ import annotations

from itertools import pairwise

import pytest

from server.hearing import commands as c
from server.hearing import events as e
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import PRESIDING
from tests.playbook import by

pytestmark = pytest.mark.pure


def test_debate_before_investigation_needs_a_reason_and_records_it():
    script = a_hearing().opened().script
    script >> by(PRESIDING, c.GoToStage("debate")) << Reason.STAGE_NEEDS_REASON
    script >> by(PRESIDING, c.GoToStage("debate", "parties agree to join the two"))
    script << e.StageEntered("debate", "opening", "parties agree to join the two")


def test_the_usual_order_needs_none():
    script = a_hearing(procedure="civil_summary").opened().script
    order = ["opening", "investigation", "debate", "final_statements", "mediation", "judgment"]
    for previous, stage in pairwise(order):
        script >> by(PRESIDING, c.GoToStage(stage)) << e.StageEntered(stage, previous)


def test_new_facts_lead_from_the_debate_back_to_the_investigation():
    script = a_hearing().opened().in_stage("debate").script
    script >> by(PRESIDING, c.GoToStage("investigation")) << e.StageEntered("investigation", "debate")
