"""What is shown, and the materials with their opinions. Pure data; changed by `evolve_exhibits` only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from server.hearing.ids import Instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.hearing.ids import SeatId

PDF, IMAGE, VIDEO, AUDIO = "pdf", "image", "video", "audio"
PAGED: frozenset[str] = frozenset({PDF, IMAGE})
"""Kinds that are shown page by page and can be marked."""
PLAYED: frozenset[str] = frozenset({VIDEO, AUDIO})
"""Kinds that run with the one clock."""

EXHIBIT, SCREEN, CAMERA = "exhibit", "screen", "camera"
SOURCES: frozenset[str] = frozenset({SCREEN, CAMERA})
"""What else than a material can be shown: a seat's screen, or an object before its camera."""

OPINIONS: frozenset[str] = frozenset({"accepted", "disputed", ""})

EXHIBITS_MAX = 300
"""Materials of one hearing."""
EXHIBITS_OF_SEAT_MAX = 100
TITLE_MAX = 120
PAGES_MAX = 2000
ZOOM_MIN, ZOOM_MAX = 100, 800
SCALE = 10_000
"""The far edge of a page, in hundredths of a per cent."""
POSITION_MAX_MS = 24 * 3600 * 1000
MARKS_OF_PAGE_MAX = 40
MARKS_MAX = 200
"""Marks of all pages of what is shown."""
POINTS_MAX = 64
"""Points of one mark; of a box or a line there are two."""
MOVES_PER_MINUTE = 90
"""Pages turned, marks drawn and the like: each is an entry of the log that is kept for ever."""
MINUTE_MS = 60_000

_NEVER = Instant(0)


@dataclass(frozen=True, slots=True)
class Opinion:
    """质证意见 of one party. by: who entered it, the seat itself or who took it down for the record."""

    authenticity: str
    legality: str
    relevance: str
    text: str
    by: SeatId


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A material of the case. original: who asked to see the original, and why. shown_at: when it was first shown."""

    exhibit: str
    number: int
    title: str
    kind: str
    pages: int
    offered_by: SeatId
    sha256: str
    shown_at: Instant | None = None
    original: Mapping[SeatId, str] = field(default_factory=dict)
    opinions: Mapping[SeatId, Opinion] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark on a page, its points as in commands_exhibits.MarkExhibit."""

    shape: str
    page: int
    points: str


@dataclass(frozen=True, slots=True)
class Showing:
    """What is shown large to all. exhibit: "" for a screen or a camera. position_ms was true at `at`."""

    source: str
    seat: SeatId
    exhibit: str = ""
    page: int = 1
    zoom: int = ZOOM_MIN
    x: int = SCALE // 2
    y: int = SCALE // 2
    playing: bool = False
    position_ms: int = 0
    at: Instant = _NEVER
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Exhibits:
    """Of the hearing. items: in the order of offering. moves: how often what is shown was moved since `minute` began."""

    items: Mapping[str, Exhibit] = field(default_factory=dict)
    showing: Showing | None = None
    minute: Instant = _NEVER
    moves: int = 0


@dataclass(frozen=True, slots=True)
class SeatExhibits:
    """Of one seat; survives a lost connection. may_present: permitted by the bench, until it leaves the courtroom."""

    may_present: bool = False
