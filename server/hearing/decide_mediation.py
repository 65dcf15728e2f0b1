"""Decisions of a mediation 调解: disclosure, proposals, terms, undisputed facts, the ending. Pure; reached by `decide`.

Each takes (state, command, acting seat, now) and gives events, or raises Refused. A party's agent answers for the party.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing import commands_rooms as cr
from server.hearing import events as e
from server.hearing import events_rooms as er
from server.hearing.ending import closing
from server.hearing.mediation import (
    AGREEMENT,
    ENDINGS,
    LIST_MAX,
    agreement_reached,
    check_accepted,
    check_going,
    parties,
    party_of,
)
from server.hearing.refusals import Reason, Refused
from server.hearing.rooms import CAUCUS, belongs, kind_of, place
from server.hearing.seats import Right
from server.hearing.state import conducts
from server.hearing.state_rooms import MAIN, NO_CAUCUS
from server.hearing.texts import given

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sized

    from server.hearing import commands as c
    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing
    from server.hearing.state_rooms import Proposal

Events = tuple[e.Event, ...]

BOTH = "both"


def disclose(state: Hearing, command: cr.Disclose, me: SeatId, _now: Instant) -> Events:
    """披露, before or during the mediation; whatever the parties answered before is asked again (OMR 13)."""
    check_going(state, me)
    _check_mediator(state, me)
    if state.rooms.disclosed.get(me) == command.text.strip():
        return ()
    return (er.MediatorDisclosed(me, command.text.strip()),)


def accept_mediator(state: Hearing, command: cr.AcceptMediator, me: SeatId, _now: Instant) -> Events:
    """Go on with this mediator, or not; only once there is a disclosure to answer (OMR 13)."""
    check_going(state, me)
    party = party_of(state, me)
    if not state.rooms.disclosed:
        raise Refused(Reason.NOT_DISCLOSED)
    if state.rooms.accepted.get(party) is command.agrees:
        return ()
    return (er.MediatorAnswered(party, command.agrees),)


def propose(state: Hearing, command: cr.Propose, me: SeatId, _now: Instant) -> Events:
    """Put a proposal: to both in the joint room, to one side only in the caucus with it, where the other cannot see it."""
    check_going(state, me)
    _check_takes_part(state, me)
    check_accepted(state)
    text = _text(command.text)
    room = MAIN if command.to == BOTH else f"{CAUCUS}:{command.to}"
    if place(state, me) != room:
        raise Refused(Reason.PROPOSAL_NOT_HERE)
    kept = state.rooms.proposals if room == MAIN else state.rooms.caucus.get(room, NO_CAUCUS).proposals
    _check_space(kept)
    key = f"p{len(kept) + 1}" if room == MAIN else f"{command.to}-{len(kept) + 1}"
    return (er.ProposalMade(room, key, me, command.to, text),)


def share_proposal(state: Hearing, command: cr.ShareProposal, me: SeatId, _now: Instant) -> Events:
    """Show a caucus's proposal to both: who made it may; a mediator once every party of the side has said yes to it."""
    check_going(state, me)
    room, proposal = _proposal(state, me, command.proposal)
    if room == MAIN or proposal.shared:
        raise Refused(Reason.PROPOSAL_SHARED)
    if proposal.by != me:
        _check_mediator(state, me)
        own = [party for party in parties(state) if state.seats[party].side.value == proposal.to]
        if not all(proposal.answers.get(party) is True for party in own):
            raise Refused(Reason.NO_LEAVE_OF_SIDE)
    _check_space(state.rooms.proposals)
    key = f"p{len(state.rooms.proposals) + 1}"
    return (
        er.ProposalShared(room, proposal.proposal),
        er.ProposalMade(MAIN, key, proposal.by, BOTH, proposal.text),
    )


def answer_proposal(state: Hearing, command: cr.AnswerProposal, me: SeatId, _now: Instant) -> Events:
    """A party's answer; to a caucus's proposal only of that side."""
    check_going(state, me)
    party = party_of(state, me)
    room, proposal = _proposal(state, me, command.proposal)
    if proposal.answers.get(party) is command.accepts:
        return ()
    return (er.ProposalAnswered(room, proposal.proposal, party, command.accepts),)


def draft_clause(state: Hearing, command: cr.DraftClause, me: SeatId, _now: Instant) -> Events:
    """Write, change or strike a clause, in the joint room: terms are everybody's (OMR 19)."""
    check_going(state, me)
    _check_mediator(state, me)
    check_accepted(state)
    _check_joint(state, me)
    text = command.text.strip()
    clauses = state.rooms.clauses
    if not command.clause:
        _check_space(clauses)
        return (er.ClauseDrafted(f"c{len(clauses) + 1}", 1, _text(text)),)
    clause = clauses.get(command.clause)
    if clause is None or not clause.text:
        raise Refused(Reason.CLAUSE_UNKNOWN)
    if clause.text == text:
        return ()
    return (er.ClauseDrafted(clause.clause, clause.version + 1, text),)


def answer_clause(state: Hearing, command: cr.AnswerClause, me: SeatId, _now: Instant) -> Events:
    """A party's answer to the clause that it has read; to a changed one it has to be given anew."""
    check_going(state, me)
    party = party_of(state, me)
    clause = state.rooms.clauses.get(command.clause)
    if clause is None or not clause.text:
        raise Refused(Reason.CLAUSE_UNKNOWN)
    if clause.version != command.version:
        raise Refused(Reason.CLAUSE_CHANGED)
    if clause.answers.get(party) is command.agrees:
        return ()
    if me != party and clause.by.get(party) == party:
        raise Refused(
            Reason.PARTY_ANSWERED_ITSELF
        )  # to admit, waive or settle needs special authority (CPL 62)
    return (er.ClauseAnswered(clause.clause, clause.version, party, command.agrees, me),)


def note_undisputed(state: Hearing, command: cr.NoteUndisputed, me: SeatId, _now: Instant) -> Events:
    """Put an undisputed fact in writing, before both sides (OMR 22)."""
    check_going(state, me)
    _check_takes_part(state, me)
    check_accepted(state)
    _check_joint(state, me)
    _check_space(state.rooms.facts)
    return (er.UndisputedNoted(f"f{len(state.rooms.facts) + 1}", me, _text(command.text)),)


def confirm_undisputed(state: Hearing, command: cr.ConfirmUndisputed, me: SeatId, _now: Instant) -> Events:
    """A party's answer; only what all confirm may be used later (OMR 18)."""
    check_going(state, me)
    party = party_of(state, me)
    fact = state.rooms.facts.get(command.fact)
    if fact is None:
        raise Refused(Reason.FACT_UNKNOWN)
    if fact.answers.get(party) is command.agrees:
        return ()
    return (er.UndisputedAnswered(fact.clause, party, command.agrees),)


def end(state: Hearing, command: cr.EndMediation, me: SeatId, _now: Instant) -> Events:
    """调解终结, and with it the sitting. An agreement is one when every party agreed to every clause (OMR 19, 25).

    The note is the reason where stages or necessary points are skipped, as the reading of the terms (OLR 22, OMR 21).
    """
    check_going(state, me)
    if command.ending not in ENDINGS:
        raise Refused(Reason.ENDING_UNKNOWN)
    if command.ending == AGREEMENT and not agreement_reached(state):
        raise Refused(Reason.TERMS_NOT_AGREED)
    note = given(command.note)
    return (er.MediationEnded(command.ending, note), *closing(state, note))


def _check_mediator(state: Hearing, seat: SeatId) -> None:
    if not (state.seats[seat].may(Right.CAUCUS) or conducts(state, seat)):
        raise Refused(Reason.NOT_A_MEDIATOR)


def _check_takes_part(state: Hearing, seat: SeatId) -> None:
    if not (
        state.seats[seat].may(Right.CONSENT) or conducts(state, seat) or state.seats[seat].may(Right.CAUCUS)
    ):
        raise Refused(Reason.NOT_A_PARTY)


def _check_joint(state: Hearing, seat: SeatId) -> None:
    if place(state, seat) != MAIN:
        raise Refused(Reason.IN_ANOTHER_ROOM)


def _check_space(kept: Sized) -> None:
    if len(kept) >= LIST_MAX:
        raise Refused(Reason.MEDIATION_LIST_FULL)


def _text(text: str) -> str:
    if not text.strip():
        raise Refused(Reason.TEXT_REQUIRED)
    return text.strip()


def _proposal(state: Hearing, seat: SeatId, key: str) -> tuple[str, Proposal]:
    """The proposal and its room, where the seat may know of it; to all others it does not exist."""
    if key in state.rooms.proposals:
        return MAIN, state.rooms.proposals[key]
    for room, caucus in state.rooms.caucus.items():
        if key in caucus.proposals and kind_of(room) == CAUCUS and belongs(state, seat, room):
            return room, caucus.proposals[key]
    raise Refused(Reason.PROPOSAL_UNKNOWN)


DECIDERS: Mapping[type[c.Command], Callable[[Hearing, Any, SeatId, Instant], Events]] = {
    cr.Disclose: disclose,
    cr.AcceptMediator: accept_mediator,
    cr.Propose: propose,
    cr.ShareProposal: share_proposal,
    cr.AnswerProposal: answer_proposal,
    cr.DraftClause: draft_clause,
    cr.AnswerClause: answer_clause,
    cr.NoteUndisputed: note_undisputed,
    cr.ConfirmUndisputed: confirm_undisputed,
    cr.EndMediation: end,
}


def known_proposals(state: Hearing, seat: SeatId) -> tuple[Proposal, ...]:
    """Proposals that the seat may know of: those to both, and those of the caucuses that it belongs to; oldest first."""
    found = list(state.rooms.proposals.values())
    for room, caucus in state.rooms.caucus.items():
        if belongs(state, seat, room):
            found += caucus.proposals.values()
    return tuple(sorted(found, key=lambda proposal: (proposal.at, proposal.proposal)))


_YES_NO = (True, False)


def _proposings(state: Hearing, me: SeatId) -> Iterable[c.SeatCommand]:
    where = place(state, me) or MAIN
    yield cr.Propose("-", BOTH if where == MAIN else where.partition(":")[2])


def _redraftings(state: Hearing, _me: SeatId) -> Iterable[c.SeatCommand]:
    yield cr.DraftClause("", "-")
    for clause in state.rooms.clauses.values():
        yield cr.DraftClause(clause.clause, f"{clause.text}-")


CANDIDATES: Mapping[type[c.SeatCommand], Callable[[Hearing, SeatId], Iterable[c.SeatCommand]]] = {
    cr.Disclose: lambda state, me: [cr.Disclose(f"{state.rooms.disclosed.get(me, '')}-")],
    cr.AcceptMediator: lambda *_: [cr.AcceptMediator(agrees=yes) for yes in _YES_NO],
    cr.Propose: _proposings,
    cr.ShareProposal: lambda state, me: [cr.ShareProposal(p.proposal) for p in known_proposals(state, me)],
    cr.AnswerProposal: lambda state, me: [
        cr.AnswerProposal(p.proposal, accepts=yes) for p in known_proposals(state, me) for yes in _YES_NO
    ],
    cr.DraftClause: _redraftings,
    cr.AnswerClause: lambda state, _: [
        cr.AnswerClause(clause.clause, clause.version, agrees=yes)
        for clause in state.rooms.clauses.values()
        for yes in _YES_NO
    ],
    cr.NoteUndisputed: lambda *_: [cr.NoteUndisputed("-")],
    cr.ConfirmUndisputed: lambda state, _: [
        cr.ConfirmUndisputed(fact, agrees=yes) for fact in state.rooms.facts for yes in _YES_NO
    ],
    cr.EndMediation: lambda *_: [cr.EndMediation(ending, "-") for ending in ENDINGS],
}
"""For `may`: commands of a kind that between them show whether any of that kind could be given by the seat now."""
