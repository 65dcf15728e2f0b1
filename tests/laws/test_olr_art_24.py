"""OLR 24: who takes part from elsewhere does so from a quiet, closed place, and says so before being let in."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_checkin as ci
from server.hearing import events as e
from server.hearing import events_checkin as ei
from server.hearing.refusals import Reason
from server.hearing.view import view
from tests.builders import DISCIPLINE, a_hearing
from tests.cast import CLERK, DEFENDANT, OBSERVER, PLAINTIFF, PLAINTIFF_AGENT, PRESIDING, WITNESS
from tests.playbook import Script, arrive, by

pytestmark = pytest.mark.pure


def at_the_door(seat) -> Script:
    """Somebody who waits, discipline read and, as a party, agreed."""
    script = a_hearing().script
    script >> arrive(CLERK) >> arrive(PRESIDING) >> arrive(seat)
    script >> by(seat, c.AcknowledgeDiscipline(DISCIPLINE))
    if seat in {PLAINTIFF, DEFENDANT}:
        script >> by(seat, c.Consent(agrees=True))
    return script


@pytest.mark.parametrize("seat", [PLAINTIFF, DEFENDANT, PLAINTIFF_AGENT, WITNESS])
def test_nobody_is_let_in_who_has_not_said_where_it_is(seat):
    script = at_the_door(seat)
    script >> by(CLERK, c.Admit(seat)) << Reason.PLACE_NOT_DECLARED
    script >> by(seat, ci.DeclarePlace("office", quiet=True)) << ei.PlaceDeclared(seat, "office", quiet=True)
    script >> by(seat, ci.DeclarePlace("office", quiet=True)) << ()
    script >> by(CLERK, c.Admit(seat))
    assert isinstance(script.came[0], e.SeatAdmitted)


def test_from_a_place_that_is_not_quiet_only_the_presiding_judge_admits_with_a_reason():
    script = at_the_door(PLAINTIFF)
    script >> by(PLAINTIFF, ci.DeclarePlace("other", quiet=False))
    script >> by(CLERK, c.Admit(PLAINTIFF, "she is on a ward")) << Reason.PLACE_NOT_QUIET
    script >> by(PRESIDING, c.Admit(PLAINTIFF)) << Reason.PLACE_NOT_QUIET
    script >> by(PRESIDING, c.Admit(PLAINTIFF, "she is on a ward"))
    script << e.SeatAdmitted(PLAINTIFF, "courtroom", "she is on a ward")


def test_a_place_that_is_none_of_the_kinds_is_refused():
    script = at_the_door(PLAINTIFF)
    script >> by(PLAINTIFF, ci.DeclarePlace("cafe", quiet=True)) << Reason.PLACE_UNKNOWN


@pytest.mark.parametrize("seat", [OBSERVER, CLERK, PRESIDING])
def test_the_public_and_the_court_are_not_asked(seat):
    script = a_hearing().checked_in().script
    script >> by(seat, ci.DeclarePlace("home", quiet=True)) << Reason.PLACE_NOT_ASKED


def test_where_somebody_lives_or_works_is_for_the_court_and_for_himself():
    state = a_hearing().opened().state
    seen = {viewer: view(state, viewer) for viewer in (CLERK, PLAINTIFF, DEFENDANT, OBSERVER)}
    place = {v: next(c.place for c in view_.seats if c.seat == PLAINTIFF) for v, view_ in seen.items()}
    assert place[CLERK] is not None
    assert place[PLAINTIFF] is not None
    assert place[DEFENDANT] is place[OBSERVER] is None
