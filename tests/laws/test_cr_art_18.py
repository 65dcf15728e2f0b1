"""CR 18: the presiding judge strikes the gavel to open, to close and to keep order; nobody else does."""

from __future__ import annotations

import pytest

from server.hearing import commands_order as co
from server.hearing.events_order import GavelStruck
from server.hearing.refusals import Reason
from server.hearing.view import view
from tests.builders import a_hearing
from tests.cast import CLERK, FULL_BENCH, OBSERVER, PRESIDING, WITNESS
from tests.playbook import by

pytestmark = pytest.mark.pure


def test_the_gavel_is_in_the_record_and_on_every_screen_in_the_courtroom():
    hearing = a_hearing().opened()
    hearing.script >> by(PRESIDING, co.StrikeGavel()) << GavelStruck()
    struck = hearing.script.now
    assert {view(hearing.state, seat).gavel_at for seat in (PRESIDING, CLERK, OBSERVER)} == {struck}
    assert view(hearing.state, WITNESS).gavel_at is None


@pytest.mark.parametrize("seat", [seat for seat in FULL_BENCH if seat != PRESIDING])
def test_nobody_else_strikes_it(seat):
    a_hearing(FULL_BENCH).opened().script >> by(seat, co.StrikeGavel()) << Reason.NOT_PRESIDING


def test_it_is_struck_before_the_opening_too_and_not_in_a_recess():
    a_hearing().checked_in().script >> by(PRESIDING, co.StrikeGavel()) << GavelStruck()
    a_hearing().opened().recessed().script >> by(PRESIDING, co.StrikeGavel()) << Reason.COURT_IN_RECESS
