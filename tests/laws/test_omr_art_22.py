"""OMR art. 22: a mediation is recorded only with everybody's consent, each for itself, and each may take it back."""

from __future__ import annotations

import pytest

from server.hearing.audience import tape_hears, tape_sees
from server.hearing.commands_rooms import ConsentRecording, MoveSeats
from server.hearing.events_rooms import RoomClosed
from server.hearing.recording_duty import Duty, duty
from tests.cast import MEDIATION, MEDIATOR, PLAINTIFF
from tests.hearing.mediations import OURS, PLAINTIFFS, a_mediation, agreed, in_caucus
from tests.playbook import by

pytestmark = pytest.mark.pure


def test_the_joint_room_is_recorded_only_while_every_one_in_it_agrees() -> None:
    hearing = agreed(a_mediation(), *MEDIATION[:-1])
    assert duty(hearing.state) == Duty(on=False, ground="no_consent")
    agreed(hearing, MEDIATION[-1])
    assert duty(hearing.state).on
    hearing.script >> by(PLAINTIFF, ConsentRecording(agrees=False))
    assert not duty(hearing.state).on


def test_agreement_in_the_joint_room_is_none_in_the_caucus() -> None:
    hearing = agreed(in_caucus(), MEDIATOR, PLAINTIFF)
    assert not any(tape_hears(hearing.state, seat, OURS) for seat in hearing.state.seats)
    assert not any(tape_sees(hearing.state, seat, OURS) for seat in hearing.state.seats)


def test_that_nothing_of_a_caucus_was_recorded_is_a_fact_of_its_log() -> None:
    hearing = in_caucus()
    hearing.script >> by(MEDIATOR, MoveSeats((MEDIATOR, *PLAINTIFFS), "main"))
    assert RoomClosed(OURS, 1, recorded=False) in hearing.script.came
