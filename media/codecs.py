"""Payloads newer than VP8 on the hot path: VP9, AV1, and RED around Opus (pure).

Works on whole decrypted packets and decodes nothing. It never trusts a length: what is cut short or does
not add up gives None, False or 0 (pictures), or ValueError (RED), nothing else. Sources: RFC 9628 §4.2
(VP9), VP9 bitstream §6.2 (its frame header), AV1 RTP payload format §4.4, AV1 bitstream §5.3 and §5.5.1,
RFC 2198 §3 (RED).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from media.rtp import Descriptor

# VP9 descriptor, first byte (RFC 9628 §4.2).
_I, _P, _L, _F, _B, _V = 0x80, 0x40, 0x20, 0x10, 0x08, 0x02
_SPATIAL = 0x0E  # of the layer byte
_REFERENCES_MAX = 3
_VP9_SHORT, _VP9_LONG = 9, 1200  # window that holds any descriptor and a byte: without a structure, with one

_AV1_FRAGMENT, _AV1_NEW = 0x80, 0x08
_OBU_SEQUENCE = 1
_SEQUENCE_WINDOW = 128  # bytes of a sequence header looked at; 32 operating points take 92
_LEB_BYTES_MAX = 8
_SEQ_LEVEL_TIERED = 7

_RED_HEAD = 4


def vp9(packet: bytes, start: int, end: int) -> Descriptor | None:
    """Read the VP9 payload descriptor; None if it is cut short or nothing follows it.

    The second field is the layer byte (T U S D), or -1 where there is none.
    """
    if start >= end:
        return None
    first = packet[start]
    window = packet[start : min(end, start + (_VP9_LONG if first & _V else _VP9_SHORT))]
    try:
        narrow, picture, layer, tl0, at = _vp9_numbers(window, first)
        cut = start + at
        if first & _F and first & _P:
            at = _vp9_references(window, at)
        if first & _V:
            at = _vp9_structure(window, at)[0]
        # A key frame begins here: the first frame of its picture, inter-predicted neither by the descriptor
        # nor by the frame header (marker 10, two bits of profile, not shown again, type 0).
        opens = first & _B and not first & _P and (layer < 0 or not layer & _SPATIAL)
        key = bool(opens) and _vp9_key_header(window[at])
    except IndexError:
        return None
    if start + at >= end:
        return None
    return key, first, layer, picture, tl0, cut, narrow


def _vp9_numbers(window: bytes, first: int) -> tuple[bool, int, int, int, int]:
    narrow, picture, layer, tl0, at = False, -1, -1, -1, 1
    if first & _I:
        picture = window[at]
        at += 1
        narrow = not picture & 0x80
        if not narrow:
            picture = (picture & 0x7F) << 8 | window[at]
            at += 1
    if first & _L:
        layer = window[at]
        at += 1
        if not first & _F:
            tl0 = window[at]
            at += 1
    return narrow, picture, layer, tl0, at


def _vp9_references(window: bytes, at: int) -> int:
    for _ in range(_REFERENCES_MAX):
        more = window[at] & 1
        at += 1
        if not more:
            break
    return at


def _vp9_structure(window: bytes, at: int) -> tuple[int, int]:
    """Where the scalability structure ends, and its largest width in pixels (0: none told)."""
    head = window[at]
    at += 1
    layers, width = (head >> 5) + 1, 0
    if head & 0x10:
        for _ in range(layers):
            width = max(width, window[at] << 8 | window[at + 1])
            at += 4
    if head & 0x08:
        pictures = window[at]
        at += 1
        for _ in range(pictures):
            at += 1 + (window[at] >> 2 & 3)
    return at, width


def _vp9_key_header(byte: int) -> bool:
    if byte & 0x30 == 0x30:  # noqa: PLR2004  profile 3 has one reserved bit more
        return byte & 0xFE == 0xB0  # noqa: PLR2004
    return byte & 0xCC == 0x80  # noqa: PLR2004


def vp9_width(packet: bytes, start: int, end: int) -> int:
    """Width in pixels of the largest spatial layer by a VP9 packet's scalability structure; 0 if it has none."""
    if start >= end or not packet[start] & _V:
        return 0
    first = packet[start]
    window = packet[start : min(end, start + _VP9_LONG)]
    try:
        at = _vp9_numbers(window, first)[4]
        if first & _F and first & _P:
            at = _vp9_references(window, at)
        at, width = _vp9_structure(window, at)
    except IndexError:
        return 0
    return width if at <= len(window) else 0


def _leb128(packet: bytes, at: int, end: int) -> tuple[int, int]:
    """A leb128 number and where it ends; (-1, at) if it is cut short or too long (AV1 bitstream §4.10.5)."""
    value = 0
    for index in range(_LEB_BYTES_MAX):
        if at + index >= end:
            break
        byte = packet[at + index]
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, at + index + 1
    return -1, at


def av1(packet: bytes, start: int, end: int) -> tuple[bool, int]:
    """Whether an AV1 packet begins a coded video sequence (a key frame), and its width in pixels (0: not told)."""
    if end - start <= 1:
        return False, 0
    aggregation = packet[start]
    if not aggregation & _AV1_FRAGMENT:
        at, stop = _av1_sequence(packet, start, end)
        if stop:
            return True, _av1_width(packet, at, stop)
        return bool(aggregation & _AV1_NEW), 0
    return False, 0


def _av1_sequence(packet: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the payload of the packet's sequence header OBU lies, (0, 0) if it has none.

    A packet that begins with a fragment begins no key frame, so elements are whole from the first on.
    """
    count, at, index = packet[start] >> 4 & 3, start + 1, 0
    while at < end:
        index += 1
        stop = end
        if count != index:  # only the last of a known count has no length
            size, at = _leb128(packet, at, end)
            stop = at + size
            if size < 0 or stop > end:
                break
        if at < stop and packet[at] >> 3 & 0x0F == _OBU_SEQUENCE:
            return _obu_payload(packet, at, stop)
        at = stop
    return 0, 0


def _obu_payload(packet: bytes, at: int, stop: int) -> tuple[int, int]:
    head = packet[at]
    at += 2 if head & 0x04 else 1
    if head & 0x02:
        size, at = _leb128(packet, at, stop)
        if 0 <= size <= stop - at:
            stop = at + size
    return at, stop


class _Bits:
    """A bit reader over one small window; reading past its end raises IndexError."""

    __slots__ = ("_left", "_value")

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise IndexError
        return self._value >> self._left & ((1 << count) - 1)


def _av1_width(packet: bytes, at: int, stop: int) -> int:
    """max_frame_width of a sequence header; 0 where it has timing information, which no browser sends."""
    bits = _Bits(packet[at : min(stop, at + _SEQUENCE_WINDOW)])
    try:
        bits.take(4)  # profile, still picture
        if bits.take(1):  # reduced still picture header
            bits.take(5)
        else:
            if bits.take(1):
                return 0
            delay = bits.take(1)
            for _ in range(bits.take(5) + 1):
                bits.take(12)
                if bits.take(5) > _SEQ_LEVEL_TIERED:
                    bits.take(1)
                if delay and bits.take(1):
                    bits.take(4)
        width_bits = bits.take(4) + 1
        bits.take(4)
        return bits.take(width_bits) + 1
    except IndexError:
        return 0


def red(packet: bytes, start: int, end: int, inner: int) -> tuple[int, int]:
    """How many redundant blocks a RED payload has, and where its primary block begins.

    inner: the payload type every block must have. Raises ValueError for what does not add up or has no
    primary block.
    """
    at, blocks, past = start, 0, 0
    while at < end and packet[at] & 0x80:
        if at + _RED_HEAD > end or packet[at] & 0x7F != inner:
            raise ValueError("RED block header")
        past += (packet[at + 2] & 0x03) << 8 | packet[at + 3]
        blocks += 1
        at += _RED_HEAD
    if at >= end or packet[at] != inner:
        raise ValueError("RED primary header")
    primary = at + 1 + past
    if primary >= end:
        raise ValueError("RED blocks longer than the packet")
    return blocks, primary


def red_renumbered(payload: bytes, blocks: int, inner: int) -> bytes:
    """Give a RED payload, as `red` passed it, with another payload type in each of its block headers."""
    out = bytearray(payload)
    for index in range(blocks):
        out[_RED_HEAD * index] = 0x80 | inner
    out[_RED_HEAD * blocks] = inner
    return bytes(out)
