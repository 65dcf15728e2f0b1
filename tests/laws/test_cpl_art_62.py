"""CPL art. 62: to admit, waive, change a claim or settle, an agent needs special authority of its principal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from server.hearing.commands_checkin import CallRoll
from server.hearing.commands_rooms import AnswerClause, DraftClause
from server.hearing.mediation import agreement_reached
from server.hearing.refusals import Reason
from server.hearing.view import view
from server.hearing.view_shapes_rooms import AnswerView
from tests.builders import a_hearing
from tests.cast import (
    CAST,
    CLERK,
    DEFENDANT,
    MEDIATOR,
    OBSERVER,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
    plan,
)
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


@pytest.mark.parametrize(
    ("authority", "shown"), [("special", "special"), ("general", "general"), ("", "unstated")]
)
def test_at_roll_call_the_bench_sees_with_what_authority_an_agent_acts(authority: str, shown: str) -> None:
    seats = tuple(
        replace(plan(seat), authority=authority if seat == PLAINTIFF_AGENT else "") for seat in CAST
    )
    hearing = a_hearing(seats=seats).checked_in()
    hearing.script >> by(CLERK, CallRoll())

    def authorities(viewer: SeatId) -> dict[str, str | None]:
        return {card.seat: card.authority for card in view(hearing.state, viewer, hearing.script.now).seats}

    for overseer in (PRESIDING, CLERK):
        seen = authorities(overseer)
        assert seen[PLAINTIFF_AGENT] == shown
        assert seen[PLAINTIFF] is None, "a party stands for itself"
    assert authorities(PLAINTIFF_AGENT)[PLAINTIFF_AGENT] == shown
    assert authorities(DEFENDANT)[PLAINTIFF_AGENT] is None
    assert authorities(OBSERVER).get(PLAINTIFF_AGENT) is None
