"""Makes the index and the manifest of a package from its folder. Reads what is there; signs nothing; knows no court.

The same files and the same description give the same bytes. Blocks for as long as reading everything takes.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from recording.package import forms, index, log, merkle, sm3, tapes
from recording.package import manifest as manifests
from recording.package.source import Folder
from recording.packets import TapeDamagedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from recording.package.index import Chunk
    from recording.package.manifest import Segment
    from recording.package.tapes import SegmentRead

SILENCE_NS = 2_000_000_000
"""A label from which nothing came for longer was silent: a gap, with that for its ground."""

_TAPE = "tape/"
_COPIES = "copies/"
_TORN = ".torn"
_YTAPE = ".ytape"
_MARKS_KIND = "marks"
_JSONL = ".jsonl"

Starts = list[tuple[int, int | None, str]]


@dataclass(frozen=True, slots=True)
class Described:
    """What the manifest says beside what the files say. JSON values throughout.

    case: court, number, cause, procedure; seats: seat, role, side; keys: id and SPKI in hex; log: stream, entries, head,
    withheld; rooms: room and commitment; seat_of_copy: by file name; seconds: of copies, (byte, millisecond of the hearing)
    by file name; line_places: (millisecond of the hearing, seat) of each line, by file name; court_only: files that only the
    court's edition has; screened: seats whose files an edition may lack; label_suffix: what a label has beside its seat.
    """

    hearing: str
    case: Mapping[str, str]
    seats: Sequence[Mapping[str, str]]
    opened_ms: int
    closed_ms: int
    sealed_ms: int
    keys: Sequence[Mapping[str, str]]
    log: Mapping[str, Any]
    hashes: Sequence[str]
    rooms: Sequence[Mapping[str, str]] = ()
    transcript: str = ""
    timestamp_wanted: bool = False
    seat_of_copy: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    line_places: Mapping[str, Sequence[tuple[int | None, str]]] = field(default_factory=dict)
    court_only: frozenset[str] = frozenset()
    screened: frozenset[str] = frozenset()
    label_suffix: str = ""


def build(folder: Path, described: Described) -> bytes:
    """Write the index into the folder and give the manifest's bytes. OSError; source.Refused if a file has no place here."""
    source = Folder(folder)
    for name in forms.OUTSIDE | {forms.INDEX}:
        source.sizes.pop(name, None)
    work = _Build(source, described)
    for name in sorted(source.sizes):
        work.take(name)
    text = forms.canonical({"files": {name: index.rows(rows) for name, rows in sorted(work.chunks.items())}})
    (folder / forms.INDEX).write_bytes(text)
    source.sizes[forms.INDEX] = len(text)
    work.take(forms.INDEX)
    return forms.canonical(work.manifest())


class _Build:
    """One manifest in the making."""

    def __init__(self, source: Folder, described: Described) -> None:
        self._source = source
        self._described = described
        self._files: list[dict[str, Any]] = []
        self._tracks: dict[tuple[str, str], list[Segment]] = defaultdict(list)
        self._arrivals: dict[str, array[int]] = defaultdict(lambda: array("Q"))
        self._marks: list[Segment] = []
        self._lines: list[dict[str, Any]] = []
        self._torn: list[str] = []
        self.chunks: dict[str, list[Chunk]] = {}

    def take(self, name: str) -> None:
        """Enter one file."""
        kind, seat, starts = self._looked_at(name)
        ours, theirs = hashlib.sha256(), sm3.new()
        for block in self._source.blocks(name):
            ours.update(block)
            theirs.update(block)
        why = forms.COURT if name in self._described.court_only else ""
        if seat in self._described.screened:
            why = forms.SCREENED
        self._files.append(
            {
                "name": name,
                "size": self._source.sizes[name],
                "sha256": ours.hexdigest(),
                "sm3": theirs.hexdigest(),
                "kind": kind,
                "seat": seat,
                "may_lack": why,
            }
        )
        if starts and why != forms.COURT:  # the index is everybody's: it must not tell when and who of these
            self.chunks[name] = index.chunks_of(self._source, name, starts)

    def _looked_at(self, name: str) -> tuple[str, str, Starts]:
        """Kind, seat, and where its seconds or lines begin."""
        if name.startswith(_COPIES):
            starts: Starts = [(0, 0, "")]
            starts += [(at, ms, "") for at, ms in self._described.seconds.get(name, ()) if at > 0]
            return "copy", self._described.seat_of_copy.get(name, ""), starts
        if name.startswith(_TAPE) and name.endswith(_YTAPE):
            return "tape", *self._tape(name)
        if name.endswith(_TORN):
            self._torn.append(name)
        if name.endswith(_JSONL):
            return "lines", "", self._line_starts(name)
        return "paper", "", []

    def _line_starts(self, name: str) -> Starts:
        starts, at = [], 0
        places = self._described.line_places.get(name, ())
        for number, line in enumerate(log.lines(self._source, name)):
            withheld = name == forms.LOG and number + 1 in self._described.log["withheld"]
            ms, seat = places[number] if number < len(places) and not withheld else (None, "")
            starts.append((at, ms, seat))
            at += len(line) + 1
        return starts

    def _tape(self, name: str) -> tuple[str, Starts]:
        with self._source.whole(name) as data:
            try:
                read = tapes.read_segment(data)
            except TapeDamagedError:
                self._torn.append(name)
                return "", []
        header = read.header
        if header.kind == _MARKS_KIND:
            self._marks.append(read.summary(name))
            self._lines += tapes.unheard(read.marks, self._lines)
            return "", self._seconds(read)
        self._tracks[header.label, header.kind].append(read.summary(name))
        self._arrivals[header.label].extend(read.arrivals)
        return header.label.removesuffix(self._described.label_suffix), self._seconds(read)

    def _seconds(self, read: SegmentRead) -> Starts:
        opened_ms = self._described.opened_ms
        starts: Starts = [(at, ns // 1_000_000 - opened_ms, "") for at, ns in read.seconds]
        if not starts:
            return [(0, read.header.started_ns // 1_000_000 - opened_ms, "")]
        return [(0, *starts[0][1:]), *starts[1:]]  # the header goes with the first second

    def manifest(self) -> dict[str, Any]:
        """All of it, as a JSON value."""
        told = self._described
        opened, closed = told.opened_ms * 1_000_000, told.closed_ms * 1_000_000
        covers = [
            tapes.cover_of(label, self._lines, sorted(arrivals), opened, closed, SILENCE_NS)
            for label, arrivals in sorted(self._arrivals.items())
        ]
        files = sorted(self._files, key=lambda row: str(row["name"]))
        return {
            "format": forms.FORMAT,
            "version": forms.VERSION,
            "hearing": told.hearing,
            "case": dict(told.case),
            "seats": [dict(seat) for seat in told.seats],
            "opened_ms": told.opened_ms,
            "closed_ms": told.closed_ms,
            "sealed_ms": told.sealed_ms,
            "silence_ns": SILENCE_NS,
            "keys": [dict(key) for key in told.keys],
            "files": files,
            "files_root": merkle.root(map(manifests.file_leaf, files)),
            "log": {**told.log, "root": log.root_of(told.hashes)},
            "rooms": [dict(room) for room in told.rooms],
            "tracks": [
                {"label": label, "kind": kind, "segments": [asdict(one) for one in segments]}
                for (label, kind), segments in sorted(self._tracks.items())
            ],
            "marks": [asdict(one) for one in self._marks],
            "torn": self._torn,
            "covers": [asdict(cover) for cover in covers],
            "transcript": told.transcript,
            "timestamp_wanted": told.timestamp_wanted,
        }
