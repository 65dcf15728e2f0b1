"""Derived rule: who of those in the courtroom may be heard now: floor, turn, court's lock, own switch. Pure; deny by default.

The one place where these are joined; `audience` adds where people are. An interpreter has the floor and the turn of the
seat it speaks for. In a floor spoken in by turns 轮流发言 nobody is heard without the turn, but the bench takes it when it
wants, and ends such a floor when it wants (CR 17).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.hearing.refusals import Reason
from server.hearing.seats import Right, Side
from server.hearing.state import conducts

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from server.hearing.state import Hearing


def speaks_for(state: Hearing, seat: SeatId) -> SeatId:
    """The seat that an interpreter speaks for; else the seat itself."""
    return state.attendance[seat].order.interprets or seat


def has_floor(state: Hearing, seat: SeatId) -> bool:
    """Whether the seat holds the floor, or speaks for one that does."""
    return state.floor.held_by(seat) or state.floor.held_by(speaks_for(state, seat))


def has_turn(state: Hearing, seat: SeatId) -> bool:
    """Whether the seat may speak as far as turns go: it has the turn, or speaks for who has it, or there are no turns."""
    return not state.floor.by_turns or state.floor.turn in {seat, speaks_for(state, seat)}


def muted_because(state: Hearing, seat: SeatId, *, aside: bool) -> Reason | None:
    """Why a seat that is in a room would not be heard there, the gravest first; None if it would be.

    aside: not in the courtroom but in a room where people talk as they like 背对背, 会见, 合议.
    """
    attendance = state.attendance[seat]
    if attendance.locked:
        return Reason.MUTED_BY_COURT
    if not aside:
        if not (state.seats[seat].may(Right.SPEAK_FREELY) or has_floor(state, seat)):
            return Reason.NO_FLOOR
        if not has_turn(state, seat):
            return Reason.NO_TURN
    return None if attendance.microphone else Reason.MUTED_BY_SELF


def rank(state: Hearing, seat: SeatId) -> int:
    """Who takes the turn from whom: the presiding seat from everybody, the bench from all others."""
    if conducts(state, seat):
        return 2
    return 1 if state.seats[seat].side is Side.BENCH else 0
