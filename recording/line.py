"""Messages between the server and the tape process: JSON over a Unix stream socket, descriptors beside it. Never waits.

A message is `!I` (length of the body) and the body, a JSON object. What comes is read when take() asks for it, so that
who reads a ring before asking knows every order that was sent before anything in what it has read.
"""

from __future__ import annotations

import array
import asyncio
import json
import os
import socket
import struct
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_HEAD = struct.Struct("!I")
_READ_BYTES = 65536
_FDS_MAX = 16

Message = tuple[dict[str, Any], list[int]]


def receive(sock: socket.socket, bytes_max: int, fds_max: int) -> tuple[bytes, list[int], int]:
    """Receive bytes, descriptors and flags; the descriptors are not inherited. OSError, BlockingIOError.

    socket.recv_fds does the same but leaves out its flags.
    """
    room = socket.CMSG_LEN(fds_max * array.array("i").itemsize)
    data, ancillary, flags, _ = sock.recvmsg(bytes_max, room, socket.MSG_CMSG_CLOEXEC)
    fds = array.array("i")
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            fds.frombytes(content[: len(content) - len(content) % fds.itemsize])
    return data, list(fds), flags


class LineEnded(Exception):  # noqa: N818  it says what happened
    """The other end is gone, has sent nonsense, or does not read."""


class Line:
    """One end of the socket, on the running loop. message_bytes_max: of one message; pending_bytes_max: not yet taken.

    A message says in "fds" how many descriptors came with it; who takes the message owns them.
    """

    def __init__(self, sock: socket.socket, message_bytes_max: int, pending_bytes_max: int) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._message_bytes_max = message_bytes_max
        self._pending_bytes_max = pending_bytes_max
        self._pending: deque[tuple[memoryview, tuple[int, ...]]] = deque()
        self._pending_bytes = 0
        self._buffer = bytearray()
        self._fds: deque[int] = deque()
        self._loop = asyncio.get_running_loop()
        self._ended = False

    def watch(self, readable: Callable[[], None]) -> None:
        """Call this on the loop whenever there is something to take."""
        self._loop.add_reader(self._sock, readable)

    def send(self, value: Mapping[str, Any], fds: Sequence[int] = ()) -> None:
        """Hand over a message; it goes out at once if there is room. LineEnded.

        The descriptors must stay open until they are on their way: as long as the line, to be safe.
        """
        if self._ended:
            raise LineEnded
        body = json.dumps({**value, "fds": len(fds)}, ensure_ascii=False, separators=(",", ":")).encode()
        data = memoryview(_HEAD.pack(len(body)) + body)
        if self._pending_bytes + len(data) > self._pending_bytes_max:
            raise LineEnded
        self._pending.append((data, tuple(fds)))
        self._pending_bytes += len(data)
        self._write()

    def take(self) -> list[Message]:
        """Give every whole message that has come so far. LineEnded when no more can come and nothing is left."""
        found: list[Message] = []
        while not self._ended:
            try:
                data, fds, flags = receive(self._sock, _READ_BYTES, _FDS_MAX)
            except BlockingIOError:
                return found
            except OSError:
                data, fds, flags = b"", [], 0
            self._fds.extend(fds)
            self._buffer += data
            if not data or flags & socket.MSG_CTRUNC:
                self._ended = True
            try:
                found += self._whole()
            except ValueError:
                self._ended = True
        if not found:
            raise LineEnded
        return found

    def close(self) -> None:
        """Close this end, and descriptors nobody has taken. Harmless twice."""
        self._ended = True
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock)
            self._loop.remove_writer(self._sock)
            self._sock.close()
        while self._fds:
            os.close(self._fds.popleft())

    def _whole(self) -> Iterator[Message]:
        while len(self._buffer) >= _HEAD.size:
            (length,) = _HEAD.unpack_from(self._buffer)
            if length > self._message_bytes_max:
                raise ValueError("a message is longer than allowed")
            end = _HEAD.size + length
            if len(self._buffer) < end:
                return
            value = json.loads(bytes(self._buffer[_HEAD.size : end]))
            del self._buffer[:end]
            count = value["fds"] if isinstance(value, dict) else -1
            if not isinstance(count, int) or not 0 <= count <= len(self._fds):
                raise ValueError("a message without its descriptors")
            yield value, [self._fds.popleft() for _ in range(count)]

    def _write(self) -> None:
        while self._pending:
            data, fds = self._pending[0]
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
            try:
                sent = self._sock.sendmsg([data], ancillary)
            except BlockingIOError:
                self._loop.add_writer(self._sock, self._write)
                return
            except OSError:
                self._pending.clear()  # the end is found by take()
                self._pending_bytes = 0
                break
            self._pending_bytes -= sent
            if sent < len(data):
                self._pending[0] = (data[sent:], ())
            else:
                self._pending.popleft()
        with suppress(OSError, ValueError):
            self._loop.remove_writer(self._sock)
