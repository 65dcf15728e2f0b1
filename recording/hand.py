"""The thread that writes one tape in one place: appends what the intake holds, syncs it, tells what is proven.

One hand is at work at a time. Where its place fails, or hangs, another takes over what is not proven, and this one must touch
nothing any more: its gate is shut, and it ends as soon as the system lets it. Never blocks or raises to the offerer.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from recording.facts import TapeSeal, TapeUnavailable
from recording.gate import Gate, Replaced
from recording.readback import READ_BACK, Point, ReadBack, Stand, Unlike, stand_of
from recording.segments import MARKS_KIND, MARKS_LABEL, digest_file, fault_reason, stem_of
from recording.space import Room
from recording.stream import Entry, MarkEntry, Stream, mark_record, marks_stream
from recording.syncer import Flight, Syncer

if TYPE_CHECKING:
    from pathlib import Path

    from recording.folder import TapeFolder
    from recording.front import Front
    from recording.intake import Item, Key

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
        self.keeps_room = True  # false: the one that took over is in the same place
        self._numbers = numbers
        self._reserve = reserve
        self._streams: dict[Key, Stream] = {}
        self._facts: list[Item] = []  # to be told once what they tell of is on disk
        self._left: list[Path] = []  # files whose digests must be read from the disk
        self._doubted: Path | None = None  # what did not read back as it was written
        self._noted: dict[Path, int] = {}  # sizes that the read-back knows
        self._row = 0
        self._writing_since: float | None = None
        self._flight: Flight | None = None
        self._synced_at = self._retry_at = 0.0
        self._marked = False  # a mark was written that is not synced
        self._syncer = Syncer(self._monotonic, front.wake.set)
        self._back = ReadBack(self._settings.read_back_s, self._read_back, self._not_read_back)
        self._thread = threading.Thread(target=self._run, name="tape", daemon=True)
        self._first: list[MarkEntry] = []

    @property
    def busy_since(self) -> float | None:
        """Since when the system has been at work for this hand, by its clock; None: it is not."""
        times = [since for since in (self._writing_since, self._syncer.since) if since is not None]
        return min(times, default=None)

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
        self._syncer.start()
        self._back.start()

    def take_over(self, first: list[MarkEntry]) -> None:
        """Begin with proving the place, in the hand's own thread. first: what to note of it."""
        self._first = first
        self._writing_since = self._monotonic()
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
            self._syncer.end()
            self._back.end(0.0)

    def _begin(self) -> None:
        while self._first:
            try:
                self._writing_since = self._monotonic()
                self.prove(self._first)
                self._first = []
            except OSError as error:
                self._fault(fault_reason(error))
                self._writing_since = None
                self._front.wake.wait(self._settings.retry_interval_s)
            self.gate.check()
        self._writing_since = None

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
                break
            time.sleep(min(0.1, settings.retry_interval_s))

    def _round(self, *, closing: bool = False) -> bool:
        """Write what waits, have it synced when due. Returns whether the disk is being written to now. Replaced."""
        now = self._monotonic()
        self._take_sync(closing=closing)
        if not self._may_write(now, closing=closing):
            return False
        taken_ns = self._front.clock_ns()
        self._writing_since = now
        good = self._store()
        self._writing_since = None
        if not good:
            self._retry_at = self._monotonic() + self._settings.retry_interval_s
        if self._monotonic() - now > self._settings.slow_disk_s:
            self._fault("slow_disk", taken_ns)
        upto = Point(self._row, taken_ns)
        due = now + self._settings.write_interval_s >= self._synced_at + self._settings.fdatasync_interval_s
        dirty = any(stream.dirty for stream in self._streams.values())
        if self._flight is None:
            if not dirty:
                self._settle(upto, len(self._facts), closing=closing)
            elif due or self._marked or closing:
                self._begin_sync(now, upto)
                self._take_sync(closing=closing)
        return dirty

    def _begin_sync(self, now: float, upto: Point) -> None:
        """Have every file synced; _take_sync sees what came of it."""
        jobs = [
            (stream, job) for stream in self._streams.values() if (job := stream.begin_sync()) is not None
        ]
        clean = not any(stream.carrying for stream in self._streams.values())
        self._flight = Flight(upto, len(self._facts), jobs, clean)
        self._marked, self._synced_at = False, now
        self._syncer.begin([job for _, job in jobs])

    def _take_sync(self, *, closing: bool) -> None:
        """See what came of a sync, if it is over. Replaced."""
        flight = self._flight
        if flight is None:
            return
        if closing:
            self._syncer.wait()
        if self._syncer.busy:
            return
        self.gate.check()
        while flight.jobs:
            stream, job = flight.jobs.pop()
            try:
                stream.end_sync(job)
            except OSError as error:
                flight.clean = False
                self._fault(fault_reason(error))
            flight.clean = flight.clean and not job.void
        self._flight = None
        self._collect()
        if self._syncer.took > self._settings.slow_disk_s:
            self._fault("slow_disk")
        if flight.clean:
            self._settle(flight.upto, flight.told, closing=closing)
        else:
            self._retry_at = self._monotonic() + self._settings.retry_interval_s

    def _may_write(self, now: float, *, closing: bool) -> bool:
        """Between two tries on a faulted disk, and while the disk is nearly full, the queue keeps what comes."""
        self.gate.check()
        carrying = any(stream.carrying for stream in self._streams.values())
        full = self._front.trouble.has("disk_full")
        if not carrying and not len(self._front.intake):
            return True
        if self._flight is not None and self._front.intake.held >= self._settings.queue_packets_max:
            return False  # a sync that takes so long must not fill the memory
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
            reason = "" if self.room.look(need) >= need else "disk_full"
        except OSError as error:
            reason = fault_reason(error)
        if reason:
            self._fault(reason)
        return not reason

    def _store(self) -> bool:
        """Append what waits to its streams: whether all of it could be written."""
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
        self._marked = self._marked or MARKS in batches
        return good

    def _new_stream(self, key: Key) -> Stream:
        label, kind = key
        number = self._numbers.get((stem_of(label), kind), 0)
        if key in self._streams:  # a proof that failed: its file's number is used up
            number = max(number, self._streams[key].number)
        place, hearing = self.folder.directory, self._front.hearing
        if key == MARKS:
            stream = marks_stream(place, hearing, number, self.gate)
        else:
            stream = Stream(place, hearing, label, kind, number, self._settings.segment_s, self.gate)
        self._streams[key] = stream
        return stream

    def _fault(self, reason: str, at_ns: int | None = None) -> None:
        """Tell a fault. Replaced where another hand has taken over because of it."""
        since_ns = self._front.clock_ns() if at_ns is None else at_ns
        self._front.trouble.raise_fault(reason, since_ns, self._monotonic())
        if self._front.failed(self, reason):
            raise Replaced

    def _read_back(self, point: Point) -> None:
        self.gate.passed(lambda: self._front.read_back(point))

    def _not_read_back(self, reason: str, doubted: Path | None) -> None:
        """Tell of a fault that was found in reading back, in that thread."""
        self._doubted = doubted
        self._front.trouble.raise_fault(reason, self._front.clock_ns(), self._monotonic())
        self._front.failed(self, READ_BACK)  # in the same place too: what is not proven is written again

    def _settle(self, upto: Point, told: int, *, closing: bool) -> None:
        """All up to this point is synced: tell it, and end a fault that has been over for a while.

        told: how many of the facts are of what stands before it.
        """
        self.gate.check()
        if any(stream.carrying for stream in self._streams.values()):
            return
        for item in self._facts[:told]:
            if item.fact is not None:
                self._front.told(item.fact)
                item.fact = None
        del self._facts[:told]
        self.room.shrink(self._reserve - self.bytes_written)
        self.gate.passed(lambda: self._front.intake.trim(upto.row))
        self._back.note(self._stands(), upto)
        quiet_s = 0.0 if closing else self._settings.retry_interval_s
        self._front.proven(upto.safe_ns, self._front.trouble.end(self._monotonic(), quiet_s, upto.safe_ns))

    def _stands(self) -> list[Stand]:
        """Give how far each file is synced, those that have grown since the last time."""
        stands = []
        for stream in self._streams.values():
            one = stream.segment
            if one is not None and one.synced and self._noted.get(one.path) != one.synced:
                self._noted[one.path] = one.synced
                stands.append(stand_of(one, closed=False))
        return stands

    def _collect(self) -> None:
        """Note the files that were closed."""
        for stream in self._streams.values():
            closed, stream.closed = stream.closed, []
            for one in closed:
                self._noted.pop(one.path, None)
                self._back.note([stand_of(one, closed=True)])
                self._front.closed(one.digest())
            self._left += stream.left
            stream.left = []

    # --- the end ---

    def _leave(self) -> None:
        """Another hand goes on: end the files here as well as the place lets us, for as long as it takes."""
        self._writing_since = None
        self._syncer.wait()
        try:
            for stream, job in self._flight.jobs if self._flight is not None else ():
                with suppress(OSError):
                    stream.end_sync(job)
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
        while self._left:
            self._front.closed(digest_file(self._left.pop(0)))

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
