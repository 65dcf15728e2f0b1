"""What is asked about absences, help, messages, incidents, and what the house itself observes. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.hearing.ids import ConnectionId, SeatId


@dataclass(frozen=True, slots=True)
class PromptAbsent:
    """提示: tell an absent seat to come back (OLR 25)."""

    seat: SeatId


@dataclass(frozen=True, slots=True)
class WarnAbsent:
    """警告: tell it what follows if it does not (OLR 25)."""

    seat: SeatId


@dataclass(frozen=True, slots=True)
class RuleAbsence:
    """What the presiding seat finds: "withdrawn" 视为中途退庭, "absent" 拒不到庭, "excused", or "" to lift it (OLR 25).

    "absent_in_person": of one who had to come itself although an agent did (CPL 65, 112).
    """

    seat: SeatId
    finding: str
    reason: str


@dataclass(frozen=True, slots=True)
class SeeNotice:
    """The person has seen this notice of the court (a prompt, a warning, a measure)."""

    notice: str


@dataclass(frozen=True, slots=True)
class CannotHear:
    """我听不清."""


@dataclass(frozen=True, slots=True)
class HearAgain:
    """I can hear again."""


@dataclass(frozen=True, slots=True)
class AnswerCannotHear:
    """The court has seen to it."""

    seat: SeatId


@dataclass(frozen=True, slots=True)
class AskHelp:
    """Ask the court's helpers. kind: "technician", "interpreter", "assistance" or "other"."""

    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class AnswerHelp:
    """The help asked for was given."""

    seat: SeatId


@dataclass(frozen=True, slots=True)
class SendMessage:
    """A written word between a person and the court's helpers. to: a seat, or "" for the court (from a person)."""

    to: SeatId
    text: str


@dataclass(frozen=True, slots=True)
class SignIncident:
    """The presiding seat signs an incident note 异常情况说明 (AVR 4); also after the close."""

    incident: str
    note: str = ""


# --- observations ---


@dataclass(frozen=True, slots=True)
class MeasureAbsence:
    """The house's own facts about the end of the acting seat's connection.

    facts: "key=value" strings in a fixed order (see leaving.FACTS): cause, transport end, loss and delay before.
    """

    connection: ConnectionId
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoteIncident:
    """A fault of recording, network or device. kind: an id of incidents.KINDS. facts: "key=value" strings."""

    kind: str
    subject: str
    began_ms: int
    ended_ms: int
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowNotice:
    """A notice reached the screen of the acting seat."""

    notice: str


@dataclass(frozen=True, slots=True)
class FileSheet:
    """The sheet "was everyone heard?" as it stands, one "key=value;..." row a seat; filed at the close."""

    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddTechnician:
    """The court's officer joins as a technician 技术保障, on a seat of its own."""

    seat: SeatId
    person: str
    name: str
