"""Was everyone heard? One row a seat, as it stands in the log. Pure: writing and reading of rows, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PASSAGES_MAX = 20
"""Missed passages kept of one seat; the milliseconds count on."""

ROWS_MAX = 64
"""Rows of one sheet."""


SHEET_CHARS_MAX = 48_000
"""All rows of one sheet together: it must fit into one event of the log, whatever the seats are called."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Speech of a seat that the row's own seat missed, Unix milliseconds."""

    seat: str
    t0: int
    t1: int


@dataclass(frozen=True, slots=True)
class Row:
    """What one seat said and missed while the court's recording duty was on, in milliseconds.

    interrupted: how often it was cut short, by the bench or by another voice. cannot_hear: presses; answered_ms: how
    long it waited for an answer to them, all together. lost_ms: without a connection while the court sat.
    """

    seat: str
    spoke_ms: int = 0
    missed_ms: int = 0
    passages: tuple[Passage, ...] = ()
    interrupted: int = 0
    cannot_hear: int = 0
    answered_ms: int = 0
    lost_ms: int = 0


_NUMBERS = ("spoke_ms", "missed_ms", "interrupted", "cannot_hear", "answered_ms", "lost_ms")


def written(rows: Sequence[Row]) -> tuple[str, ...]:
    """Put a sheet into rows of text; where it would be too long the oldest passages go, never a figure."""
    kept = PASSAGES_MAX
    while True:
        texts = tuple(write(row, kept) for row in rows[:ROWS_MAX])
        if kept == 0 or sum(map(len, texts)) <= SHEET_CHARS_MAX:
            return texts
        kept //= 2


def write(row: Row, kept: int = PASSAGES_MAX) -> str:
    """Put a row into "key=value;...", with its newest passages."""
    newest = row.passages[-kept:] if kept else ()
    passages = ",".join(f"{p.seat}:{p.t0}-{p.t1}" for p in newest)
    numbers = [f"{key}={getattr(row, key)}" for key in _NUMBERS]
    return ";".join([f"seat={row.seat}", *numbers, f"passages={passages}"])


def read(text: str) -> Row:
    """Take a row apart, as `write` put it together. ValueError for one that is none."""
    values = {key: value for key, _, value in (part.partition("=") for part in text.split(";"))}
    if not values.get("seat"):
        raise ValueError("a row of the sheet has no seat")
    numbers = {key: int(values.get(key) or 0) for key in _NUMBERS}
    passages = tuple(_passage(part) for part in values.get("passages", "").split(",") if part)
    return Row(values["seat"], passages=passages, **numbers)


def _passage(text: str) -> Passage:
    seat, _, times = text.rpartition(":")
    t0, _, t1 = times.partition("-")
    return Passage(seat, int(t0), int(t1))
