"""What is asked about rooms, screening, and mediation: who meets where, proposals, terms, the ending. Pure values.

A room is named by its key: "main", "deliberation", "caucus:SIDE", "consultation:SIDE", "witness:SEAT"; SIDE is a value of
seats.Side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.hearing.ids import SeatId


@dataclass(frozen=True, slots=True)
class EnterRoom:
    """Go to a room that is open to the own seat now."""

    room: str


@dataclass(frozen=True, slots=True)
class MoveSeats:
    """Move people to a room; a mediator who calls a caucus goes along by naming the own seat."""

    seats: tuple[SeatId, ...]
    room: str


@dataclass(frozen=True, slots=True)
class ScreenOff:
    """隔离: the two never see, hear or meet one another; on=False lifts it. Both directions."""

    one: SeatId
    other: SeatId
    on: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ConsentRecording:
    """Whether the seat agrees to the tape and the transcript of the room it is in, where only consent allows them."""

    agrees: bool


@dataclass(frozen=True, slots=True)
class Propose:
    """调解方案. to: "both" or a value of seats.Side; in a caucus only that side is shown it."""

    text: str
    to: str


@dataclass(frozen=True, slots=True)
class ShareProposal:
    """Show a proposal made for one side to both. Only who made it or the mediator with leave of its side."""

    proposal: str


@dataclass(frozen=True, slots=True)
class AnswerProposal:
    """A party's answer to a proposal."""

    proposal: str
    accepts: bool


@dataclass(frozen=True, slots=True)
class DraftClause:
    """Write or change a clause of the agreement. clause "": a new one. text "": strike it. Answers to it are void."""

    clause: str
    text: str


@dataclass(frozen=True, slots=True)
class AnswerClause:
    """A party's answer to a clause as it now stands. version: of the clause that was read."""

    clause: str
    version: int
    agrees: bool


@dataclass(frozen=True, slots=True)
class NoteUndisputed:
    """无争议事实: a fact that both sides confirm in writing (OMR 18, 22)."""

    text: str


@dataclass(frozen=True, slots=True)
class ConfirmUndisputed:
    """A party's answer to an undisputed fact."""

    fact: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Disclose:
    """披露: what the mediator has to disclose; "" for nothing (OMR 13)."""

    text: str


@dataclass(frozen=True, slots=True)
class AcceptMediator:
    """The party's answer to the disclosure: goes on with this mediator or not (OMR 13)."""

    agrees: bool


@dataclass(frozen=True, slots=True)
class EndMediation:
    """调解终结, by one of the eight endings of OMR 25. ending: an id of `ENDINGS`. note: the reason, where one is needed."""

    ending: str
    note: str = ""
