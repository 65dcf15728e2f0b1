"""What the doors keep: of the hearing, and of each seat. Pure data; changed by `evolve_doors` only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.hearing.ids import Instant


@dataclass(frozen=True, slots=True)
class Doors:
    """Of the hearing. ground: "" while they are not closed for a part of it. recorded: whether the tape goes on meanwhile."""

    ground: str = ""
    reason: str = ""
    recorded: bool = True
    since: Instant | None = None


@dataclass(frozen=True, slots=True)
class AskedOut:
    """Of one seat, while it waits outside: why, and since when. ground: as in SeatAskedOut."""

    ground: str
    reason: str
    at: Instant
