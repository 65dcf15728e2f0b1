"""What is asked about exhibits 举证质证 and other sources: presenting, page and zoom, marks, opinions, screen share.

Pure values. Lengths on a page are in hundredths of a per cent of its width or height: 0 to 10000.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.hearing.ids import SeatId


@dataclass(frozen=True, slots=True)
class PermitPresenting:
    """Whether the seat may present exhibits and share its screen."""

    seat: SeatId
    on: bool


@dataclass(frozen=True, slots=True)
class PresentExhibit:
    """Put a material of the case before everybody; its offerer, a permitted seat, the bench or the clerk."""

    exhibit: str


@dataclass(frozen=True, slots=True)
class TurnPage:
    """Page from 1, zoom in per cent 100-800, and the centre of what is seen; for the presenter and the bench."""

    page: int
    zoom: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class PlayExhibit:
    """Run or stop a shown video or sound at this position, one clock for everyone."""

    playing: bool
    position_ms: int


@dataclass(frozen=True, slots=True)
class MarkExhibit:
    """Draw on the page that is shown. shape: "box", "line" or "free"; points: x,y pairs "1200,3400 1300,3500"."""

    shape: str
    points: str


@dataclass(frozen=True, slots=True)
class ClearMarks:
    """Wipe the marks of the page that is shown."""


@dataclass(frozen=True, slots=True)
class StopShowing:
    """Take away what is shown: exhibit, screen or camera."""


@dataclass(frozen=True, slots=True)
class ShowSource:
    """Show a seat's screen ("screen") or a physical object before another camera of it ("camera") large to all."""

    source: str
    seat: SeatId


@dataclass(frozen=True, slots=True)
class GiveOpinion:
    """质证意见: each of the three is "accepted", "disputed" or "" for none yet. about: the seat it is given for, or ""."""

    exhibit: str
    authenticity: str
    legality: str
    relevance: str
    text: str = ""
    about: SeatId = ""  # type: ignore[assignment]  # "" is the own seat; the clerk takes down a spoken one


@dataclass(frozen=True, slots=True)
class AskOriginal:
    """要求核对原件 (OLR 12, 13)."""

    exhibit: str
    reason: str


@dataclass(frozen=True, slots=True)
class OfferExhibit:
    """Instrument: a material came into the case file for this hearing. The acting seat offers it.

    kind: "pdf", "image", "video" or "audio". pages: 1 for all but pdf.
    """

    exhibit: str
    title: str
    kind: str
    pages: int
    sha256: str
    size: int
