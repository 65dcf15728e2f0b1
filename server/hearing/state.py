"""Hearing: one frozen value made of the machines. Never changed in place: `evolve` makes the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from server.hearing.floor import Floor
from server.hearing.ids import HearingId, Instant
from server.hearing.refusals import Reason, Refused
from server.hearing.session import SessionState

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


def connection_of(state: Hearing, seat: SeatId) -> ConnectionId | None:
    """Give the seat's connection now, or None."""
    attendance = state.attendance.get(seat)
    return attendance.connection if attendance else None
