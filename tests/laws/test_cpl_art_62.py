"""CPL art. 62: to admit, waive, change a claim or settle, an agent needs special authority of its principal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.hearing.commands_rooms import AnswerClause, DraftClause
from server.hearing.mediation import agreement_reached
from server.hearing.refusals import Reason
from server.hearing.view import view
from server.hearing.view_shapes_rooms import AnswerView
from tests.cast import CLERK, DEFENDANT, MEDIATOR, PLAINTIFF, PLAINTIFF_AGENT
from tests.hearing.mediations import accepted
from tests.playbook import by

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from server.hearing.view_shapes_rooms import ClauseView
    from tests.builders import AHearing

pytestmark = pytest.mark.pure

YES, NO = AnswerClause("c1", 1, agrees=True), AnswerClause("c1", 1, agrees=False)


def clause_of(hearing: AHearing, seat: SeatId) -> ClauseView:
    """The one clause as the seat has it on its screen."""
    seen = view(hearing.state, seat).mediation
    assert seen is not None
    (clause,) = seen.clauses
    return clause


def test_an_agent_does_not_overturn_what_the_party_said_itself() -> None:
    hearing = accepted()
    hearing.script >> by(MEDIATOR, DraftClause("", "pay 10")) >> by(DEFENDANT, YES) >> by(PLAINTIFF, NO)
    hearing.script >> by(PLAINTIFF_AGENT, YES) << Reason.PARTY_ANSWERED_ITSELF
    assert not agreement_reached(hearing.state)
    hearing.script >> by(PLAINTIFF, YES)
    assert agreement_reached(hearing.state)


def test_the_party_overturns_what_its_agent_said_and_everybody_sees_who_answered() -> None:
    hearing = accepted()
    hearing.script >> by(MEDIATOR, DraftClause("", "pay 10")) >> by(PLAINTIFF_AGENT, YES)
    for seat in (MEDIATOR, CLERK, DEFENDANT, PLAINTIFF):
        assert clause_of(hearing, seat).answers == (AnswerView(PLAINTIFF, agrees=True, by=PLAINTIFF_AGENT),)
    hearing.script >> by(PLAINTIFF, NO)
    assert clause_of(hearing, MEDIATOR).answers == (AnswerView(PLAINTIFF, agrees=False),)
