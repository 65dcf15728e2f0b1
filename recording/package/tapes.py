"""Reads the tape's files of a package: records, their order, the recorder's own log. Pure; decides nothing."""

from __future__ import annotations

import json
import re
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recording.marks import connection_marks, order_marks
from recording.package.manifest import Cover, Segment
from recording.package.report import LOST_MAX
from recording.packets import RECORD_BYTES, RecordType, Scan, TapeDamagedError, TapeHeader, scan
from recording.timeline import GROUND_CONNECTION, GROUND_FAULT, GROUND_SILENT, coverage, silences

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from recording.package.source import Bytes

BACK_NS = 2_000_000_000  # packets of several lines arrive a little out of order, never by so much
_SECOND_NS = 1_000_000_000
_NUMBER = re.compile(r"^(?P<stem>.+)-(?P<number>\d{4,})\.ytape(?:\.torn)?$")

ORDERED = frozenset({"recess", "not_public", "no_consent", "not_recorded"})
"""Grounds of a standing tape that the law gives (AVR 3, OMR 22); the log must know of each."""
TECHNICAL = frozenset({GROUND_FAULT, GROUND_CONNECTION, GROUND_SILENT, "not_open"})

Line = dict[str, Any]


@dataclass(slots=True)
class SegmentRead:
    """What one file holds. arrivals: of packets and reports, ns; seconds: (offset, ns) where each new second begins."""

    header: TapeHeader
    records: int = 0
    first_ns: int = 0
    last_ns: int = 0
    back_ns: int | None = None  # where the order was broken for the first time
    arrivals: array[int] = field(default_factory=lambda: array("Q"))
    marks: list[Line] = field(default_factory=list)
    damage: list[tuple[int, int]] = field(default_factory=list)
    seconds: list[tuple[int, int]] = field(default_factory=list)

    def summary(self, name: str) -> Segment:
        """As the manifest has it."""
        return Segment(name, self.first_ns, self.last_ns, self.records, tuple(self.damage))


def read_segment(data: Bytes) -> SegmentRead:
    """Read one file through, stepping over damage. recording.packets.TapeDamagedError if it has no whole header."""
    walk = _begun(data)
    found = SegmentRead(walk.header)
    second = -1
    while True:
        for start, end, kind, arrival in walk.brief():
            found.records += 1
            if kind == RecordType.MARK:
                found.marks += _lines(data[start + RECORD_BYTES : end])
            else:
                found.arrivals.append(arrival)
            if arrival <= found.last_ns:
                if kind != RecordType.MARK and arrival + BACK_NS < found.last_ns and found.back_ns is None:
                    found.back_ns = arrival
                continue
            found.first_ns = found.first_ns or arrival
            found.last_ns = arrival
            if arrival // _SECOND_NS != second:
                second = arrival // _SECOND_NS
                found.seconds.append((start, arrival))
        if walk.good_length == len(data):
            return found
        damaged, resumed = walk.good_length, walk.resume_after_damage()
        found.damage.append((damaged, len(data) if resumed is None else resumed))
        if resumed is None:
            return found


_INTS = {
    "rolling": ("at_ns",),
    "paused": ("at_ns",),
    "stopped": ("at_ns",),
    "labels": ("at_ns",),
    "interrupted": ("from_ns",),
    "faulted": ("lost", "lost_from_ns", "lost_to_ns"),
    "segment": ("size",),
}
_TEXTS = {"paused": ("ground",), "segment": ("name", "sha256")}


def _lines(payload: bytes) -> list[Line]:
    """Read a mark as a line; one that no recorder writes is none."""
    try:
        line = json.loads(payload)
    except (ValueError, RecursionError):
        return []
    if not isinstance(line, dict) or not isinstance(event := line.get("event"), str):
        return []
    whole = all(type(line.get(key)) is int for key in _INTS.get(event, ()))
    told = all(isinstance(line.get(key), str) for key in _TEXTS.get(event, ()))
    labels = line.get("labels") if event == "labels" else {}
    named = isinstance(labels, dict) and all(isinstance(label, str) for label in labels.values())
    return [line] if whole and told and named else []


def _begun(data: Bytes) -> Scan:
    """Begin to walk a file. TapeDamagedError, also for a header that no recorder writes."""
    try:
        walk = scan(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise TapeDamagedError(str(error)) from None
    if type(walk.header.started_ns) is not int or not isinstance(walk.header.label, str):
        raise TapeDamagedError("a header of other values")
    return walk


def unheard(lines: Sequence[Line], before: Sequence[Line]) -> list[Line]:
    """Lines that do not stand in an earlier file: a recorder that goes on elsewhere writes its last ones again."""
    heard = {json.dumps(line, sort_keys=True) for line in before}
    return [line for line in lines if json.dumps(line, sort_keys=True) not in heard]


def time_at(read: SegmentRead, offset: int) -> int:
    """Arrival (ns) of what stands at this offset of a file, to the second."""
    before = read.first_ns or read.header.started_ns
    for start, ns in read.seconds:
        if start > offset:
            break
        before = ns
    return before


def cover_of(
    label: str,
    marks: Sequence[Line],
    arrivals: Iterable[int],
    opened_ns: int,
    closed_ns: int,
    silence_ns: int,
) -> Cover:
    """What of a label was recorded from the opening to the close, and why not the rest. arrivals: in order of time."""
    layers = [
        *order_marks(marks),
        *connection_marks(marks, label),
        *silences((ns for ns in arrivals if opened_ns <= ns < closed_ns), opened_ns, closed_ns, silence_ns),
    ]
    found = coverage(opened_ns, closed_ns, layers)
    return Cover(
        label,
        tuple((span.start_ns, span.end_ns) for span in found.spans),
        tuple((gap.start_ns, gap.end_ns, gap.ground) for gap in found.gaps),
    )


def missing_numbers(names: Iterable[str]) -> list[tuple[str, str]]:
    """Files that must have been there, since their numbers are passed over: (name, the next one that is there)."""
    by_stem: dict[str, dict[int, str]] = {}
    for name in names:
        match = _NUMBER.match(name)
        if match is not None:
            by_stem.setdefault(match["stem"], {})[int(match["number"])] = name
    lost = []
    for stem, numbers in sorted(by_stem.items()):
        before = 0
        for number in sorted(numbers):
            first = range(
                before + 1, min(number, before + 1 + LOST_MAX)
            )  # a made-up name may have any number
            lost += [(f"{stem}-{one:04d}.ytape", numbers[number]) for one in first]
            before = number
    return lost


def noted_segments(marks: Iterable[Line]) -> dict[str, tuple[int, str]]:
    """Files that the recorder closed, as it noted then: name -> (size, SHA-256)."""
    return {
        str(line["name"]): (int(line["size"]), str(line["sha256"]))
        for line in marks
        if line["event"] == "segment"
    }


def standing(marks: Sequence[Line]) -> list[tuple[int, str | None]]:
    """When the tape was told to roll (None) or to stand (the ground), ns."""
    told: list[tuple[int, str | None]] = []
    for line in marks:
        if line["event"] == "rolling":
            told.append((int(line["at_ns"]), None))
        elif line["event"] == "paused":
            told.append((int(line["at_ns"]), str(line["ground"])))
    return told


def gaps_by_ground(covers: Iterable[Cover]) -> Mapping[tuple[int, int, str], str]:
    """Every gap once, with the first label that has it."""
    found: dict[tuple[int, int, str], str] = {}
    for cover in covers:
        for gap in cover.gaps:
            found.setdefault(gap, cover.label)
    return found
