"""AVR 4: a fault of the tape is put on record; it does not stop the hearing by itself."""

from __future__ import annotations

import pytest

from server.courtroom.incidents import due
from server.hearing.commands import TapeState
from server.hearing.commands_care import SignIncident
from server.hearing.events import TapeReported
from server.hearing.recording_duty import duty
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import CLERK, PRESIDING
from tests.playbook import Line, by, tape

pytestmark = pytest.mark.pure


def test_a_fault_is_recorded_and_the_hearing_and_the_duty_go_on():
    hearing = a_hearing().opened()
    before = hearing.state
    hearing.script >> tape(TapeState.FAULTED, "disk_full") << TapeReported("faulted", "disk_full")
    assert hearing.state.session is before.session
    assert duty(hearing.state) == duty(before)
    assert (hearing.state.tape, hearing.state.tape_reason) == (TapeState.FAULTED, "disk_full")


def test_a_fault_of_the_recording_makes_a_note_that_the_presiding_judge_signs():
    hearing = a_hearing().opened()
    hearing.script >> tape(TapeState.FAULTED, "disk_full")
    for note in due(hearing.state, hearing.script.now, {}, 60_000):
        hearing.script >> Line(None, note)
    hearing.script >> tape(TapeState.ROLLING)
    for note in due(hearing.state, hearing.script.now, {}, 60_000):
        hearing.script >> Line(None, note)
    (incident,) = hearing.state.care.incidents
    assert (incident.kind, incident.facts) == ("tape", ("reason=disk_full",))
    assert incident.ended is not None
    assert incident.ended > incident.began
    sign = SignIncident(incident.incident, "the disk was changed; the gap is in the minutes")
    hearing.script >> by(CLERK, sign) << Reason.NOT_PRESIDING
    hearing.closed().script >> by(PRESIDING, sign)
    assert hearing.state.care.incidents[0].signed_at == hearing.script.now
