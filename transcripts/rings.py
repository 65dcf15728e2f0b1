"""The recogniser's process reads the shared rings of the media workers: packets come here without passing the server.

One thread waits for the rings; whoever must have everything that was captured until now (a speaker is not heard any
more) drains them itself. A ring that is full drops, and what a recogniser that died has left in one is not heard any more without the names
that only it had read. Both are counted and told, and no more than that: captions are no evidence. Decodes nothing.
"""

from __future__ import annotations

import logging
import os
import select
import socket
import threading
from collections import deque
from typing import TYPE_CHECKING

from media.taps import TapPacket
from media.tee import TeeReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.ids import PeerId
    from transcripts.settings import TranscriptSettings

log = logging.getLogger(__name__)


class Rings:
    """All rings of the process. take: gets each Opus packet with the name of its tap; called with the lock held."""

    def __init__(
        self,
        settings: TranscriptSettings,
        lock: threading.Condition,
        take: Callable[[PeerId, TapPacket], None],
    ) -> None:
        self._settings = settings
        self._lock = lock
        self._take = take
        self._waiting = select.epoll()
        self._readers: dict[int, TeeReader] = {}  # by media worker
        self._numbers: dict[int, int] = {}  # of the ring of each media worker
        self._past: dict[int, tuple[int, int]] = {}  # what is to be told of rings that were let go
        self._read: deque[tuple[PeerId, TapPacket]] = deque()
        self._thread: threading.Thread | None = None

    def attach(self, worker: int, number: int, beside: socket.socket) -> None:
        """Take a ring's descriptors from the socket, where they already are. OSError, ValueError: there are none.

        number: what the ring is called in `take_losses`.
        Call with the lock held. An older ring of this worker is read to its end and let go.
        """
        _, descriptors, _, _ = socket.recv_fds(beside, 1, 2)  # inheritable, but this process starts no other
        try:
            memory_fd, wake_fd = descriptors
            fresh = TeeReader(memory_fd, wake_fd)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self.drain()
        self._let_go(worker)
        self._readers[worker], self._numbers[worker] = fresh, number
        self._waiting.register(fresh.wake_fd, select.EPOLLIN)
        self.drain()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="rings", daemon=True)
            self._thread.start()

    def drain(self) -> None:
        """Take everything that was captured until now. Call with the lock held."""
        self._fetch()
        while self._read:
            self._take(*self._read.popleft())

    def take_losses(self) -> dict[int, tuple[int, int]]:
        """Give, by ring, how many packets found no room in it ever, and how many left by another reader nobody hears.

        Of a ring that was let go once more. Call with the lock held.
        """
        past, self._past = self._past, {}
        here = self._readers.items()
        return past | {self._numbers[worker]: (reader.dropped, reader.unnamed) for worker, reader in here}

    def _run(self) -> None:
        while True:
            self._waiting.poll()
            with self._lock:
                self._fetch()
            # One at a time: the sound of a packet takes up to a millisecond, and decoders want the lock too.
            while self._read:
                with self._lock:
                    if self._read:
                        self._take(*self._read.popleft())
                        self._lock.notify_all()

    def _fetch(self) -> None:
        limit = self._settings.ring_records_max
        for worker, reader in list(self._readers.items()):
            try:
                items = reader.read(limit)
                while items:
                    self._read.extend(
                        (tap, item)
                        for tap, item in items
                        if isinstance(item, TapPacket) and item.codec == "opus"
                    )
                    items = reader.read(limit) if len(items) == limit else []
            except ValueError:
                log.exception("the ring of media worker %d is damaged", worker)
                self._let_go(worker, damaged=1)

    def _let_go(self, worker: int, damaged: int = 0) -> None:
        """damaged: packets that are lost with it, as far as is known."""
        reader = self._readers.pop(worker, None)
        if reader is not None:
            self._past[self._numbers.pop(worker)] = reader.dropped, reader.unnamed + damaged
            self._waiting.unregister(reader.wake_fd)
            reader.close()
