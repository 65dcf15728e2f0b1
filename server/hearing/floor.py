"""Machine: whose turn to speak? 静默, 指定发言, 互相辩论, and the bounded queue of raised hands.

Pure. Knows who holds the floor, not who may be heard: that is `audience`, which joins the floor with the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.hearing.ids import Instant, SeatId

QUEUE_LIMIT = 32
"""Raised hands waiting at once; the next is refused with queue_full."""

LIMIT_MAX_S = 7200
"""Longest time limit that a grant may set."""


class FloorMode(StrEnum):
    """CLOSED: the bench and the clerk alone. GRANTED: and one seat. OPEN: and several at once."""

    CLOSED = "closed"
    GRANTED = "granted"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Request:
    """A raised hand 申请发言."""

    seat: SeatId
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Floor:
    """seats: who holds the floor (none, one, several). until: when a granted floor runs out, or None."""

    mode: FloorMode = FloorMode.CLOSED
    seats: tuple[SeatId, ...] = ()
    until: Instant | None = None
    queue: tuple[Request, ...] = ()

    def held_by(self, seat: SeatId) -> bool:
        """Whether the seat has the floor."""
        return seat in self.seats

    def requested_by(self, seat: SeatId) -> bool:
        """Whether the seat's hand is up."""
        return any(request.seat == seat for request in self.queue)


def granted(floor: Floor, seat: SeatId, until: Instant | None) -> Floor:
    """Give it to one seat; its raised hand goes down."""
    return Floor(FloorMode.GRANTED, (seat,), until, without_request(floor, seat).queue)


def opened(floor: Floor, seats: tuple[SeatId, ...]) -> Floor:
    """Open it between seats; their raised hands go down."""
    return Floor(FloorMode.OPEN, seats, None, tuple(r for r in floor.queue if r.seat not in seats))


def closed(floor: Floor) -> Floor:
    """Take it back; the queue stays."""
    return Floor(queue=floor.queue)


def with_request(floor: Floor, request: Request) -> Floor:
    """Put a raised hand at the end of the queue."""
    return replace(floor, queue=(*floor.queue, request))


def without_request(floor: Floor, seat: SeatId) -> Floor:
    """Lower the seat's hand."""
    return replace(floor, queue=tuple(r for r in floor.queue if r.seat != seat))


def without_seat(floor: Floor, seat: SeatId) -> Floor:
    """Forget the seat altogether: it left the courtroom. The last holder gone, the floor is closed."""
    floor = without_request(floor, seat)
    if seat not in floor.seats:
        return floor
    rest = tuple(s for s in floor.seats if s != seat)
    return replace(floor, seats=rest) if rest else closed(floor)
