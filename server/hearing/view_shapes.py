"""Shapes of what a seat's screen may know. Pure values, on the wire as they are; building them is for `view` and its parts.

Instants are Unix milliseconds. Where a viewer may not have a thing the field is None, "" or (), as its docstring says. The
cards of seats, rooms and exhibits have files of their own (`view_shapes_*`).
"""

from __future__ import annotations

from dataclasses import dataclass

# needed at run time: the wire's models are made from these
from server.hearing.ids import Instant, SeatId  # noqa: TC001
from server.hearing.view_shapes_exhibits import ExhibitView, ShowingView  # noqa: TC001
from server.hearing.view_shapes_rooms import MediationView, RoomView  # noqa: TC001
from server.hearing.view_shapes_seat import SeatCard  # noqa: TC001


@dataclass(frozen=True, slots=True)
class RequestView:
    """One raised hand in the queue."""

    seat: SeatId
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class FloorView:
    """mode: "closed", "granted" or "open".

    until: when the time is up; ends: when the floor is taken back, a moment later, so that a sentence can be finished.
    turn: who holds the turn of a half-duplex floor. interrupted: the floor can be given back.
    """

    mode: str
    seats: tuple[SeatId, ...]
    until: Instant | None
    queue: tuple[RequestView, ...]
    ends: Instant | None = None
    half_duplex: bool = False
    turn: SeatId | None = None
    interrupted: tuple[SeatId, ...] = ()


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of the procedure: state "done", "now" or "ahead"."""

    key: str
    state: str


@dataclass(frozen=True, slots=True)
class NextStageView:
    """A stage that may come next. free: no reason is asked for. missing: condition ids that do not hold yet."""

    key: str
    free: bool
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PointView:
    """A point of the present stage's record. at None: not dealt with yet."""

    item: str
    text: str
    at: Instant | None


@dataclass(frozen=True, slots=True)
class CheckView:
    """The court's own check, before the opening and on the way (bench and clerk only).

    offline: the ground on which moving offline is proposed, "" for none; only the presiding seat decides (OLR 21).
    """

    suitable: bool | None
    barred: tuple[str, ...]
    note: str
    rolled_at: Instant | None
    offline: str = ""


@dataclass(frozen=True, slots=True)
class DoorsView:
    """Who may follow the hearing. public: observers may be here now. ground: why the bench closed the doors for a part, or "".

    recorded: the tape goes on meanwhile (AVR 3).
    """

    public: bool
    ground: str
    reason: str
    recorded: bool
    since: Instant | None


@dataclass(frozen=True, slots=True)
class AskedOutView:
    """Why the viewer waits outside again: ground "asked", "stage", or that of closed doors. reason: only where asked."""

    ground: str
    reason: str
    at: Instant


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """异议. ruling: "", "sustained" or "overruled"."""

    objection: str
    seat: SeatId
    ground: str
    text: str
    at: Instant
    ruling: str
    note: str


@dataclass(frozen=True, slots=True)
class LayoutView:
    """What all screens follow. layout: "speaker", "grid" or "exhibit"; spotlight: a seat or ""."""

    layout: str
    spotlight: str


@dataclass(frozen=True, slots=True)
class NoticeView:
    """Notice of the court to one seat. kind: "prompt", "warning", "remind", "warn", "reprimand", "mute" or "remove"."""

    notice: str
    seat: SeatId
    kind: str
    text: str
    at: Instant
    seen_at: Instant | None


@dataclass(frozen=True, slots=True)
class IncidentView:
    """异常情况说明. signed_at None: waits for the presiding seat."""

    incident: str
    kind: str
    subject: str
    began: Instant
    ended: Instant | None
    facts: tuple[str, ...]
    signed_at: Instant | None
    note: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """A written word between a person and the court's helpers. to "": the court."""

    message: str
    by: SeatId
    to: str
    text: str
    at: Instant


@dataclass(frozen=True, slots=True)
class HearingView:
    """The whole of what a seat's screen may know, replaced at each change.

    session: "scheduled", "checking_in", "in_session", "recessed", "closed", "adjourned" or "moved_offline".
    me.. fields: the viewer. may: names of commands the viewer could give now.
    silent_because: stable reason id why the viewer would not be heard now, or None.
    missing: stable ids of what is missing before the court may open (bench and clerk only).
    presides: the seat that conducts the hearing. consent_steps: the steps the viewer is asked to consent to, now or later.
    next, closing, points, check, incidents: bench and clerk only; closing: the close, as a stage that may come next.
    asked_out: the viewer was asked back to the waiting room. presiding_away: since when the sitting court is without whoever
    presides; recess_at: when it is recessed of itself, where the clerk is away as well.
    room: where the viewer is, "" for nowhere. may_enter: rooms it
    could go to by itself. rooms, exhibits, mediation, objections, messages, notices: as far as the viewer may know.
    """

    hearing: str
    case_no: str
    cause: str
    court: str
    procedure: str
    public: bool
    scheduled_at: Instant
    session: str
    opened_at: Instant | None
    closed_at: Instant | None
    session_reason: str
    stages: tuple[StageView, ...]
    floor: FloorView
    seats: tuple[SeatCard, ...]
    me: SeatId
    in_room: bool
    discipline_version: str
    may: tuple[str, ...]
    silent_because: str | None
    missing: tuple[str, ...]
    presides: SeatId | None = None
    consent_steps: tuple[str, ...] = ()
    presiding_away: Instant | None = None
    recess_at: Instant | None = None
    doors: DoorsView | None = None
    asked_out: AskedOutView | None = None
    next: tuple[NextStageView, ...] = ()
    closing: NextStageView | None = None
    points: tuple[PointView, ...] = ()
    check: CheckView | None = None
    objections: tuple[ObjectionView, ...] = ()
    gavel_at: Instant | None = None
    layout: LayoutView = LayoutView("speaker", "")
    room: str = ""
    rooms: tuple[RoomView, ...] = ()
    may_enter: tuple[str, ...] = ()
    showing: ShowingView | None = None
    exhibits: tuple[ExhibitView, ...] = ()
    mediation: MediationView | None = None
    notices: tuple[NoticeView, ...] = ()
    incidents: tuple[IncidentView, ...] = ()
    messages: tuple[MessageView, ...] = ()
