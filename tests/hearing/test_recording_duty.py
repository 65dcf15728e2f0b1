"""The duty to record, in every state of the session."""

from __future__ import annotations

import pytest

from server.hearing.recording_duty import Duty, duty
from tests.hearing.samples import HEARINGS

pytestmark = pytest.mark.pure

ON, RECESS, OFF = Duty(on=True), Duty(on=False, ground="recess"), Duty(on=False)
EXPECTED = {
    "scheduled": OFF,
    "arrived": OFF,
    "checked_in": OFF,
    "opened": ON,
    "witness_called": ON,
    "recessed": RECESS,
    "deliberating": RECESS,
    "closed": OFF,
    "adjourned": OFF,
}


@pytest.mark.parametrize("name", HEARINGS)
def test_the_tape_must_run_exactly_while_the_court_sits(name):
    assert duty(HEARINGS[name]().state) == EXPECTED[name]
