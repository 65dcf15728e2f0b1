"""CPLI 120: a witness who refuses to sign the undertaking does not testify."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import commands_order as co
from server.hearing.audience import heard
from server.hearing.refusals import Reason, rule
from tests.builders import a_hearing
from tests.cast import CLERK, INTERPRETER, PLAINTIFF, PRESIDING, WITH_HELPERS, WITNESS
from tests.playbook import arrive, by, depart

pytestmark = pytest.mark.pure


def test_who_does_not_sign_is_given_the_floor_in_no_way():
    hearing = a_hearing(WITH_HELPERS).opened()
    script = hearing.script
    script >> by(PRESIDING, c.CallWitness(WITNESS))
    script >> by(WITNESS, c.RequestFloor("I will not sign"))
    script >> by(PRESIDING, c.GrantFloor(WITNESS)) << Reason.OATH_MISSING
    script >> by(CLERK, c.OpenFloor((PLAINTIFF, WITNESS))) << Reason.OATH_MISSING
    script >> by(CLERK, co.PairInterpreter(INTERPRETER, WITNESS))
    script >> depart(WITNESS) >> arrive(WITNESS, 2)
    script >> by(PRESIDING, c.GrantFloor(WITNESS)) << Reason.OATH_MISSING
    assert not heard(hearing.state, WITNESS)
    assert not heard(hearing.state, INTERPRETER)


def test_the_refusal_names_the_article():
    assert rule(Reason.OATH_MISSING) == "CPLI 120"
