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
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import av

from recording.composite import build as composite
from recording.composite.build import CompositeFailed
from recording.package import build as package
from recording.passage import passage
from recording.seconds import seconds_of
from recording.sound import Silent, sound_of
from recording.viewing import ViewingFailed, build

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from recording.composite.build import Composite
    from recording.composite.plan import Timeline
    from recording.composite.settings import CompositeSettings
    from recording.package.build import Described
    from recording.places import Where
    from recording.viewing import ViewingCopy

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_FILMS = frozenset({".webm", ".mp4", ".mkv"})
_TOLD_STEP = 0.01  # progress is told by the hundredth


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
    answer: tuple[list[ViewingCopy], int] = await work_apart(_build, tape, out, zero_ns, end_ns)
    return answer


async def package_apart(folder: Path, described: Described) -> bytes:
    """Make a sealed package's index and manifest as package.build.build does; the manifest's bytes. RebuildDied."""
    answer: bytes = await work_apart(_package, folder, described)
    return answer


async def passage_apart(tape: Where, label: str, from_ns: int, to_ns: int) -> bytes:
    """Give a passage as passage.passage does. RebuildDied, also where the tape can't be read."""
    answer: bytes = await work_apart(passage, tape, label, from_ns, to_ns)
    return answer


async def sound_apart(copy: Path, out: Path) -> bool:
    """Write the sound of a copy as sound.sound_of does; whether there was any. RebuildDied."""
    answer: bool = await work_apart(_sound, copy, out)
    return answer


async def replay_apart(tape: Where, out: Path, from_ns: int, to_ns: int) -> tuple[list[ViewingCopy], int]:
    """Make copies of a part of a tape that may still be rolling, as build_apart. RebuildDied."""
    answer: tuple[list[ViewingCopy], int] = await work_apart(_replay, tape, out, from_ns, to_ns)
    return answer


async def composite_apart(
    tape: Where,
    out: Path,
    timeline: Timeline,
    settings: CompositeSettings,
    on_progress: Callable[[float], object],
) -> Composite | str:
    """Make the composite as composite.build.build does, or give the reason why it failed. RebuildDied.

    on_progress: in the caller's loop, the share done, 0 to 1.
    """
    loop = asyncio.get_running_loop()

    def told(share: float) -> None:
        loop.call_soon_threadsafe(on_progress, share)

    answer: Composite | str = await work_apart(_composite, tape, out, timeline, settings, told=told)
    return answer


async def work_apart(
    work: Callable[..., Any], *args: Any, told: Callable[[float], object] | None = None
) -> Any:
    """The answer of work(*args), done in a process that ends with this call. RebuildDied.

    told: takes what the work says of its progress, in another thread; such a work has one more argument, to say it with.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(theirs, os.getpid()), name="rebuild", daemon=True)
    process.start()  # in the loop's thread: the system ends the process together with the thread that made it
    theirs.close()
    # The work goes over in another thread: the process reads it once it has read its code in, which takes seconds.
    asked = (work, args, told is not None)
    answering = asyncio.ensure_future(asyncio.to_thread(_ask, ours, asked, told))
    try:
        answer = await asyncio.shield(answering)
    finally:
        process.kill()  # it has answered, or nobody wants its answer
        await asyncio.gather(answering, return_exceptions=True)
        await asyncio.to_thread(process.join)
        code = process.exitcode
        process.close()
        ours.close()
    if answer is None:
        raise RebuildDied(code)
    return answer


def _ask(line: Connection, asked: tuple[Any, ...], told: Callable[[float], object] | None) -> Any:
    try:
        line.send(asked)
        while isinstance(answer := line.recv(), _Share):
            if told is not None:
                told(answer.done)
    except (EOFError, OSError):
        return None
    return answer


@dataclass(frozen=True, slots=True)
class _Share:
    """How much is done."""

    done: float


# --- inside the process ---


def _answer(line: Connection, parent: int) -> None:
    _end_with(parent)
    work, args, tells = line.recv()
    more = (lambda share: line.send(_Share(share)),) if tells else ()
    line.send(work(*args, *more))


def _composite(
    tape: Where,
    out: Path,
    timeline: Timeline,
    settings: CompositeSettings,
    tell: Callable[[float], object],
) -> Composite | str:
    os.nice(settings.nice)  # hearings that are on go first
    last = 0.0

    def on_progress(share: float) -> None:
        nonlocal last
        if share - last >= _TOLD_STEP:
            last = share
            tell(share)

    try:
        return composite.build(tape, out, timeline, settings, on_progress)
    except CompositeFailed as failed:
        return failed.reason


def _sound(copy: Path, out: Path) -> bool:
    try:
        sound_of(copy, out)
    except Silent:
        return False
    return True


def _replay(tape: Where, out: Path, from_ns: int, to_ns: int) -> tuple[list[ViewingCopy], int]:
    return _build(tape, out, from_ns, to_ns, passage=True)


def _build(
    tape: Where, out: Path, zero_ns: int, end_ns: int, *, passage: bool = False
) -> tuple[list[ViewingCopy], int]:
    try:
        return build(tape, out, zero_ns, end_ns, passage=passage), 0
    except ViewingFailed as failure:
        return failure.copies, len(failure.labels)


def _package(folder: Path, described: Described) -> bytes:
    seconds: dict[str, list[tuple[int, int]]] = {}
    films = (path for path in (folder / "copies").glob("*") if path.suffix in _FILMS)
    for path in sorted(films):
        with suppress(av.FFmpegError):  # without it a change of the copy is found, its second is not
            seconds[f"copies/{path.name}"] = seconds_of(path)
    return package.build(folder, replace(described, seconds=seconds))


def _end_with(parent: int) -> None:
    """Die when the parent dies, even by kill -9: two builds at once would do each other's work again."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)
