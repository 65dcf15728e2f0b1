"""What check-in and the stages keep: of the hearing, and of each seat. Pure data; changed by `evolve_checkin` only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.hearing.ids import Instant, SeatId


@dataclass(frozen=True, slots=True)
class Recorded:
    """A point that was dealt with."""

    text: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Answer:
    """A party's answer to one step held online. version: of the text that it answered."""

    agrees: bool
    version: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Place:
    """Where a seat takes part from."""

    place: str
    quiet: bool


@dataclass(frozen=True, slots=True)
class Check:
    """Of the hearing. suitable: None before the list was gone through. points: by item, the last word on each.

    overruled: the found cases that the presiding seat went on despite, with its reason in the log. ground: why it was moved
    offline, else "".
    """

    suitable: bool | None = None
    barred: tuple[str, ...] = ()
    overruled: tuple[str, ...] = ()
    note: str = ""
    rolled_at: Instant | None = None
    present: tuple[SeatId, ...] = ()
    absent: tuple[SeatId, ...] = ()
    points: Mapping[str, Recorded] = field(default_factory=dict)
    ground: str = ""


@dataclass(frozen=True, slots=True)
class SeatCheck:
    """Of one seat; survives a lost connection. consents: the last answer to each step."""

    place: Place | None = None
    on_site: bool = False
    consents: Mapping[str, Answer] = field(default_factory=dict)
