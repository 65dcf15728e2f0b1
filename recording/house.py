"""Starts and watches the tape process, and gives each hearing a recorder that lives there. Never waits, never writes.

In the server, where the media are in processes of their own: their packets reach the tape process by shared rings and
never pass here. The rings are kept here too: when the tape process dies, every tape that rolls is told to be faulted,
another process is started at once, the tapes go on in their folders as a new run, with every order since the last one
that was confirmed, and what the dead one had not read is still in the rings. Lost is what it had in its memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recording.facts import TapeFaulted, TapeUnavailable
from recording.line import Line, LineEnded
from recording.orders import LOST, fact_of, order_values
from recording.remote import HouseRecorder
from recording.settings import settings_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from media.ids import PeerId
    from media.tee import TeeRing
    from recording.facts import TapeFact
    from recording.remote import Told
    from recording.settings import RecordingSettings

log = logging.getLogger(__name__)

_ROOT = str(Path(__file__).resolve().parent.parent)


@dataclass(slots=True)
class _Ring:
    """A ring with descriptors of our own. dropped: as last told; last: its worker is gone."""

    number: int
    worker: int
    memory_fd: int
    wake_fd: int
    dropped: int = 0
    since_ns: int = 0
    last: bool = False
    names: dict[tuple[int, int], str] = field(
        default_factory=dict
    )  # that the process has read; see TeeReader

    def close(self) -> None:
        os.close(self.memory_fd)
        os.close(self.wake_fd)


@dataclass(slots=True)
class HouseCounts:
    """What happened since the start. process: the last heartbeat's counts: packets, strangers, cpu_s."""

    restarts: int = 0
    dropped: int = 0  # by full rings
    process: dict[str, Any] = field(default_factory=dict)


class TapeHouse:
    """The tape process as the server has it. settings: of every tape. wall_ns: the clock packets are dated by."""

    def __init__(self, settings: RecordingSettings, wall_ns: Callable[[], int] = time.time_ns) -> None:
        self.settings = settings
        self.wall_ns = wall_ns
        self.counts = HouseCounts()
        self.pid: int | None = None
        self._line: Line | None = None
        self._up = asyncio.Event()
        self._gone: asyncio.Future[str] | None = None
        self._heard_at = 0.0
        self._numbers = itertools.count(1)
        self._questions: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._tapes: dict[int, HouseRecorder] = {}
        self._rings: dict[int, _Ring] = {}
        self._resumed_ns = 0
        self._task: asyncio.Task[None] | None = None
        self._again: set[asyncio.Task[None]] = set()

    # --- life ---

    async def start(self) -> None:
        """Start the process and wait for its first word, a bounded time; without it tapes are refused until it is there."""
        self._task = asyncio.get_running_loop().create_task(self._supervise(), name="tape process")
        self._task.add_done_callback(self._task_done)
        with contextlib.suppress(TapeUnavailable):
            await self.up()

    async def close(self) -> None:
        """End the process in order: it reads what was forwarded and stops every tape that is still open."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for again in self._again:
            again.cancel()
        for ring in self._rings.values():
            ring.close()
        self._rings.clear()

    def recorder(
        self,
        directory: Path,
        hearing: str,
        tap: PeerId,
        on_fact: Callable[[TapeFact], None],
        seats: int = 0,
    ) -> HouseRecorder:
        """Give a tape that is fed by what the media plane's ear of the name `tap` receives. seats: see TapeWriter."""
        return HouseRecorder(self, directory, hearing, tap, on_fact, seats)

    def attach(self, worker: int, ring: TeeRing) -> None:
        """Have a media worker's fresh ring read; an older one of this worker is read to its end and let go."""
        for older in self._rings.values():
            older.last = older.last or older.worker == worker
        made = _Ring(self.new_number(), worker, os.dup(ring.memory_fd), os.dup(ring.wake_fd))
        made.since_ns = self.wall_ns()
        self._rings[made.number] = made
        self._send_ring(made)

    # --- what its recorders ask ---

    def new_number(self) -> int:
        """Give a number that was never given before."""
        return next(self._numbers)

    async def up(self) -> None:
        """Wait until there is a process, a bounded time. TapeUnavailable."""
        try:
            async with asyncio.timeout(self.settings.process_start_s):
                await self._up.wait()
        except TimeoutError:
            raise TapeUnavailable(LOST) from None

    async def open(self, tape: HouseRecorder) -> None:
        """Open a tape for the first time. TapeUnavailable."""
        self._tapes[tape.number] = tape
        try:
            await self.ask({"do": "open", "tape": tape.number, "resumed_ns": 0, **tape.values})
        except BaseException:
            self.forget(tape)
            raise

    def tell(self, tape: HouseRecorder, told: Told) -> bool:
        """Send an order; False: there is no process now, the next one will be told."""
        order = {"number": told.number, "at_ns": told.at_ns, "order": order_values(told.order)}
        return self._send({"do": "follow", "tape": tape.number, **order})

    def forget(self, tape: HouseRecorder) -> None:
        """Nothing more is wanted of this tape."""
        self._tapes.pop(tape.number, None)

    async def ask(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Send a question and wait for its answer. TapeUnavailable."""
        return await self._answered(self._question(value))

    def _question(self, value: Mapping[str, Any]) -> asyncio.Future[dict[str, Any]]:
        number = self.new_number()
        question = self._questions[number] = asyncio.get_running_loop().create_future()
        question.add_done_callback(lambda _: self._questions.pop(number, None))
        if not self._send({**value, "question": number}) and not question.done():
            question.set_exception(TapeUnavailable(LOST))
        return question

    @staticmethod
    async def _answered(question: asyncio.Future[dict[str, Any]]) -> dict[str, Any]:
        answer = await question
        if "unavailable" in answer:
            raise TapeUnavailable(str(answer["unavailable"]))
        return answer

    def _send(self, value: Mapping[str, Any], fds: tuple[int, ...] = ()) -> bool:
        if self._line is None:
            return False
        try:
            self._line.send(value, fds)
        except LineEnded:
            self._end("line")
            return False
        return True

    def _send_ring(self, ring: _Ring) -> None:
        names = [(kind, key, name) for (kind, key), name in ring.names.items()]
        values = {"ring": ring.number, "worker": ring.worker, "dropped": ring.dropped}
        self._send(
            {"do": "ring", **values, "since_ns": ring.since_ns, "last": ring.last, "names": names},
            (ring.memory_fd, ring.wake_fd),
        )

    # --- the process ---

    async def _supervise(self) -> None:
        loop, delay_s = asyncio.get_running_loop(), 0.0
        while True:
            began = loop.time()
            cause, code = await self._live_once()
            self.counts.restarts += 1
            log.error("the tape process ended: %s, code %s", cause, code)
            steady = loop.time() - began > self.settings.process_silence_s
            longer_s = max(self.settings.process_restart_s, 2 * delay_s)
            delay_s = 0.0 if steady else min(longer_s, self.settings.process_restart_s_max)
            await asyncio.sleep(delay_s)

    async def _live_once(self) -> tuple[str, int | None]:
        """Run one process to its end: the cause and the exit code."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await _start_process(theirs)
        except OSError as error:
            ours.close()
            return "start", error.errno
        loop = asyncio.get_running_loop()
        self.pid, self._gone, self._heard_at = process.pid, loop.create_future(), loop.time()
        line = Line(ours, self.settings.message_bytes_max, self.settings.pending_bytes_max)
        line.watch(lambda: self._take(line))
        patience_s = 0.0
        try:
            with contextlib.suppress(LineEnded):  # found again by _take
                line.send({"do": "begin", "settings": settings_values(self.settings)})
            self._watch(self._gone)
            cause = await self._gone
            # One that has closed its end may still be closing tapes; asking for its code beside the loop's own
            # watcher, as a kill does, would find none.
            patience_s = self.settings.process_silence_s if cause == "exit" else 0.0
        except asyncio.CancelledError:
            patience_s = self.settings.close_timeout_s
            raise
        finally:
            self._lose()
            line.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await process.wait()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            code = await process.wait()
        return cause, code

    def _watch(self, gone: asyncio.Future[str]) -> None:
        """End a process that has been silent for too long."""
        loop = asyncio.get_running_loop()
        if gone.done():
            return
        limit_s = self.settings.process_silence_s if self._up.is_set() else self.settings.process_start_s
        if loop.time() - self._heard_at > limit_s:
            self._end("silent")
        loop.call_later(self.settings.process_beat_s, self._watch, gone)

    def _end(self, cause: str) -> None:
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(cause)
            self._lose()

    def _lose(self) -> None:
        """Tell at once what a dead process costs."""
        self._line, self.pid = None, None
        if not self._up.is_set():
            return
        self._up.clear()
        self._resumed_ns = self.wall_ns()
        for question in self._questions.values():
            if not question.done():
                question.set_exception(TapeUnavailable(LOST))
        for tape in list(self._tapes.values()):
            tape.lost()

    def _take(self, line: Line) -> None:
        """Heed what the process says."""
        try:
            for value, _ in line.take():
                self._heard_at = asyncio.get_running_loop().time()
                self._heed(value, line)
        except LineEnded:
            self._end("exit")
        except (KeyError, TypeError, ValueError) as error:
            log.error("the tape process's message made no sense: %s", type(error).__name__)  # noqa: TRY400  no values
            self._end("nonsense")

    def _heed(self, value: dict[str, Any], line: Line) -> None:
        tape = self._tapes.get(value.get("tape", 0))
        match value["say"]:
            case "ready":
                self._resume(line)
            case "answer":
                question = self._questions.get(value["question"])
                if question is not None and not question.done():
                    question.set_result(value)
            case "fact" if tape is not None:
                tape.fact(fact_of(value))
            case "settled" if tape is not None:
                tape.settled(int(value["order"]))
            case "drained":
                self._rings.pop(int(value["ring"])).close()
            case "names":
                ring = self._rings[int(value["ring"])]
                ring.names.update({(int(kind), int(key)): str(name) for kind, key, name in value["names"]})
            case "beat":
                self._beat(value)

    def _beat(self, value: dict[str, Any]) -> None:
        self.counts.process = dict(value["counts"])
        for number, stats in value["tapes"].items():
            if int(number) in self._tapes:
                self._tapes[int(number)].count(stats)
        for number, dropped in value["rings"].items():
            ring = self._rings.get(int(number))
            if ring is not None:
                self.counts.dropped += dropped - ring.dropped
                ring.dropped = dropped

    def _resume(self, line: Line) -> None:
        """Tell a new process everything: the tapes with their orders, and only then the rings."""
        self._line = line
        self._up.set()
        for tape in list(self._tapes.values()):
            self._reopen(tape)
        for ring in sorted(self._rings.values(), key=lambda one: one.number):
            ring.since_ns = max(ring.since_ns, self._resumed_ns)
            self._send_ring(ring)

    def _reopen(self, tape: HouseRecorder) -> None:
        """Have a tape go on in its folder. What comes for it waits in the process while the folder is repaired."""
        opening = {"do": "open", "tape": tape.number, "resumed_ns": self._resumed_ns}
        question = self._question({**opening, **tape.values})
        for told in tape.told:
            self.tell(tape, told)
        task = asyncio.get_running_loop().create_task(self._reopened(tape, question))
        self._again.add(task)
        task.add_done_callback(self._again.discard)

    async def _reopened(self, tape: HouseRecorder, question: asyncio.Future[dict[str, Any]]) -> None:
        """Try again while the folder can't be opened: the bench knows of it."""
        try:
            await self._answered(question)
        except TapeUnavailable as unavailable:
            if unavailable.reason == LOST:
                return  # the next process is told
            log.warning("a tape can't go on: %s", unavailable.reason)
            tape.fact(TapeFaulted(unavailable.reason))
            await asyncio.sleep(self.settings.retry_interval_s)
            if self._up.is_set() and tape.number in self._tapes:
                self._resumed_ns = self.wall_ns()
                self._reopen(tape)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the watch over the tape process broke", exc_info=error)
            self._lose()


async def _start_process(line: socket.socket) -> asyncio.subprocess.Process:
    """Start the process with its end of the line. OSError."""
    paths = [_ROOT, os.environ.get("PYTHONPATH", "")]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "recording.process", str(line.fileno())),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        pass_fds=(line.fileno(),),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)},
    )
