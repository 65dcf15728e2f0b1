"""The tape's own process: `python -m recording.process FD`. One for the house; FD is its end of the line to the server.

Holds the recorder of every hearing and reads the shared rings into which the media workers put what the plans let the
tapes receive. Ends when the line ends: it reads the rings to their end and closes every tape in order first, so what
was forwarded before the server died is kept. Never touches the network and never decodes.

Which order a packet is judged by. A worker lets a packet into the ring only while the plan in force allows it, and the
server tells a tape its order directly after that plan. Each order carries the instant it was told, each packet the
instant it was captured (one machine, one clock), and a packet goes by the order in force when it was captured:

- The rings are read first and the line is asked after that: so every order told before any of these packets was
  captured is known when they are judged. A packet after the beginning is not refused because its order came later.
- An order is settled, and the one before forgotten, once a reading of all rings to their end has begun after the order
  had come. So what was captured before a pause or a caucus is kept, however late it is read; what was captured after
  it is not, and the plan, changed before, lets nothing in anyway.
- The clock decides only between orders that are not settled, a few hundredths of a second: setting the machine's clock
  back can't stop a tape.

What is captured in the moment between a widened plan and its order (well under a millisecond) is refused, not kept.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from media.ids import PeerId
from media.tee import TeeReader
from recording.facts import TapeFact, TapeUnavailable
from recording.line import Line, LineEnded
from recording.orders import fact_values, order_of, seal_values
from recording.recorder import Recorder
from recording.settings import RecordingSettings, settings_of

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from media.taps import TapPacket, TapReport
    from recording.line import Message

log = logging.getLogger("recording.process")  # not __main__, which it is started as

_READS_MAX = 64  # of one ring in one turn; a ring that fills faster waits for the next one
EXIT_LINE = 3  # what the server said made no sense


@dataclass(slots=True)
class _Ring:
    """A shared ring. read_ns: when it was last read to its end. last: its writer is gone, nothing more comes."""

    reader: TeeReader
    worker: int
    dropped: int
    read_ns: int
    last: bool = False
    unnamed: int = 0


class _Tape:
    """A recorder, and what it has been told that is not settled. ring: the one its packets come from, once known."""

    __slots__ = ("ending", "number", "opened", "recorder", "resumed_ns", "ring", "tap", "told")

    def __init__(self, number: int, tap: PeerId, recorder: Recorder, resumed_ns: int) -> None:
        self.number = number
        self.tap = tap
        self.recorder = recorder
        self.resumed_ns = resumed_ns
        self.told: int | None = None
        self.opened = asyncio.Event()  # or refused
        self.ending = False
        self.ring: _Ring | None = None


class TapeProcess:
    """All tapes and all rings, on one loop; each recorder has a thread of its own for the disk."""

    def __init__(self, line: Line, settings: RecordingSettings) -> None:
        self._line = line
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._rings: dict[int, _Ring] = {}
        self._tapes: dict[int, _Tape] = {}
        self._by_tap: dict[PeerId, _Tape] = {}
        self._ending: list[tuple[_Tape, int, bool]] = []  # to be closed once all was read; the question, seal
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self._packets = self._strangers = 0

    async def run(self) -> None:
        """Work until the line ends, then read to the end and stop every tape."""
        self._line.watch(self._turn)
        self._line.send({"say": "ready"})
        self._beat()
        self._turn()
        await self._over.wait()
        self._line.close()
        for tape in list(self._tapes.values()):
            self._start(self._end(tape, None, seal=False))
        while self._tasks:  # those that were closing already among them
            await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- a turn: rings first, then orders ---

    def _turn(self) -> None:
        """Read everything and do everything that has been asked for."""
        try:
            emptied, told = False, True
            while told and not self._over.is_set():
                batch, emptied = self._read()
                try:
                    told = self._heed()
                finally:
                    self._offer(batch)
            if emptied:
                self._settle()
            elif not self._over.is_set():
                self._loop.call_soon(self._turn)
        except LineEnded:
            self._last_turn()

    def _last_turn(self) -> None:
        """The server is gone: what is in the rings was forwarded while it was in order."""
        if self._over.is_set():
            return
        self._over.set()
        emptied = False
        while not emptied:
            batch, emptied = self._read()
            self._offer(batch)
        for number in list(self._rings):
            self._let_go(number)

    def _read(self) -> tuple[list[tuple[_Ring, list[tuple[PeerId, TapPacket | TapReport]]]], bool]:
        """Take what is in the rings; whether all of it was taken."""
        limit = self._settings.ring_records_max
        batch, emptied = [], True
        for number, ring in list(self._rings.items()):
            for _ in range(_READS_MAX):
                try:
                    items = ring.reader.read(limit)
                except ValueError:
                    log.exception("the ring of media worker %d is damaged", ring.worker)
                    self._missed(ring, 1)
                    self._let_go(number)
                    break
                batch.append((ring, items))
                self._learn(number, ring)
                if len(items) < limit:
                    break
            else:
                emptied = False
                continue
            missing = ring.reader.dropped - ring.dropped + ring.reader.unnamed - ring.unnamed
            if missing:
                self._missed(ring, missing)
                ring.dropped, ring.unnamed = ring.reader.dropped, ring.reader.unnamed
            ring.read_ns = time.time_ns()
        return batch, emptied

    def _learn(self, number: int, ring: _Ring) -> None:
        """Have the server keep the names in a ring: the next process could not read what this one leaves without them."""
        names = ring.reader.learnt()
        if names:
            self._say({"say": "names", "ring": number, "names": names})

    def _missed(self, ring: _Ring, count: int) -> None:
        """Tell every tape that is fed by the ring, or may be, that packets were lost in it."""
        log.warning("of the ring of media worker %d %d packets were lost", ring.worker, count)
        now_ns = time.time_ns()
        for tape in self._tapes.values():
            if tape.ring is None or tape.ring is ring:
                tape.recorder.missed(count, ring.read_ns, now_ns)

    def _offer(self, batch: list[tuple[_Ring, list[tuple[PeerId, TapPacket | TapReport]]]]) -> None:
        tapes = self._by_tap
        for ring, items in batch:
            self._packets += len(items)
            for tap, item in items:
                tape = tapes.get(tap)
                if tape is None:
                    self._strangers += 1
                    continue
                tape.ring = ring
                tape.recorder.offer(item)

    def _settle(self) -> None:
        """All that was captured before the newest orders has been judged."""
        for tape in self._tapes.values():
            if tape.told is not None:
                tape.recorder.settle(tape.resumed_ns)
                self._line.send({"say": "settled", "tape": tape.number, "order": tape.told})
                tape.told = None
        for number, ring in list(self._rings.items()):
            if ring.last:
                self._let_go(number)
                self._line.send({"say": "drained", "ring": number})
        ending, self._ending = self._ending, []
        for tape, question, seal in ending:
            self._start(self._end(tape, question, seal=seal))

    # --- what the server asks for ---

    def _heed(self) -> bool:
        """Do what the server has said since; whether there was anything. LineEnded."""
        messages = self._line.take()
        for message in messages:
            try:
                self._obey(message)
            except (KeyError, TypeError, ValueError) as error:
                log.error("the server's message made no sense: %s", type(error).__name__)  # noqa: TRY400  no values
                raise LineEnded from error
        return bool(messages)

    def _obey(self, message: Message) -> None:
        value, fds = message
        match value["do"]:
            case "open":
                self._open(value)
            case "follow":
                tape = self._tapes.get(value["tape"])
                if tape is not None:
                    tape.recorder.announce(order_of(value["order"]), int(value["at_ns"]))
                    tape.told = int(value["number"])
            case "end":
                tape = self._tapes.get(value["tape"])
                if tape is None:
                    self._answer(int(value["question"]), {"unavailable": "io_error"})
                else:
                    self._ending.append((tape, int(value["question"]), bool(value["seal"])))
            case "ring":
                self._attach(value, fds)
            case _:
                raise ValueError("not a message of the server")

    def _open(self, value: dict[str, Any]) -> None:
        number, tap = int(value["tape"]), PeerId(str(value["tap"]))
        recorder = Recorder(
            self._settings,
            Path(value["folder"]),
            str(value["hearing"]),
            lambda fact: self._fact(number, fact),
            int(value["seats"]),
        )
        tape = self._tapes[number] = _Tape(number, tap, recorder, int(value["resumed_ns"]))
        self._by_tap.setdefault(
            tap, tape
        )  # a folder that is in use takes no packets from the tape that holds it
        self._start(self._begin(tape, int(value["question"])))

    async def _begin(self, tape: _Tape, question: int) -> None:
        """Open the folder. Packets wait in the recorder's queue meanwhile: a large folder takes a while to repair."""
        try:
            await tape.recorder.start()
        except TapeUnavailable as unavailable:
            self._forget(tape)
            self._answer(question, {"unavailable": unavailable.reason})
        else:
            self._by_tap[tape.tap] = tape
            self._answer(question, {})
        finally:
            tape.opened.set()

    async def _end(self, tape: _Tape, question: int | None, *, seal: bool) -> None:
        """Close a tape; nothing of it is in the rings any more."""
        if tape.ending:
            return
        tape.ending = True
        await tape.opened.wait()
        try:
            answer = seal_values(await tape.recorder.close()) if seal else {}
            if not seal:
                await tape.recorder.stop()
        except TapeUnavailable as unavailable:
            answer = {"unavailable": unavailable.reason}
        self._forget(tape)
        if question is not None:
            stats = tape.recorder.stats
            self._answer(question, {**answer, "stats": [stats.refused, stats.lost, stats.bytes_written]})

    def _forget(self, tape: _Tape) -> None:
        self._tapes.pop(tape.number, None)
        if self._by_tap.get(tape.tap) is tape:
            del self._by_tap[tape.tap]

    def _attach(self, value: dict[str, Any], fds: list[int]) -> None:
        memory, wake = fds  # the reader has its own of both
        worker = int(value["worker"])
        for older in self._rings.values():
            older.last = older.last or older.worker == worker  # the worker that wrote it is gone
        names = [(int(kind), int(key), str(name)) for kind, key, name in value["names"]]
        reader = TeeReader(memory, wake, names)
        os.close(memory)
        os.close(wake)
        ring = _Ring(reader, worker, int(value["dropped"]), int(value["since_ns"]), bool(value["last"]))
        self._rings[int(value["ring"])] = ring
        self._loop.add_reader(
            reader.wake_fd, self._turn
        )  # at most every 20 ms, unless it fills up: the writer sees to it

    def _let_go(self, number: int) -> None:
        ring = self._rings.pop(number)
        self._loop.remove_reader(ring.reader.wake_fd)
        ring.reader.close()

    # --- what the server is told ---

    def _fact(self, number: int, fact: TapeFact) -> None:
        if number in self._tapes:
            self._say({"say": "fact", "tape": number, **fact_values(fact)})

    def _answer(self, question: int, value: dict[str, Any]) -> None:
        self._say({"say": "answer", "question": question, **value})

    def _beat(self) -> None:
        if self._over.is_set():
            return
        tapes = {
            str(number): [stats.refused, stats.lost, stats.bytes_written]
            for number, tape in self._tapes.items()
            for stats in (tape.recorder.stats,)
        }
        rings = {str(number): ring.dropped for number, ring in self._rings.items()}
        counts = {"packets": self._packets, "strangers": self._strangers, "cpu_s": time.process_time()}
        self._say({"say": "beat", "tapes": tapes, "rings": rings, "counts": counts})
        self._loop.call_later(self._settings.process_beat_s, self._beat)

    def _say(self, value: dict[str, Any]) -> None:
        if self._over.is_set():
            return
        try:
            self._line.send(value)
        except LineEnded:
            self._last_turn()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task; one that dies is our bug, and the tape it was for must not go on unnoticed."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the tape process broke", exc_info=error)
            self._last_turn()  # the server sees the line end, and starts another


async def serve(sock: socket.socket) -> int:
    """Work until the server's end of the socket closes; the exit code."""
    defaults = RecordingSettings()
    line = Line(sock, defaults.message_bytes_max, defaults.pending_bytes_max)
    told = asyncio.Event()
    line.watch(told.set)
    try:
        while not (first := line.take()):
            told.clear()
            await told.wait()
        settings = settings_of(first[0][0]["settings"])
    except (LineEnded, KeyError, TypeError, ValueError):
        return EXIT_LINE
    process = TapeProcess(line, settings)
    await process.run()
    return 0


def main(arguments: list[str]) -> int:
    """Run the process; the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # The server ends this process, in order, by ending the line; a signal to all of the service must not come first.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o077)
    return asyncio.run(serve(socket.socket(fileno=int(arguments[0]))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
