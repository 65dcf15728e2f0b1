"""What the C data plane tells of itself, as plain values (pure). The writers are media/native/{forward,rtcp,loop,tee}.c."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.engine.native_commands import CODECS, KINDS, address_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from media.addresses import Address
    from media.ids import Kind

_DATAGRAM, _RTCP, _TRACK, _REPORT_SENT, _TAP_FULL = range(1, 6)
_HEAD = struct.Struct("=II")


@dataclass(frozen=True, slots=True)
class Datagram:
    """Not media of a linked peer."""

    data: bytes
    addr: Address


@dataclass(frozen=True, slots=True)
class Rtcp:
    """A decrypted compound with report blocks, REMB or transport-wide feedback in it. at: when it came, monotonic seconds."""

    peer: int
    at: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Track:
    """First packet of a track."""

    peer: int
    kind: Kind
    codec: str


@dataclass(frozen=True, slots=True)
class ReportSent:
    """A sender report went out. ntp_middle: as its answer will name it; at: monotonic seconds."""

    peer: int
    ssrc: int
    ntp_middle: int
    at: float


@dataclass(frozen=True, slots=True)
class TapFull:
    """A machine ear's ring has no room: packets of it were lost. Told once."""

    tap: int


Control = Datagram | Rtcp | Track | ReportSent | TapFull


def records(block: bytes) -> Iterator[bytes]:
    """Split what yt_records gave."""
    at = 0
    while at < len(block):
        (size,) = struct.unpack_from("=I", block, at)
        yield block[at + 8 : at + 8 + size]
        at += 8 + (size + 7 & ~7)


def sent(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Split what yt_sent gave: to whom, and the datagram."""
    at = 0
    while at < len(block):
        number, size = _HEAD.unpack_from(block, at)
        yield number, block[at + 8 : at + 8 + size]
        at += 8 + size


def control(record: bytes) -> Control:
    """Read a record of the control ring."""
    (kind,) = struct.unpack_from("=I", record)
    if kind == _DATAGRAM:
        (port,) = struct.unpack_from("=H", record, 20)
        return Datagram(record[24:], (address_text(record[4:20]), port))
    if kind == _TRACK:
        peer, word = _HEAD.unpack_from(record, 4)
        return Track(peer, KINDS[word >> 8], CODECS[word & 0xFF])
    if kind == _REPORT_SENT:
        peer, ssrc, middle, at = struct.unpack_from("=IIIq", record, 4)
        return ReportSent(peer, ssrc, middle, at / 1e9)
    if kind == _TAP_FULL:
        return TapFull(*struct.unpack_from("=I", record, 4))
    number, at = struct.unpack_from("=Iq", record, 4)
    return Rtcp(number, at / 1e9, record[16:])
