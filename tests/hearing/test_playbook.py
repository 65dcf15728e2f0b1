"""The playbook itself fails when it should, and prints the script."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from server.hearing import events as e
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import PLAINTIFF, PRESIDING
from tests.playbook import by

pytestmark = pytest.mark.pure


def test_a_wrong_expectation_fails_with_the_script():
    script = a_hearing().opened().script
    with pytest.raises(AssertionError, match=r"(?s)the script so far:.*presiding: Recess"):
        script >> by(PRESIDING, c.Recess("noon")) << e.CourtResumed()


def test_a_refusal_that_nobody_expected_fails_at_the_next_look():
    script = a_hearing().opened().script
    script >> by(PLAINTIFF, c.Close())
    with pytest.raises(AssertionError, match="not_presiding"):
        assert script.state
    script << Reason.NOT_PRESIDING
    assert script.state.hearing


def test_an_expected_refusal_that_did_not_come_fails():
    script = a_hearing().opened().script
    with pytest.raises(AssertionError, match="no_floor"):
        script >> by(PRESIDING, c.Recess("noon")) << Reason.NO_FLOOR


def test_builders_go_on_from_where_they_stopped():
    assert a_hearing().arrived().checked_in().opened().log == a_hearing().opened().log
