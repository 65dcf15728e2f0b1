"""What a seat's screen may know of rooms and of a mediation. Pure; part of `view`, never names what `audience` hides.

Of a caucus that the viewer does not belong to it is shown that it is on, and nothing more: not who is in it, what is
proposed there, or whether it is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.hearing import rooms as r
from server.hearing.decide_mediation import known_proposals
from server.hearing.decide_rooms import may_enter
from server.hearing.mediation import standing
from server.hearing.presence import Presence
from server.hearing.recording_duty import agreed, by_consent, duty
from server.hearing.seats import Right
from server.hearing.session import LIVE, SessionState
from server.hearing.state import conducts
from server.hearing.state_rooms import MAIN
from server.hearing.view_shapes_rooms import AnswerView, ClauseView, MediationView, ProposalView, RoomView

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from server.hearing.ids import Instant, SeatId
    from server.hearing.seats import Seat
    from server.hearing.state import Hearing
    from server.hearing.state_rooms import Clause


def of_hearing(state: Hearing, me: Seat, _now: Instant) -> dict[str, Any]:
    """Fields of HearingView that this area fills for the viewer."""
    here = r.room_of(state, me.id)
    if state.attendance[me.id].presence is not Presence.PRESENT:
        return {"room": here}
    begun = state.session in LIVE - {SessionState.SCHEDULED}
    return {
        "room": here,
        "rooms": tuple(_rooms(state, me)) if begun else (),
        "may_enter": may_enter(state, me.id) if begun else (),
        "mediation": _mediation(state, me) if r.is_mediation(state) else None,
    }


def of_seat(state: Hearing, me: Seat, seen: Seat, *, oversees: bool) -> dict[str, Any]:
    """Fields of the SeatCard of one seat that this area fills. oversees: own card, or a viewer who oversees."""
    room = r.room_of(state, seen.id)
    # who talks aside with whom is told to those who may be there, and of other rooms to the bench and the clerk
    known = room == MAIN or r.belongs(state, me.id, room) or (oversees and not r.is_caucus(room))
    known = known or seen.id == me.id
    return {"room": room if room and known else None}


def _rooms(state: Hearing, me: Seat) -> Iterable[RoomView]:
    leads = conducts(state, me.id) or me.may(Right.OVERSEE)
    for room in r.rooms(state):
        mine = r.belongs(state, me.id, room)
        there = _there(state, room)
        on = bool(there) or room == MAIN
        if not mine and not (on and (leads or r.is_caucus(room))):
            continue
        if mine and not on and not r.is_open(state, room):
            continue
        met = tuple(seat for seat in there if not r.screened(state, me.id, seat))
        yield RoomView(
            key=room,
            kind=r.kind_of(room),
            seats=() if r.is_caucus(room) and not mine else met,
            since=state.rooms.since.get(room),
            recorded=mine and duty(state, room).on,
            agreed=_agreed(state, room, met) if mine else (),
            closed=not mine,
        )


def _there(state: Hearing, room: str) -> tuple[SeatId, ...]:
    return tuple(seat for seat in state.seats if r.room_of(state, seat) == room)


def _agreed(state: Hearing, room: str, there: Iterable[SeatId]) -> tuple[SeatId, ...]:
    if not by_consent(state) or not (room == MAIN or r.is_caucus(room)):
        return ()
    return tuple(seat for seat in there if agreed(state, seat, room))


def _mediation(state: Hearing, me: Seat) -> MediationView:
    rooms = state.rooms
    return MediationView(
        disclosure="\n".join(text for text in rooms.disclosed.values() if text) if rooms.disclosed else None,
        accepted=_answers(rooms.accepted),
        proposals=tuple(
            ProposalView(p.proposal, p.by, p.to, p.text, p.at, _answers(p.answers))
            for p in known_proposals(state, me.id)
        ),
        clauses=tuple(_clause(clause) for clause in standing(rooms.clauses.values())),
        undisputed=tuple(_clause(fact) for fact in rooms.facts.values()),
        ending=rooms.ending,
    )


def _answers(
    answers: Mapping[SeatId, bool], by: Mapping[SeatId, SeatId] | None = None
) -> tuple[AnswerView, ...]:
    told = {seat: one for seat, one in (by or {}).items() if one != seat}
    return tuple(AnswerView(seat, agrees, told.get(seat)) for seat, agrees in answers.items())


def _clause(clause: Clause) -> ClauseView:
    return ClauseView(clause.clause, clause.version, clause.text, _answers(clause.answers, clause.by))
