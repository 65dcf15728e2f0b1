"""Events of care: what came to pass, in the past tense. Pure values; rules as in `events`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

# needed at run time: the codec resolves field types from this module's names
from server.hearing.ids import ConnectionId, Instant, PersonId, SeatId  # noqa: TC001

# --- absence (OLR 25) ---


@dataclass(frozen=True, slots=True)
class AbsenceMeasured:
    """What the house measured about the end of this connection. facts: "key=value", see leaving.FACTS."""

    KIND: ClassVar[str] = "absence_measured"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    connection: ConnectionId
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AbsenceProposed:
    """The system proposed a step to the bench: "prompt", "warn" or "rule". Advice; binds nobody."""

    KIND: ClassVar[str] = "absence_proposed"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    proposal: str


@dataclass(frozen=True, slots=True)
class AbsencePrompted:
    """提示. notice: by which its showing and seeing are proved."""

    KIND: ClassVar[str] = "absence_prompted"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    notice: str


@dataclass(frozen=True, slots=True)
class AbsenceWarned:
    """警告. notice: by which its showing and seeing are proved."""

    KIND: ClassVar[str] = "absence_warned"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    notice: str


@dataclass(frozen=True, slots=True)
class AbsenceRuled:
    """The presiding seat found: "withdrawn" 视为中途退庭, "absent" 拒不到庭, "excused"; "" lifted an earlier finding.

    verdict: what the system's facts had said, so that the record shows where the bench went another way.
    """

    KIND: ClassVar[str] = "absence_ruled"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    finding: str
    reason: str
    verdict: str


@dataclass(frozen=True, slots=True)
class NoticeShown:
    """A notice of the court reached the seat's screen."""

    KIND: ClassVar[str] = "notice_shown"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    notice: str


@dataclass(frozen=True, slots=True)
class NoticeSeen:
    """The person said that it has read the notice."""

    KIND: ClassVar[str] = "notice_seen"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    notice: str


# --- hearing and help ---


@dataclass(frozen=True, slots=True)
class HearingTroubled:
    """我听不清: the seat said that it can't hear."""

    KIND: ClassVar[str] = "hearing_troubled"
    VERSION: ClassVar[int] = 1
    seat: SeatId


@dataclass(frozen=True, slots=True)
class HearingRestored:
    """It hears again; answered: the court said so, else the seat itself."""

    KIND: ClassVar[str] = "hearing_restored"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    answered: bool


@dataclass(frozen=True, slots=True)
class HelpAsked:
    """The seat asked for help. kind: as in commands_care.AskHelp."""

    KIND: ClassVar[str] = "help_asked"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class HelpAnswered:
    """The help was given."""

    KIND: ClassVar[str] = "help_answered"
    VERSION: ClassVar[int] = 1
    seat: SeatId


@dataclass(frozen=True, slots=True)
class MessageSent:
    """A written word between a person and the court's helpers. to "": the court.

    room: the caucus in which the person (not the helper) was, whose stream it belongs to (OMR 22), else "main".
    """

    KIND: ClassVar[str] = "message_sent"
    VERSION: ClassVar[int] = 1
    message: str
    by: SeatId
    to: str
    text: str
    room: str


# --- incidents and the sheet ---


@dataclass(frozen=True, slots=True)
class IncidentNoted:
    """异常情况说明 was opened. kind: of incidents.KINDS; subject: a seat or ""; ended None: it goes on (AVR 4)."""

    KIND: ClassVar[str] = "incident_noted"
    VERSION: ClassVar[int] = 1
    incident: str
    kind: str
    subject: str
    began: Instant
    ended: Instant | None
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncidentEnded:
    """The fault is over; facts: as they stand at the end."""

    KIND: ClassVar[str] = "incident_ended"
    VERSION: ClassVar[int] = 1
    incident: str
    ended: Instant
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncidentSigned:
    """The presiding seat signed the note (AVR 4)."""

    KIND: ClassVar[str] = "incident_signed"
    VERSION: ClassVar[int] = 1
    incident: str
    note: str


@dataclass(frozen=True, slots=True)
class SheetFiled:
    """The sheet "was everyone heard?" as it stood; rows as sheet.write gives them."""

    KIND: ClassVar[str] = "sheet_filed"
    VERSION: ClassVar[int] = 1
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TechnicianAdded:
    """The court's officer joined as a technician, on a seat that the schedule did not have."""

    KIND: ClassVar[str] = "technician_added"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    person: PersonId
    name: str


@dataclass(frozen=True, slots=True)
class TapeSegmentClosed:
    """A file of the tape is closed, with its digests (hex) and what it holds. Unix ms.

    Entered while it lies on the disk: a file that is changed afterwards is found, whoever changes it.
    """

    KIND: ClassVar[str] = "tape_segment_closed"
    VERSION: ClassVar[int] = 1
    name: str
    size: int
    sha256: str
    sm3: str
    label: str
    from_ms: int
    to_ms: int


CareEvent = (
    AbsenceMeasured
    | AbsenceProposed
    | AbsencePrompted
    | AbsenceWarned
    | AbsenceRuled
    | NoticeShown
    | NoticeSeen
    | HearingTroubled
    | HearingRestored
    | HelpAsked
    | HelpAnswered
    | MessageSent
    | IncidentNoted
    | IncidentEnded
    | IncidentSigned
    | SheetFiled
    | TechnicianAdded
    | TapeSegmentClosed
)
