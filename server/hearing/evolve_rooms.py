"""(state, event, at) -> the next state, for the events of rooms and mediation. Pure; reached by `evolve`.

Events of a caucus's own stream change `state.rooms.caucus[room]` and nothing else, and nothing else changes that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server.hearing import events_rooms as er
from server.hearing import rooms as r
from server.hearing.evolve_seats import attend, attendance_of
from server.hearing.refusals import InvariantBroken
from server.hearing.state_rooms import MAIN, NO_CAUCUS, Caucus, Clause, Proposal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from server.hearing import events as e
    from server.hearing.ids import Instant, SeatId
    from server.hearing.state import Hearing


def _with(state: Hearing, **changes: Any) -> Hearing:
    return replace(state, rooms=replace(state.rooms, **changes))


def _with_caucus(state: Hearing, room: str, **changes: Any) -> Hearing:
    changed: Caucus = replace(state.rooms.caucus.get(room, NO_CAUCUS), **changes)
    return _with(state, caucus={**state.rooms.caucus, room: changed})


def _moved(state: Hearing, event: er.SeatsMoved, _at: Instant) -> Hearing:
    for seat in event.seats:
        attendance_of(state, seat)
    return r.moved(state, event.seats, event.to)


def _began(state: Hearing, event: er.CaucusBegan, at: Instant) -> Hearing:
    sittings = {**state.rooms.sittings, event.place: event.sitting}
    return _with(state, sittings=sittings, since={**state.rooms.since, event.place: at})


def _ended(state: Hearing, event: er.CaucusEnded, _at: Instant) -> Hearing:
    return _with(state, since={room: at for room, at in state.rooms.since.items() if room != event.place})


def _screened(state: Hearing, event: er.SeatsScreened, _at: Instant) -> Hearing:
    return _with(state, screened=state.rooms.screened | {r.pair(event.one, event.other)})


def _unscreened(state: Hearing, event: er.ScreeningLifted, _at: Instant) -> Hearing:
    return _with(state, screened=state.rooms.screened - {r.pair(event.one, event.other)})


def _recording_answered(state: Hearing, event: er.RecordingAnswered, _at: Instant) -> Hearing:
    if event.room == MAIN:
        seat = attendance_of(state, event.seat)
        return attend(state, event.seat, replace(seat, rooms=replace(seat.rooms, agreed=event.agrees)))
    agreed = dict(state.rooms.caucus.get(event.room, NO_CAUCUS).agreed)
    if event.agrees:
        agreed[event.seat] = event.sitting
    else:
        agreed.pop(event.seat, None)
    return _with_caucus(state, event.room, agreed=agreed)


def _recording_switched(state: Hearing, event: er.RecordingSwitched, _at: Instant) -> Hearing:
    if event.room == MAIN or not event.on:
        return state  # whether the tape runs follows from who is there; the event is for the log
    recorded = state.rooms.caucus.get(event.room, NO_CAUCUS).recorded
    return _with_caucus(state, event.room, recorded=recorded | {event.sitting})


def _room_closed(state: Hearing, _event: er.RoomClosed, _at: Instant) -> Hearing:
    return state  # a statement for the log: what was recorded is known already


def _proposals(state: Hearing, room: str) -> Mapping[str, Proposal]:
    if room == MAIN:
        return state.rooms.proposals
    return state.rooms.caucus.get(room, NO_CAUCUS).proposals


def _keep_proposal(state: Hearing, room: str, proposal: Proposal) -> Hearing:
    proposals = {**_proposals(state, room), proposal.proposal: proposal}
    if room == MAIN:
        return _with(state, proposals=proposals)
    return _with_caucus(state, room, proposals=proposals)


def _proposal(state: Hearing, room: str, proposal: str) -> Proposal:
    try:
        return _proposals(state, room)[proposal]
    except KeyError:
        raise InvariantBroken("no such proposal") from None


def _proposed(state: Hearing, event: er.ProposalMade, at: Instant) -> Hearing:
    return _keep_proposal(state, event.room, Proposal(event.proposal, event.by, event.to, event.text, at))


def _shared(state: Hearing, event: er.ProposalShared, _at: Instant) -> Hearing:
    proposal = replace(_proposal(state, event.room, event.proposal), shared=True)
    return _keep_proposal(state, event.room, proposal)


def _proposal_answered(state: Hearing, event: er.ProposalAnswered, _at: Instant) -> Hearing:
    proposal = _proposal(state, event.room, event.proposal)
    answers = {**proposal.answers, event.seat: event.accepts}
    return _keep_proposal(state, event.room, replace(proposal, answers=answers))


def _drafted(state: Hearing, event: er.ClauseDrafted, _at: Instant) -> Hearing:
    clause = Clause(event.clause, event.version, event.text)
    return _with(state, clauses={**state.rooms.clauses, event.clause: clause})


def _answered(clauses: Mapping[str, Clause], key: str, seat: SeatId, agrees: bool) -> dict[str, Clause]:
    if key not in clauses:
        raise InvariantBroken("no such clause or fact")
    answers = {**clauses[key].answers, seat: agrees}
    return {**clauses, key: replace(clauses[key], answers=answers)}


def _clause_answered(state: Hearing, event: er.ClauseAnswered, _at: Instant) -> Hearing:
    clauses = _answered(state.rooms.clauses, event.clause, event.seat, event.agrees)
    answered = clauses[event.clause]
    by = {**answered.by, event.seat: event.by}
    return _with(state, clauses={**clauses, event.clause: replace(answered, by=by)})


def _noted(state: Hearing, event: er.UndisputedNoted, _at: Instant) -> Hearing:
    return _with(state, facts={**state.rooms.facts, event.fact: Clause(event.fact, 1, event.text)})


def _fact_answered(state: Hearing, event: er.UndisputedAnswered, _at: Instant) -> Hearing:
    return _with(state, facts=_answered(state.rooms.facts, event.fact, event.seat, event.agrees))


def _disclosed(state: Hearing, event: er.MediatorDisclosed, _at: Instant) -> Hearing:
    return _with(state, disclosed={**state.rooms.disclosed, event.seat: event.text}, accepted={})


def _mediator_answered(state: Hearing, event: er.MediatorAnswered, _at: Instant) -> Hearing:
    return _with(state, accepted={**state.rooms.accepted, event.seat: event.agrees})


def _mediation_ended(state: Hearing, event: er.MediationEnded, _at: Instant) -> Hearing:
    return _with(state, ending=event.ending)


EVOLVERS: Mapping[type[e.Event], Callable[[Hearing, Any, Instant], Hearing]] = {
    er.SeatsMoved: _moved,
    er.CaucusBegan: _began,
    er.CaucusEnded: _ended,
    er.SeatsScreened: _screened,
    er.ScreeningLifted: _unscreened,
    er.RecordingAnswered: _recording_answered,
    er.RecordingSwitched: _recording_switched,
    er.RoomClosed: _room_closed,
    er.ProposalMade: _proposed,
    er.ProposalShared: _shared,
    er.ProposalAnswered: _proposal_answered,
    er.ClauseDrafted: _drafted,
    er.ClauseAnswered: _clause_answered,
    er.UndisputedNoted: _noted,
    er.UndisputedAnswered: _fact_answered,
    er.MediatorDisclosed: _disclosed,
    er.MediatorAnswered: _mediator_answered,
    er.MediationEnded: _mediation_ended,
}
