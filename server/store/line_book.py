"""The series of line figures beside the record of each hearing: written in the background, append-only, bounded.

A slow or full disk costs figures and nothing else: `note` never waits and never fails. What `note` has taken is on its way
to the disk at once, so that a killed process loses at most the step it was about to write. Two files a hearing: when the newer one has
grown to half of `bytes_max` it becomes the older one, and what that held is gone. Never read by a hearing's decisions.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections import deque
from typing import TYPE_CHECKING

from media.health import HISTORY_S
from server.courtroom.line_log import decode_all, encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from server.courtroom.line_log import LineStep
    from server.hearing.ids import HearingId

log = logging.getLogger(__name__)

NEWER, OLDER = "lines.log", "lines.1.log"
_TAIL_BYTES = 1 << 20  # ten minutes of a full courtroom are a quarter of it
_LOGGED_S = 60.0
_PRIVATE = 0o600


class LineFiles:
    """All hearings' series. folder: where a hearing's files go; made when the first step is written.

    bytes_max: of one hearing; pending_max: steps that wait for the disk, of all hearings; the oldest is dropped and counted.
    """

    def __init__(self, folder: Callable[[str], Path], bytes_max: int, pending_max: int) -> None:
        self._folder = folder
        self._half = max(1, bytes_max // 2)
        self._pending: deque[tuple[str, LineStep]] = deque()
        self._pending_max = pending_max
        self._wake = asyncio.Event()
        self._logged_at = float("-inf")
        self.dropped = 0

    def note(self, hearing: HearingId, step: LineStep) -> None:
        """Have a step written; returns at once."""
        while len(self._pending) >= self._pending_max:
            self._pending.popleft()
            self.dropped += 1
        self._pending.append((str(hearing), step))
        self._wake.set()

    async def run(self) -> None:
        """Write what is noted, for as long as the house stands."""
        while True:
            await self._wake.wait()
            await self.drain()

    async def drain(self) -> None:
        """Write everything that was noted so far."""
        self._wake.clear()
        taken, self._pending = self._pending, deque()
        if taken:
            await asyncio.to_thread(self._write, taken)

    async def newest(self, hearing: HearingId) -> list[LineStep]:
        """The last ten minutes that are kept, oldest first; nothing where they can't be read."""
        steps = await asyncio.to_thread(self._read, str(hearing), _TAIL_BYTES)
        since = steps[-1].at_ms - HISTORY_S * 1000 if steps else 0
        return [step for step in steps if step.at_ms >= since]

    async def whole(self, hearing: HearingId) -> list[LineStep]:
        """Everything that is kept, oldest first; nothing where it can't be read."""
        return await asyncio.to_thread(self._read, str(hearing), None)

    # --- in a thread ---

    def _write(self, steps: deque[tuple[str, LineStep]]) -> None:
        by_hearing: dict[str, list[bytes]] = {}
        for hearing, step in steps:
            by_hearing.setdefault(hearing, []).append(encode(step))
        for hearing, lines in by_hearing.items():
            try:
                self._append(self._folder(hearing), b"".join(lines))
            except OSError as error:
                self.dropped += len(lines)
                now = time.monotonic()
                if now - self._logged_at >= _LOGGED_S:
                    self._logged_at = now
                    log.warning(
                        "line figures can't be kept: %s (%s lost so far)", error.strerror, self.dropped
                    )

    def _append(self, folder: Path, content: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / NEWER
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _PRIVATE)
        try:
            size = os.fstat(descriptor).st_size
            if size and size + len(content) > self._half:
                path.replace(folder / OLDER)
                os.close(descriptor)
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _PRIVATE)
            if os.write(descriptor, content) < len(content):
                raise OSError(
                    28, "no room"
                )  # what stands there is torn, and the next begins a line of its own
        finally:
            os.close(descriptor)

    def _read(self, hearing: str, most: int | None) -> list[LineStep]:
        content = b""
        for name in (NEWER, OLDER):
            left = None if most is None else most - len(content)
            if left is None or left > 0:
                with contextlib.suppress(OSError):
                    content = _tail(self._folder(hearing) / name, left) + content
        return decode_all(content)


def _tail(path: Path, most: int | None) -> bytes:
    """The end of a file, at most so many bytes."""
    with path.open("rb") as file:
        if most is not None:
            file.seek(max(0, path.stat().st_size - most))
        return file.read()
