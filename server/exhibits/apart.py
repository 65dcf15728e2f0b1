"""Checks and draws materials in processes of their own, a few at a time, each with its limits and its end.

A process never outlives its order: it is killed at its time, or when nobody waits for it any more. Opens no material itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server.exhibits.worker import Broken

if TYPE_CHECKING:
    from server.exhibits.forms import Form
    from server.exhibits.settings import ExhibitSettings

_ROOT = Path(__file__).resolve().parent.parent.parent
_PROGRAM = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from server.exhibits.worker import main; main()"


class Busy(Exception):  # noqa: N818  the architecture's word
    """So many wait already that one more would wait too long."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A sound material."""

    pages: int
    duration_ms: int


class Worker:
    """Does the work on materials for the whole machine."""

    def __init__(self, settings: ExhibitSettings) -> None:
        self._settings = settings
        self._places = asyncio.Semaphore(settings.drawings_at_once_max)
        self._waiting = 0

    async def check(self, path: Path, form: Form, out: Path) -> Checked:
        """Check a material; a video or sound is written to `out` as it is given out. Raises Broken, Busy."""
        order = {"work": f"check_{form.kind}", "kind": form.kind, "container": form.container}
        answer = await self._do(path, out, order, self._settings.check_timeout_s)
        return Checked(answer["pages"], answer["duration_ms"])

    async def draw(self, path: Path, kind: str, page: int, width: int, out: Path) -> None:
        """Draw a page into `out`. Raises Broken, Busy."""
        order = {"work": "draw", "kind": kind, "page": page, "width": width}
        await self._do(path, out, order, self._settings.draw_timeout_s)

    async def _do(self, path: Path, out: Path, order: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        if self._waiting >= self._settings.drawings_waiting_max:
            raise Busy
        self._waiting += 1
        try:
            async with self._places:
                return await self._run(
                    {
                        **order,
                        "path": str(path),
                        "out": str(out),
                        "pages_max": self._settings.pages_max,
                        "pixels_max": self._settings.pixels_max,
                        "memory_bytes": self._settings.memory_bytes_max,
                        "seconds": math.ceil(timeout_s),
                    },
                    timeout_s,
                )
        finally:
            self._waiting -= 1

    async def _run(self, order: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-c", _PROGRAM,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(timeout_s):
                said, _ = await process.communicate(json.dumps(order).encode())
            answer: dict[str, Any] = json.loads(said)
        except (TimeoutError, ValueError):  # too slow, or ended by its limits
            raise Broken("broken") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if "broken" in answer:
            raise Broken(answer["broken"])
        return answer
