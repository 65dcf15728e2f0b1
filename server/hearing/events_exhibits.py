"""Events of exhibits and other sources: what came to pass, in the past tense. Pure values; rules as in `events`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

# needed at run time: the codec resolves field types from this module's names
from server.hearing.ids import SeatId  # noqa: TC001


@dataclass(frozen=True, slots=True)
class ExhibitOffered:
    """A material came into the file for this hearing (CPL 68). sha256, size: of the original as it was handed in."""

    KIND: ClassVar[str] = "exhibit_offered"
    VERSION: ClassVar[int] = 1
    exhibit: str
    seat: SeatId
    title: str
    kind: str
    pages: int
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class PresentingPermitted:
    """The seat may present exhibits and share its screen from now on, or no longer."""

    KIND: ClassVar[str] = "presenting_permitted"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    on: bool


@dataclass(frozen=True, slots=True)
class ExhibitPresented:
    """出示证据: from now on everybody sees its first page; what was shown before is not any more (CPL 71)."""

    KIND: ClassVar[str] = "exhibit_presented"
    VERSION: ClassVar[int] = 1
    exhibit: str
    seat: SeatId


@dataclass(frozen=True, slots=True)
class PageTurned:
    """Everybody sees this page at this zoom around this point."""

    KIND: ClassVar[str] = "page_turned"
    VERSION: ClassVar[int] = 1
    exhibit: str
    page: int
    zoom: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class ExhibitPlayed:
    """The shown video or sound runs, or stands, from this position."""

    KIND: ClassVar[str] = "exhibit_played"
    VERSION: ClassVar[int] = 1
    exhibit: str
    playing: bool
    position_ms: int


@dataclass(frozen=True, slots=True)
class ExhibitMarked:
    """Something was drawn on the page that is shown; the material itself stays as it was."""

    KIND: ClassVar[str] = "exhibit_marked"
    VERSION: ClassVar[int] = 1
    exhibit: str
    page: int
    shape: str
    points: str


@dataclass(frozen=True, slots=True)
class MarksCleared:
    """The marks of this page were wiped."""

    KIND: ClassVar[str] = "marks_cleared"
    VERSION: ClassVar[int] = 1
    exhibit: str
    page: int


@dataclass(frozen=True, slots=True)
class SourceShown:
    """From now on everybody sees this seat's screen, or an object before its camera, large."""

    KIND: ClassVar[str] = "source_shown"
    VERSION: ClassVar[int] = 1
    source: str
    seat: SeatId


@dataclass(frozen=True, slots=True)
class ShowingStopped:
    """What was shown is not any more. Recess, end, a new stage and the presenter's leaving do the same by themselves."""

    KIND: ClassVar[str] = "showing_stopped"
    VERSION: ClassVar[int] = 1
    source: str
    seat: SeatId
    exhibit: str


@dataclass(frozen=True, slots=True)
class OpinionGiven:
    """质证意见 of the seat, in place of an earlier one (CPL 71). by: who entered it."""

    KIND: ClassVar[str] = "opinion_given"
    VERSION: ClassVar[int] = 1
    exhibit: str
    seat: SeatId
    authenticity: str
    legality: str
    relevance: str
    text: str
    by: SeatId


@dataclass(frozen=True, slots=True)
class OriginalAsked:
    """要求核对原件 (OLR 12)."""

    KIND: ClassVar[str] = "original_asked"
    VERSION: ClassVar[int] = 1
    exhibit: str
    seat: SeatId
    reason: str


ExhibitsEvent = (
    ExhibitOffered
    | PresentingPermitted
    | ExhibitPresented
    | PageTurned
    | ExhibitPlayed
    | ExhibitMarked
    | MarksCleared
    | SourceShown
    | ShowingStopped
    | OpinionGiven
    | OriginalAsked
)
