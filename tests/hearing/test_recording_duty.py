"""The duty to record, in every state of the session."""

from __future__ import annotations

import pytest

from server.hearing.commands_rooms import MoveSeats
from server.hearing.recording_duty import Duty, agreed, by_consent, duty
from tests.cast import MEDIATION, MEDIATOR, PLAINTIFF
from tests.hearing.mediations import OURS, PLAINTIFFS, a_mediation, in_caucus
from tests.hearing.mediations import agreed as agreed_by
from tests.hearing.samples import HEARINGS
from tests.playbook import by

pytestmark = pytest.mark.pure

ON, RECESS, OFF = Duty(on=True), Duty(on=False, ground="recess"), Duty(on=False)
EXPECTED = {
    "scheduled": OFF,
    "arrived": OFF,
    "checked_in": OFF,
    "opened": ON,
    "witness_called": ON,
    "heated": ON,
    "interrupted": ON,
    "recessed": RECESS,
    "deliberating": RECESS,
    "cared": ON,
    "shown": ON,
    "mediating": ON,
    "closed_doors": Duty(on=False, ground="not_public"),
    "moved_offline": OFF,
    "closed": OFF,
    "adjourned": OFF,
}


@pytest.mark.parametrize("name", HEARINGS)
def test_the_tape_must_run_exactly_while_the_court_sits(name):
    assert duty(HEARINGS[name]().state) == EXPECTED[name]


def test_a_mediation_is_recorded_only_by_consent_and_its_side_rooms_each_for_itself():
    hearing = a_mediation()
    assert by_consent(hearing.state)
    assert duty(hearing.state) == Duty(on=False, ground="no_consent")
    agreed_by(hearing, *MEDIATION)
    assert duty(hearing.state) == ON
    assert duty(hearing.recessed().state) == RECESS


@pytest.mark.parametrize("room", ["deliberation", "consultation:plaintiff", "witness:witness", "nonsense"])
@pytest.mark.parametrize("name", HEARINGS)
def test_no_other_room_of_a_trial_is_ever_recorded(name, room):
    assert duty(HEARINGS[name]().state, room) == OFF


def test_a_caucus_that_is_not_on_is_not_recorded_whoever_agreed_before():
    hearing = agreed_by(in_caucus(), MEDIATOR, *PLAINTIFFS)
    assert duty(hearing.state, OURS) == ON
    assert agreed(hearing.state, PLAINTIFF, OURS)
    hearing.script >> by(MEDIATOR, MoveSeats((MEDIATOR, *PLAINTIFFS), "main"))
    assert not agreed(hearing.state, PLAINTIFF, OURS)
    assert duty(hearing.state, OURS) == Duty(on=False, ground="no_consent")
