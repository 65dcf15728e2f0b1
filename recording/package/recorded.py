"""Checks the tape of a package: its records, its segments, and that opening to close is recorded or accounted for. Pure.

A gap must have a ground, and the hearing's log must know of it: the tape alone is not believed about why it stood.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from recording.package import tapes
from recording.package.report import Finding
from recording.packets import TapeDamagedError
from recording.timeline import GROUND_FAULT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from recording.package.log import LogEntry
    from recording.package.manifest import Cover, Manifest, Segment, Track
    from recording.package.report import Report
    from recording.package.source import Source
    from recording.package.tapes import Line, SegmentRead

_MS = 1_000_000
_SHORT_NS = 2_000_000_000  # between an order and its mark on a slow disk
_LATE_MS = 60_000  # a word of the recorder that the courtroom took in late
_MARKS_KIND = "marks"


class TapeCheck:
    """One package's tape. sound: files whose digests are those of the manifest."""

    def __init__(self, source: Source, manifest: Manifest, sound: frozenset[str], report: Report) -> None:
        self._source = source
        self._manifest = manifest
        self._sound = sound
        self._report = report
        self._marks: list[Line] = []
        self._arrivals: dict[str, array[int]] = {}
        self._partial: set[str] = set()  # labels of which some file is not here, or not as it was

    def run(self, entries: Sequence[LogEntry]) -> None:
        """Check everything. entries: of the hearing's log. OSError."""
        for segment in self._manifest.marks:
            read = self._segment(segment, "", _MARKS_KIND)
            self._marks += tapes.unheard(read.marks, self._marks) if read is not None else []
        for track in self._manifest.tracks:
            self._track(track)
        self._numbers()
        self._noted()
        self._entered(entries)
        for cover in self._manifest.covers:
            self._cover(cover)
        self._grounds(entries)
        self._told(entries)

    def _add(self, reason: str, file: str, at_ns: int | None, seat: str = "", detail: str = "") -> None:
        at_ms = None if at_ns is None else self._manifest.since(at_ns)
        self._report.add(Finding(reason, file, at_ms, seat, detail))

    # --- files ---

    def _track(self, track: Track) -> None:
        arrivals = self._arrivals.setdefault(track.label, array("Q"))
        for segment in track.segments:
            read = self._segment(segment, track.label, track.kind)
            if read is not None:
                arrivals.extend(read.arrivals)
            if segment.name not in self._sound:
                self._partial.add(track.label)

    def _segment(self, segment: Segment, label: str, kind: str) -> SegmentRead | None:
        if segment.name not in self._source.sizes:
            return None  # told where the files are looked at
        with self._source.whole(segment.name) as data:
            try:
                read = tapes.read_segment(data)
            except TapeDamagedError:
                self._add("record_damaged", segment.name, segment.first_ns, label, "文件头 header")
                return None
        header = read.header
        ours = header.hearing == self._manifest.hearing and header.kind == kind
        if not ours or (label and header.label != label):
            self._add("header_wrong", segment.name, segment.first_ns, label)
        for start, end in read.damage:
            if (start, end) not in segment.damage:
                where = f"字节 bytes {start}-{end}"
                self._add("record_damaged", segment.name, tapes.time_at(read, start), label, where)
        if read.back_ns is not None:
            self._add("record_order", segment.name, read.back_ns, label)
        if segment.name in self._sound and read.summary(segment.name) != segment:
            self._add("segment_differs", segment.name, segment.first_ns, label)
        return read

    def _segments(self) -> Iterator[tuple[Segment, str]]:
        for segment in self._manifest.marks:
            yield segment, ""
        for track in self._manifest.tracks:
            for segment in track.segments:
                yield segment, track.label

    def _numbers(self) -> None:
        """No number is passed over: the recorder never gives one twice, and leaves none out."""
        known = {segment.name: (segment, label) for segment, label in self._segments()}
        for lost, following in tapes.missing_numbers([*known, *self._manifest.torn]):
            segment, label = known.get(following, (None, ""))
            self._add("segment_missing", lost, segment.first_ns if segment else None, label)

    def _noted(self) -> None:
        """What the recorder noted when it closed a file is so now."""
        files = {file.name: file for file in self._manifest.files}
        for name, (size, digest) in tapes.noted_segments(self._marks).items():
            file = files.get(f"tape/{name}")
            if file is None:
                self._add("segment_missing", f"tape/{name}", None)
            elif (file.size, file.sha256) != (size, digest):
                self._add("segment_digest", file.name, None, file.seat)

    def _entered(self, entries: Sequence[LogEntry]) -> None:
        """What the hearing's log tells of a file is so now: it stood in the chain while the hearing went on."""
        files = {file.name: file for file in self._manifest.files}
        for entry in entries:
            if entry.kind != "tape_segment_closed":
                continue
            told = entry.body
            name, label, at = f"tape/{told.get('name')}", str(told.get("label", "")), told.get("from_ms")
            file = files.get(name)
            at_ns = at * _MS if isinstance(at, int) else None
            if file is None:
                self._add("segment_missing", name, at_ns, label)
            elif (file.size, file.sha256) != (told.get("size"), told.get("sha256")) or told.get(
                "sm3"
            ) not in ("", file.sm3):
                self._add("segment_digest", name, at_ns, label)

    # --- times ---

    def _cover(self, cover: Cover) -> None:
        """Spans and gaps are exactly the hearing, and what the tape itself says."""
        manifest = self._manifest
        at = manifest.opened_ns
        pieces = sorted([(*span, "") for span in cover.spans] + list(cover.gaps))
        for start, end, _ in pieces:
            if start != at or end <= start:
                self._add("cover_hole", "", min(at, start), cover.label)
            at = max(at, end)
        if at != manifest.closed_ns:
            self._add("cover_hole", "", at, cover.label)
        marks = {segment.name for segment in manifest.marks}
        if cover.label in self._partial or not marks <= self._sound:
            return
        arrivals = sorted(self._arrivals.get(cover.label, ()))
        found = tapes.cover_of(
            cover.label, self._marks, arrivals, manifest.opened_ns, manifest.closed_ns, manifest.silence_ns
        )
        if found != cover:
            first = next(
                (one[0] for one, other in zip(found.spans, cover.spans, strict=False) if one != other),
                manifest.opened_ns,
            )
            self._add("cover_differs", "", first, cover.label)

    def _grounds(self, entries: Sequence[LogEntry]) -> None:
        """Each gap's ground is one that there is, and the log knows of it."""
        gaps = tapes.gaps_by_ground(self._manifest.covers)
        for (start, end, ground), label in sorted(gaps.items()):
            if ground not in tapes.ORDERED | tapes.TECHNICAL:
                self._add("ground_unknown", "", start, label, ground)
            elif end - start <= _SHORT_NS:
                continue
            elif ground == "not_open":
                self._add("ground_unknown", "", start, label, ground)
            elif (ground in tapes.ORDERED or ground == GROUND_FAULT) and not _explained(
                entries, start, end, ground
            ):
                self._add("ground_unlogged", "", start, label, ground)

    def _told(self, entries: Sequence[LogEntry]) -> None:
        """What the log tells of the tape's rolling and standing is marked on the tape."""
        if not self._marks:
            return
        told = tapes.standing(self._marks)
        for entry in entries:
            if entry.kind != "tape_reported" or entry.body.get("state") not in ("rolling", "paused"):
                continue
            ground = None if entry.body["state"] == "rolling" else entry.body.get("reason")
            before = [(at // _MS, why) for at, why in told if at // _MS <= entry.at_ms + _SHORT_NS // _MS]
            near = [why for at, why in before if at >= entry.at_ms - _LATE_MS]
            near += [why for _, why in before[-1:]]
            if ground not in near:
                name = self._manifest.marks[0].name
                self._add(
                    "pause_unmarked", name, entry.at_ms * _MS, "", f"第 {entry.seq} 条 entry {entry.seq}"
                )


def _explained(entries: Sequence[LogEntry], start_ns: int, end_ns: int, ground: str) -> bool:
    """Whether the log knows of a gap with this ground."""
    start, end = start_ns // _MS, end_ns // _MS
    slack = _SHORT_NS // _MS
    if ground == GROUND_FAULT:
        return any(
            start - _LATE_MS <= entry.at_ms <= end + _LATE_MS and _is_fault(entry.kind, entry.body)
            for entry in entries
        )
    if ground == "recess":
        moves = [
            entry.kind
            for entry in entries
            if entry.kind in {"court_opened", "court_recessed", "court_resumed"}
            and entry.at_ms <= start + slack
        ]
        if moves[-1:] != ["court_recessed"]:
            return False
    return any(
        entry.kind == "tape_reported"
        and entry.body.get("state") == "paused"
        and entry.body.get("reason") == ground
        and start - slack <= entry.at_ms <= end + slack
        for entry in entries
    )


def _is_fault(kind: str, body: Mapping[str, object]) -> bool:
    if kind == "tape_reported":
        return body.get("state") == "faulted"
    return kind == "connection_ended" and body.get("cause") == "server_restart"
