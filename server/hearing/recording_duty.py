"""Derived rule: must a room's tape run now, and if not, by which lawful ground? Pure; never asks the tape.

AVR 3: from the opening to the closing of the court, without interruption by people, except a recess, and a part that the
bench found not public and not to be taped: evidence in a public trial, mediation in court. A hearing of mediation is not
for the tape (AVR 3, third exception) unless everybody in the room has agreed, each may take that back at any time, and a
newcomer who has not agreed stops it (OMR 22). Deliberation and consultation are never taped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.hearing.doors import untaped
from server.hearing.procedure import recording_of
from server.hearing.procedure_tables import BY_CONSENT, WHOLE_COURSE
from server.hearing.rooms import is_caucus, is_open, occupants
from server.hearing.session import SessionState
from server.hearing.state_rooms import MAIN, NO_CAUCUS

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing

RECESS = "recess"
NO_CONSENT = "no_consent"
NOT_RECORDED = "not_recorded"
NOT_PUBLIC = "not_public"


@dataclass(frozen=True, slots=True)
class Duty:
    """on: the tape must run. ground: why it lawfully does not, between opening and closing; else None."""

    on: bool
    ground: str | None = None


_OFF = Duty(on=False)


def duty(state: Hearing, room: str = MAIN) -> Duty:
    """Give the recording duty of a room in this state."""
    if room != MAIN and not is_caucus(room):
        return _OFF
    if state.session is SessionState.RECESSED and room == MAIN:
        return Duty(on=False, ground=RECESS)
    if state.session is not SessionState.IN_SESSION or not is_open(state, room):
        return _OFF
    if not by_consent(state):
        if not whole_course(state):
            return Duty(on=False, ground=NOT_RECORDED)
        return Duty(on=False, ground=NOT_PUBLIC) if untaped(state) else Duty(on=True)
    there = occupants(state, room)
    if there and all(agreed(state, seat, room) for seat in there):
        return Duty(on=True)
    return Duty(on=False, ground=NO_CONSENT)


def whole_course(state: Hearing) -> bool:
    """Whether the whole course of this hearing is taped, the exceptions of AVR 3 apart."""
    return recording_of(state.procedure) == WHOLE_COURSE


def by_consent(state: Hearing) -> bool:
    """Whether this hearing is taped only while all who are there have agreed."""
    return recording_of(state.procedure) == BY_CONSENT


def agreed(state: Hearing, seat: SeatId, room: str) -> bool:
    """Whether the seat agrees to the tape of this room; of a caucus, of the one that is on."""
    if room == MAIN:
        return state.attendance[seat].rooms.agreed
    caucus = state.rooms.caucus.get(room, NO_CAUCUS)
    return room in state.rooms.since and caucus.agreed.get(seat) == state.rooms.sittings[room]
