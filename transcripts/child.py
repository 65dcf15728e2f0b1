"""Starts the recogniser's process and talks to it; the server's side of the pipe. Never blocks, never decodes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transcripts.frames import FrameError, FrameKind, Splitter, pack_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from transcripts.ring_book import Handle
    from transcripts.settings import TranscriptSettings

_END_S = 1.0
_READ_BYTES = 65536
_ROOT = str(Path(__file__).resolve().parent.parent)


def settings_values(settings: TranscriptSettings) -> dict[str, Any]:
    """Give the settings as JSON values."""
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return {
        name: str(value.absolute()) if isinstance(value, Path) else value for name, value in values.items()
    }


def _environment(settings: TranscriptSettings) -> dict[str, str]:
    paths = [_ROOT, os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "OMP_NUM_THREADS": str(settings.cpu_threads),
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PYTHONIOENCODING": "utf-8",
    }


class Child:
    """One running recogniser process."""

    def __init__(
        self, process: asyncio.subprocess.Process, bytes_max: int, beside: socket.socket | None = None
    ) -> None:
        self._process = process
        self._bytes_max = bytes_max
        self._beside = beside

    @classmethod
    async def start(cls, settings: TranscriptSettings, *arguments: str) -> Child:
        """Start the process and hand it the settings; OSError when it can't be started."""
        beside, theirs = socket.socketpair()
        beside.setblocking(False)
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "transcripts.worker", "--beside", str(theirs.fileno())),
                    *arguments,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    pass_fds=(theirs.fileno(),),
                    env=_environment(settings),
                )
        except BaseException:
            beside.close()
            raise
        child = cls(process, settings.frame_bytes_max, beside)
        child.send(pack_json(FrameKind.SETTINGS, settings_values(settings)))
        return child

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """The exit code once it has ended; negative: the signal."""
        return self._process.returncode

    @property
    def buffered(self) -> int:
        """Bytes written that the process has not taken yet."""
        stdin = self._process.stdin
        return 0 if stdin is None else stdin.transport.get_write_buffer_size()

    def send(self, message: bytes) -> None:
        """Hand over one message; a process that is gone loses it."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(message)

    def attach(self, ring: Handle) -> None:
        """Have the process read a media worker's shared ring, too. One that takes no descriptors is ended."""
        if self._beside is None:
            return
        try:
            socket.send_fds(self._beside, [b"r"], [ring.memory_fd, ring.wake_fd])
        except OSError:
            self.kill()
            return
        self.send(pack_json(FrameKind.RING, {"worker": ring.worker, "ring": ring.number}))

    async def messages(self) -> AsyncIterator[tuple[int, bytes]]:
        """Give (kind, body) until the process closes its end; a broken border ends it too."""
        splitter = Splitter(self._bytes_max)
        stdout = self._process.stdout
        while stdout is not None and (data := await stdout.read(_READ_BYTES)):
            try:
                for message in splitter.feed(data):
                    yield message
            except FrameError:
                return

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def gone(self) -> None:
        """Give a process that has closed its end a moment to end, so that its own exit code is what is found.

        To kill it at once would ask for the code beside asyncio's own watcher, and one of the two would find nothing.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                await self._process.wait()

    async def ended(self) -> int:
        """Wait for its end; the exit code."""
        code = await self._process.wait()
        if self._beside is not None:
            self._beside.close()
        return code
