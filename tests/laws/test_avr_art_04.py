"""AVR 4: a fault of the tape is put on record; it does not stop the hearing by itself."""

from __future__ import annotations

import pytest

from server.hearing.commands import TapeState
from server.hearing.events import TapeReported
from server.hearing.recording_duty import duty
from tests.builders import a_hearing
from tests.playbook import tape

pytestmark = pytest.mark.pure


def test_a_fault_is_recorded_and_the_hearing_and_the_duty_go_on():
    hearing = a_hearing().opened()
    before = hearing.state
    hearing.script >> tape(TapeState.FAULTED, "disk_full") << TapeReported("faulted", "disk_full")
    assert hearing.state.session is before.session
    assert duty(hearing.state) == duty(before)
    assert (hearing.state.tape, hearing.state.tape_reason) == (TapeState.FAULTED, "disk_full")
