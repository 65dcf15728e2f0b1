"""Machine: whose turn to speak? 静默, 指定发言, 互相辩论, 打断, 轮流发言, and the bounded queue of raised hands.

Pure. Knows who holds the floor, not who may be heard: that is `speech` and `audience`, which join it with the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from server.hearing.ids import Instant

if TYPE_CHECKING:
    from server.hearing.ids import SeatId

QUEUE_LIMIT = 32
"""Raised hands waiting at once; the next is refused with queue_full."""

LIMIT_MAX_S = 7200
"""Longest time limit that a grant may set."""

GRACE_S = 10
"""After its time is up a floor is held for so long, that a sentence can be finished."""


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
class Interrupted:
    """A floor that the bench interrupted and may give back. remaining_ms: of its time, None without a limit."""

    mode: FloorMode
    seats: tuple[SeatId, ...]
    remaining_ms: int | None


@dataclass(frozen=True, slots=True)
class Floor:
    """seats: who holds the floor (none, one, several). until: when the time of a granted floor is up, or None.

    half_duplex: an open floor is spoken in by turns. turn: who has the turn of such a floor. interrupted: only of a
    closed floor.
    """

    mode: FloorMode = FloorMode.CLOSED
    seats: tuple[SeatId, ...] = ()
    until: Instant | None = None
    queue: tuple[Request, ...] = ()
    half_duplex: bool = False
    turn: SeatId | None = None
    interrupted: Interrupted | None = None

    def held_by(self, seat: SeatId) -> bool:
        """Whether the seat has the floor."""
        return seat in self.seats

    def requested_by(self, seat: SeatId) -> bool:
        """Whether the seat's hand is up."""
        return any(request.seat == seat for request in self.queue)

    @property
    def ends(self) -> Instant | None:
        """When a granted floor is taken back: a moment after its time is up."""
        return None if self.until is None else Instant(self.until + GRACE_S * 1000)

    @property
    def by_turns(self) -> bool:
        """Whether only who has the turn is heard now."""
        return self.half_duplex and self.mode is FloorMode.OPEN


def granted(floor: Floor, seat: SeatId, until: Instant | None) -> Floor:
    """Give it to one seat; its raised hand goes down."""
    queue = without_request(floor, seat).queue
    return Floor(FloorMode.GRANTED, (seat,), until, queue, floor.half_duplex)


def opened(floor: Floor, seats: tuple[SeatId, ...]) -> Floor:
    """Open it between seats; their raised hands go down. By turns, nobody has the turn yet."""
    queue = tuple(r for r in floor.queue if r.seat not in seats)
    return Floor(FloorMode.OPEN, seats, None, queue, floor.half_duplex)


def closed(floor: Floor) -> Floor:
    """Take it back for good; the queue stays."""
    return Floor(queue=floor.queue, half_duplex=floor.half_duplex)


def cleared(floor: Floor) -> Floor:
    """Take it back and lower all hands; that it is spoken by turns stays, as the echo does."""
    return Floor(half_duplex=floor.half_duplex)


def interrupted(floor: Floor, remaining_ms: int | None) -> Floor:
    """Take it back for a moment."""
    return replace(closed(floor), interrupted=Interrupted(floor.mode, floor.seats, remaining_ms))


def given_back(floor: Floor, until: Instant | None) -> Floor:
    """Let the interrupted floor go on. Who has gone meanwhile is not among its seats any more."""
    before = floor.interrupted
    if before is None:
        return floor
    return replace(closed(floor), mode=before.mode, seats=before.seats, until=until)


def set_half_duplex(floor: Floor, *, on: bool) -> Floor:
    """By turns from now on, or no longer; in either case nobody has the turn."""
    return replace(floor, half_duplex=on, turn=None)


def with_turn(floor: Floor, seat: SeatId) -> Floor:
    """Give the turn to the seat."""
    return replace(floor, turn=seat)


def without_turn(floor: Floor, seat: SeatId) -> Floor:
    """End the seat's turn, if it has it."""
    return replace(floor, turn=None) if floor.turn == seat else floor


def with_request(floor: Floor, request: Request) -> Floor:
    """Put a raised hand at the end of the queue."""
    return replace(floor, queue=(*floor.queue, request))


def without_request(floor: Floor, seat: SeatId) -> Floor:
    """Lower the seat's hand."""
    return replace(floor, queue=tuple(r for r in floor.queue if r.seat != seat))


def without_seat(floor: Floor, seat: SeatId) -> Floor:
    """Forget the seat altogether: it left the courtroom. The last holder gone, the floor is closed."""
    floor = without_turn(without_request(_without_interrupted(floor, seat), seat), seat)
    if seat not in floor.seats:
        return floor
    rest = tuple(s for s in floor.seats if s != seat)
    return replace(floor, seats=rest) if rest else closed(floor)


def _without_interrupted(floor: Floor, seat: SeatId) -> Floor:
    before = floor.interrupted
    if before is None or seat not in before.seats:
        return floor
    rest = tuple(s for s in before.seats if s != seat)
    return replace(floor, interrupted=replace(before, seats=rest) if rest else None)
