"""OLR 4: an online hearing only with the party's consent, stage by stage, never presumed. OLR 5: it may be taken back."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import events as e
from server.hearing.refusals import Reason
from server.hearing.session import SessionState
from tests.builders import DISCIPLINE, a_hearing
from tests.cast import CLERK, OBSERVER, PARTIES, PRESIDING
from tests.playbook import arrive, by, tape

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("party", PARTIES)
@pytest.mark.parametrize("answer", [None, False])
def test_a_party_that_has_not_agreed_is_not_led_into_the_courtroom(party, answer):
    script = a_hearing().script
    script >> arrive(CLERK) >> arrive(party) >> by(party, c.AcknowledgeDiscipline(DISCIPLINE))
    if answer is not None:
        script >> by(party, c.Consent(agrees=answer))
    script >> by(CLERK, c.Admit(party)) << Reason.CONSENT_MISSING


@pytest.mark.parametrize("party", PARTIES)
def test_consent_is_never_presumed(party):
    assert a_hearing().state.attendance[party].consent is None


@pytest.mark.parametrize("party", PARTIES)
def test_the_court_does_not_open_against_a_party_that_took_its_consent_back(party):
    script = a_hearing().checked_in().script
    script >> tape(c.TapeState.IDLE) >> by(party, c.Consent(agrees=False))
    script >> by(PRESIDING, c.OpenCourt()) << Reason.CONSENT_MISSING


@pytest.mark.parametrize("party", PARTIES)
def test_consent_taken_back_in_session_is_recorded_and_left_to_the_judge(party):
    hearing = a_hearing().opened()
    hearing.script >> by(party, c.Consent(agrees=False))
    assert hearing.state.session is SessionState.IN_SESSION
    assert hearing.state.attendance[party].consent is False


def test_consent_to_another_hearing_is_not_consent_to_this_one():
    first = a_hearing().opened().state
    second = a_hearing().arrived()
    assert first.attendance[PARTIES[0]].consent is True
    assert a_hearing().state.attendance[PARTIES[0]].consent is None
    assert second.state.attendance[PARTIES[0]].consent is True


@pytest.mark.parametrize("party", PARTIES)
def test_only_the_presiding_judge_admits_without_consent_and_only_with_a_reason_on_record(party):
    script = a_hearing().script
    script >> arrive(CLERK) >> arrive(PRESIDING) >> arrive(party)
    script >> by(party, c.AcknowledgeDiscipline(DISCIPLINE)) >> by(party, c.Consent(agrees=False))
    script >> by(CLERK, c.Admit(party, "the judge will know")) << Reason.CONSENT_MISSING
    script >> by(PRESIDING, c.Admit(party)) << Reason.CONSENT_MISSING
    script >> by(PRESIDING, c.Admit(party, "heard on the objection only"))
    script << e.SeatAdmitted(party, "courtroom", "heard on the objection only")


@pytest.mark.parametrize("party", PARTIES)
def test_consent_to_the_hearing_is_not_consent_to_the_mediation(party):
    hearing = a_hearing(absent=(OBSERVER,)).opened().in_stage("final_statements").recorded()
    script = hearing.script
    for other in PARTIES:
        if other != party:
            script >> by(other, c.Consent(agrees=True, step="mediation"))
    assert hearing.state.attendance[party].consent is True
    script >> by(PRESIDING, c.GoToStage("mediation")) << Reason.STEP_NOT_AGREED
    script >> by(party, c.Consent(agrees=True, step="mediation"))
    script << e.ConsentAnswered(party, agrees=True, step="mediation", version="2026-1")
    assert hearing.state.attendance[party].consent is True, "the answer of check-in is another one"
    script >> by(PRESIDING, c.GoToStage("mediation")) << e.StageEntered("mediation", "final_statements")


def test_a_step_without_consent_goes_on_only_with_the_judges_reason_on_record():
    hearing = a_hearing(absent=(OBSERVER,)).opened().in_stage("final_statements").recorded()
    hearing.script >> by(PRESIDING, c.GoToStage("mediation", "both agreed by word of mouth"))
    hearing.script << e.StageEntered(
        "mediation", "final_statements", "both agreed by word of mouth", ("step_not_agreed",)
    )


def test_an_answer_keeps_the_version_of_the_text_and_its_time():
    hearing = a_hearing().opened()
    hearing.script >> by(PARTIES[0], c.Consent(agrees=False, step="mediation"))
    answer = hearing.state.attendance[PARTIES[0]].check.consents["mediation"]
    assert (answer.agrees, answer.version, answer.at) == (False, "2026-1", hearing.script.now)


def test_there_is_no_consent_to_a_step_that_the_procedure_does_not_have():
    script = a_hearing().opened().script
    script >> by(PARTIES[0], c.Consent(agrees=True, step="picnic")) << Reason.CONSENT_STEP_UNKNOWN
