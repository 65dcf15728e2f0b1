"""A tape and all it has reported, wherever its recorder lives: in this process, or in the tape process behind a ring."""

from __future__ import annotations

import asyncio
import itertools
from abc import ABC, abstractmethod
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Protocol

from media.engine.tee_writer import TeeWriter
from media.ids import PeerId
from media.tee import TAPE, TeeRing
from recording.facts import TapeFact, TapeOrder, TapeProgress, TapeSeal, TapeSegment
from recording.house import TapeHouse
from recording.recorder import Recorder, RecorderStats
from recording.settings import RecordingSettings
from tests.recording.senders import T0

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from media.taps import Tap, TapPacket, TapReport, Tee
    from recording.remote import HouseRecorder

SETTINGS = RecordingSettings(
    free_bytes_min=1, free_bytes_resume=1, write_interval_s=0.01, idle_interval_s=0.01, clock_check_s=0.0
)
RING_BYTES = 1 << 22


class Face(Protocol):
    """What a recorder shows, here or apart."""

    @property
    def feed(self) -> Tap | Tee: ...

    @property
    def stats(self) -> RecorderStats: ...

    async def start(self) -> None: ...

    def follow(self, order: TapeOrder) -> None: ...

    async def close(self) -> TapeSeal: ...

    async def stop(self) -> None: ...


class Watched(ABC):
    """Keeps the facts a recorder reported."""

    recorder: Face

    def __init__(self) -> None:
        self.facts: list[TapeFact] = []
        self._came = asyncio.Event()

    def _on_fact(self, fact: TapeFact) -> None:
        self.facts.append(fact)
        self._came.set()

    async def until(self, wanted: Callable[[list[TapeFact]], bool]) -> None:
        """Wait for a fact; pytest's own timeout ends a wait for one that never comes."""
        while not wanted(self.facts):
            self._came.clear()
            await self._came.wait()

    async def progress(self, wanted: Callable[[TapeProgress], bool]) -> TapeProgress:
        """Wait for a word of progress that is so."""

        def there(facts: list[TapeFact]) -> list[TapeProgress]:
            return [fact for fact in facts if isinstance(fact, TapeProgress) and wanted(fact)]

        await self.until(lambda facts: bool(there(facts)))
        return there(self.facts)[-1]

    async def breathe(self) -> None:
        """Let waiting facts in."""
        await asyncio.sleep(0.001)

    def states(self) -> list[TapeFact]:
        return [fact for fact in self.facts if not isinstance(fact, TapeProgress | TapeSegment)]

    @abstractmethod
    def offer(self, item: TapPacket | TapReport) -> None:
        """Hand over one item as the wire does; it must be taken."""


class Desk(Watched):
    """A recorder in this process."""

    def __init__(self, directory: Path, settings: RecordingSettings = SETTINGS) -> None:
        super().__init__()
        self.recorder: Recorder = Recorder(settings, directory, "h-1", self._on_fact)

    def offer(self, item: TapPacket | TapReport) -> None:
        assert self.recorder.offer(item)


class Clock:
    """The clock that packets and orders are dated by: never before the last packet, and never twice the same."""

    def __init__(self, now_ns: int = T0) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        self.now_ns += 1
        return self.now_ns

    def at(self, arrival_ns: int) -> None:
        self.now_ns = max(self.now_ns, arrival_ns)


class Apart:
    """A tape process, and a ring as a media worker writes it."""

    def __init__(self, settings: RecordingSettings, clock: Callable[[], int]) -> None:
        self.house = TapeHouse(settings, clock)
        self.ring = TeeRing.create(TAPE, RING_BYTES)
        self.writer = TeeWriter(self.ring)

    async def start(self) -> None:
        self.house.attach(0, self.ring)
        await self.house.start()

    def new_ring(self, capacity: int = RING_BYTES) -> None:
        """The worker was started anew."""
        self.writer.close()
        self.ring.close()
        self.ring = TeeRing.create(TAPE, capacity)
        self.writer = TeeWriter(self.ring)
        self.house.attach(0, self.ring)

    async def close(self) -> None:
        self.writer.close()
        self.ring.close()
        await self.house.close()


class ApartDesk(Watched):
    """A recorder in the tape process; what is offered goes by the ring."""

    def __init__(self, apart: Apart, clock: Clock, directory: Path, tap: str = "tape:h-1") -> None:
        super().__init__()
        self._apart, self._clock = apart, clock
        self.tap = PeerId(tap)
        self.recorder: HouseRecorder = apart.house.recorder(directory, "h-1", self.tap, self._on_fact)

    def offer(self, item: TapPacket | TapReport) -> None:
        self._clock.at(item.arrival_ns)
        assert self._apart.writer.write(self.tap, item)
        self._apart.writer.timer()


class Desks:
    """Makes desks of one place: "here" or "apart"."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._clock = Clock()
        self._aparts: dict[RecordingSettings, Apart] = {}
        self._taps = itertools.count(1)
        self._ends = AsyncExitStack()

    async def make(self, directory: Path, settings: RecordingSettings = SETTINGS) -> Watched:
        if self.place == "here":
            return Desk(directory, settings)
        if settings not in self._aparts:
            apart = self._aparts[settings] = Apart(settings, self._clock)
            self._ends.push_async_callback(apart.close)
            await apart.start()
        return ApartDesk(self._aparts[settings], self._clock, directory, f"tape:h-{next(self._taps)}")

    async def close(self) -> None:
        await self._ends.aclose()


def order(**labels: str) -> TapeOrder:
    return TapeOrder(rolling=True, labels={PeerId(peer): label for peer, label in labels.items()})
