"""The recorder: a machine ear that keeps what it is ordered to keep. Knows peers and labels; never decodes, never blocks."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recording.facts import TapeFact, TapeOrder, TapePaused, TapeRolling, TapeSeal
from recording.writer import TapeWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from media.ids import PeerId
    from media.taps import TapPacket, TapReport
    from recording.settings import RecordingSettings

log = logging.getLogger(__name__)

_NO_GROUND = "not_permitted"


@dataclass(frozen=True, slots=True)
class _Announced:
    """An order that holds for what was captured from at_ns on."""

    at_ns: int
    order: TapeOrder
    labels: Mapping[PeerId, str]


@dataclass(frozen=True, slots=True)
class RecorderStats:
    """Counts since start. refused: by order (not rolling, unknown peer). lost: permitted, but no room."""

    refused: int
    lost: int
    bytes_written: int


class Recorder:
    """One hearing's tape; implements media.taps.Tap.

    start(), follow(), offer() and close() belong to one asyncio loop; on_fact is called in that loop.
    Nothing is kept before follow() orders it. After start() exactly one of close() and stop() ends it.

    Who offers as packets are captured uses follow(). Who offers later, from a ring, uses announce() when an order is
    told and settle() when everything captured before it has been offered: each packet is judged by the order that
    was in force at its arrival_ns.
    """

    def __init__(
        self,
        settings: RecordingSettings,
        directory: Path,
        hearing: str,
        on_fact: Callable[[TapeFact], None],
        seats: int = 0,
    ) -> None:
        self._settings = settings
        self._on_fact = on_fact
        self._labels: Mapping[PeerId, str] = {}
        self._order: TapeOrder | None = None
        self._announced: list[_Announced] = []
        self._refused = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer = TapeWriter(settings, directory, hearing, self._post, seats=seats)

    @property
    def feed(self) -> Recorder:
        """Itself: it is offered what the wire lets it receive."""
        return self

    async def start(self) -> None:
        """Open the folder, repair it, prove that bytes reach the disk. TapeUnavailable."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._writer.open)

    def follow(self, order: TapeOrder) -> None:
        """Obey from the next offer on; the fact follows when the mark of it is on disk."""
        self.settle()
        self._obey(order, self._allowed(order), None)

    def announce(self, order: TapeOrder, at_ns: int) -> None:
        """Obey for what was captured from at_ns on (wall clock, UTC); what is older goes by the orders before."""
        self._loop = (
            asyncio.get_running_loop()
        )  # the folder may not be open yet, and there may be faults to tell
        self._announced.append(_Announced(at_ns, order, self._allowed(order)))

    def settle(self, not_before_ns: int = 0) -> None:
        """Nothing older than the announced orders comes any more: mark them, in order, and keep the last alone.

        not_before_ns: no mark is dated before it: the run that goes on after an interruption did not roll then.
        """
        announced, self._announced = self._announced, []
        for one in announced:
            self._obey(one.order, one.labels, max(one.at_ns, not_before_ns))

    def offer(self, item: TapPacket | TapReport) -> bool:
        """Take one item; False: the queue is full. What the order does not name is refused, counted and not kept."""
        labels = self._labels if not self._announced else self._labels_at(item.arrival_ns)
        label = labels.get(item.track.peer)
        if label is None:
            self._refused += 1
            return True
        return self._writer.put(label, item)

    def missed(self, count: int, from_ns: int, to_ns: int) -> None:
        """Note packets of [from_ns, to_ns] that were lost on their way here: the fault of a full queue, if it rolls."""
        if self._labels or any(one.order.rolling for one in self._announced):
            self._writer.missed(count, from_ns, to_ns)

    async def close(self) -> TapeSeal:
        """End the tape for good: drain, sync, name every file with its digest in tape.json.

        TapeUnavailable if the disk does not let it; a new Recorder on the folder can try again.
        """
        seal = await self._end(seal=True)
        assert seal is not None  # noqa: S101  the writer seals or raises
        return seal

    async def stop(self) -> None:
        """End this run without sealing: the hearing goes on after a restart of the server. TapeUnavailable."""
        await self._end(seal=False)

    @property
    def stats(self) -> RecorderStats:
        """Counts so far."""
        return RecorderStats(self._refused, self._writer.lost, self._writer.bytes_written)

    async def _end(self, *, seal: bool) -> TapeSeal | None:
        self.settle()
        self._labels = {}
        self._writer.mark({"event": "closed" if seal else "stopped"})
        return await asyncio.to_thread(self._writer.close, seal)

    def _allowed(self, order: TapeOrder) -> Mapping[PeerId, str]:
        """Return the labels that this order lets onto the tape, within the limits, whether it rolls or not."""
        labels = {peer: label for peer, label in order.labels.items() if self._usable(label)}
        if len(set(labels.values())) > self._settings.labels_max:
            kept = set(list(dict.fromkeys(labels.values()))[: self._settings.labels_max])
            labels = {peer: label for peer, label in labels.items() if label in kept}
            log.warning("tape order names more than %d labels", self._settings.labels_max)
        return labels

    def _labels_at(self, arrival_ns: int) -> Mapping[PeerId, str]:
        """Return the labels in force then."""
        labels = self._labels
        for one in self._announced:
            if one.at_ns <= arrival_ns:
                labels = one.labels if one.order.rolling else {}
        return labels

    def _obey(self, order: TapeOrder, labels: Mapping[PeerId, str], at_ns: int | None) -> None:
        before, self._order = self._order, order
        self._labels = labels if order.rolling else {}
        ground = order.ground or _NO_GROUND
        if before is None or (before.rolling, before.ground) != (order.rolling, order.ground):
            if order.rolling:
                self._writer.mark({"event": "rolling"}, TapeRolling(), at_ns)
            else:
                self._writer.mark({"event": "paused", "ground": ground}, TapePaused(ground), at_ns)
        if before is None or dict(before.labels) != dict(order.labels):
            self._writer.mark({"event": "labels", "labels": dict(labels)}, None, at_ns)

    def _usable(self, label: str) -> bool:
        return 0 < len(label.encode()) <= self._settings.label_bytes_max

    def _post(self, fact: TapeFact) -> None:
        """Hand a fact to the loop, from any thread."""
        loop = self._loop
        if loop is None:
            return
        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            loop.call_soon_threadsafe(self._on_fact, fact)
