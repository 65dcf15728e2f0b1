"""Events of speech and order: what came to pass, in the past tense. Pure values; rules as in `events`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

# needed at run time: the codec resolves field types from this module's names
from server.hearing.ids import Instant, SeatId  # noqa: TC001


@dataclass(frozen=True, slots=True)
class FloorInterrupted:
    """The bench took the floor back for a moment. remaining_ms: what was left of its time, None without a limit."""

    KIND: ClassVar[str] = "floor_interrupted"
    VERSION: ClassVar[int] = 1
    seats: tuple[SeatId, ...]
    reason: str
    remaining_ms: int | None


@dataclass(frozen=True, slots=True)
class FloorGivenBack:
    """The interrupted floor goes on. until: when it runs out now, or None."""

    KIND: ClassVar[str] = "floor_given_back"
    VERSION: ClassVar[int] = 1
    seats: tuple[SeatId, ...]
    until: Instant | None


@dataclass(frozen=True, slots=True)
class HalfDuplexSet:
    """From now on an open floor is spoken in by turns, or no longer."""

    KIND: ClassVar[str] = "half_duplex_set"
    VERSION: ClassVar[int] = 1
    on: bool


@dataclass(frozen=True, slots=True)
class TurnTaken:
    """The seat has the turn; whoever had it has it no longer."""

    KIND: ClassVar[str] = "turn_taken"
    VERSION: ClassVar[int] = 1
    seat: SeatId


@dataclass(frozen=True, slots=True)
class TurnYielded:
    """The seat gave its turn up."""

    KIND: ClassVar[str] = "turn_yielded"
    VERSION: ClassVar[int] = 1
    seat: SeatId


@dataclass(frozen=True, slots=True)
class ObjectionRaised:
    """异议. ground: one of state_order.GROUNDS."""

    KIND: ClassVar[str] = "objection_raised"
    VERSION: ClassVar[int] = 1
    objection: str
    seat: SeatId
    ground: str
    text: str


@dataclass(frozen=True, slots=True)
class ObjectionRuled:
    """The bench's answer: sustained 成立 or overruled 驳回."""

    KIND: ClassVar[str] = "objection_ruled"
    VERSION: ClassVar[int] = 1
    objection: str
    sustained: bool
    note: str


@dataclass(frozen=True, slots=True)
class SeatDisciplined:
    """提示, 警告 or 训诫. reason: the words that were said to it and for what, for the minutes (CR 19, CPLI 177)."""

    KIND: ClassVar[str] = "seat_disciplined"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    measure: str
    reason: str


@dataclass(frozen=True, slots=True)
class SeatRemoved:
    """责令退出. reason: the facts of the breach, for the minutes (CR 19, CPLI 177). One event for each seat of the person."""

    KIND: ClassVar[str] = "seat_removed"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    reason: str


@dataclass(frozen=True, slots=True)
class SeatReadmitted:
    """责令退出 lifted: the seat may be let in again."""

    KIND: ClassVar[str] = "seat_readmitted"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    reason: str


@dataclass(frozen=True, slots=True)
class GavelStruck:
    """敲法槌 (CR 18)."""

    KIND: ClassVar[str] = "gavel_struck"
    VERSION: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class OathTaken:
    """保证书 signed, this version of the text (CPLI 119)."""

    KIND: ClassVar[str] = "oath_taken"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    version: str


@dataclass(frozen=True, slots=True)
class OathWaived:
    """No undertaking is asked of the seat (CPLI 119)."""

    KIND: ClassVar[str] = "oath_waived"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    reason: str


@dataclass(frozen=True, slots=True)
class InterpreterPaired:
    """The interpreter speaks for this seat. seat "": for nobody in particular."""

    KIND: ClassVar[str] = "interpreter_paired"
    VERSION: ClassVar[int] = 1
    interpreter: SeatId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class LayoutSet:
    """What all screens follow. spotlight: the seat shown large, or ""."""

    KIND: ClassVar[str] = "layout_set"
    VERSION: ClassVar[int] = 1
    layout: str
    spotlight: SeatId


OrderEvent = (
    FloorInterrupted
    | FloorGivenBack
    | HalfDuplexSet
    | TurnTaken
    | TurnYielded
    | ObjectionRaised
    | ObjectionRuled
    | SeatDisciplined
    | SeatRemoved
    | SeatReadmitted
    | GavelStruck
    | OathTaken
    | OathWaived
    | InterpreterPaired
    | LayoutSet
)
