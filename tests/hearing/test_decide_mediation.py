"""Disclosure, proposals, terms, undisputed facts, and the ending of a mediation."""

from __future__ import annotations

import pytest

from server.hearing.commands_rooms import (
    AcceptMediator,
    AnswerClause,
    AnswerProposal,
    ConfirmUndisputed,
    Disclose,
    DraftClause,
    EndMediation,
    MoveSeats,
    NoteUndisputed,
    Propose,
    ShareProposal,
)
from server.hearing.decide_mediation import known_proposals
from server.hearing.events_rooms import (
    ClauseAnswered,
    ClauseDrafted,
    MediationEnded,
    MediatorAnswered,
    MediatorDisclosed,
    ProposalAnswered,
    ProposalMade,
    ProposalShared,
    UndisputedAnswered,
    UndisputedNoted,
)
from server.hearing.mediation import LIST_MAX
from server.hearing.mediation import accepted as is_accepted
from server.hearing.refusals import Reason
from tests.builders import a_hearing
from tests.cast import (
    CLERK,
    DEFENDANT,
    DEFENDANT_AGENT,
    INTERPRETER,
    MEDIATION,
    MEDIATOR,
    PLAINTIFF,
    PLAINTIFF_AGENT,
    PRESIDING,
)
from tests.hearing.mediations import OURS, THEIRS, a_mediation, accepted, in_caucus
from tests.playbook import by

pytestmark = pytest.mark.pure


def test_elsewhere_than_in_a_mediation_all_of_it_is_refused():
    script = a_hearing().opened().script
    script >> by(PLAINTIFF, Propose("x", "both")) << Reason.NOT_A_MEDIATION
    script >> by(PRESIDING, EndMediation("other")) << Reason.NOT_A_MEDIATION


def test_a_new_disclosure_asks_the_parties_again():
    script = a_mediation().script
    script >> by(PLAINTIFF, AcceptMediator(agrees=True)) << Reason.NOT_DISCLOSED
    script >> by(MEDIATOR, Disclose("")) << MediatorDisclosed(MEDIATOR, "")
    script >> by(MEDIATOR, Disclose(" ")) << ()
    script >> by(PLAINTIFF_AGENT, AcceptMediator(agrees=True)) << MediatorAnswered(PLAINTIFF, agrees=True)
    script >> by(DEFENDANT, AcceptMediator(agrees=True))
    assert is_accepted(script.state)
    script >> by(MEDIATOR, Disclose("a cousin of the defendant"))
    assert not is_accepted(script.state)


@pytest.mark.parametrize("seat", [CLERK, PLAINTIFF])
def test_only_a_mediator_discloses_drafts_and_ends(seat):
    script = accepted().script
    script >> by(seat, Disclose("x")) << Reason.NOT_A_MEDIATOR
    script >> by(seat, DraftClause("", "x")) << Reason.NOT_A_MEDIATOR
    script >> by(seat, EndMediation("other")) << Reason.NOT_PRESIDING


@pytest.mark.parametrize("seat", [CLERK, INTERPRETER, MEDIATOR])
def test_only_parties_and_their_agents_answer(seat):
    script = accepted().script
    script >> by(seat, AcceptMediator(agrees=True)) << Reason.NOT_A_PARTY
    script >> by(seat, AnswerClause("c1", 1, agrees=True)) << Reason.NOT_A_PARTY


def test_a_proposal_to_both_is_known_to_all_and_answered_by_parties():
    script = accepted().script
    (
        script
        >> by(PLAINTIFF, Propose(" half ", "both"))
        << ProposalMade("main", "p1", PLAINTIFF, "both", "half")
    )
    script >> by(DEFENDANT_AGENT, AnswerProposal("p1", accepts=False))
    script << ProposalAnswered("main", "p1", DEFENDANT, accepts=False)
    script >> by(DEFENDANT, AnswerProposal("p1", accepts=False)) << ()


def test_a_proposal_of_a_caucus_does_not_exist_for_the_other_side():
    script = in_caucus().script
    script >> by(PLAINTIFF, Propose("a third", "plaintiff"))
    script << ProposalMade(OURS, "plaintiff-1", PLAINTIFF, "plaintiff", "a third")
    for seat in (DEFENDANT, DEFENDANT_AGENT):
        script >> by(seat, AnswerProposal("plaintiff-1", accepts=True)) << Reason.PROPOSAL_UNKNOWN
        script >> by(seat, ShareProposal("plaintiff-1")) << Reason.PROPOSAL_UNKNOWN
        assert known_proposals(script.state, seat) == ()
    assert known_proposals(script.state, CLERK) == ()
    assert [p.text for p in known_proposals(script.state, MEDIATOR)] == ["a third"]


@pytest.mark.parametrize(
    "seat, to", [(DEFENDANT, "plaintiff"), (MEDIATOR, "both"), (MEDIATOR, "defendant"), (PLAINTIFF, "nobody")]
)
def test_a_proposal_is_made_where_those_are_whom_it_is_for(seat, to):
    in_caucus().script >> by(seat, Propose("x", to)) << Reason.PROPOSAL_NOT_HERE


def test_the_mediator_shares_a_proposal_only_with_leave_of_its_side():
    script = in_caucus().script
    script >> by(PLAINTIFF_AGENT, Propose("a third", "plaintiff"))
    share = by(MEDIATOR, ShareProposal("plaintiff-1"))
    script >> share << Reason.NO_LEAVE_OF_SIDE
    script >> by(PLAINTIFF, AnswerProposal("plaintiff-1", accepts=True)) >> share
    script << (
        ProposalShared(OURS, "plaintiff-1"),
        ProposalMade("main", "p1", PLAINTIFF_AGENT, "both", "a third"),
    )
    script >> share << Reason.PROPOSAL_SHARED


def test_who_made_a_proposal_shares_it_without_asking():
    script = in_caucus().script
    script >> by(PLAINTIFF, Propose("a third", "plaintiff")) >> by(PLAINTIFF, ShareProposal("plaintiff-1"))
    assert [p.text for p in known_proposals(script.state, DEFENDANT)] == ["a third"]


def test_a_changed_clause_voids_the_answers_and_an_old_version_is_not_answered():
    script = accepted().script
    script >> by(MEDIATOR, DraftClause("", "pay 10")) << ClauseDrafted("c1", 1, "pay 10")
    (
        script
        >> by(PLAINTIFF, AnswerClause("c1", 1, agrees=True))
        << ClauseAnswered("c1", 1, PLAINTIFF, agrees=True, by=PLAINTIFF)
    )
    script >> by(MEDIATOR, DraftClause("c1", "pay 10")) << ()
    script >> by(MEDIATOR, DraftClause("c1", "pay 12")) << ClauseDrafted("c1", 2, "pay 12")
    assert script.state.rooms.clauses["c1"].answers == {}
    script >> by(DEFENDANT, AnswerClause("c1", 1, agrees=True)) << Reason.CLAUSE_CHANGED
    script >> by(MEDIATOR, DraftClause("c1", "")) << ClauseDrafted("c1", 3, "")
    script >> by(DEFENDANT, AnswerClause("c1", 3, agrees=True)) << Reason.CLAUSE_UNKNOWN
    script >> by(MEDIATOR, DraftClause("c9", "x")) << Reason.CLAUSE_UNKNOWN
    script >> by(MEDIATOR, DraftClause("", "  ")) << Reason.TEXT_REQUIRED


def test_terms_and_facts_are_written_before_both_sides():
    script = in_caucus().script
    script >> by(MEDIATOR, DraftClause("", "x")) << Reason.IN_ANOTHER_ROOM
    script >> by(PLAINTIFF, NoteUndisputed("x")) << Reason.IN_ANOTHER_ROOM


def test_an_undisputed_fact_is_confirmed_by_each_party():
    script = accepted().script
    script >> by(PLAINTIFF, NoteUndisputed("goods came")) << UndisputedNoted("f1", PLAINTIFF, "goods came")
    script >> by(DEFENDANT, ConfirmUndisputed("f1", agrees=True))
    script << UndisputedAnswered("f1", DEFENDANT, agrees=True)
    script >> by(DEFENDANT, ConfirmUndisputed("f9", agrees=True)) << Reason.FACT_UNKNOWN


def test_nothing_is_asked_of_a_mediation_that_has_ended():
    script = in_caucus().script
    script >> by(MEDIATOR, EndMediation("unwilling", "so said"))
    assert script.came[0] == MediationEnded("unwilling", "so said")
    assert [e.KIND for e in script.came] == [
        "mediation_ended",
        "court_closed",
        "stage_entered",
        "room_closed",
        "caucus_ended",
    ]
    script >> by(PLAINTIFF, Propose("x", "both")) << Reason.HEARING_CLOSED
    script >> by(MEDIATOR, MoveSeats((MEDIATOR, DEFENDANT), THEIRS)) << Reason.HEARING_CLOSED


@pytest.mark.parametrize("hearing", ["arrived", "recessed"])
def test_a_mediation_may_end_before_it_has_opened_and_in_a_recess(hearing):
    told = a_hearing(MEDIATION, procedure="mediation", public=False)
    told = told.checked_in() if hearing == "arrived" else a_mediation().recessed()
    told.script >> by(MEDIATOR, EndMediation("unreachable", "called three times"))
    assert told.state.session.value == "closed"
    assert told.state.rooms.ending == "unreachable"


def test_no_list_grows_without_an_end():
    script = accepted().script
    for _ in range(LIST_MAX):
        script >> by(PLAINTIFF, NoteUndisputed("x"))
    script >> by(PLAINTIFF, NoteUndisputed("x")) << Reason.MEDIATION_LIST_FULL
