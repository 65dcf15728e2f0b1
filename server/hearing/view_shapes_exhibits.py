"""Shapes of exhibits and of what is shown, as a screen may know them. Pure values, on the wire as they are; as `view_shapes`."""

from __future__ import annotations

from dataclasses import dataclass

# needed at run time: the wire's models are made from these
from server.hearing.ids import Instant, SeatId  # noqa: TC001


@dataclass(frozen=True, slots=True)
class ShowingView:
    """What is shown large to all. source: "exhibit", "screen" or "camera"; seat: who presents.

    position_ms was true at `at`; while playing it runs with the clock. marks: "shape page x,y x,y ...".
    """

    source: str
    seat: SeatId
    exhibit: str
    page: int
    zoom: int
    x: int
    y: int
    playing: bool
    position_ms: int
    at: Instant
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpinionView:
    """A party's opinion: each of the three "accepted", "disputed" or ""."""

    seat: SeatId
    authenticity: str
    legality: str
    relevance: str
    text: str


@dataclass(frozen=True, slots=True)
class ExhibitView:
    """A material of the case. number: in the order of offering, from 1. shown_at: first shown, or None."""

    exhibit: str
    number: int
    title: str
    kind: str
    pages: int
    offered_by: SeatId
    sha256: str
    shown_at: Instant | None
    original_asked: bool
    opinions: tuple[OpinionView, ...]
