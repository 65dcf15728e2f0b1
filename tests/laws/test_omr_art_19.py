"""OMR art. 19: an agreement binds when every party has agreed to it as it stands."""

from __future__ import annotations

import pytest

from server.hearing.commands_rooms import AcceptMediator, AnswerClause, DraftClause, EndMediation
from server.hearing.events import SeatPlan
from server.hearing.ids import PersonId, SeatId
from server.hearing.mediation import agreement_reached
from server.hearing.refusals import Reason
from server.hearing.seats import Role, Side
from tests.builders import scheduled
from tests.cast import DEFENDANT, MEDIATION, MEDIATOR, PLAINTIFF
from tests.hearing.mediations import a_mediation, accepted
from tests.playbook import by

pytestmark = pytest.mark.pure


def test_there_is_no_agreement_without_terms_or_with_a_party_missing() -> None:
    script = accepted().script
    done = by(MEDIATOR, EndMediation("agreement_reached", "read out and agreed in one go"))
    script >> done << Reason.TERMS_NOT_AGREED
    script >> by(MEDIATOR, DraftClause("", "pay 10")) >> by(PLAINTIFF, AnswerClause("c1", 1, agrees=True))
    script >> done << Reason.TERMS_NOT_AGREED
    script >> by(DEFENDANT, AnswerClause("c1", 1, agrees=True)) >> done
    assert script.state.rooms.ending == "agreement_reached"


def test_a_changed_clause_is_agreed_to_anew() -> None:
    script = accepted().script
    script >> by(MEDIATOR, DraftClause("", "pay 10"))
    for party in (PLAINTIFF, DEFENDANT):
        script >> by(party, AnswerClause("c1", 1, agrees=True))
    assert agreement_reached(script.state)
    script >> by(MEDIATOR, DraftClause("c1", "pay 12"))
    assert not agreement_reached(script.state)


def test_a_third_party_that_never_came_stands_in_nobodys_way_and_one_that_came_is_asked() -> None:
    third = SeatId("third")
    plan = SeatPlan(third, Role.THIRD_PARTY, Side.THIRD, PersonId("person-third"), "许三")
    seats = (*scheduled(MEDIATION).seats, plan)
    for absent, reached in (((third,), True), ((), False)):
        script = accepted(a_mediation(seats=seats, absent=absent)).script
        if not absent:
            script >> by(MEDIATOR, DraftClause("", "x")) << Reason.MEDIATOR_NOT_ACCEPTED
            script >> by(third, AcceptMediator(agrees=True))
        script >> by(MEDIATOR, DraftClause("", "pay 10"))
        for party in (PLAINTIFF, DEFENDANT):
            script >> by(party, AnswerClause("c1", 1, agrees=True))
        assert agreement_reached(script.state) is reached
