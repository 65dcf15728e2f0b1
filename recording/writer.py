"""The tape's one thread a hearing: takes what is offered, appends it, syncs it. Never blocks or raises to the offerer."""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from recording.facts import (
    SegmentDigest,
    TapeFact,
    TapePaused,
    TapeProgress,
    TapeRolling,
    TapeSeal,
    TapeUnavailable,
)
from recording.folder import TapeFolder
from recording.segments import MARKS_KIND, MARKS_LABEL, fault_reason, free_bytes, stem_of
from recording.stream import Entry, MarkEntry, Stream, mark_record, marks_stream
from recording.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

    from media.taps import TapPacket, TapReport
    from recording.settings import RecordingSettings

log = logging.getLogger(__name__)

_DIGEST_BYTES_A_ROUND = 4 * 1024 * 1024
_MARKS = (MARKS_LABEL, MARKS_KIND)


class TapeWriter:
    """Owns a hearing's tape files and the thread that writes them.

    put() and mark() are called by one thread (the loop's), open() and close() by any one that may block.
    report is called in the writer's thread and in put(); it must hand over and return.
    """

    def __init__(
        self,
        settings: RecordingSettings,
        directory: Path,
        hearing: str,
        report: Callable[[TapeFact], None],
        clock_ns: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._hearing = hearing
        self._report = report
        self._clock_ns = clock_ns
        self._monotonic = monotonic
        self._queue: deque[tuple[tuple[str, str], Entry, TapeFact | None]] = deque()
        self._streams: dict[tuple[str, str], Stream] = {}
        self._facts: list[TapeFact] = []  # to be told once what they tell of is on disk
        self._state: TapeFact | None = None  # the last order's fact
        self._trouble = Trouble(report)
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._seal_wanted = False
        self._ended: TapeSeal | TapeUnavailable | None = None
        self._dead = False
        self._busy_since: float | None = None
        self._synced_at = self._retry_at = self._progress_at = 0.0
        self._written_ns = self._safe_ns = 0
        self._hashing: tuple[Path, BinaryIO, hashlib._Hash] | None = None
        self._unhashed: deque[Path] = deque()
        self._thread = threading.Thread(target=self._run, name="tape", daemon=True)

    @property
    def bytes_written(self) -> int:
        """Bytes this run appended, headers included."""
        return sum(stream.bytes_written for stream in self._streams.values())

    @property
    def lost(self) -> int:
        """Packets that were permitted and are on no tape."""
        return self._trouble.lost

    # --- opening ---

    def open(self) -> None:
        """Take the folder, repair it, prove that bytes reach the disk, start the thread. TapeUnavailable."""
        self._folder = TapeFolder(self._directory, self._settings.free_bytes_min)
        try:
            self._prove()
        except OSError as error:
            self._folder.release()
            raise TapeUnavailable(fault_reason(error)) from error
        self._thread.start()

    def _prove(self) -> None:
        """Write a record, sync it and find it on the disk again."""
        number = self._folder.numbers.get((stem_of(MARKS_LABEL), MARKS_KIND), 0)
        marks = self._streams[_MARKS] = marks_stream(self._directory, self._hearing, number)
        now_ns = self._clock_ns()
        entries = [MarkEntry(now_ns, {"event": "proof", "nonce": secrets.token_hex(16)})]
        if self._folder.interrupted_ns is not None:
            last_ns = self._folder.interrupted_ns
            entries.insert(0, MarkEntry(now_ns, {"event": "interrupted", "from_ns": last_ns}))
        marks.append(entries)
        marks.sync()
        if not marks.ends_with(mark_record(entries[-1])):
            raise OSError("the proof record did not come back")
        self._written_ns = self._safe_ns = now_ns

    # --- the offerer's side ---

    def put(self, label: str, item: TapPacket | TapReport) -> bool:
        """Take one item for a label; False: no room, it is lost and counted. Never blocks."""
        busy_since = self._busy_since
        if busy_since is not None and self._monotonic() - busy_since > self._settings.slow_disk_s:
            self._trouble.raise_fault("slow_disk", item.arrival_ns, self._monotonic())
        if len(self._queue) >= self._settings.queue_packets_max or self._dead:
            self._trouble.drop(item.arrival_ns, self._monotonic())
            return False
        self._queue.append(((label, item.track.kind.value), item, None))
        return True

    def missed(self, count: int, from_ns: int, to_ns: int) -> None:
        """Count packets that were permitted and did not come this far; told as those are that find no room here."""
        self._trouble.drop(from_ns, self._monotonic(), to_ns=to_ns, count=count)

    def mark(self, values: dict[str, object], fact: TapeFact | None = None, at_ns: int | None = None) -> None:
        """Note a line in the tape's own log, dated at_ns or now; `fact` is reported once the line is on disk."""
        dated_ns = self._clock_ns() if at_ns is None else at_ns
        self._queue.append((_MARKS, MarkEntry(dated_ns, values), fact))
        self._wake.set()

    def close(self, seal: bool) -> TapeSeal | None:
        """Drain, sync, close the files, seal if asked to, end the thread. TapeUnavailable if the disk does not let it."""
        if self._thread.ident is None:  # never opened
            if seal:
                raise TapeUnavailable("io_error")
            return None
        self._seal_wanted = seal
        self._closing.set()
        self._wake.set()
        self._thread.join(2 * self._settings.close_timeout_s)
        if self._thread.is_alive():
            raise TapeUnavailable("io_error")
        if isinstance(self._ended, TapeUnavailable):
            raise self._ended
        return self._ended

    # --- the thread ---

    def _run(self) -> None:
        try:
            self._work()
        except Exception:
            # The border of the thread: a defect here must reach the bench as a fault, not vanish with the thread.
            log.exception("the tape's writer ended")
            self._dead = True
            self._ended = TapeUnavailable("internal")
            self._trouble.raise_fault("internal", self._clock_ns(), self._monotonic())
        finally:
            self._folder.release()

    def _work(self) -> None:
        while not self._closing.is_set():
            wrote = self._round()
            pause = self._settings.write_interval_s if wrote else self._settings.idle_interval_s
            self._wake.wait(pause)
            self._wake.clear()
        deadline = self._monotonic() + self._settings.close_timeout_s
        while not self._finish():
            if self._monotonic() > deadline:
                self._ended = TapeUnavailable(self._trouble.reason or "io_error")
                return
            time.sleep(min(0.1, self._settings.retry_interval_s))

    def _round(self, *, closing: bool = False) -> bool:
        """Write what waits, sync when due. Returns whether the disk is being written to now."""
        now = self._monotonic()
        if not self._may_write(now, closing=closing):
            return False
        taken_ns = self._clock_ns()
        self._busy_since = now
        good, marked = self._store()
        due = now + self._settings.write_interval_s >= self._synced_at + self._settings.fdatasync_interval_s
        dirty = any(stream.dirty for stream in self._streams.values())
        if good:
            self._written_ns = taken_ns
        if due or marked or closing:
            good = self._sync(now) and good
        self._busy_since = None
        took = self._monotonic() - now
        if took > self._settings.slow_disk_s:
            self._trouble.raise_fault("slow_disk", taken_ns, self._monotonic())
        if good:
            self._settle(now, dirty, 0.0 if closing else self._settings.retry_interval_s)
        else:
            self._retry_at = self._monotonic() + self._settings.retry_interval_s
        left = self._hash_some()
        return dirty or left

    def _may_write(self, now: float, *, closing: bool) -> bool:
        """Between two tries on a faulted disk, and while the disk is nearly full, the queue keeps what comes."""
        carrying = any(stream.carrying for stream in self._streams.values())
        full = self._trouble.has("disk_full")
        if not carrying and not self._queue:
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
            if free_bytes(self._directory) >= need:
                return True
        except OSError as error:
            self._disk_fault(error)
            return False
        self._trouble.raise_fault("disk_full", self._clock_ns(), self._monotonic())
        return False

    def _store(self) -> tuple[bool, bool]:
        """Append the queue to its streams: (all written, a mark is waiting to be told of)."""
        batches: dict[tuple[str, str], list[Entry]] = {
            key: [] for key, stream in self._streams.items() if stream.carrying
        }
        for _ in range(len(self._queue)):
            key, entry, fact = self._queue.popleft()
            batches.setdefault(key, []).append(entry)
            if fact is not None:
                self._facts.append(fact)
        good = True
        for key, entries in batches.items():
            stream = self._streams.get(key) or self._new_stream(key)
            try:
                stream.append(entries)
            except OSError as error:
                good = False
                self._disk_fault(error)
        return good, _MARKS in batches

    def _new_stream(self, key: tuple[str, str]) -> Stream:
        label, kind = key
        number = self._folder.numbers.get((stem_of(label), kind), 0)
        stream = Stream(self._directory, self._hearing, label, kind, number, self._settings.segment_s)
        self._streams[key] = stream
        return stream

    def _sync(self, now: float) -> bool:
        good = True
        for stream in self._streams.values():
            try:
                stream.sync()
            except OSError as error:
                good = False
                self._disk_fault(error)
        self._synced_at = now
        return good

    def _disk_fault(self, error: OSError) -> None:
        self._trouble.raise_fault(fault_reason(error), self._clock_ns(), self._monotonic())

    def _settle(self, now: float, dirty: bool, quiet_s: float) -> None:
        """After a good round: tell what is proven, and end a fault that has been over for quiet_s."""
        if dirty and self._synced_at < now:
            return  # written, not yet synced
        if any(stream.carrying for stream in self._streams.values()):
            return
        self._safe_ns = max(self._safe_ns, self._written_ns)
        for fact in self._facts:
            self._state = fact
            if not self._trouble.reason:
                self._report(fact)
        self._facts.clear()
        over = self._trouble.end(now, quiet_s, self._safe_ns)
        if over is not None:
            self.mark(over)
            self._report(self._state or TapePaused("not_open"))
        if now >= self._progress_at and isinstance(self._state, TapeRolling | TapePaused):
            self._progress_at = now + self._settings.progress_interval_s
            self._report(TapeProgress(self._safe_ns, self.bytes_written))

    # --- digests of closed files, a little each round so that syncing is never late ---

    def _hash_some(self) -> bool:
        """Hash a few megabytes of closed files. Returns whether some are left."""
        for stream in self._streams.values():
            self._unhashed.extend(stream.closed)
            stream.closed.clear()
        try:
            if self._hashing is None and self._unhashed:
                path = self._unhashed.popleft()
                self._hashing = (path, path.open("rb"), hashlib.sha256())
            if self._hashing is not None:
                self._hash_step(*self._hashing)
        except OSError as error:
            self._hashing = None  # seal() hashes the file again
            self._disk_fault(error)
        return self._hashing is not None or bool(self._unhashed)

    def _hash_step(self, path: Path, file: BinaryIO, digest: hashlib._Hash) -> None:
        data = file.read(_DIGEST_BYTES_A_ROUND)
        if data:
            digest.update(data)
            return
        done = SegmentDigest(path.name, file.tell(), digest.hexdigest())
        file.close()
        self._hashing = None
        self._folder.digests[done.name] = done
        self.mark({"event": "segment", "name": done.name, "size": done.size, "sha256": done.sha256})

    # --- the end ---

    def _finish(self) -> bool:
        """Try to bring all to the disk and close the tape; False: try again."""
        self._round(closing=True)
        try:
            for key, stream in self._streams.items():
                if key != _MARKS:
                    stream.finish()
            while self._hash_some():
                pass
            self._round(closing=True)
            if self._queue or any(s.carrying or s.dirty for s in self._streams.values()):
                return False
            self._streams[_MARKS].finish()
            self._ended = self._folder.seal(self._hearing, self._clock_ns()) if self._seal_wanted else None
        except OSError as error:
            self._disk_fault(error)
            return False
        return True
