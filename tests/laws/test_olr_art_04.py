"""OLR 4: an online hearing only with the party's consent, stage by stage, never presumed. OLR 5: it may be taken back."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing.refusals import Reason
from server.hearing.session import SessionState
from tests.builders import DISCIPLINE, a_hearing
from tests.cast import CLERK, PARTIES, PRESIDING
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
