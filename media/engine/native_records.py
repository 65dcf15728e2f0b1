"""What the C data plane tells, as plain values (pure). The writers are media/native/{forward,rtcp,loop}.c."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.engine.native_commands import CODECS, KINDS, address_text
from media.taps import TapPacket, TapReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from media.addresses import Address
    from media.ids import Kind, TrackId

_DATAGRAM, _RTCP, _TRACK, _REPORT_SENT, _TAP_FULL = range(1, 6)
_TAP = struct.Struct("=IIIIIIqQHHHhBBBBI")
_TAP_PACKET = 1
_HEAD = struct.Struct("=II")
NO_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Datagram:
    """Not media of a linked peer."""

    data: bytes
    addr: Address


@dataclass(frozen=True, slots=True)
class Rtcp:
    """A decrypted compound with report blocks, REMB or transport-wide feedback in it."""

    peer: int
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
    (number,) = struct.unpack_from("=I", record, 4)
    return TapFull(number) if kind == _TAP_FULL else Rtcp(number, record[8:])


def tap_item(
    record: bytes, track_of: Callable[[int, int], TrackId | None]
) -> tuple[int, TapPacket | TapReport | None]:
    """Read a record of a tap ring: number of the ear, and the item, None of a publisher that is gone.

    track_of: gives the track of (publisher's number, index of the kind). One of these a tapped packet: kept short.
    """
    (
        kind,
        tap,
        publisher,
        ssrc,
        timestamp,
        clock,
        arrival,
        ntp,
        sequence,
        start,
        end,
        level,
        media,
        codec,
        marker,
        key,
        _,
    ) = _TAP.unpack_from(record)
    track = track_of(publisher, media)
    if track is None:
        return tap, None
    if kind != _TAP_PACKET:
        return tap, TapReport(track, ssrc, ntp, timestamp, arrival)
    return tap, TapPacket(
        track,
        CODECS[codec],
        clock,
        ssrc,
        sequence,
        timestamp,
        bool(marker),
        bool(key),
        record[_TAP.size :],
        start,
        end,
        arrival,
        None if level == NO_LEVEL else level,
    )
