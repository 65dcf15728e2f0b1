"""Pages as they were drawn, kept on disk so that a page turned by one is drawn once for all. Bounded; may be lost any time."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from server.exhibits.apart import Worker

WIDTHS = (320, 640, 1280, 1920, 2880)
"""The widths in pixels that pages are drawn in: few, so that they can be kept."""


def width_for(asked: int) -> int:
    """The narrowest of the widths that is as wide as asked, or the widest."""
    return next((width for width in WIDTHS if width >= asked), WIDTHS[-1])


class Drawn:
    """The drawn pages of this machine. folder: its own, nothing else is in it."""

    def __init__(self, folder: Path, worker: Worker, bytes_max: int) -> None:
        self._folder = folder
        self._worker = worker
        self._bytes_max = bytes_max
        self._sizes: dict[str, int] | None = None  # by file name, the longest unused first
        self._one = threading.Lock()  # files are read and written in threads
        self._drawing: dict[str, asyncio.Lock] = {}

    async def page(self, original: Path, key: str, kind: str, page: int, width: int) -> bytes:
        """The WebP of a page. key: names the material among all. Raises Broken, Busy."""
        name = f"{key}-{page}-{width}.webp"
        lock = self._drawing.setdefault(name, asyncio.Lock())
        try:
            async with lock:
                found = await asyncio.to_thread(self._kept, name)
                if found is not None:
                    return found
                out = self._folder / f".{secrets.token_hex(8)}.webp"
                try:
                    await self._worker.draw(original, kind, page, width, out)
                    return await asyncio.to_thread(self._keep, out, name)
                finally:
                    with contextlib.suppress(FileNotFoundError):
                        out.unlink()
        finally:
            if not lock.locked():
                self._drawing.pop(name, None)

    def _index(self) -> dict[str, int]:
        if self._sizes is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            found = sorted((path.stat().st_mtime_ns, path) for path in self._folder.iterdir())
            self._sizes = {}
            for _, path in found:
                if path.name.startswith("."):
                    path.unlink()  # of a process that died at it
                else:
                    self._sizes[path.name] = path.stat().st_size
        return self._sizes

    def _kept(self, name: str) -> bytes | None:
        with self._one:
            sizes = self._index()
            if name not in sizes:
                return None
            sizes[name] = sizes.pop(name)
            try:
                return (self._folder / name).read_bytes()
            except FileNotFoundError:
                del sizes[name]
                return None

    def _keep(self, out: Path, name: str) -> bytes:
        content = out.read_bytes()
        with self._one:
            sizes = self._index()
            out.rename(self._folder / name)
            sizes[name] = len(content)
            while sum(sizes.values()) > self._bytes_max and len(sizes) > 1:
                oldest = next(iter(sizes))
                del sizes[oldest]
                (self._folder / oldest).unlink(missing_ok=True)
        return content
