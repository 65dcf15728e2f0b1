"""What is asked about speech and order: interruption, turns, objections, the ladder, gavel, oath, interpreter, layout.

Pure values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.hearing.ids import SeatId


@dataclass(frozen=True, slots=True)
class Interrupt:
    """打断发言: the bench takes the floor back for a moment; `GiveBack` returns it with the time that was left."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class GiveBack:
    """请继续: the interrupted floor as it was."""


@dataclass(frozen=True, slots=True)
class SetHalfDuplex:
    """轮流发言: in an open floor only who holds the turn is heard; the remedy for echo."""

    on: bool


@dataclass(frozen=True, slots=True)
class TakeTurn:
    """Begin to speak in a half-duplex floor."""


@dataclass(frozen=True, slots=True)
class YieldTurn:
    """End it."""


@dataclass(frozen=True, slots=True)
class RaiseObjection:
    """异议. ground: "leading", "irrelevant", "misstated", "procedure", "privacy" or "other"."""

    ground: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class RuleObjection:
    """Rule: sustained 成立 or overruled 驳回."""

    objection: str
    sustained: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Discipline:
    """Step on the ladder that changes no right: measure "remind" 提示, "warn" 警告 or "reprimand" 训诫 (CR 19, OLR 25)."""

    seat: SeatId
    measure: str
    reason: str


@dataclass(frozen=True, slots=True)
class Remove:
    """责令退出: against the person; coming back by another connection or seat does not help (CR 19)."""

    seat: SeatId
    reason: str


@dataclass(frozen=True, slots=True)
class Readmit:
    """Lift 责令退出; the seat waits again to be let in."""

    seat: SeatId
    reason: str


@dataclass(frozen=True, slots=True)
class StrikeGavel:
    """敲法槌 (CR 18)."""


@dataclass(frozen=True, slots=True)
class TakeOath:
    """签署保证书: of witness, expert or interpreter, this version of the text (CPL interpretation art. 119)."""

    version: str


@dataclass(frozen=True, slots=True)
class WaiveOath:
    """The undertaking is not asked of this seat, e.g. of a minor (CPL interpretation art. 119)."""

    seat: SeatId
    reason: str


@dataclass(frozen=True, slots=True)
class PairInterpreter:
    """The interpreter speaks for this seat: shares its floor and its rooms. seat "": no longer."""

    interpreter: SeatId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class SetLayout:
    """Layout that all follow. layout: "speaker", "grid" or "exhibit". spotlight: the seat shown large, or ""."""

    layout: str
    spotlight: SeatId
