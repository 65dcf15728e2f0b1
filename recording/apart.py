"""Rebuilds viewing copies and passages in a process of its own, so that a hearing that is on is not slowed.

Never outlives its caller: the process is ended when the caller is cancelled, and by the system when the caller dies.
"""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import av

from recording.package import build as package
from recording.passage import passage
from recording.seconds import seconds_of
from recording.viewing import ViewingFailed, build

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from recording.package.build import Described
    from recording.places import Where
    from recording.viewing import ViewingCopy

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class RebuildDied(Exception):  # noqa: N818  named like the law's other outcomes
    """The process ended without an answer; what it had published is whole. code: its exit code, negative: the signal."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"the rebuild's process ended early (code {code})")
        self.code = code


async def build_apart(tape: Where, out: Path, zero_ns: int, end_ns: int) -> tuple[list[ViewingCopy], int]:
    """Rebuild as viewing.build does: the good copies, and the number of labels that have none. RebuildDied.

    Cancelling ends the process at once; a temporary file it leaves is removed by the next build. One person's
    failed copy costs nobody else theirs.
    """
    answer: tuple[list[ViewingCopy], int] = await _apart(_build, tape, out, zero_ns, end_ns)
    return answer


async def package_apart(folder: Path, described: Described) -> bytes:
    """Make a sealed package's index and manifest as package.build.build does; the manifest's bytes. RebuildDied."""
    answer: bytes = await _apart(_package, folder, described)
    return answer


async def passage_apart(tape: Where, label: str, from_ns: int, to_ns: int) -> bytes:
    """Give a passage as passage.passage does. RebuildDied, also where the tape can't be read."""
    answer: bytes = await _apart(passage, tape, label, from_ns, to_ns)
    return answer


async def _apart(work: Callable[..., Any], *args: Any) -> Any:
    """The answer of work(*args), done in a process that ends with this call. RebuildDied."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(
        target=_answer, args=(sender, os.getpid(), work, args), name="rebuild", daemon=True
    )
    process.start()  # in the loop's thread: the system ends the process together with the thread that made it
    sender.close()
    answering = asyncio.ensure_future(asyncio.to_thread(_receive, receiver))
    try:
        answer = await asyncio.shield(answering)
    finally:
        process.kill()  # it has answered, or nobody wants its answer
        await asyncio.gather(answering, return_exceptions=True)
        await asyncio.to_thread(process.join)
        code = process.exitcode
        process.close()
        receiver.close()
    if answer is None:
        raise RebuildDied(code)
    return answer


def _receive(receiver: Connection) -> Any:
    try:
        return receiver.recv()
    except (EOFError, OSError):
        return None


# --- inside the process ---


def _answer(sender: Connection, parent: int, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
    _end_with(parent)
    sender.send(work(*args))


def _build(tape: Where, out: Path, zero_ns: int, end_ns: int) -> tuple[list[ViewingCopy], int]:
    try:
        return build(tape, out, zero_ns, end_ns), 0
    except ViewingFailed as failure:
        return failure.copies, len(failure.labels)


def _package(folder: Path, described: Described) -> bytes:
    seconds: dict[str, list[tuple[int, int]]] = {}
    for path in sorted((folder / "copies").glob("*")):
        with suppress(av.FFmpegError):  # without it a change of the copy is found, its second is not
            seconds[f"copies/{path.name}"] = seconds_of(path)
    return package.build(folder, replace(described, seconds=seconds))


def _end_with(parent: int) -> None:
    """Die when the parent dies, even by kill -9: two builds at once would do each other's work again."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)
