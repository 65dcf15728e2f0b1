"""Shapes of a seat's card: what a screen may know of one person. Pure values, on the wire as they are; as `view_shapes`."""

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
    authority: an agent's kind of authority, "general", "special", or "unstated" where the schedule does not say (CPL 62).
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
    authority: str | None = None
