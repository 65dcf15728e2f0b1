"""One label's one kind on the tape: a chain of segment files, and what is not safe yet. Blocking.

A stream belongs to one thread. Only its gate is shared: whoever replaces a writer that hangs shuts it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.taps import TapPacket, TapReport
from recording.packets import Record, RecordType, Report, TapeHeader, encode_record, encode_report
from recording.segments import MARKS_KIND, MARKS_LABEL, Segment, SegmentName, stem_of
from recording.syncer import Job

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from recording.gate import Gate

_UINT32_MAX = 0xFFFFFFFF
_UINT64_MAX = 0xFFFFFFFFFFFFFFFF
_MARKS_CODEC = "json"


@dataclass(frozen=True, slots=True)
class MarkEntry:
    """One line of the recorder's own log; values are what JSON can hold."""

    arrival_ns: int
    values: dict[str, object]


Entry = TapPacket | TapReport | MarkEntry


def mark_record(entry: MarkEntry) -> Record:
    """Return a mark as a record."""
    text = json.dumps({"at_ns": entry.arrival_ns, **entry.values}, ensure_ascii=False, sort_keys=True)
    return Record(RecordType.MARK, _clamped(entry.arrival_ns, _UINT64_MAX), text.encode())


def _clamped(value: int, top: int) -> int:
    return max(0, min(top, value))


class Stream:
    """Appends entries to the newest segment; what a failed disk did not keep is carried into the next one.

    Never loses an entry it was given: it is in `carried`, or written, or synced. After any OSError the segment
    is given up: a sync that failed once proves nothing when it succeeds later.
    """

    def __init__(
        self,
        directory: Path,
        hearing: str,
        label: str,
        kind: str,
        last_number: int,
        segment_s: float,
        gate: Gate,
    ) -> None:
        self._gate = gate
        self._directory = directory
        self._hearing = hearing
        self._label = label
        self._kind = kind
        self.number = last_number
        self._segment_ns = int(segment_s * 1e9)
        self._segment: Segment | None = None
        self._job: Job | None = None  # a sync elsewhere that is on
        self._given_up: list[Segment] = []  # during it
        self._full: list[Segment] = []  # to be closed when they are synced
        self._sources: dict[str, int] = {}
        self._carried: list[Entry] = []
        self._unsynced: list[Entry] = []
        self.bytes_written = 0
        self.closed: list[Segment] = []  # finished files nobody has noted yet
        self.left: list[Path] = []  # given up, and not known to end where we think

    @property
    def carrying(self) -> bool:
        """Some entries are in no file."""
        return bool(self._carried)

    @property
    def segment(self) -> Segment | None:
        """The file that is written to, if any."""
        return self._segment

    @property
    def dirty(self) -> bool:
        """Something is written but not synced, or to be closed once it is."""
        return bool(self._unsynced or self._full)

    def append(self, entries: Iterable[Entry]) -> None:
        """Write what is carried and these. OSError: what could not be written is carried."""
        self._carried.extend(entries)
        while self._carried:
            segment = self._segment_for(self._carried[0])
            if segment is None:
                self._carried.pop(0)
                continue
            run = self._run_for(segment)
            data = b"".join(self._encoded(entry, segment.salt) for entry in run)
            try:
                segment.write(data)
            except OSError:
                rescued = [self._rescued(one) for one in self._open]  # each, whatever became of another
                self._give_up_all(synced=all(rescued))
                raise
            self._gate.check()
            segment.holds(min(e.arrival_ns for e in run), max(e.arrival_ns for e in run))
            self.bytes_written += len(data)
            self._unsynced += run
            del self._carried[: len(run)]

    def sync(self) -> None:
        """Bring everything written to the disk. OSError: what may not be there is carried."""
        if not self.dirty:
            return
        try:
            for segment in self._open:
                segment.sync()
        except OSError:
            self._give_up_all(synced=False)
            raise
        self._unsynced.clear()
        self._close_full()

    def _close_full(self) -> None:
        full, self._full = self._full, []
        for segment in full:
            segment.close()
            self.closed.append(segment)

    def begin_sync(self) -> Job | None:
        """Give what a sync elsewhere must bring to the disk; None: nothing. end_sync() must follow before the next."""
        if not self.dirty:
            return None
        self._job = Job(self._open, list(self._full), len(self._unsynced))
        return self._job

    def end_sync(self, job: Job) -> None:
        """The sync elsewhere is over. OSError as in sync."""
        self._job = None
        for segment in self._given_up:
            with suppress(OSError):
                segment.close()
        self._given_up.clear()
        if job.void:
            return
        if job.error is not None:
            self._give_up_all(synced=False)
            raise job.error
        del self._unsynced[: job.count]
        for segment in job.full:
            self._full.remove(segment)
            segment.close()
            self.closed.append(segment)

    def finish(self) -> None:
        """Sync and close the newest segment. OSError as in sync."""
        if self._segment is not None:
            self._full.append(self._segment)
            self._segment = None
        self.sync()
        self._close_full()

    def leave(self, *, trusted: bool) -> None:
        """Let go of the open segments, which another writer has made needless. trusted: they hold what was written."""
        for segment in self._open:
            self._give_up(segment, synced=self._rescued(segment) and trusted)

    def ends_with(self, record: Record) -> bool:
        """Read the file itself: its last record is this one."""
        if self._segment is None:
            return False
        expected = encode_record(record, self._segment.salt)
        start = self._segment.size - len(expected)
        return start >= 0 and self._segment.read_back(start, len(expected)) == expected

    def _segment_for(self, entry: Entry) -> Segment | None:
        """Return the segment this entry goes to, opened or rotated as needed; None: nothing can be said of it yet."""
        segment = self._segment
        codec = entry.codec if isinstance(entry, TapPacket) else None
        if segment is not None and self._fits(segment, entry, codec):
            return segment
        if isinstance(entry, TapReport):
            if segment is None:
                return None  # a report before the first packet: its codec is unknown
            codec = segment.header.codec
        rate = entry.clock_rate if isinstance(entry, TapPacket) else 0
        if isinstance(entry, TapReport) and segment is not None:
            rate = segment.header.clock_rate
        if segment is not None:  # the next sync closes it: what comes now must not wait for that
            self._full.append(segment)
            self._segment = None
        number = self.number + 1
        header = TapeHeader(
            self._hearing, self._label, self._kind, codec or _MARKS_CODEC, rate, entry.arrival_ns
        )
        name = SegmentName(stem_of(self._label), self._kind, number)
        try:
            made = Segment(self._directory, name, header)
        except FileExistsError:
            self.number = number  # a leftover nobody could remove: step over it at the next try
            raise
        if not self._gate.passed(lambda: self._numbered(number)):
            made.discard()  # the number is another writer's now
            self._gate.check()
        self._segment = made
        self._sources = {}
        self.bytes_written += self._segment.size
        return self._segment

    def _numbered(self, number: int) -> None:
        self.number = number

    def _fits(self, segment: Segment, entry: Entry, codec: str | None) -> bool:
        if codec is not None and codec != segment.header.codec:
            return False
        return abs(entry.arrival_ns - segment.header.started_ns) < self._segment_ns

    def _run_for(self, segment: Segment) -> list[Entry]:
        """Return the carried entries, from the first on, that go into this segment."""
        run: list[Entry] = []
        for entry in self._carried:
            codec = entry.codec if isinstance(entry, TapPacket) else None
            if run and not self._fits(segment, entry, codec):
                break
            run.append(entry)
        return run

    def _encoded(self, entry: Entry, salt: bytes) -> bytes:
        if isinstance(entry, MarkEntry):
            return encode_record(mark_record(entry), salt)
        arrival_ns = _clamped(entry.arrival_ns, _UINT64_MAX)
        named = b""
        source = self._sources.get(entry.track.peer)
        if source is None:
            source = self._sources[entry.track.peer] = len(self._sources)
            mark = MarkEntry(arrival_ns, {"event": "source", "source": source, "peer": entry.track.peer})
            named = encode_record(mark_record(mark), salt)
        if isinstance(entry, TapReport):
            report = Report(entry.ssrc, entry.ntp_time, entry.rtp_timestamp)
            record = Record(
                RecordType.REPORT,
                arrival_ns,
                encode_report(report),
                source=source,
                media_ticks=entry.rtp_timestamp & _UINT32_MAX,
            )
        else:
            record = Record(
                RecordType.PACKET,
                arrival_ns,
                entry.rtp,
                source=source,
                start=entry.payload_start,
                end=entry.payload_end,
                media_ticks=entry.timestamp & _UINT32_MAX,
                keyframe=entry.keyframe,
                marker=entry.marker,
                level_db=entry.audio_level_db,
            )
        return named + encode_record(record, salt)

    def _rescued(self, segment: Segment) -> bool:
        """After a failed write: leave the file ending with a whole record, and say whether all before is safe."""
        try:
            segment.cut_torn_tail()
            segment.sync()
        except OSError:
            return False
        return True

    @property
    def _open(self) -> list[Segment]:
        return [*self._full, *([self._segment] if self._segment is not None else [])]

    def _give_up_all(self, *, synced: bool) -> None:
        """Leave the open files for good; what they may not hold goes to the next one (readers drop doubles)."""
        if not synced:
            self._carried[:0] = self._unsynced
        self._unsynced.clear()
        for segment in self._open:
            self._give_up(segment, synced=synced)

    def _give_up(self, segment: Segment, *, synced: bool) -> None:
        """Leave this file for good. synced: all of it is on the disk."""
        if segment is self._segment:
            self._segment = None
        else:
            self._full.remove(segment)
        if self._job is not None and segment in self._job.segments:
            self._job.void = True
            self._given_up.append(segment)  # it is being synced: closed after that
        else:
            with suppress(OSError):
                segment.close()
        if synced:
            self.closed.append(segment)
        else:
            self.left.append(segment.path)


def marks_stream(directory: Path, hearing: str, last_number: int, gate: Gate) -> Stream:
    """Return the recorder's own log of this run; it is never rotated, being small."""
    ages_s = 10 * 365 * 86400.0
    return Stream(directory, hearing, MARKS_LABEL, MARKS_KIND, last_number, ages_s, gate)
