"""What the court's officer does from the console, without a tab of its own in the hearing. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.hearing.ids import SeatId


@dataclass(frozen=True, slots=True)
class WriteFromConsole:
    """The officer, on its technician's seat, writes to a person. An observation: the console is not one of the seat's tabs."""

    to: SeatId
    text: str
