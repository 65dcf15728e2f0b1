"""What a record does not hold: lawful pauses and faults of the tape, each with its ground and its times."""

from __future__ import annotations

import pytest

from server.hearing import commands as c
from tests.builders import a_hearing
from tests.gateway.test_record import entries, made
from tests.playbook import tape

pytestmark = pytest.mark.pure


def test_faults_and_lawful_pauses_of_the_tape_are_gaps_with_their_grounds() -> None:
    told = a_hearing().opened()
    for state, reason in (
        (c.TapeState.ROLLING, ""),
        (c.TapeState.FAULTED, "disk_full"),
        (c.TapeState.ROLLING, "second_place"),
        (c.TapeState.PAUSED, "not_public"),
        (c.TapeState.ROLLING, ""),
        (c.TapeState.PAUSED, "recess"),
        (c.TapeState.FAULTED, "io_error"),
    ):
        told.script.after(10_000)
        told.script >> tape(state, reason)
    told.script.after(10_000)
    told.adjourned("ill")
    found = made(entries(told))
    times = [entry.at_ms - found["zero"] for entry in entries(told) if entry.kind == "tape_reported"][-7:]
    assert [(gap["from"], gap["to"], gap["ground"]) for gap in found["gaps"]] == [
        (times[1], times[2], "fault"),
        (times[3], times[4], "not_public"),
        (times[6], found["duration_ms"], "fault"),
    ]
