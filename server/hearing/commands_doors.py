"""What is asked about who may follow the hearing: the doors closed to the public and opened again, people asked out. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.hearing.ids import SeatId


@dataclass(frozen=True, slots=True)
class AskOut:
    """请到候庭室等候: back to the waiting room. No sanction; may be let in again."""

    seat: SeatId
    reason: str


@dataclass(frozen=True, slots=True)
class CloseDoors:
    """不公开: go on with a part of the hearing without the public. ground: an id of `doors.GROUNDS`.

    recorded: False where the part is not taped and not written down by machine either (AVR 3, second and third exception).
    """

    ground: str
    reason: str
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class OpenDoors:
    """恢复公开: the part that is not public is over, and with it the pause of the tape."""
