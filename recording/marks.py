"""The recorder's own log as marks of the timeline: lines in, marks out. Pure; never opens a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recording.timeline import CONNECTION, FAULT, GROUND_CONNECTION, GROUND_FAULT, ORDER, Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Line = Mapping[str, Any]


def order_marks(lines: Iterable[Line]) -> list[Mark]:
    """Give the marks of the tape as a whole: orders, interruptions, and what was lost in faults."""
    marks: list[Mark] = []
    rolling = False
    for line in lines:
        match line["event"]:
            case "rolling":
                rolling = True
                marks.append(Mark(line["at_ns"], None, ORDER))
            case "paused":
                rolling = False
                marks.append(Mark(line["at_ns"], line["ground"], ORDER))
            case "stopped" if rolling:
                rolling = False
                marks.append(Mark(line["at_ns"], GROUND_FAULT, ORDER))
            case "interrupted":
                rolling = False
                marks.append(Mark(line["from_ns"], GROUND_FAULT, ORDER))
            case "faulted" if line["lost"]:
                marks.append(Mark(line["lost_from_ns"], GROUND_FAULT, FAULT))
                marks.append(Mark(line["lost_to_ns"] + 1, None, FAULT))
    return marks


def connection_marks(lines: Iterable[Line], label: str) -> list[Mark]:
    """Give the marks of one label's being connected at all (layer CONNECTION)."""
    marks = [Mark(0, GROUND_CONNECTION, CONNECTION)]
    for line in lines:
        if line["event"] == "labels":
            here = label in line["labels"].values()
            marks.append(Mark(line["at_ns"], None if here else GROUND_CONNECTION, CONNECTION))
    return marks
