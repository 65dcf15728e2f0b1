"""What came to pass in a hearing: the events of its log, in the past tense. Pure values, the truth of the hearing.

Fields are str, int, bool, None or tuples of str, so that any event is plain JSON; the one nested value is SeatPlan.
Who acted and when belong to the log's envelope, not to the event. A changed shape gets a higher VERSION and an upcaster
in the codec; a KIND is never used again for something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, get_args

from server.hearing import events_archive as ea
from server.hearing import events_care as ec
from server.hearing import events_checkin as ei
from server.hearing import events_doors as ed
from server.hearing import events_exhibits as ex
from server.hearing import events_order as eo
from server.hearing import events_rooms as er

# needed at run time: the codec resolves field types from this module's names
from server.hearing.ids import (  # noqa: TC001
    ConnectionId,
    HearingId,
    Instant,
    PersonId,
    SeatId,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Actor:
    """Who gave a command: the seat and the connection it came by; both None for an instrument."""

    seat: SeatId | None = None
    connection: ConnectionId | None = None


INSTRUMENT = Actor()
"""The actor of ReportTape and Tick."""


@dataclass(frozen=True, slots=True)
class SeatPlan:
    """One seat as scheduled. role: seats.Role value. side: seats.Side value. represents: the party of an agent.

    authority: seats.Authority value of an agent, "" where the schedule does not say (CPL 62).
    """

    seat: SeatId
    role: str
    side: str
    person: PersonId
    name: str
    represents: SeatId | None = None
    authority: str = ""


@dataclass(frozen=True, slots=True)
class HearingScheduled:
    """First event of every stream. delegated: names of commands that the clerk may give for the presiding seat."""

    KIND: ClassVar[str] = "hearing_scheduled"
    VERSION: ClassVar[int] = 2
    hearing: HearingId
    case_no: str
    cause: str
    court: str
    procedure: str
    public: bool
    scheduled_at: Instant
    discipline_version: str
    seats: tuple[SeatPlan, ...]
    delegated: tuple[str, ...]


# --- seats ---


@dataclass(frozen=True, slots=True)
class SeatArrived:
    """A connection took the seat. superseded: the older connection of the same seat that it replaced, if any."""

    KIND: ClassVar[str] = "seat_arrived"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    connection: ConnectionId
    superseded: ConnectionId | None = None


@dataclass(frozen=True, slots=True)
class ConnectionEnded:
    """The seat's connection ended. cause: commands.LeaveCause value, evidence for OLR 25."""

    KIND: ClassVar[str] = "connection_ended"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    connection: ConnectionId
    cause: str


@dataclass(frozen=True, slots=True)
class DisciplineAcknowledged:
    """The seat accepted the court's discipline, this version of it."""

    KIND: ClassVar[str] = "discipline_acknowledged"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    version: str


@dataclass(frozen=True, slots=True)
class ConsentAnswered:
    """The seat answered whether one step may be held online. step: of the procedure; version: of its text (OLR 4)."""

    KIND: ClassVar[str] = "consent_answered"
    VERSION: ClassVar[int] = 2
    seat: SeatId
    agrees: bool
    step: str
    version: str


@dataclass(frozen=True, slots=True)
class DeviceReported:
    """Result of the seat's device test."""

    KIND: ClassVar[str] = "device_reported"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    camera: str
    microphone: str
    speaker: str
    network: str


@dataclass(frozen=True, slots=True)
class SelfSwitched:
    """The seat's own switches stand so now."""

    KIND: ClassVar[str] = "self_switched"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    microphone: bool
    camera: bool


@dataclass(frozen=True, slots=True)
class SeatAdmitted:
    """The seat was let in. room: "courtroom", or "witness_room" for those who must not follow the hearing (OLR 26).

    reason: the presiding seat's, why although consent or a quiet place was missing; else "".
    """

    KIND: ClassVar[str] = "seat_admitted"
    VERSION: ClassVar[int] = 2
    seat: SeatId
    room: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WitnessCalled:
    """The witness's isolation ended: into the courtroom."""

    KIND: ClassVar[str] = "witness_called"
    VERSION: ClassVar[int] = 1
    seat: SeatId


@dataclass(frozen=True, slots=True)
class WitnessDismissed:
    """The witness is isolated again."""

    KIND: ClassVar[str] = "witness_dismissed"
    VERSION: ClassVar[int] = 1
    seat: SeatId


@dataclass(frozen=True, slots=True)
class SeatLocked:
    """禁言: muted and locked by the court."""

    KIND: ClassVar[str] = "seat_locked"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    reason: str


@dataclass(frozen=True, slots=True)
class SeatReleased:
    """禁言 lifted."""

    KIND: ClassVar[str] = "seat_released"
    VERSION: ClassVar[int] = 1
    seat: SeatId


@dataclass(frozen=True, slots=True)
class SeatLeft:
    """The seat left by its own choice."""

    KIND: ClassVar[str] = "seat_left"
    VERSION: ClassVar[int] = 1
    seat: SeatId


# --- the floor ---


@dataclass(frozen=True, slots=True)
class FloorRequested:
    """A hand went up."""

    KIND: ClassVar[str] = "floor_requested"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    reason: str


@dataclass(frozen=True, slots=True)
class RequestWithdrawn:
    """The seat lowered its own hand."""

    KIND: ClassVar[str] = "request_withdrawn"
    VERSION: ClassVar[int] = 1
    seat: SeatId


@dataclass(frozen=True, slots=True)
class RequestDeclined:
    """The court lowered the seat's hand."""

    KIND: ClassVar[str] = "request_declined"
    VERSION: ClassVar[int] = 1
    seat: SeatId


@dataclass(frozen=True, slots=True)
class FloorGranted:
    """One seat has the floor. until: when its time is up, or None; it is taken back a moment later."""

    KIND: ClassVar[str] = "floor_granted"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    until: Instant | None


@dataclass(frozen=True, slots=True)
class FloorOpened:
    """The floor is open between these seats."""

    KIND: ClassVar[str] = "floor_opened"
    VERSION: ClassVar[int] = 1
    seats: tuple[SeatId, ...]


@dataclass(frozen=True, slots=True)
class FloorClosed:
    """The floor was taken back."""

    KIND: ClassVar[str] = "floor_closed"
    VERSION: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class FloorExpired:
    """The time of a granted floor, and the moment to finish the sentence, ran out."""

    KIND: ClassVar[str] = "floor_expired"
    VERSION: ClassVar[int] = 1
    seat: SeatId


# --- the sitting ---


@dataclass(frozen=True, slots=True)
class CheckInBegan:
    """The court's own people are here: check-in."""

    KIND: ClassVar[str] = "check_in_began"
    VERSION: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class CourtOpened:
    """宣布开庭. The recording duty begins (AVR 3). reason: why despite the reasons of refusal that stood against it."""

    KIND: ClassVar[str] = "court_opened"
    VERSION: ClassVar[int] = 2
    reason: str = ""
    despite: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageEntered:
    """The procedure moved. reason: why out of order, or although the conditions in missing did not hold; else ""."""

    KIND: ClassVar[str] = "stage_entered"
    VERSION: ClassVar[int] = 2
    stage: str
    previous: str
    reason: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CourtRecessed:
    """休庭. Floor closed and queue cleared with it."""

    KIND: ClassVar[str] = "court_recessed"
    VERSION: ClassVar[int] = 1
    reason: str


@dataclass(frozen=True, slots=True)
class CourtResumed:
    """继续开庭."""

    KIND: ClassVar[str] = "court_resumed"
    VERSION: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class CourtClosed:
    """闭庭. The recording duty ends (AVR 3)."""

    KIND: ClassVar[str] = "court_closed"
    VERSION: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class CourtAdjourned:
    """延期审理."""

    KIND: ClassVar[str] = "court_adjourned"
    VERSION: ClassVar[int] = 1
    reason: str


@dataclass(frozen=True, slots=True)
class TapeReported:
    """The recorder's own word. state: commands.TapeState value. A fault does not stop the hearing by itself."""

    KIND: ClassVar[str] = "tape_reported"
    VERSION: ClassVar[int] = 1
    state: str
    reason: str = ""


Event = (
    HearingScheduled
    | SeatArrived
    | ConnectionEnded
    | DisciplineAcknowledged
    | ConsentAnswered
    | DeviceReported
    | SelfSwitched
    | SeatAdmitted
    | WitnessCalled
    | WitnessDismissed
    | SeatLocked
    | SeatReleased
    | SeatLeft
    | FloorRequested
    | RequestWithdrawn
    | RequestDeclined
    | FloorGranted
    | FloorOpened
    | FloorClosed
    | FloorExpired
    | CheckInBegan
    | CourtOpened
    | StageEntered
    | CourtRecessed
    | CourtResumed
    | CourtClosed
    | CourtAdjourned
    | TapeReported
    | ei.CheckinEvent
    | ed.DoorsEvent
    | ec.CareEvent
    | er.RoomsEvent
    | eo.OrderEvent
    | ex.ExhibitsEvent
    | ea.ArchiveEvent
)

by_kind: Mapping[str, type[Event]] = MappingProxyType({event.KIND: event for event in get_args(Event)})
"""Every event by its KIND."""
