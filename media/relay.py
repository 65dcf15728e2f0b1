"""The one hot loop: a packet of a stream, rewritten and sent on every line that follows it (sans-IO).

It chooses nothing: who follows what, and from which packet on, is settled before. Sources: RFC 3550 §5.1,
RFC 7741 §4.2 and RFC 9628 §4.2 (picture numbers), RFC 2198 (RED).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from media.codecs import red_renumbered
from media.rtp import HEADER, HEADER_BYTES
from media.srtp import SrtpError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.downlink import Line
    from media.rtp import Descriptor

_HALF = 0x8000
_VP8 = struct.Struct("!BBHIIBBHB")  # RTP header, then the usual VP8 descriptor up to tl0picidx
_VP9 = struct.Struct("!BHBB")


def relay(
    lines: Sequence[Line],
    numbers: tuple[int, int, int],
    payload: bytes,
    fresh: bool,
    descriptor: Descriptor | None = None,
    vp9: bool = False,
    red: bool = False,
) -> int:
    """Send one packet on every line; give on how many it went.

    numbers: marker bit (0x80 or 0), sequence, timestamp. payload: with a descriptor, what follows its
    picture id and tl0picidx, which are made continuous; the picture id always goes out in its 15 bit form,
    so that its width can't change with the source. red: the payload is RED and the lines negotiated it.
    The one hot loop: written out, not divided.
    """
    marker, sequence, timestamp = numbers
    _, first, extra, picture, tl0, _, _ = descriptor or (False, 0, 0, -1, -1, 0, False)
    usual = picture >= 0 and tl0 >= 0 and not vp9
    sent = 0
    for line in lines:
        if not fresh and (sequence - line.base) & 0xFFFF >= _HALF:
            continue
        down = line.down
        number = (sequence + line.sequence_offset) & 0xFFFF
        kind = marker | (line.red_payload_type if red else line.payload_type)
        time = (timestamp + line.timestamp_offset) & 0xFFFFFFFF
        if usual:
            shown = (picture + line.picture_offset) & 0x7FFF | 0x8000
            layer = (tl0 + line.tl0_offset) & 0xFF
            packet = _VP8.pack(0x80, kind, number, time, line.ssrc, first, extra, shown, layer) + payload
        elif descriptor is None:
            packet = HEADER.pack(0x80, kind, number, time, line.ssrc) + payload
        else:
            head = (_vp9_head if vp9 else _vp8_head)(line, descriptor)
            packet = HEADER.pack(0x80, kind, number, time, line.ssrc) + head + payload
        try:
            wire = down.protect(packet if (stamp := line.stamp) is None else stamp.put(packet))
        except SrtpError:
            down.failed += 1
            continue
        if stamp is not None:
            stamp.stamper.sent()
        down.sendto(wire, down.address)
        sent += 1
        line.packets += 1
        line.octets += len(packet) - HEADER_BYTES
        if (history := line.history) is not None:
            history.ring[number % history.size] = wire if line.rtx_payload_type is None else packet
    return sent


def _vp8_head(line: Line, descriptor: Descriptor) -> bytes:
    """Write a VP8 descriptor that lacks the picture id or tl0picidx, up to where the payload goes on."""
    _, first, extra, picture, tl0, _, _ = descriptor
    head = bytes((first, extra))
    if picture >= 0:
        head += ((picture + line.picture_offset) & 0x7FFF | 0x8000).to_bytes(2, "big")
    if tl0 >= 0:
        head += bytes(((tl0 + line.tl0_offset) & 0xFF,))
    return head


def _vp9_head(line: Line, descriptor: Descriptor) -> bytes:
    """Write a VP9 descriptor up to where the payload goes on (RFC 9628 §4.2)."""
    _, first, layer, picture, tl0, _, _ = descriptor
    shown = (picture + line.picture_offset) & 0x7FFF | 0x8000
    if picture >= 0 and tl0 >= 0:
        return _VP9.pack(first, shown, layer, (tl0 + line.tl0_offset) & 0xFF)
    head = bytes((first,))
    if picture >= 0:
        head += shown.to_bytes(2, "big")
    if layer >= 0:
        head += bytes((layer,))
    if tl0 >= 0:
        head += bytes(((tl0 + line.tl0_offset) & 0xFF,))
    return head


def relay_red(
    lines: Sequence[Line],
    numbers: tuple[int, int, int],
    payload: bytes,
    red: tuple[int, int],
    inner: int,
    fresh: bool,
) -> int:
    """Send one packet of RED: whole to lines that negotiated it, its primary block to the others.

    payload: the RED payload. red: how many redundant blocks, where in `payload` the primary one begins.
    inner: the publisher's payload type of Opus, which its block headers name; each receiver gets its own.
    """
    blocks, primary = red
    plain = [line for line in lines if line.red_payload_type < 0]
    sent = relay(plain, numbers, payload[primary:], fresh) if plain else 0
    by_inner: dict[int, list[Line]] = {}
    for line in lines:
        if line.red_payload_type >= 0:
            by_inner.setdefault(line.payload_type, []).append(line)
    for theirs, group in by_inner.items():
        whole = payload if theirs == inner else red_renumbered(payload, blocks, theirs)
        sent += relay(group, numbers, whole, fresh, red=True)
    return sent
