"""OMR art. 13: the mediator discloses, before or during; the mediation goes on only with the parties' consent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.hearing.commands_rooms import (
    AcceptMediator,
    Disclose,
    DraftClause,
    MoveSeats,
    NoteUndisputed,
    Propose,
)
from server.hearing.ids import PersonId, SeatId
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import DEFENDANT, MEDIATION, MEDIATOR, PLAINTIFF, plan
from tests.hearing.mediations import OURS, a_mediation, accepted
from tests.playbook import by

pytestmark = pytest.mark.pure

SECOND = SeatId("mediator_2")

GOING_ON = (
    Propose("half", "both"),
    DraftClause("", "pay"),
    NoteUndisputed("goods came"),
    MoveSeats((MEDIATOR, PLAINTIFF), OURS),
)


@pytest.mark.parametrize("command", GOING_ON)
def test_nothing_is_mediated_before_disclosure_and_consent(command) -> None:
    script = a_mediation().script
    script >> by(MEDIATOR, command) << Reason.MEDIATOR_NOT_ACCEPTED
    script >> by(MEDIATOR, Disclose("")) >> by(PLAINTIFF, AcceptMediator(agrees=True))
    script >> by(MEDIATOR, command) << Reason.MEDIATOR_NOT_ACCEPTED
    script >> by(DEFENDANT, AcceptMediator(agrees=True)) >> by(MEDIATOR, command)
    assert script.came


@pytest.mark.parametrize("command", GOING_ON)
def test_one_party_that_does_not_go_on_with_the_mediator_stops_it(command) -> None:
    script = accepted().script
    script >> by(DEFENDANT, AcceptMediator(agrees=False)) >> by(MEDIATOR, command)
    script << Reason.MEDIATOR_NOT_ACCEPTED


def test_a_disclosure_made_during_the_mediation_asks_for_consent_again() -> None:
    script = accepted().script
    script >> by(MEDIATOR, Disclose("I once advised the defendant")) >> by(MEDIATOR, Propose("half", "both"))
    script << Reason.MEDIATOR_NOT_ACCEPTED


@pytest.mark.parametrize("command", GOING_ON)
def test_each_mediator_who_takes_part_discloses(command) -> None:
    second = replace(plan(MEDIATOR), seat=SECOND, person=PersonId("person-second"))
    seats = (*(plan(seat) for seat in MEDIATION), second)
    script = accepted(a_hearing(procedure="mediation", public=False, seats=seats).opened()).script
    script >> by(MEDIATOR, command) << Reason.MEDIATOR_NOT_ACCEPTED
    script >> by(SECOND, Disclose("")) >> by(PLAINTIFF, AcceptMediator(agrees=True))
    script >> by(DEFENDANT, AcceptMediator(agrees=True)) >> by(MEDIATOR, command)
    assert script.came
