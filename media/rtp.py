"""RTP packets on the hot path: where the payload lies, header extensions, RTX, key frames (pure).

Works on whole decrypted packets and makes no object a packet. It never trusts a length: malformed
input ends in ValueError (header) or None (payload), nothing else. Sources: RFC 3550 §5.1,
RFC 8285 (extensions), RFC 4588 §4 (RTX), RFC 7741 §4.2 (VP8), RFC 6184 §5 (H.264), RFC 6464.
"""

from __future__ import annotations

import struct

HEADER = struct.Struct("!BBHII")  # V P X CC | M PT | sequence | timestamp | SSRC
HEADER_BYTES = 12
RTX_NUMBER_BYTES = 2

_U16 = struct.Struct("!H")
_VERSION_2 = 2
_ONE_BYTE_PROFILE = 0xBEDE
_ONE_BYTE = b"\xbe\xde"
_TWO_BYTE_PROFILE = 0x1000
_RESERVED_ID = 15

Descriptor = tuple[bool, int, int, int, int, int, bool]
"""A VP8 or VP9 payload descriptor as far as it is rewritten.

(key frame begins here, first byte, VP8's extension byte or 0 (VP9: layer byte or -1), picture id or -1,
tl0picidx or -1, cut, narrow). cut: offset in the packet of the first byte that goes on unchanged.
narrow: the picture id has seven bits.
"""


def bounds(packet: bytes) -> tuple[int, int, int]:
    """Where the payload starts and ends, and the offset of the extension header (0: none).

    Raises ValueError for anything that is not RTP version 2 with lengths that add up.
    """
    size = len(packet)
    if size < HEADER_BYTES or packet[0] >> 6 != _VERSION_2:
        raise ValueError("not RTP")
    first = packet[0]
    start = HEADER_BYTES + 4 * (first & 0x0F)
    extension = 0
    if first & 0x10:
        extension = start
        if size < start + 4:
            raise ValueError("extension header cut short")
        start += 4 + 4 * ((packet[start + 2] << 8) | packet[start + 3])
    end = size
    if first & 0x20:
        padding = packet[-1]
        if padding == 0:
            raise ValueError("padding of no bytes")
        end -= padding
    if start > end:
        raise ValueError("header longer than the packet")
    return start, end, extension


def extensions(packet: bytes, offset: int) -> dict[int, bytes]:
    """Read all header extension elements by id; offset as `bounds` gave it (0: none). Cut ones are left out."""
    if not offset or len(packet) < offset + 4:
        return {}
    profile, words = struct.unpack_from("!HH", packet, offset)
    end = min(offset + 4 + 4 * words, len(packet))
    if profile == _ONE_BYTE_PROFILE:
        return _one_byte(packet, offset + 4, end)
    if profile & 0xFFF0 == _TWO_BYTE_PROFILE:
        return _two_byte(packet, offset + 4, end)
    return {}


def _one_byte(packet: bytes, at: int, end: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while at < end:
        byte = packet[at]
        if byte == 0:
            at += 1
            continue
        size = (byte & 0x0F) + 1
        if byte >> 4 == _RESERVED_ID or at + 1 + size > end:
            break
        found[byte >> 4] = packet[at + 1 : at + 1 + size]
        at += 1 + size
    return found


def _two_byte(packet: bytes, at: int, end: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while at + 1 < end:
        if packet[at] == 0:
            at += 1
            continue
        size = packet[at + 1]
        if at + 2 + size > end:
            break
        found[packet[at]] = packet[at + 2 : at + 2 + size]
        at += 2 + size
    return found


def transport_sequence(packet: bytes, offset: int, wanted: int) -> int:
    """Transport-wide sequence number of a packet, or -1 if it has none. offset: as `bounds` gave it."""
    if not offset:
        return -1
    if packet[offset : offset + 2] == _ONE_BYTE:
        # `bounds` having passed, the block lies within the packet; written out, as this is done for each packet.
        at = offset + 4
        end = at + 4 * ((packet[offset + 2] << 8) | packet[offset + 3])
        head = wanted << 4 | 1
        while at + 2 < end:
            byte = packet[at]
            if byte == head:
                return packet[at + 1] << 8 | packet[at + 2]
            if byte >> 4 == _RESERVED_ID:
                break
            at += (byte & 0x0F) + 2 if byte else 1
        return -1
    value = extensions(packet, offset).get(wanted, b"")
    return value[0] << 8 | value[1] if len(value) == 2 else -1  # noqa: PLR2004


def audio_level_db(packet: bytes, offset: int, wanted: int) -> int | None:
    """RFC 6464 level, 0 (loudest) to -127 (silence), or None if the packet has none."""
    if not offset:
        return None
    # The usual case first: the level is the first one-byte element (one id byte, one value byte).
    # A word count that is not 0 means, `bounds` having passed, that four bytes follow.
    if packet[offset : offset + 2] == _ONE_BYTE and packet[offset + 3] and packet[offset + 4] == wanted << 4:
        return -(packet[offset + 5] & 0x7F)
    value = extensions(packet, offset).get(wanted)
    return -(value[0] & 0x7F) if value else None


def rtx_original(packet: bytes, bound: tuple[int, int, int], ssrc: int, payload_type: int) -> bytes | None:
    """Give the packet an RTX packet repeats, or None for a padding probe (RFC 4588 §4)."""
    start, end, _ = bound
    if end - start <= RTX_NUMBER_BYTES:
        return None
    return (
        HEADER.pack(
            0x80,
            packet[1] & 0x80 | payload_type,
            (packet[start] << 8) | packet[start + 1],
            int.from_bytes(packet[4:8], "big"),
            ssrc,
        )
        + packet[start + RTX_NUMBER_BYTES : end]
    )


def rtx_packet(packet: bytes, ssrc: int, payload_type: int, sequence: int) -> bytes:
    """Build an RTX packet that repeats `packet` (12 byte header, no extension), RFC 4588 §4."""
    return (
        HEADER.pack(0x80, packet[1] & 0x80 | payload_type, sequence, int.from_bytes(packet[4:8], "big"), ssrc)
        + packet[2:4]
        + packet[HEADER_BYTES:]
    )


def vp8(packet: bytes, start: int, end: int) -> Descriptor | None:
    """Read the VP8 payload descriptor (RFC 7741 §4.2); None if it is cut short or nothing follows it."""
    if start >= end:
        return None
    first = packet[start]
    at = start + 1
    extra, picture, tl0, cut, narrow = 0, -1, -1, at, False
    if first & 0x80:
        # Longest descriptor is 6 bytes; reading past `end` would take padding for a field.
        window = packet[at : min(at + 5, end)]
        if not window:
            return None
        extra = window[0]
        used = 1
        try:
            if extra & 0x80:
                picture = window[used]
                used += 1
                narrow = not picture & 0x80
                if not narrow:
                    picture = (picture & 0x7F) << 8 | window[used]
                    used += 1
            if extra & 0x40:
                tl0 = window[used]
                used += 1
        except IndexError:
            return None
        cut = at + used
        at = cut + (1 if extra & 0x30 else 0)
    if at >= end:
        return None
    key = first & 0x17 == 0x10 and not packet[at] & 1  # noqa: PLR2004  S set, partition 0, P bit 0
    return key, first, extra, picture, tl0, cut, narrow


def widened(descriptor: Descriptor, newest: int) -> Descriptor:
    """Give a narrow descriptor the 15 bit picture id nearest to the stream's newest one (-1: none yet)."""
    key, first, extra, picture, tl0, cut, _ = descriptor
    ahead = (picture - newest + 64) % 128 - 64
    return key, first, extra, (newest + ahead) & 0x7FFF, tl0, cut, False


def vp8_width(packet: bytes, start: int, end: int) -> int:
    """Width in pixels out of a VP8 key frame's first packet (RFC 6386 §9.1); 0 if it can't be read."""
    at = packet.find(b"\x9d\x01\x2a", start, min(start + 12, end))
    if at < 0 or at + 5 > end:
        return 0
    return (packet[at + 3] | packet[at + 4] << 8) & 0x3FFF


_NAL_IDR, _NAL_SPS, _NAL_STAP_A, _NAL_FU_A = 5, 7, 24, 28


def h264_key(packet: bytes, start: int, end: int) -> bool:
    """Whether an H.264 packet holds a parameter set or the start of an IDR picture (RFC 6184 §5)."""
    if start >= end:
        return False
    kind = packet[start] & 0x1F
    if kind == _NAL_FU_A:
        return start + 1 < end and bool(packet[start + 1] & 0x80) and packet[start + 1] & 0x1F == _NAL_IDR
    if kind == _NAL_STAP_A:
        at = start + 1
        while at + 2 < end:
            if packet[at + 2] & 0x1F in (_NAL_IDR, _NAL_SPS):
                return True
            at += 2 + _U16.unpack_from(packet, at)[0]
        return False
    return kind in (_NAL_IDR, _NAL_SPS)
