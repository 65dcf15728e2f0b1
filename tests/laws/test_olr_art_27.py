"""OLR 27: a hearing that is not public has no observers."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import events as e
from server.hearing.audience import NOTHING, audience
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import CAST, CLERK, OBSERVER
from tests.playbook import by

pytestmark = pytest.mark.pure


def test_no_observer_is_let_into_a_hearing_that_is_not_public():
    hearing = a_hearing(public=False).opened()
    hearing.script >> by(CLERK, c.Admit(OBSERVER)) << Reason.OBSERVERS_NOT_ALLOWED
    assert all(audience(hearing.state, seat, OBSERVER) == NOTHING for seat in CAST)


def test_an_observer_is_let_into_a_public_one_and_follows_it():
    hearing = a_hearing().arrived()
    hearing.script >> by(CLERK, c.Admit(OBSERVER)) << e.SeatAdmitted(OBSERVER, "courtroom")
    state = hearing.opened().state
    assert audience(state, CLERK, OBSERVER).hear
    assert audience(state, OBSERVER, CLERK) == NOTHING
