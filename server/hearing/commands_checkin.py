"""What is asked around the check-in and the stages: consent, suitability, roll call, place, how to go on. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.hearing.ids import SeatId


@dataclass(frozen=True, slots=True)
class DeclarePlace:
    """Where the seat takes part from. place: "home", "office", "court", "other". quiet: closed and alone (OLR 24, 25)."""

    place: str
    quiet: bool


@dataclass(frozen=True, slots=True)
class CheckSuitability:
    """适合在线审理: the list of art. 21 was gone through. barred: ids of the cases found, () for none (OLR 21)."""

    barred: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class CallRoll:
    """查明到庭情况: take down who is here and who is not (CPL 140)."""


@dataclass(frozen=True, slots=True)
class SetOnSite:
    """线下到庭: the seat takes part in person while others are online, or no longer does (OLR 4, 5)."""

    seat: SeatId
    on_site: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ConvertOffline:
    """转为线下: end the online sitting; what was done stays valid (OLR 5, 21). ground: an id of `OFFLINE_GROUNDS`."""

    ground: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordPoint:
    """A point of the stage's record was dealt with, e.g. rights told 告知权利. item: a key of the procedure's stage."""

    item: str
    text: str = ""
