"""What the evolvers of every area do with a seat: find it, and give it another attendance. Pure.

Decides nothing: a seat that is not there cannot have come to pass, so it is our bug and raises InvariantBroken.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.hearing.refusals import InvariantBroken

if TYPE_CHECKING:
    from server.hearing.ids import SeatId
    from server.hearing.presence import Attendance
    from server.hearing.state import Hearing


def known(state: Hearing, seat: str) -> SeatId:
    """Give the seat of this name. Raises InvariantBroken."""
    for one in state.attendance:
        if one == seat:
            return one
    raise InvariantBroken("no such seat")


def attendance_of(state: Hearing, seat: SeatId) -> Attendance:
    """Give the seat's attendance. Raises InvariantBroken."""
    try:
        return state.attendance[seat]
    except KeyError:
        raise InvariantBroken("no such seat") from None


def attend(state: Hearing, seat: SeatId, attendance: Attendance) -> Hearing:
    """Give the state with another attendance of the seat. Raises InvariantBroken."""
    attendance_of(state, seat)
    return replace(state, attendance={**state.attendance, seat: attendance})
