"""One media process as the server sees it: starts it, asks it, hears it, and ends it when it does not answer.

It must never wait longer than the settings say, and never let a fact out while an answer is waited for: what comes
meanwhile is handed to the owner, who delivers it later.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import select
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from media.facts import TooManyPeers
from media.fleet_messages import (
    FULL,
    SDP,
    Ask,
    Begin,
    Declined,
    MessageError,
    Noted,
    NotReady,
    Ready,
    Report,
    Ring,
    Splitter,
    Told,
    pack,
)
from media.sdp import SdpError
from media.tee import TAPE, WORDS, TeeRing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from media.fleet_messages import Call, Message
    from media.ids import PeerId
    from media.settings import MediaSettings

log = logging.getLogger(__name__)

_ROOT = str(Path(__file__).resolve().parent.parent)
_READ_BYTES = 1 << 18
_DEATH_S = 1.0  # a killed process is gone in a moment; one that is stuck in the system sends nothing either
_NOTHING: tuple[Any, ...] = ()


class WorkerGone(Exception):  # noqa: N818  a state of the house
    """The worker has ended, or was ended because it did not answer in time."""


class WorkerError(RuntimeError):
    """A call broke inside the worker: our bug; its log has the trace."""


class Owner(Protocol):
    """Who has the workers. Called on the loop's thread, also in the middle of an `ask`."""

    def started(self, worker: Worker, rings: Mapping[str, TeeRing]) -> None:
        """A process is about to start, with these rings."""
        ...

    def came(self, worker: Worker) -> None:
        """Its port is open."""
        ...

    def told(self, worker: Worker, message: Noted | Report) -> None:
        """It says something unasked."""
        ...

    def went(self, worker: Worker, reason: str) -> None:
        """Its process is gone; whatever it said before has been told."""
        ...


class Worker:
    """One place for a media process. taps: those that the running process knows."""

    def __init__(self, index: int, settings: MediaSettings, owner: Owner) -> None:
        self.index = index
        self.port = 0
        self.engine = ""
        self.failure: OSError | None = None
        self.taps: set[PeerId] = set()
        self.ready = False
        self.came_at = 0.0
        port = settings.udp_port + index if settings.udp_port else 0
        self._settings = replace(settings, udp_port=port)
        self._owner = owner
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._splitter = Splitter(settings.worker_message_bytes_max)
        self._rings: dict[str, TeeRing] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._missed = 0
        self._number = 0
        self._answers: dict[int, Told | Declined] = {}

    @property
    def pid(self) -> int:
        """Its process id; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    # -- life ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start a process; `came` or `went` follows. OSError: it can't even be tried."""
        self._make_rings()
        ours, theirs = socket.socketpair()
        try:
            self._owner.started(
                self, self._rings
            )  # before the process: it may forward as soon as it is there
            passed = [fd for ring in self._rings.values() for fd in (ring.memory_fd, ring.wake_fd)]
            paths = [_ROOT, os.environ.get("PYTHONPATH", "")]
            # In the loop's thread: the system ends the process together with the thread that made it.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "media.worker", str(theirs.fileno()), str(os.getpid())],
                pass_fds=(theirs.fileno(), *passed),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)},
            )
        except OSError:
            ours.close()
            self._close_rings()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        self._socket, self._splitter = ours, Splitter(self._settings.worker_message_bytes_max)
        self.taps.clear()
        self.failure = None
        self._missed = 0
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, self._readable)
        self._timer = loop.call_later(self._settings.worker_start_timeout_s, self._fail, "does not start")
        rings = tuple(Ring(r.kind, r.capacity, r.memory_fd, r.wake_fd) for r in self._rings.values())
        with contextlib.suppress(OSError):  # one that is gone already is found at the next read
            ours.send(pack(Begin(self._settings, rings)))

    def _make_rings(self) -> None:
        self._close_rings()
        self._rings = {
            kind: TeeRing.create(kind, capacity)
            for kind, capacity in (
                (TAPE, self._settings.tape_ring_bytes),
                (WORDS, self._settings.words_ring_bytes),
            )
        }

    def _close_rings(self) -> None:
        for ring in self._rings.values():
            ring.close()
        self._rings = {}

    async def close(self) -> None:
        """End the process in good order; at once if it takes longer than an answer may."""
        process, sock = self._process, self._socket
        if process is None or sock is None:
            return
        asyncio.get_running_loop().remove_reader(sock)
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + self._settings.worker_answer_s
        while process.poll() is None and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
            with contextlib.suppress(OSError):  # its last words must not keep it
                sock.recv(_READ_BYTES)
        self._let_go()

    def _let_go(self) -> int | None:
        """Kill what still runs, and wait until it can't send any more. Gives the exit status."""
        self.ready = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        process, self._process = self._process, None
        sock, self._socket = self._socket, None
        code = None
        if process is not None:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(_DEATH_S)
        if sock is not None:
            asyncio.get_running_loop().remove_reader(sock)
            self._drain(sock)
            sock.close()
        self._close_rings()
        return code

    def _drain(self, sock: socket.socket) -> None:
        """Hear what the process had said before it ended."""
        with contextlib.suppress(OSError, MessageError):
            while data := sock.recv(_READ_BYTES):
                for message in self._splitter.feed(data):
                    self._take(message)

    def _fail(self, reason: str) -> None:
        if self._process is None:
            return
        code = self._let_go()
        self.failure = self.failure or OSError(f"media worker {self.index} {reason}")
        self._owner.went(self, f"{reason}, exit status {code}")

    # -- hearing -------------------------------------------------------------------------------------------

    def _readable(self) -> None:
        sock = self._socket
        if sock is None:
            return
        try:
            self._read(sock)
        except WorkerGone as gone:
            self._fail(str(gone))

    def _read(self, sock: socket.socket) -> None:
        """Take what is there. WorkerGone: its end is closed, or what came is no message."""
        try:
            data = sock.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            raise WorkerGone("ended")
        try:
            for message in self._splitter.feed(data):
                self._take(message)
        except MessageError as error:
            log.exception("media worker %d: not a message", self.index)
            raise WorkerGone("spoke nonsense") from error

    def _take(self, message: Message) -> None:
        self._missed = 0
        match message:
            case Told() | Declined():
                self._answers[message.number] = message
            case Noted() | Report():
                self._owner.told(self, message)
            case Ready():
                self._came(message)
            case NotReady():
                self.failure = OSError(message.code, message.text) if message.code else OSError(message.text)
            case _:
                raise MessageError("a message of the server's own kind")

    def _came(self, message: Ready) -> None:
        if self._socket is None:  # heard while it was already being let go
            return
        self.port, self.engine, self.ready = message.port, message.engine, True
        self.came_at = time.monotonic()
        if self._timer is not None:
            self._timer.cancel()
        self._watch()
        self._owner.came(self)

    def _watch(self) -> None:
        """Count the reports that do not come. Steps of the loop, not seconds: a late server is no late worker."""
        if self._missed > self._settings.worker_reports_missed_max:
            self._fail("hangs")
            return
        self._missed += 1
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._settings.worker_report_interval_s, self._watch)

    # -- asking --------------------------------------------------------------------------------------------

    def ask(self, *calls: Call) -> tuple[Any, ...]:
        """Have these calls of its plane made; gives what each returned. Holds the loop meanwhile.

        Raises SdpError, TooManyPeers, WorkerError, or WorkerGone: then `went` has been called.
        """
        sock = self._socket
        if sock is None or not self.ready:
            raise WorkerGone("is not there")
        self._number += 1
        try:
            answer = self._exchange(sock, pack(Ask(self._number, calls)))
        except (WorkerGone, OSError) as error:
            self._fail(str(error) if isinstance(error, WorkerGone) else "ended")
            raise WorkerGone("is gone") from error
        if isinstance(answer, Told):
            return answer.results
        if answer.kind == SDP:
            raise SdpError(answer.reason)
        if answer.kind == FULL:
            raise TooManyPeers
        raise WorkerError(f"a call broke in media worker {self.index}")

    def _exchange(self, sock: socket.socket, data: bytes) -> Told | Declined:
        deadline = time.monotonic() + self._settings.worker_answer_s
        self._answers.clear()
        view = memoryview(data)
        while view:
            _wait(sock, select.POLLOUT, deadline)
            with contextlib.suppress(BlockingIOError):
                view = view[sock.send(view) :]
        while self._number not in self._answers:
            _wait(sock, select.POLLIN, deadline)
            self._read(sock)
        return self._answers.pop(self._number)


def _wait(sock: socket.socket, what: int, deadline: float) -> None:
    """Wait until the socket is ready. WorkerGone at the deadline."""
    poll = select.poll()
    poll.register(sock, what)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise WorkerGone("does not answer")
