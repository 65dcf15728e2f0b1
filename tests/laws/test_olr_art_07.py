"""OLR 7: acts under an account count as the person's: one seat, one connection that may act; identities are checked first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.hearing import commands as c
from server.hearing import events as e
from server.hearing.conditions import missing
from server.hearing.decide import decide
from server.hearing.procedure import PROCEDURES, stages_of
from server.hearing.refusals import Reason, Refused
from tests.builders import a_hearing
from tests.cast import CAST, DEFENDANT, MEDIATOR, PLAINTIFF, PRESIDING, connection
from tests.playbook import arrive, by, depart

pytestmark = pytest.mark.pure


def test_a_superseded_tab_can_no_longer_act_for_the_seat():
    script = a_hearing().opened().script
    (
        script
        >> arrive(PLAINTIFF, 2)
        >> by(PLAINTIFF, c.RequestFloor(), connection(PLAINTIFF, 1))
        << Reason.NOT_CONNECTED
    )
    script >> by(PLAINTIFF, c.RequestFloor(), connection(PLAINTIFF, 2)) << e.FloorRequested(PLAINTIFF, "")


def test_the_connection_of_another_seat_cannot_act_for_this_one():
    script = a_hearing().opened().script
    script >> by(PLAINTIFF, c.Consent(agrees=False), connection(DEFENDANT)) << Reason.NOT_CONNECTED


def test_nobody_acts_for_a_seat_whose_connection_is_lost():
    script = a_hearing().opened().script
    (
        script
        >> depart(PLAINTIFF)
        >> by(PLAINTIFF, c.RequestFloor(), connection(PLAINTIFF))
        << Reason.NOT_CONNECTED
    )


@pytest.mark.parametrize("procedure", sorted(PROCEDURES))
def test_the_court_does_not_open_before_identities_are_checked_but_for_a_recorded_reason(procedure):
    first = stages_of(procedure)[0]
    assert "identity_checked" in {point.item for point in first.points if point.required}
    hearing = a_hearing((*CAST, MEDIATOR), procedure=procedure).arrived()
    assert "point:identity_checked" in missing(hearing.state)
    assert "point:identity_checked" not in missing(hearing.recorded().state)


def test_an_opening_without_the_check_of_identities_says_so_in_the_log():
    hearing = a_hearing().checked_in()
    points = {item: text for item, text in hearing.state.check.points.items() if item != "identity_checked"}
    state = replace(hearing.state, check=replace(hearing.state.check, points=points), tape=c.TapeState.IDLE)
    actor = e.Actor(PRESIDING, connection(PRESIDING))
    with pytest.raises(Refused) as refused:
        decide(state, c.OpenCourt(), actor, hearing.script.now)
    assert refused.value.reason is Reason.POINT_MISSING
    opened = decide(state, c.OpenCourt("checked by the desk"), actor, hearing.script.now)[0]
    assert opened == e.CourtOpened("checked by the desk", ("point:identity_checked",))
