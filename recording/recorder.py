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
class RecorderStats:
    """Counts since start. refused: by order (not rolling, unknown peer). lost: permitted, but no room."""

    refused: int
    lost: int
    bytes_written: int


class Recorder:
    """One hearing's tape; implements media.taps.Tap.

    start(), follow(), offer() and close() belong to one asyncio loop; on_fact is called in that loop.
    Nothing is kept before follow() orders it. After start() exactly one of close() and stop() ends it.
    """

    def __init__(
        self,
        settings: RecordingSettings,
        directory: Path,
        hearing: str,
        on_fact: Callable[[TapeFact], None],
    ) -> None:
        self._settings = settings
        self._on_fact = on_fact
        self._labels: Mapping[PeerId, str] = {}
        self._order: TapeOrder | None = None
        self._refused = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer = TapeWriter(settings, directory, hearing, self._post)

    async def start(self) -> None:
        """Open the folder, repair it, prove that bytes reach the disk. TapeUnavailable."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._writer.open)

    def follow(self, order: TapeOrder) -> None:
        """Obey from the next offer on; the fact follows when the mark of it is on disk."""
        before, self._order = self._order, order
        labels = {peer: label for peer, label in order.labels.items() if self._usable(label)}
        if len(set(labels.values())) > self._settings.labels_max:
            kept = set(list(dict.fromkeys(labels.values()))[: self._settings.labels_max])
            labels = {peer: label for peer, label in labels.items() if label in kept}
            log.warning("tape order names more than %d labels", self._settings.labels_max)
        self._labels = labels if order.rolling else {}
        ground = order.ground or _NO_GROUND
        if before is None or (before.rolling, before.ground) != (order.rolling, order.ground):
            if order.rolling:
                self._writer.mark({"event": "rolling"}, TapeRolling())
            else:
                self._writer.mark({"event": "paused", "ground": ground}, TapePaused(ground))
        if before is None or dict(before.labels) != dict(order.labels):
            self._writer.mark({"event": "labels", "labels": dict(labels)})

    def offer(self, item: TapPacket | TapReport) -> bool:
        """Take one item; False: the queue is full. What the order does not name is refused, counted and not kept."""
        label = self._labels.get(item.track.peer)
        if label is None:
            self._refused += 1
            return True
        return self._writer.put(label, item)

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
        self._labels = {}
        self._writer.mark({"event": "closed" if seal else "stopped"})
        return await asyncio.to_thread(self._writer.close, seal)

    def _usable(self, label: str) -> bool:
        return 0 < len(label.encode()) <= self._settings.label_bytes_max

    def _post(self, fact: TapeFact) -> None:
        """Hand a fact to the loop, from any thread."""
        loop = self._loop
        if loop is None:
            return
        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            loop.call_soon_threadsafe(self._on_fact, fact)
