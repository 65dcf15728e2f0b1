"""The thread that writes one tape in one place: appends what the intake holds, syncs it, tells what is proven.

One hand is at work at a time. Where its place fails, or hangs, another takes over what is not proven, and this one must touch
nothing any more: its gate is shut, and it ends as soon as the system lets it. Never blocks or raises to the offerer.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from typing import TYPE_CHECKING

from recording.facts import TapeSeal, TapeUnavailable
from recording.gate import Gate, Replaced
from recording.readback import READ_BACK, Point, ReadBack, Stand, Unlike
from recording.segments import MARKS_KIND, MARKS_LABEL, digest_file, fault_reason, stem_of
from recording.space import Room
from recording.stream import Entry, MarkEntry, Stream, mark_record, marks_stream

if TYPE_CHECKING:
    from pathlib import Path

    from recording.folder import TapeFolder
    from recording.front import Front
    from recording.intake import Item, Key
    from recording.segments import Segment

log = logging.getLogger(__name__)

MARKS: Key = (MARKS_LABEL, MARKS_KIND)


class Hand:
    """Writes in one place, with numbers from `numbers` on. reserve: room to keep for the tape, bytes."""

    def __init__(self, front: Front, folder: TapeFolder, numbers: dict[Key, int], reserve: int) -> None:
        self._front = front
        self._settings = front.settings
        self._monotonic = front.monotonic
        self.folder = folder
        self.gate = Gate()
        self.room = Room(folder.directory)
        self.ended: TapeSeal | TapeUnavailable | None = None
        self.busy_since: float | None = None
        self.keeps_room = True  # false: the one that took over is in the same place
        self._numbers = numbers
        self._reserve = reserve
        self._streams: dict[Key, Stream] = {}
        self._facts: list[Item] = []  # to be told once what they tell of is on disk
        self._left: list[Path] = []  # files whose digests must be read from the disk
        self._doubted: Path | None = None  # what did not read back as it was written
        self._noted: dict[Path, int] = {}  # sizes that the read-back knows
        self._row = 0
        self._synced_at = self._retry_at = 0.0
        self._marked = False  # a mark was written that is not synced
        self._back = ReadBack(self._settings.read_back_s, self._good, self._not_read_back)
        self._thread = threading.Thread(target=self._run, name="tape", daemon=True)
        self._first: list[MarkEntry] = []

    @property
    def bytes_written(self) -> int:
        """Bytes this hand appended, headers included."""
        return sum(stream.bytes_written for stream in list(self._streams.values()))

    def numbers(self) -> dict[Key, int]:
        """Give the highest number in use of each (stem, kind), to whoever shuts the gate."""
        used = dict(self._numbers)
        for (label, kind), stream in list(self._streams.items()):
            used[stem_of(label), kind] = stream.number
        return used

    # --- beginning ---

    def prove(self, first: list[MarkEntry]) -> None:
        """Write these marks and a proof, sync them and find the proof on the disk again. OSError."""
        self.room.hold(self._reserve)
        marks = self._new_stream(MARKS)
        proof = MarkEntry(self._front.clock_ns(), {"event": "proof", "nonce": secrets.token_hex(16)})
        marks.append([*first, proof])
        marks.sync()
        if not marks.ends_with(mark_record(proof)):
            raise OSError("the proof record did not come back")

    def start(self) -> None:
        """Begin, the place being proven."""
        self._thread.start()
        self._back.start()

    def take_over(self, first: list[MarkEntry]) -> None:
        """Begin with proving the place, in the hand's own thread. first: what to note of it."""
        self._first = first
        self.busy_since = self._monotonic()
        self.start()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; False: it has not come."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # --- the thread ---

    def _run(self) -> None:
        try:
            self._begin()
            self._work()
        except Replaced:
            self._leave()
        except Exception:
            # The border of the thread: a defect here must reach the bench as a fault, not vanish with the thread.
            log.exception("the tape's writer ended")
            self.ended = TapeUnavailable("internal")
            self._front.trouble.raise_fault("internal", self._front.clock_ns(), self._monotonic())
        finally:
            self._back.end(0.0)

    def _begin(self) -> None:
        while self._first:
            try:
                self.busy_since = self._monotonic()
                self.prove(self._first)
                self._first = []
            except OSError as error:
                self._fault(fault_reason(error))
                self.busy_since = None
                self._front.wake.wait(self._settings.retry_interval_s)
            self.gate.check()
        self.busy_since = None

    def _work(self) -> None:
        front, settings = self._front, self._settings
        while not front.closing.is_set():
            wrote = self._round()
            front.wake.wait(settings.write_interval_s if wrote else settings.idle_interval_s)
            front.wake.clear()
            self.gate.check()
        deadline = self._monotonic() + settings.close_timeout_s
        while not self._finish():
            if self._monotonic() > deadline:
                self.ended = TapeUnavailable(front.trouble.reason or "io_error")
                return
            time.sleep(min(0.1, settings.retry_interval_s))

    def _round(self, *, closing: bool = False) -> bool:
        """Write what waits, sync when due. Returns whether the disk is being written to now. Replaced."""
        now = self._monotonic()
        if not self._may_write(now, closing=closing):
            return False
        taken_ns = self._front.clock_ns()
        self.busy_since = now
        good, marked = self._store()
        upto = Point(self._row, taken_ns)
        told = len(self._facts)
        due = now + self._settings.write_interval_s >= self._synced_at + self._settings.fdatasync_interval_s
        dirty = any(stream.dirty for stream in self._streams.values())
        if due or marked or self._marked or closing:
            self._marked = False
            good = self._sync(now, closing=closing) and good
        self.busy_since = None
        self._collect()
        if self._monotonic() - now > self._settings.slow_disk_s:
            self._fault("slow_disk", taken_ns)
        if good:
            self._settle(upto, told, dirty and self._synced_at < now, 0.0 if closing else None)
        else:
            self._retry_at = self._monotonic() + self._settings.retry_interval_s
        return dirty

    def _may_write(self, now: float, *, closing: bool) -> bool:
        """Between two tries on a faulted disk, and while the disk is nearly full, the queue keeps what comes."""
        self.gate.check()
        carrying = any(stream.carrying for stream in self._streams.values())
        full = self._front.trouble.has("disk_full")
        if not carrying and not len(self._front.intake):
            return True
        if closing:  # the queue's end is small, and there may be no later: it may use the room kept free
            return not carrying or now >= self._retry_at
        if now < self._retry_at and (carrying or full):
            return False
        if self._has_room(full=full):
            return True
        self._retry_at = now + self._settings.retry_interval_s
        return False

    def _has_room(self, *, full: bool) -> bool:
        """Tell whether packets may be written, and raise the fault if not. A full disk must get emptier than that."""
        need = self._settings.free_bytes_resume
        if full:
            need += need // 4  # or a disk at the very limit would fault and recover every second
        try:
            if self.room.look(need) >= need:
                return True
        except OSError as error:
            self._fault(fault_reason(error))
            return False
        self._fault("disk_full")
        return False

    def _store(self) -> tuple[bool, bool]:
        """Append what waits to its streams: (all written, a mark is waiting to be told of)."""
        batches: dict[Key, list[Entry]] = {
            key: [] for key, stream in self._streams.items() if stream.carrying
        }
        for item in self._front.intake.take(self.gate):
            batches.setdefault(item.key, []).append(item.entry)
            if item.fact is not None:
                self._facts.append(item)
        self._row = self._front.intake.taken
        good = True
        for key, entries in batches.items():
            stream = self._streams.get(key) or self._new_stream(key)
            try:
                stream.append(entries)
            except OSError as error:
                good = False
                self._fault(fault_reason(error))
        return good, MARKS in batches

    def _new_stream(self, key: Key) -> Stream:
        label, kind = key
        number = self._numbers.get((stem_of(label), kind), 0)
        if key in self._streams:  # a proof that failed: its file's number is used up
            number = max(number, self._streams[key].number)
        place = self.folder.directory
        if key == MARKS:
            stream = marks_stream(place, self._front.hearing, number, self.gate)
        else:
            stream = Stream(
                place, self._front.hearing, label, kind, number, self._settings.segment_s, self.gate
            )
        self._streams[key] = stream
        return stream

    def _sync(self, now: float, *, closing: bool) -> bool:
        """Sync every file. Between two of them what has come meanwhile is handed to the system: a kill must not cost it."""
        good, stored_at = True, now
        for stream in list(self._streams.values()):
            try:
                stream.sync()
            except OSError as error:
                good = False
                self._fault(fault_reason(error))
            if not closing and good and self._monotonic() - stored_at >= self._settings.write_interval_s:
                stored_at = self._monotonic()
                good, marked = self._store()
                self._marked = self._marked or marked
        self._synced_at = now
        return good

    def _fault(self, reason: str, at_ns: int | None = None) -> None:
        """Tell a fault. Replaced where another hand has taken over because of it."""
        self._front.trouble.raise_fault(
            reason, self._front.clock_ns() if at_ns is None else at_ns, self._monotonic()
        )
        if self._front.failed(self, reason):
            raise Replaced

    def _good(self, point: Point) -> None:
        self.gate.passed(lambda: self._front.read_back(point))

    def _not_read_back(self, reason: str, doubted: Path | None) -> None:
        """Tell of a fault that was found in reading back, in that thread."""
        self._doubted = doubted
        self._front.trouble.raise_fault(reason, self._front.clock_ns(), self._monotonic())
        self._front.failed(self, READ_BACK)  # even in the same place: what is not proven is written again

    def _settle(self, upto: Point, told: int, unsynced: bool, quiet_s: float | None) -> None:
        """After a good round: tell what is proven, and end a fault that has been over for quiet_s.

        upto, told: what was stored before the sync began; unsynced: there was no sync.
        """
        self.gate.check()
        if unsynced or any(stream.carrying for stream in self._streams.values()):
            return
        for item in self._facts[:told]:
            if item.fact is not None:
                self._front.told(item.fact)
                item.fact = None
        del self._facts[:told]
        self.room.shrink(self._reserve - self.bytes_written)
        self.gate.passed(lambda: self._front.intake.trim(upto.row))
        self._back.note(self._stands(), upto)
        quiet_s = self._settings.retry_interval_s if quiet_s is None else quiet_s
        self._front.proven(upto.safe_ns, self._front.trouble.end(self._monotonic(), quiet_s, upto.safe_ns))

    def _stands(self) -> list[Stand]:
        """Give how far each file is synced, those that have grown since the last time."""
        stands = []
        for stream in self._streams.values():
            one = stream.segment
            if one is not None and one.synced and self._noted.get(one.path) != one.synced:
                self._noted[one.path] = one.synced
                stands.append(_stand(one, closed=False))
        return stands

    def _collect(self) -> None:
        """Note the files that were closed."""
        for stream in self._streams.values():
            closed, stream.closed = stream.closed, []
            for one in closed:
                self._noted.pop(one.path, None)
                self._back.note([_stand(one, closed=True)])
                self._front.closed(one.digest())
            self._left += stream.left
            stream.left = []

    # --- the end ---

    def _leave(self) -> None:
        """Another hand goes on: end the files here as well as the place lets us, for as long as it takes."""
        self.busy_since = None
        try:
            for stream in self._streams.values():
                stream.leave(trusted=self._doubted is None)
            self._collect()
            if self._doubted is not None and self._doubted not in self._left:
                self._left.append(
                    self._doubted
                )  # closed, and its digests noted: they are not those of the disk
            if self.keeps_room:
                self.room.release()
            self._hash_left()
        except OSError as error:
            log.warning("a place of a tape was left as it is: %s", error.strerror)

    def _hash_left(self) -> None:
        left, self._left = self._left, []
        for path in left:
            self._front.closed(digest_file(path))

    def _finish(self) -> bool:
        """Try to bring all to the disk and close the tape; False: try again. Replaced."""
        self._round(closing=True)
        try:
            self._read_rest()
            for key, stream in self._streams.items():
                if key != MARKS:
                    stream.finish()
            self._collect()
            self._hash_left()
            self._round(closing=True)
            if len(self._front.intake) or any(s.carrying or s.dirty for s in self._streams.values()):
                return False
            self._read_rest()  # the last marks
            self._streams[MARKS].finish()
            self._collect()
            self.room.release()
            self.ended = self._front.seal(self)
        except OSError as error:
            self._fault(fault_reason(error))
            return False
        return True

    def _read_rest(self) -> None:
        """Read back all that was not yet. Replaced where it is not as it was written; OSError."""
        if not self._back.end(self._settings.close_timeout_s):
            log.warning(
                "a tape is closed without having been read back to its end: the place does not answer"
            )
            return
        try:
            self._back.rest()
        except Unlike as unlike:
            self._doubted = unlike.path
            self._fault(READ_BACK)


def _stand(segment: Segment, *, closed: bool) -> Stand:
    size = segment.size if closed else segment.synced
    return Stand(segment.path, segment.salt, segment.header_bytes, size, closed)
