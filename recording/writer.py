"""A hearing's tape: takes what is offered, has a hand write it, and another one elsewhere where that fails.

Never blocks or raises to the offerer. What is not yet read back from the disk is kept in memory (recording.intake), so that a
place that fails costs nothing but the time to begin in the other one.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from recording.clock import clock_state
from recording.facts import (
    SegmentDigest,
    TapeFact,
    TapePaused,
    TapeProgress,
    TapeRolling,
    TapeSeal,
    TapeSegment,
    TapeUnavailable,
)
from recording.hand import MARKS, Hand
from recording.intake import Intake, Item
from recording.places import FIRST, SECOND, Places, check_second, second_of
from recording.readback import READ_BACK, Point
from recording.segments import MARKS_KIND, fault_reason, free_bytes
from recording.space import forecast_bytes, rate_bytes_s
from recording.stream import MarkEntry
from recording.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from media.taps import TapPacket, TapReport
    from recording.folder import TapeFolder
    from recording.settings import RecordingSettings

log = logging.getLogger(__name__)

SECOND_PLACE, SECOND_MISSING, CLOCK = "second_place", "second_missing", "clock"
"""TapeProgress.warnings."""

_AGAIN_S = (
    30.0  # a place that failed is not tried again before: two full disks must not be filled with beginnings
)
_WATCH_S = 0.1
_HOUR_S = 3600
_RATE_S = 30.0  # the rate of a tape is measured over at least this long


class TapeWriter:
    """Owns a hearing's tape files and whoever writes them.

    put() and mark() are called by one thread (the loop's), open() and close() by any one that may block.
    report is called in the threads of the tape and in put(); it must hand over and return.
    seats: how many people room is kept for; 0: no forecast.
    """

    def __init__(
        self,
        settings: RecordingSettings,
        directory: Path,
        hearing: str,
        report: Callable[[TapeFact], None],
        clock_ns: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
        seats: int = 0,
    ) -> None:
        self.settings = settings
        self.hearing = hearing
        self.clock_ns = clock_ns
        self.monotonic = monotonic
        self.intake = Intake(settings.queue_packets_max)
        self.trouble = Trouble(report)
        self.wake = threading.Event()
        self.closing = threading.Event()
        self._directory = directory
        self._report = report
        self._seats = seats
        self._lock = threading.Lock()
        self._hand: Hand | None = None
        self._state: TapeRolling | TapePaused | None = None  # the last order's fact
        self._seal_wanted = False
        self._bytes_before = 0  # by hands that were replaced
        self._progress_at = 0.0
        self._safe_ns = self._verified_ns = 0
        self._began_at = self._clock_at = 0.0
        self._clock_synced = True
        self._watch = threading.Thread(target=self._watch_over, name="tape watch", daemon=True)
        self._over = threading.Event()

    @property
    def bytes_written(self) -> int:
        """Bytes this run appended, headers included."""
        return self._bytes_before + (self._hand.bytes_written if self._hand is not None else 0)

    @property
    def lost(self) -> int:
        """Packets that were permitted and are on no tape."""
        return self.trouble.lost

    # --- opening ---

    def open(self) -> None:
        """Take the places, repair them, prove that bytes reach a disk, start the threads. TapeUnavailable."""
        self._places = Places(self._directory, self._second())
        try:
            hand = self._proven_hand()
        except BaseException:
            self._places.release()
            raise
        self._safe_ns = self.clock_ns()
        self._began_at = self.monotonic()
        self._hand = hand
        hand.start()
        self._watch.start()

    def _second(self) -> Path | None:
        """Give the folder in the second place; None where there is none, or it has come to be on the first one's disk."""
        root = self.settings.second_root
        if root is None:
            return None
        try:
            check_second(self.settings, self._directory)
        except OSError as error:
            log.warning("a tape has no second place: %s", error)
            return None
        return second_of(root, self.hearing)

    def _proven_hand(self) -> Hand:
        reason = ""
        for folder in self._roomy():
            hand = Hand(self, folder, self._places.numbers, self._reserve(folder))
            try:
                hand.prove(self._beginning(folder, reason))
            except OSError as error:
                reason = fault_reason(error)
                self._places.faults[self._places.name_of(folder)] = reason
                self._places.numbers = hand.numbers()
                folder.failed_at = self.monotonic()
                continue
            return hand
        raise TapeUnavailable(reason)

    def _roomy(self) -> list[TapeFolder]:
        """Give the places that can be begun in, the one to begin with first. TapeUnavailable."""
        places = self._places
        if places.begun:  # goes on with what room there is: the proof and the seal are small
            return places.folders
        forecast = forecast_bytes(self.settings, self._seats)
        need = max(self.settings.free_bytes_min, forecast and forecast + self.settings.free_bytes_resume)
        roomy = []
        for folder in places.folders:
            try:
                enough = free_bytes(folder.directory) >= need
            except OSError as error:
                places.faults[places.name_of(folder)] = fault_reason(error)
                continue
            if enough:
                roomy.append(folder)
            else:
                places.faults[places.name_of(folder)] = "disk_full"
        if not roomy:
            raise TapeUnavailable(next(iter(places.faults.values())))
        return roomy

    def _reserve(self, folder: TapeFolder) -> int:
        """Say how much room to keep: what the forecast still expects, and never the last of the disk."""
        expected = forecast_bytes(self.settings, self._seats)
        if not expected:
            return 0
        try:
            there = sum(path.stat().st_size for path in folder.directory.glob("*.ytape"))
            spare = free_bytes(folder.directory) - self.settings.free_bytes_resume
        except OSError:
            return 0
        return max(0, min(expected - there, spare))

    def _beginning(self, folder: TapeFolder, reason: str) -> list[MarkEntry]:
        """Give the first marks of a run: that one before was cut off, and that it begins elsewhere than it should."""
        now_ns, places = self.clock_ns(), self._places
        marks = []
        if places.interrupted_ns is not None:
            marks.append(MarkEntry(now_ns, {"event": "interrupted", "from_ns": places.interrupted_ns}))
        if places.name_of(folder) == SECOND:
            why = reason or places.faults.get(FIRST, "")
            if why:
                marks.append(MarkEntry(now_ns, {"event": "moved", "place": SECOND, "reason": why}))
        return marks

    # --- the offerer's side ---

    def put(self, label: str, item: TapPacket | TapReport) -> bool:
        """Take one item for a label; False: no room, it is lost and counted. Never blocks."""
        hand = self._hand
        busy_since = None if hand is None else hand.busy_since
        if busy_since is not None and self.monotonic() - busy_since > self.settings.slow_disk_s:
            self.trouble.raise_fault("slow_disk", item.arrival_ns, self.monotonic())
        dead = hand is not None and hand.ended is not None
        if len(self.intake) >= self.settings.queue_packets_max or dead:
            self.trouble.drop(item.arrival_ns, self.monotonic())
            return False
        self.intake.put(Item((label, item.track.kind.value), item))
        return True

    def missed(self, count: int, from_ns: int, to_ns: int) -> None:
        """Count packets that were permitted and did not come this far; told as those are that find no room here."""
        self.trouble.drop(from_ns, self.monotonic(), to_ns=to_ns, count=count)

    def mark(self, values: dict[str, object], fact: TapeFact | None = None, at_ns: int | None = None) -> None:
        """Note a line in the tape's own log, dated at_ns or now; `fact` is reported once the line is on disk."""
        dated_ns = self.clock_ns() if at_ns is None else at_ns
        self.intake.put(Item(MARKS, MarkEntry(dated_ns, values), fact))
        self.wake.set()

    def close(self, seal: bool) -> TapeSeal | None:
        """Drain, sync, close the files, seal if asked to, end the threads. TapeUnavailable if the disk does not let it."""
        hand = self._hand
        if hand is None:  # never opened
            if seal:
                raise TapeUnavailable("io_error")
            return None
        self._seal_wanted = seal
        self.closing.set()
        self.wake.set()
        deadline = self.monotonic() + 2 * self.settings.close_timeout_s
        while not hand.join(_WATCH_S) or hand is not self._hand:
            hand = self._hand or hand
            if self.monotonic() > deadline:
                raise TapeUnavailable("io_error")  # and the places stay held: it may still write
        self._over.set()
        self._watch.join()
        self._places.release()
        if isinstance(hand.ended, TapeUnavailable):
            raise hand.ended
        return hand.ended

    # --- what hands ask for ---

    def failed(self, hand: Hand, reason: str) -> bool:
        """Have another hand take over where that helps; whether one has."""
        with self._lock:
            if hand is not self._hand:
                return True
            other = self._places.other_than(hand.folder)
            now = self.monotonic()
            if other is None or (other.failed_at is not None and now - other.failed_at < _AGAIN_S):
                if reason != READ_BACK:
                    return False
                other = hand.folder
            else:
                hand.folder.failed_at = now
            self._replace(hand, other, reason)
        return True

    def _replace(self, hand: Hand, folder: TapeFolder, reason: str) -> None:
        places = self._places
        old = places.numbers

        def last() -> None:
            places.numbers = {**old, **hand.numbers()}
            self.intake.again()

        hand.keeps_room = folder is not hand.folder
        hand.gate.shut_after(last)
        self._bytes_before += hand.bytes_written
        name = places.name_of(folder)
        log.error("a tape goes on in its %s place: %s", name, reason)
        moved = MarkEntry(self.clock_ns(), {"event": "moved", "place": name, "reason": reason})
        new = Hand(self, folder, places.numbers, self._reserve(folder) if hand.keeps_room else 0)
        if not hand.keeps_room:
            new.room = hand.room
        self._hand = new
        new.take_over([moved])

    def closed(self, digest: SegmentDigest) -> None:
        """Note a file that is finished; told once that is on disk."""
        self._places.digests[digest.name] = digest
        if digest.kind == MARKS_KIND and self.closing.is_set():
            self._report(TapeSegment(digest))  # the log that it would be noted in is this one
        else:
            self.mark({"event": "segment", **asdict(digest)}, TapeSegment(digest))

    def told(self, fact: TapeFact) -> None:
        """Tell a fact that is on disk; how the tape stands only where no fault says otherwise."""
        if not isinstance(fact, TapeRolling | TapePaused):
            self._report(fact)
            return
        self._state = fact
        if not self.trouble.reason:
            self._tell_state()

    def _tell_state(self) -> None:
        self._report(replace(self._state or TapePaused("not_open"), second=self._in_second))

    def proven(self, safe_ns: int, over: dict[str, object] | None) -> None:
        """All that arrived up to safe_ns is on disk."""
        self._safe_ns = max(self._safe_ns, safe_ns)
        if over is not None:
            self.mark(over)
            self._tell_state()
        now = self.monotonic()
        if now >= self._progress_at and self._state is not None:
            self._progress_at = now + self.settings.progress_interval_s
            self._report(
                TapeProgress(
                    self._safe_ns, self.bytes_written, self._verified_ns, self._warnings(), self._hours(now)
                )
            )

    def read_back(self, point: Point) -> None:
        """All before this point was read back."""
        self.intake.proven(point.row)
        self._verified_ns = max(self._verified_ns, point.safe_ns)

    def seal(self, hand: Hand) -> TapeSeal | None:
        """Every file is closed: seal if that is wanted. OSError."""
        if not self._seal_wanted:
            return None
        noted = set(self._places.digests)
        seal = self._places.seal(self.hearing, self.clock_ns(), hand.folder)
        for digest in seal.segments:
            if digest.name not in noted:  # left by a run that was killed
                self._report(TapeSegment(digest))
        return seal

    # --- the watch ---

    @property
    def _in_second(self) -> bool:
        return self._hand is not None and self._places.name_of(self._hand.folder) == SECOND

    def _warnings(self) -> tuple[str, ...]:
        places = self._places
        missing = self.settings.second_root is not None and (places.second is None or SECOND in places.faults)
        found = ((SECOND_PLACE, self._in_second), (SECOND_MISSING, missing), (CLOCK, not self._clock_synced))
        return tuple(name for name, there in found if there)

    def _hours(self, now: float) -> float | None:
        """Say how long the room lasts: at the rate that was expected, or the one that is measured if that is more."""
        took = now - self._began_at
        measured = self.bytes_written / took if took > _RATE_S else 0.0
        rate = max(rate_bytes_s(self.settings, self._seats), measured)
        seen = self._hand.room.seen if self._hand is not None else 0
        if not rate or not seen:
            return None
        return max(0.0, (seen - self.settings.free_bytes_resume) / rate / _HOUR_S)

    def _watch_over(self) -> None:
        """Go elsewhere while a hand hangs in the system; ask for the clock now and then."""
        while not self._over.wait(_WATCH_S):
            try:
                self._look()
            except Exception:
                log.exception("the watch over a tape stumbled")

    def _look(self) -> None:
        now, hand = self.monotonic(), self._hand
        busy_since = None if hand is None else hand.busy_since
        if hand is not None and busy_since is not None and now - busy_since > self.settings.takeover_s:
            other = self._places.other_than(hand.folder)
            if other is not None and (other.failed_at is None or now - other.failed_at >= _AGAIN_S):
                self.trouble.raise_fault("slow_disk", self.clock_ns(), now)
                self.failed(hand, "slow_disk")
        if self.settings.clock_check_s and now >= self._clock_at:
            self._clock_at = now + self.settings.clock_check_s
            self._ask_clock()

    def _ask_clock(self) -> None:
        try:
            state = clock_state()
        except OSError:
            return
        self._clock_synced = state.synced
        self.mark({"event": "clock", **asdict(state)})
