"""Opens a tape's folder and gives back what is on it, in order, stepping over damage. Never writes, never decodes."""

from __future__ import annotations

import json
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.ids import Kind, PeerId, TrackId
from media.taps import TapPacket, TapReport
from recording import marks
from recording.digests import digests_of
from recording.folder import read_marks
from recording.orders import digest_of
from recording.packets import Record, RecordType, TapeDamagedError, TapeHeader, decode_report, scan
from recording.places import places_of
from recording.segments import MARKS_KIND, SEAL_NAME, files_of, head_of, mapped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from recording.packets import Scan
    from recording.places import Where
    from recording.timeline import Mark

log = logging.getLogger(__name__)

_RTP_HEADER_BYTES = 12
_FOR_EVER = 1 << 63
_GIVEN_AGAIN_NS = 10_000_000_000  # a file may begin with what the one before it did not keep
_DOUBLES_WINDOW = 32_768  # records that may come a second time, after a segment was given up


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes [start, end) of a file are not readable records; end None: up to its end."""

    file: str
    start: int
    end: int | None


class Tape:
    """One hearing's tape, read only, out of all its places. OSError if a folder can't be read.

    window: only what arrived from the one to the other (wall clock, ns); no other file is read.
    damage: what had to be stepped over so far; complete once everything was read.
    """

    def __init__(self, where: Where, window: tuple[int, int] | None = None) -> None:
        self._places = places_of(where)
        self._window = window
        self._files: dict[tuple[str, str], list[tuple[str, str]]] = {}  # (label, kind) -> (file, codec)
        self._paths: dict[str, Path] = {}
        self._started: dict[str, int] = {}  # by file, ns
        self._held: dict[tuple[str, Kind, str | None], list[TapPacket | TapReport]] = {}
        self.damage: list[Damage] = []
        for name, path in files_of(self._places):
            if name.kind == MARKS_KIND:
                continue
            try:
                header = head_of(path)
            except TapeDamagedError:
                self.damage.append(Damage(name.filename, 0, None))
                continue
            self._paths[name.filename] = path
            self._started[name.filename] = header.started_ns
            self._files.setdefault((header.label, header.kind), []).append((name.filename, header.codec))

    @property
    def labels(self) -> list[str]:
        """Every label with anything on the tape, sorted."""
        return sorted({label for label, _ in self._files})

    def codecs(self, label: str, kind: Kind) -> set[str]:
        """Return the codecs a label used for one kind."""
        return {codec for _, codec in self._files.get((label, kind.value), [])}

    def items(self, label: str, kind: Kind, codec: str | None = None) -> Iterator[TapPacket | TapReport]:
        """Yield a label's packets and sender reports of one kind (and codec), in the order they arrived."""
        if self._window is None:
            return self._within(label, kind, codec, 0, _FOR_EVER)
        key = (label, kind, codec)  # a window is short, and a rebuild goes through a label's several times
        if any(held[0] != label for held in self._held):
            self._held.clear()
        if key not in self._held:
            self._held[key] = list(self._within(label, kind, codec, *self._window))
        return iter(self._held[key])

    def between(self, label: str, kind: Kind, from_ns: int, to_ns: int) -> Iterator[TapPacket]:
        """Yield a label's packets that arrived in [from, to], reading only the files that can have them."""
        items = self._within(label, kind, None, from_ns, to_ns)
        return (item for item in items if isinstance(item, TapPacket))

    def _within(
        self, label: str, kind: Kind, codec: str | None, first: int, last: int
    ) -> Iterator[TapPacket | TapReport]:
        seen: set[tuple[str, int, int, int]] = set()
        order: deque[tuple[str, int, int, int]] = deque()
        outside = self._outside(label, kind, first, last)
        for file, file_codec in self._files.get((label, kind.value), []):
            if codec not in {None, file_codec} or file in outside:
                continue
            for item in self._file_items(file, kind, first, last):
                if not first <= item.arrival_ns <= last:
                    continue
                mark = item.sequence if isinstance(item, TapPacket) else -1 - item.rtp_timestamp
                key = (item.track.peer, item.ssrc, mark, item.arrival_ns)
                if key in seen:
                    continue
                seen.add(key)
                order.append(key)
                if len(order) > _DOUBLES_WINDOW:
                    seen.discard(order.popleft())
                yield item

    def _outside(self, label: str, kind: Kind, first: int, last: int) -> set[str]:
        """Files that can have nothing that arrived in [first, last]: begun after it, or followed before it."""
        files = [file for file, _ in self._files.get((label, kind.value), [])]
        return {
            file
            for file, following in zip(files, [*files[1:], ""], strict=False)
            if self._started[file] - _GIVEN_AGAIN_NS > last or self._started.get(following, last) < first
        }

    def marks(self) -> list[Mark]:
        """Return what the recorder noted, as marks of the timeline (layers ORDER and FAULT)."""
        return order_marks(self._places)

    def _file_items(self, file: str, kind: Kind, first: int, last: int) -> Iterator[TapPacket | TapReport]:
        """Records of one file; those before `first` are passed over at a quarter of the cost, those after `last` not read."""
        sources: dict[int, PeerId] = {}
        with mapped(self._paths[file]) as data:
            walk = scan(data)
            _pass_over(walk, first, sources)
            while True:
                for record in walk:
                    if record.type is RecordType.MARK:
                        _learn_source(record, sources)
                        continue
                    if record.arrival_ns - _GIVEN_AGAIN_NS > last:
                        return
                    peer = sources.get(record.source, PeerId(f"{file}#{record.source}"))
                    item = _item(record, walk.header, TrackId(peer, kind))
                    if item is not None:
                        yield item
                bad = walk.good_length
                if bad == len(data):
                    return
                resumed = walk.resume_after_damage()
                hurt = Damage(file, bad, resumed)
                if hurt not in self.damage:
                    self.damage.append(hurt)
                if resumed is None:
                    return


def _pass_over(walk: Scan, first: int, sources: dict[int, PeerId]) -> None:
    """Move the walk to the first record that arrived at `first` or later, and learn whose the sources before it are."""
    for start, _, kind, arrival_ns in walk.brief() if first else ():
        if kind == RecordType.MARK:
            record = walk.record_at(start)
            if record is not None:
                _learn_source(record, sources)
        elif arrival_ns >= first:
            walk.good_length = start
            return


def _learn_source(record: Record, sources: dict[int, PeerId]) -> None:
    values = json.loads(record.payload)
    if values.get("event") == "source":
        sources[values["source"]] = PeerId(values["peer"])


def _item(record: Record, header: TapeHeader, track: TrackId) -> TapPacket | TapReport | None:
    if record.type is RecordType.REPORT:
        report = decode_report(record.payload)
        return TapReport(track, report.ssrc, report.ntp_time, report.rtp_timestamp, record.arrival_ns)
    rtp = record.payload
    if len(rtp) < _RTP_HEADER_BYTES:
        return None
    return TapPacket(
        track=track,
        codec=header.codec,
        clock_rate=header.clock_rate,
        ssrc=int.from_bytes(rtp[8:12], "big"),
        sequence=int.from_bytes(rtp[2:4], "big"),
        timestamp=record.media_ticks,
        marker=record.marker,
        keyframe=record.keyframe,
        rtp=rtp,
        payload_start=record.start,
        payload_end=record.end,
        arrival_ns=record.arrival_ns,
        audio_level_db=record.level_db,
    )


def order_marks(where: Where) -> list[Mark]:
    """Return the marks of the tape as a whole: orders, interruptions, and what was lost in faults. OSError."""
    return marks.order_marks(read_marks(*places_of(where)))


def connection_marks(where: Where, label: str) -> list[Mark]:
    """Return the marks of one label's being connected at all (layer CONNECTION). OSError."""
    return marks.connection_marks(read_marks(*places_of(where)), label)


def verify(where: Where) -> list[str]:
    """Compare a sealed tape with its tape.json: names of files that are changed, missing or not named. OSError."""
    places = places_of(where)
    sealed = next(
        (place / SEAL_NAME for place in places if (place / SEAL_NAME).exists()), places[0] / SEAL_NAME
    )
    seal = json.loads(sealed.read_text(encoding="utf-8"))
    named = {entry["name"]: digest_of(entry) for entry in seal["segments"]}
    present = {name.filename: path for name, path in files_of(places)}
    wrong = named.keys() ^ present.keys()
    for name in present.keys() & named.keys():
        digests, told = digests_of(present[name]), named[name]
        sha256, sm3 = digests.hexdigests()
        if (digests.size, sha256, told.sm3 and sm3) != (told.size, told.sha256, told.sm3):
            wrong.add(name)
    return sorted(wrong)
