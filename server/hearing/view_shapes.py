"""Shapes of what a seat's screen may know. Pure values, on the wire as they are; building them is for `view` and its parts.

Instants are Unix milliseconds. Where a viewer may not have a thing the field is None, "" or (), as its docstring says.
"""

from __future__ import annotations

from dataclasses import dataclass

# needed at run time: the wire's models are made from these
from server.hearing.ids import Instant, SeatId  # noqa: TC001


@dataclass(frozen=True, slots=True)
class DeviceView:
    """Result of a seat's device test (shown to the bench and to the seat itself)."""

    camera: str
    microphone: str
    speaker: str
    network: str


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
class ConsentView:
    """A party's answer to one step of the procedure held online; agrees None: not asked or not answered yet."""

    step: str
    agrees: bool | None


@dataclass(frozen=True, slots=True)
class PlaceView:
    """Declared place: "home", "office", "court", "other"; quiet: closed, and nobody else there."""

    place: str
    quiet: bool


@dataclass(frozen=True, slots=True)
class MeasureView:
    """A step of the ladder taken against the seat: "remind", "warn", "reprimand", "mute" or "remove".

    by: role of who took it, "" where that may have been the clerk for the bench.
    """

    measure: str
    reason: str
    at: Instant
    by: str = ""


@dataclass(frozen=True, slots=True)
class AbsenceView:
    """An absence as the house knows it (OLR 25); for the bench and the clerk.

    verdict: "left", "page_closed", "network", "device", "server", "superseded" or "unknown" (cannot tell).
    facts: "key=value". proposal: what the system proposes now, "prompt", "warn", "rule" or "". finding: the bench's
    own, "withdrawn", "absent", "excused" or "".
    """

    since: Instant
    until: Instant | None
    verdict: str
    facts: tuple[str, ...]
    proposal: str
    prompted_at: Instant | None
    prompt_shown_at: Instant | None
    prompt_seen_at: Instant | None
    warned_at: Instant | None
    warn_shown_at: Instant | None
    warn_seen_at: Instant | None
    finding: str
    reason: str


@dataclass(frozen=True, slots=True)
class HelpView:
    """Help asked for: kind "technician", "interpreter", "assistance" or "other"."""

    kind: str
    text: str
    at: Instant


@dataclass(frozen=True, slots=True)
class SeatCard:
    """One seat as the viewer may know it. name is None where the viewer may not have it.

    presence: "expected", "waiting", "isolated", "present", "lost", "left" or "removed".
    heard: the seat's effective speech now (audience, floor, own switch, lock in one).
    room: key of the room where it is present; None where it is in none or the viewer may not know.
    oath: whether the undertaking was signed or waived; None where none is asked.
    Fields from `device` on are None or () for viewers who do not oversee the hearing, except on their own seat.
    """

    seat: SeatId
    role: str
    side: str
    name: str | None
    presence: str
    lost_since: Instant | None
    has_floor: bool
    heard: bool
    microphone_on: bool
    camera_on: bool
    locked: bool
    room: str | None = None
    on_site: bool = False
    oath: bool | None = None
    interprets: SeatId | None = None
    may_present: bool = False
    measures: tuple[MeasureView, ...] = ()
    finding: str = ""
    device: DeviceView | None = None
    consent: bool | None = None
    discipline_read: bool | None = None
    consents: tuple[ConsentView, ...] = ()
    place: PlaceView | None = None
    cannot_hear_since: Instant | None = None
    help: HelpView | None = None
    absences: tuple[AbsenceView, ...] = ()


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
    """The court's own check before opening (bench and clerk only)."""

    suitable: bool | None
    barred: tuple[str, ...]
    note: str
    rolled_at: Instant | None


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
class RoomView:
    """A room that the viewer may know of. seats: who is in it, as far as the viewer may know.

    recorded: taped and transcribed now. agreed: who in it has agreed to that. closed: the viewer can't see inside.
    """

    key: str
    kind: str
    seats: tuple[SeatId, ...]
    since: Instant | None
    recorded: bool
    agreed: tuple[SeatId, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class ShowingView:
    """What is shown large to all. source: "exhibit", "screen" or "camera"; seat: who presents.

    position_ms was true at `at`; while playing it runs with the clock. marks: "shape page x,y x,y ...".
    """

    source: str
    seat: SeatId
    exhibit: str
    page: int
    zoom: int
    x: int
    y: int
    playing: bool
    position_ms: int
    at: Instant
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpinionView:
    """A party's opinion: each of the three "accepted", "disputed" or ""."""

    seat: SeatId
    authenticity: str
    legality: str
    relevance: str
    text: str


@dataclass(frozen=True, slots=True)
class ExhibitView:
    """A material of the case. number: in the order of offering, from 1. shown_at: first shown, or None."""

    exhibit: str
    number: int
    title: str
    kind: str
    pages: int
    offered_by: SeatId
    sha256: str
    shown_at: Instant | None
    original_asked: bool
    opinions: tuple[OpinionView, ...]


@dataclass(frozen=True, slots=True)
class AnswerView:
    """A party's yes or no."""

    seat: SeatId
    agrees: bool


@dataclass(frozen=True, slots=True)
class ProposalView:
    """调解方案. to: "both" or a side."""

    proposal: str
    by: SeatId
    to: str
    text: str
    at: Instant
    answers: tuple[AnswerView, ...]


@dataclass(frozen=True, slots=True)
class ClauseView:
    """A clause of the agreement, or an undisputed fact (version always 1)."""

    clause: str
    version: int
    text: str
    answers: tuple[AnswerView, ...]


@dataclass(frozen=True, slots=True)
class MediationView:
    """disclosure: None until the mediator has made it. ending: "" or one of the eight of OMR 25."""

    disclosure: str | None
    accepted: tuple[AnswerView, ...]
    proposals: tuple[ProposalView, ...]
    clauses: tuple[ClauseView, ...]
    undisputed: tuple[ClauseView, ...]
    ending: str


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
    next, points, check, incidents: bench and clerk only. room: where the viewer is, "" for nowhere. may_enter: rooms it
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
    next: tuple[NextStageView, ...] = ()
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
