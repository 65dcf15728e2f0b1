"""Machine, per seat: expected, waiting, isolated, present, lost, left, removed 到庭状态.

Pure. Software records that a connection was *lost*; that somebody withdrew from the hearing is for the bench alone to
find (OLR 25), so no row of this table says so. Whom the court removed 责令退出 (CR 19) stays removed whatever its
connections do, until the bench lifts it; a removed seat may have a connection, but only to be told so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from server.hearing.refusals import InvariantBroken, Reason
from server.hearing.state_care import SeatCare
from server.hearing.state_checkin import SeatCheck
from server.hearing.state_exhibits import SeatExhibits
from server.hearing.state_order import SeatOrder
from server.hearing.state_rooms import SeatRooms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.hearing.ids import ConnectionId, Instant
    from server.hearing.state_doors import AskedOut


COURTROOM = "courtroom"
WITNESS_ROOM = "witness_room"
"""Rooms that a seat is admitted to."""


class Presence(StrEnum):
    """Where the seat's person is.

    EXPECTED: not here. WAITING: connected, not admitted. ISOLATED: in the witness room (OLR 26). PRESENT: in the
    courtroom. LOST: connection gone after admission. LEFT: went by its own choice. REMOVED: ordered out by the court,
    connected or not (CR 19).
    """

    EXPECTED = "expected"
    WAITING = "waiting"
    ISOLATED = "isolated"
    PRESENT = "present"
    LOST = "lost"
    LEFT = "left"
    REMOVED = "removed"


class Way(StrEnum):
    """What moves a seat."""

    ARRIVE = "arrive"  # connect, to wait for admission
    ENTER = "enter"  # connect, as a seat that conducts the hearing
    ADMIT = "admit"
    ISOLATE = "isolate"  # admit a witness: into the witness room
    CALL = "call"
    DISMISS = "dismiss"
    DEPART = "depart"
    RETURN = "return"  # connect again after a loss, into the courtroom
    RETURN_ISOLATED = "return_isolated"  # the same, into the witness room
    LEAVE = "leave"
    REMOVE = "remove"
    READMIT = "readmit"  # removal lifted while it is connected: to wait for admission
    READMIT_AWAY = "readmit_away"  # the same while it is not
    ASK_OUT = "ask_out"  # back to the waiting room, no sanction
    ASK_OUT_AWAY = "ask_out_away"  # the same while its line is down: to wait for admission when it is back


_P = Presence
_OUT = {Way.REMOVE: _P.REMOVED}
_OUTSIDE = {Way.ARRIVE: _P.WAITING, Way.ENTER: _P.PRESENT, **_OUT}

MOVES: Mapping[Presence, Mapping[Way, Presence]] = {
    _P.EXPECTED: _OUTSIDE,
    _P.WAITING: {
        Way.ADMIT: _P.PRESENT,
        Way.ISOLATE: _P.ISOLATED,
        Way.DEPART: _P.EXPECTED,
        Way.LEAVE: _P.LEFT,
        **_OUT,
    },
    _P.ISOLATED: {Way.CALL: _P.PRESENT, Way.DEPART: _P.LOST, Way.LEAVE: _P.LEFT, **_OUT},
    _P.PRESENT: {
        Way.DISMISS: _P.ISOLATED,
        Way.DEPART: _P.LOST,
        Way.LEAVE: _P.LEFT,
        Way.ASK_OUT: _P.WAITING,
        **_OUT,
    },
    _P.LOST: {
        Way.RETURN: _P.PRESENT,
        Way.RETURN_ISOLATED: _P.ISOLATED,
        Way.ASK_OUT_AWAY: _P.EXPECTED,
        **_OUT,
    },
    _P.LEFT: _OUTSIDE,
    _P.REMOVED: {
        Way.ARRIVE: _P.REMOVED,
        Way.DEPART: _P.REMOVED,
        Way.READMIT: _P.WAITING,
        Way.READMIT_AWAY: _P.EXPECTED,
    },
}

CONNECTED: frozenset[Presence] = frozenset({_P.WAITING, _P.ISOLATED, _P.PRESENT})
"""States in which the seat has a connection and takes part; a removed seat may have one too, and takes none."""

OUTSIDE_BECAUSE: Mapping[Presence, Reason] = {
    _P.EXPECTED: Reason.NOT_ADMITTED,
    _P.WAITING: Reason.NOT_ADMITTED,
    _P.ISOLATED: Reason.WITNESS_ISOLATED,
    _P.LOST: Reason.CONNECTION_LOST,
    _P.LEFT: Reason.SEAT_LEFT,
    _P.REMOVED: Reason.SEAT_REMOVED,
}
"""Why a seat that is not in the courtroom takes no part in it."""


@dataclass(frozen=True, slots=True)
class Device:
    """Result of the device test, as in commands.ReportDevice."""

    camera: str
    microphone: str
    speaker: str
    network: str


@dataclass(frozen=True, slots=True)
class Attendance:
    """Everything about a seat that changes. Survives a lost connection, so that coming back changes nothing.

    returns_to: PRESENT or ISOLATED while lost, else None. discipline: version acknowledged. lock: why it is
    muted and locked 禁言, or None. asked_out: why it waits outside again, or None. The further parts are in state_*.
    """

    presence: Presence = Presence.EXPECTED
    connection: ConnectionId | None = None
    returns_to: Presence | None = None
    lost_since: Instant | None = None
    discipline: str | None = None
    consent: bool | None = None
    device: Device | None = None
    microphone: bool = False
    camera: bool = False
    lock: str | None = None
    asked_out: AskedOut | None = None
    check: SeatCheck = field(default_factory=SeatCheck)
    order: SeatOrder = field(default_factory=SeatOrder)
    rooms: SeatRooms = field(default_factory=SeatRooms)
    exhibits: SeatExhibits = field(default_factory=SeatExhibits)
    care: SeatCare = field(default_factory=SeatCare)

    @property
    def locked(self) -> bool:
        """Whether the bench has muted and locked the seat."""
        return self.lock is not None


def move(presence: Presence, way: Way) -> Presence:
    """Presence after the move. Raises InvariantBroken when the table has no such row."""
    try:
        return MOVES[presence][way]
    except KeyError:
        raise InvariantBroken(f"a seat that is {presence} does not {way}") from None


def moved(seat: Attendance, way: Way) -> Attendance:
    """Give the seat after a move that leaves its connection as it is."""
    return replace(seat, presence=move(seat.presence, way))


def arrived(seat: Attendance, connection: ConnectionId, *, enters: bool) -> Attendance:
    """Connect: anew, again after a loss (same place as before), or in place of an older connection; removed stays so."""
    if seat.presence in CONNECTED:
        return replace(seat, connection=connection)
    if seat.presence is Presence.LOST:
        way = Way.RETURN if seat.returns_to is Presence.PRESENT else Way.RETURN_ISOLATED
    else:
        way = Way.ENTER if enters and seat.presence is not Presence.REMOVED else Way.ARRIVE
    return replace(moved(seat, way), connection=connection, returns_to=None, lost_since=None)


def departed(seat: Attendance, at: Instant) -> Attendance:
    """End the current connection: lost if it had been admitted, removed stays removed, else simply expected again."""
    after = replace(moved(seat, Way.DEPART), connection=None)
    if after.presence is not Presence.LOST:
        return after
    return replace(after, returns_to=seat.presence, lost_since=at)


def left(seat: Attendance) -> Attendance:
    """Went by its own choice: coming back needs a new admission."""
    return replace(moved(seat, Way.LEAVE), connection=None, asked_out=None)


def dismissed(seat: Attendance) -> Attendance:
    """Back into isolation; a witness whose line is down will return into it."""
    if seat.presence is Presence.LOST:
        return replace(seat, returns_to=Presence.ISOLATED)
    return moved(seat, Way.DISMISS)


def asked_out(seat: Attendance) -> Attendance:
    """Ask it back to the waiting room: it has to be let in anew, and one whose line is down comes back to wait."""
    if seat.presence is Presence.LOST:
        return replace(moved(seat, Way.ASK_OUT_AWAY), returns_to=None, lost_since=None)
    return moved(seat, Way.ASK_OUT)


def removed(seat: Attendance) -> Attendance:
    """Order it out: its connection is left to it only to be told so (CR 19)."""
    return replace(moved(seat, Way.REMOVE), returns_to=None, lost_since=None, asked_out=None)


def readmitted(seat: Attendance) -> Attendance:
    """Lift the removal: it has to be let in anew."""
    return moved(seat, Way.READMIT if seat.connection is not None else Way.READMIT_AWAY)
