"""Events of check-in: what came to pass, in the past tense. Pure values; rules as in `events`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

# needed at run time: the codec resolves field types from this module's names
from server.hearing.ids import SeatId  # noqa: TC001


@dataclass(frozen=True, slots=True)
class PlaceDeclared:
    """The seat said where it takes part from, and whether the place is quiet, closed and free of others (OLR 24, 26)."""

    KIND: ClassVar[str] = "place_declared"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    place: str
    quiet: bool


@dataclass(frozen=True, slots=True)
class SuitabilityChecked:
    """The list of barred cases was gone through; barred: those that were found (OLR 21)."""

    KIND: ClassVar[str] = "suitability_checked"
    VERSION: ClassVar[int] = 1
    barred: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class RollCalled:
    """Who was here and who was not, online or in person (CPL 140)."""

    KIND: ClassVar[str] = "roll_called"
    VERSION: ClassVar[int] = 1
    present: tuple[SeatId, ...]
    absent: tuple[SeatId, ...]


@dataclass(frozen=True, slots=True)
class OnSiteSet:
    """The seat takes part in the courthouse while others are online, or no longer does (OLR 4, 5)."""

    KIND: ClassVar[str] = "on_site_set"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    on_site: bool
    reason: str


@dataclass(frozen=True, slots=True)
class CourtMovedOffline:
    """转为线下. The online sitting ended; what was done in it stays valid. ground: an id of OFFLINE_GROUNDS (OLR 5, 21)."""

    KIND: ClassVar[str] = "court_moved_offline"
    VERSION: ClassVar[int] = 1
    ground: str
    reason: str


@dataclass(frozen=True, slots=True)
class PointRecorded:
    """A point of the stage's record was dealt with."""

    KIND: ClassVar[str] = "point_recorded"
    VERSION: ClassVar[int] = 1
    stage: str
    item: str
    text: str


CheckinEvent = PlaceDeclared | SuitabilityChecked | RollCalled | OnSiteSet | CourtMovedOffline | PointRecorded
"""The area's part of `events.Event`."""
