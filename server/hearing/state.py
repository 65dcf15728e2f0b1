"""Hearing: one frozen value made of the machines. Never changed in place: `evolve` makes the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from server.hearing.floor import Floor
from server.hearing.ids import HearingId, Instant
from server.hearing.procedure import presiding_roles
from server.hearing.refusals import Reason, Refused
from server.hearing.session import SessionState
from server.hearing.state_care import Care
from server.hearing.state_checkin import Check
from server.hearing.state_doors import Doors
from server.hearing.state_exhibits import Exhibits
from server.hearing.state_order import Order
from server.hearing.state_rooms import Rooms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.hearing.commands import TapeState
    from server.hearing.ids import ConnectionId, SeatId
    from server.hearing.presence import Attendance
    from server.hearing.seats import Seat


_NO_HEARING = HearingId("")
_NEVER = Instant(0)


@dataclass(frozen=True, slots=True)
class Hearing:
    """One sitting.

    stage: key of the procedure's stage, "" before check-in. session_reason: why it is recessed or adjourned, else "".
    closed_at: when it was closed or adjourned. tape: the recorder's last word, None before the first.
    presiding_away: since when the sitting court is without whoever presides; unattended_since: without the clerk as well.
    seats and attendance have the same keys, in the order of the schedule.
    """

    hearing: HearingId = _NO_HEARING
    case_no: str = ""
    cause: str = ""
    court: str = ""
    procedure: str = ""
    public: bool = False
    scheduled_at: Instant = _NEVER
    discipline_version: str = ""
    delegated: frozenset[str] = frozenset()
    session: SessionState = SessionState.SCHEDULED
    session_reason: str = ""
    opened_at: Instant | None = None
    closed_at: Instant | None = None
    stage: str = ""
    floor: Floor = field(default_factory=Floor)
    seats: Mapping[SeatId, Seat] = field(default_factory=dict)
    attendance: Mapping[SeatId, Attendance] = field(default_factory=dict)
    tape: TapeState | None = None
    tape_reason: str = ""
    check: Check = field(default_factory=Check)
    doors: Doors = field(default_factory=Doors)
    presiding_away: Instant | None = None
    unattended_since: Instant | None = None
    order: Order = field(default_factory=Order)
    rooms: Rooms = field(default_factory=Rooms)
    exhibits: Exhibits = field(default_factory=Exhibits)
    care: Care = field(default_factory=Care)


EMPTY = Hearing()
"""Before the first event."""


def initial() -> Hearing:
    """Give the state before the first event."""
    return EMPTY


def seat_of(state: Hearing, seat: SeatId) -> tuple[Seat, Attendance]:
    """Give the seat and its attendance. Raises Refused(seat_unknown)."""
    try:
        return state.seats[seat], state.attendance[seat]
    except KeyError:
        raise Refused(Reason.SEAT_UNKNOWN) from None


def conductor(state: Hearing) -> SeatId | None:
    """Give the seat that presides: the first with the first of the procedure's presiding roles; None for no such seat."""
    for role in presiding_roles(state.procedure):
        for seat in state.seats.values():
            if seat.role is role:
                return seat.id
    return None


def conducts(state: Hearing, seat: SeatId) -> bool:
    """Whether the seat presides: opens, closes, recesses, moves stages, and all that may be delegated."""
    return conductor(state) == seat


def connection_of(state: Hearing, seat: SeatId) -> ConnectionId | None:
    """Give the seat's connection now, or None."""
    attendance = state.attendance.get(seat)
    return attendance.connection if attendance else None
