"""What was recorded and why not the rest: marks in, spans and gaps out. Pure; never looks at a packet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ORDER = 0  # the tape as a whole: rolling, or standing by order ("recess", "not_permitted", ...)
FAULT = 1  # the tape could not keep it ("fault")
CONNECTION = 2  # one label: nobody connected ("connection")
VOICE = 3  # one label: connected, but nothing came ("silent")
LAYERS = 4

GROUND_FAULT = "fault"
GROUND_CONNECTION = "connection"
GROUND_SILENT = "silent"
GROUND_LOSS = "loss"


@dataclass(frozen=True, slots=True)
class Mark:
    """From at_ns on, this layer gives `ground` for not recording; None: it gives none."""

    at_ns: int
    ground: str | None
    layer: int = ORDER


@dataclass(frozen=True, slots=True)
class Span:
    """[start_ns, end_ns) was recorded."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Gap:
    """[start_ns, end_ns) was not recorded, and why."""

    start_ns: int
    end_ns: int
    ground: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """Spans and gaps, each in order of time; together they are exactly the whole, without overlap."""

    spans: tuple[Span, ...]
    gaps: tuple[Gap, ...]

    @property
    def recorded_ns(self) -> int:
        """Length of all spans."""
        return sum(span.end_ns - span.start_ns for span in self.spans)


def coverage(open_ns: int, close_ns: int, marks: Iterable[Mark]) -> Coverage:
    """Divide [open_ns, close_ns) into spans and gaps.

    A gap's ground is that of the lowest layer that gives one. Before the first mark of the ORDER layer the tape
    should have run and did not: "fault". Marks may come in any order; of marks at one instant and layer the
    last wins. ValueError if close is before open.
    """
    if close_ns < open_ns:
        raise ValueError("closed before it opened")
    grounds: list[str | None] = [GROUND_FAULT] + [None] * (LAYERS - 1)
    pieces: list[tuple[int, str | None]] = [(open_ns, GROUND_FAULT)]
    for mark in sorted(marks, key=lambda m: m.at_ns):
        if mark.at_ns >= close_ns:
            break
        grounds[mark.layer] = mark.ground
        now = next((ground for ground in grounds if ground is not None), None)
        at_ns = max(open_ns, mark.at_ns)
        if pieces[-1][0] == at_ns:
            pieces.pop()
        if not pieces or pieces[-1][1] != now:
            pieces.append((at_ns, now))
    return _divided(pieces, close_ns)


def _divided(pieces: list[tuple[int, str | None]], close_ns: int) -> Coverage:
    spans: list[Span] = []
    gaps: list[Gap] = []
    ends = [start for start, _ in pieces[1:]] + [close_ns]
    for (start, ground), end in zip(pieces, ends, strict=True):
        if start == end:
            continue
        if ground is None:
            spans.append(Span(start, end))
        else:
            gaps.append(Gap(start, end, ground))
    return Coverage(tuple(spans), tuple(gaps))


def silences(arrivals_ns: Iterable[int], open_ns: int, close_ns: int, longest_ns: int) -> list[Mark]:
    """VOICE marks of one label: "silent" wherever nothing came for longer than longest_ns.

    arrivals_ns: when its packets came, in order of time.
    """
    marks: list[Mark] = []
    last = open_ns
    for arrival in arrivals_ns:
        if arrival - last > longest_ns:
            marks += (Mark(last, GROUND_SILENT, VOICE), Mark(arrival, None, VOICE))
        last = max(last, arrival)
    if close_ns - last > longest_ns:
        marks.append(Mark(last, GROUND_SILENT, VOICE))
    return marks
