"""OLR 5: consent may be taken back, somebody may attend in person, and then the judge decides how it goes on."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing import events as e
from server.hearing import events_checkin as ei
from server.hearing.refusals import Reason
from server.hearing.session import SessionState
from server.hearing.view import view
from tests.builders import a_hearing
from tests.cast import CLERK, DEFENDANT, DEFENDANT_AGENT, OBSERVER, PLAINTIFF, PRESIDING
from tests.playbook import by, tape

pytestmark = pytest.mark.pure


def test_taken_back_before_the_opening_the_judge_gives_a_reason_or_moves_it_offline():
    hearing = a_hearing().checked_in()
    script = hearing.script
    script >> tape(c.TapeState.IDLE) >> by(PLAINTIFF, c.Consent(agrees=False))
    script >> by(PRESIDING, c.OpenCourt()) << Reason.CONSENT_MISSING
    script >> by(PRESIDING, c.OpenCourt("taken back to delay the case"))
    script << (
        e.CourtOpened("taken back to delay the case", ("consent_missing",)),
        e.StageEntered("opening", "discipline"),
    )
    script >> by(PRESIDING, ci.ConvertOffline("withdrawn", "both in person on Monday"))
    assert hearing.state.session is SessionState.MOVED_OFFLINE


def test_a_side_in_person_is_represented_without_a_connection_and_without_consent():
    hearing = a_hearing(absent=(DEFENDANT, DEFENDANT_AGENT)).checked_in()
    script = hearing.script
    script >> tape(c.TapeState.IDLE) >> by(PRESIDING, c.OpenCourt()) << Reason.DEFENDANT_ABSENT
    script >> by(CLERK, ci.SetOnSite(DEFENDANT, on_site=True, reason="")) << Reason.REASON_REQUIRED
    script >> by(CLERK, ci.SetOnSite(DEFENDANT, on_site=True, reason="has no device"))
    script << ei.OnSiteSet(DEFENDANT, on_site=True, reason="has no device")
    script >> by(CLERK, ci.SetOnSite(DEFENDANT, on_site=True, reason="again")) << ()
    script >> by(PRESIDING, c.OpenCourt()) << (e.CourtOpened(), e.StageEntered("opening", "discipline"))
    card = next(card for card in view(hearing.state, PLAINTIFF).seats if card.seat == DEFENDANT)
    assert card.on_site, "everybody sees who is in the courthouse"


def test_who_was_entered_as_on_site_is_in_the_roll():
    script = a_hearing(absent=(DEFENDANT,)).checked_in().script
    assert DEFENDANT in script.state.check.absent
    script >> by(CLERK, ci.SetOnSite(DEFENDANT, on_site=True, reason="came")) >> by(CLERK, ci.CallRoll())
    assert DEFENDANT in script.state.check.present


@pytest.mark.parametrize("seat", [PRESIDING, CLERK, OBSERVER])
def test_the_courts_own_people_and_the_public_are_not_entered_as_on_site(seat):
    script = a_hearing().checked_in().script
    script >> by(CLERK, ci.SetOnSite(seat, on_site=True, reason="x")) << Reason.NOT_ON_SITE_SEAT
