"""Syncs a tape's files beside the thread that writes them: what comes meanwhile is handed to the system, not kept waiting.

A kill costs what was not handed over, so a sync that takes long must not stand in the way of that. One run at a time.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from recording.readback import Point
    from recording.segments import Segment
    from recording.stream import Stream


@dataclass(slots=True)
class Job:
    """The files of one stream that are to be synced. count: entries in them that are not; error: what came of it."""

    segments: list[Segment]
    full: list[Segment]
    count: int
    error: OSError | None = None
    void: bool = False  # the stream has given the files up meanwhile


@dataclass(slots=True)
class Flight:
    """A run of jobs. told: how many facts are of what is in it; clean: nothing of before `upto` is elsewhere."""

    upto: Point
    told: int
    jobs: list[tuple[Stream, Job]]
    clean: bool


class Syncer:
    """One run of jobs at a time, in a thread of its own. done: called in that thread when a run is over."""

    def __init__(self, monotonic: Callable[[], float], done: Callable[[], None]) -> None:
        self._monotonic = monotonic
        self._done = done
        self._jobs: list[Job] = []
        self._wanted = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._over = False
        self.since: float | None = None  # when the run that is on began
        self.took = 0.0  # seconds, of the last one
        self._thread = threading.Thread(target=self._run, name="tape sync", daemon=True)

    @property
    def busy(self) -> bool:
        """Whether a run is on."""
        return not self._idle.is_set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def begin(self, jobs: list[Job]) -> None:
        """Sync these; not while a run is on."""
        self._jobs = jobs
        self._idle.clear()
        self.since = self._monotonic()
        self._wanted.set()

    def wait(self) -> None:
        """Wait for the run that is on, however long it takes."""
        self._idle.wait()

    def end(self) -> None:
        """Have the thread end, when the system lets it."""
        self._over = True
        self._wanted.set()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._over:
                return
            began = self._monotonic()
            for job in self._jobs:
                _sync(job)
            self.took = self._monotonic() - began
            self.since = None
            self._idle.set()
            self._done()


def _sync(job: Job) -> None:
    try:
        for segment in job.segments:
            segment.sync()
    except OSError as error:
        job.error = error
