"""Events of the doors: what came to pass, in the past tense. Pure values; rules as in `events`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

# needed at run time: the codec resolves field types from this module's names
from server.hearing.ids import SeatId  # noqa: TC001


@dataclass(frozen=True, slots=True)
class SeatAskedOut:
    """Back to the waiting room. ground: "asked" by the court for the reason given, else why the public had to go."""

    KIND: ClassVar[str] = "seat_asked_out"
    VERSION: ClassVar[int] = 1
    seat: SeatId
    ground: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DoorsClosed:
    """The public is shut out for a part of the hearing (CPL 137). recorded: whether the tape goes on (AVR 3)."""

    KIND: ClassVar[str] = "doors_closed"
    VERSION: ClassVar[int] = 1
    ground: str
    reason: str
    recorded: bool


@dataclass(frozen=True, slots=True)
class DoorsOpened:
    """That part is over."""

    KIND: ClassVar[str] = "doors_opened"
    VERSION: ClassVar[int] = 1


DoorsEvent = SeatAskedOut | DoorsClosed | DoorsOpened
"""The area's part of `events.Event`."""
