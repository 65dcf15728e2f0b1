"""Messages between the server and the recogniser's process: length, kind, body. Pure; no trust in the bytes.

A message is `!IB` (length of the body, kind) and the body: a packet (fixed head and payload) or JSON.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = struct.Struct("!IB")
_PACKET = struct.Struct("!IIHIQ")


class FrameError(ValueError):
    """The bytes are no message; there is no way to find the next one."""


class FrameKind(IntEnum):
    """What a body holds. Downwards: SETTINGS to RING; upwards: READY to FAILED."""

    SETTINGS = 1  # settings of the process
    OPEN = 2  # a speaker: stream, language; tap and peer where the packets come by shared rings
    CLOSE = 3  # a speaker is not heard any more: finalise
    PACKET = 4
    FILES = 5  # the final pass: label -> path
    RING = 6  # a media worker's shared ring, whose descriptors have come by the socket beside: worker, ring
    READY = 16  # the model is loaded
    UTTERANCE = 17
    ENDED = 18  # a closed speaker's last utterance is out
    SKIPPED = 19  # seconds of a speaker's speech were given up
    BEAT = 20  # alive; counts
    PROGRESS = 21  # share of the final pass done, 0..1
    LINE = 22  # one line of the final pass
    DONE = 23
    FAILED = 24  # kind of error, in words


@dataclass(frozen=True, slots=True)
class OpusPacket:
    """One Opus RTP packet of one speaker; timestamp in 48 kHz units, arrival_ns wall clock UTC."""

    stream: int
    ssrc: int
    sequence: int
    timestamp: int
    arrival_ns: int
    payload: bytes


def pack(kind: FrameKind, body: bytes) -> bytes:
    """Make one message."""
    return _HEAD.pack(len(body), kind) + body


def pack_json(kind: FrameKind, value: dict[str, Any]) -> bytes:
    """Make one message with a JSON body."""
    return pack(kind, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def pack_packet(packet: OpusPacket) -> bytes:
    """Make one packet message."""
    head = _PACKET.pack(packet.stream, packet.ssrc, packet.sequence, packet.timestamp, packet.arrival_ns)
    return pack(FrameKind.PACKET, head + packet.payload)


def unpack_packet(body: bytes) -> OpusPacket:
    """Read a packet body; FrameError when it is too short."""
    if len(body) < _PACKET.size:
        raise FrameError("a packet message is too short")
    stream, ssrc, sequence, timestamp, arrival_ns = _PACKET.unpack_from(body)
    return OpusPacket(stream, ssrc, sequence, timestamp, arrival_ns, body[_PACKET.size :])


def unpack_json(body: bytes) -> dict[str, Any]:
    """Read a JSON body; FrameError when it is none or no object."""
    try:
        value = json.loads(body)
    except ValueError as error:
        raise FrameError("a message is no JSON") from error
    if not isinstance(value, dict):
        raise FrameError("a message is no JSON object")
    return value


class Splitter:
    """Cuts a byte stream into messages; holds at most one message and what came behind it."""

    __slots__ = ("_buffer", "_bytes_max")

    def __init__(self, bytes_max: int) -> None:
        self._buffer = bytearray()
        self._bytes_max = bytes_max

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Give (kind, body) of each whole message; FrameError when one is longer than allowed."""
        self._buffer += data
        while len(self._buffer) >= _HEAD.size:
            length, kind = _HEAD.unpack_from(self._buffer)
            if length > self._bytes_max:
                raise FrameError("a message is longer than allowed")
            end = _HEAD.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_HEAD.size : end])
            del self._buffer[:end]
            yield kind, body
