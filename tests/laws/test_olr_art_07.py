"""OLR 7: acts under an account count as the person's: one seat, one connection that may act."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import events as e
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import DEFENDANT, PLAINTIFF, connection
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
