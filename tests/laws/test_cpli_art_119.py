"""CPLI 119: before testifying a witness signs the undertaking; it is not asked of who lacks full capacity."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_order as co
from server.hearing import events as e
from server.hearing import events_order as eo
from server.hearing.audience import heard
from server.hearing.refusals import Reason
from server.hearing.state_order import OATH_VERSION
from tests.builders import a_hearing
from tests.cast import EXPERT, PRESIDING, WITH_HELPERS, WITNESS
from tests.playbook import by

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("seat", [WITNESS, EXPERT])
def test_the_undertaking_comes_before_the_testimony(seat):
    hearing = a_hearing(WITH_HELPERS).opened()
    script = hearing.script
    script >> by(PRESIDING, c.CallWitness(seat))
    script >> by(PRESIDING, c.GrantFloor(seat)) << Reason.OATH_MISSING
    assert not heard(hearing.state, seat)
    script >> by(seat, co.TakeOath(OATH_VERSION)) << eo.OathTaken(seat, OATH_VERSION)
    script >> by(PRESIDING, c.GrantFloor(seat)) << e.FloorGranted(seat, None)
    assert heard(hearing.state, seat)


def test_the_text_that_is_in_force_is_what_is_signed():
    script = a_hearing().opened().script
    script >> by(WITNESS, co.TakeOath("2019-1")) << Reason.OATH_VERSION_OLD


def test_it_may_be_signed_while_the_witness_still_waits():
    for hearing in (a_hearing().arrived(), a_hearing().checked_in()):
        hearing.script >> by(WITNESS, co.TakeOath(OATH_VERSION)) << eo.OathTaken(WITNESS, OATH_VERSION)


def test_the_bench_waives_it_with_a_reason_on_record():
    script = a_hearing().opened().script
    script >> by(PRESIDING, co.WaiveOath(WITNESS, "")) << Reason.REASON_REQUIRED
    script >> by(PRESIDING, co.WaiveOath(WITNESS, "aged 12")) << eo.OathWaived(WITNESS, "aged 12")
    script >> by(PRESIDING, c.CallWitness(WITNESS))
    script >> by(PRESIDING, c.GrantFloor(WITNESS)) << e.FloorGranted(WITNESS, None)
