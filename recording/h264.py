"""H.264 NAL units out of RTP payloads (RFC 6184) and the picture size out of an SPS (ITU-T H.264 §7.3.2.1). Pure."""

from __future__ import annotations

NAL_IDR = 5
NAL_SPS = 7
NAL_PPS = 8
_SINGLE_MAX = 23
_STAP_A = 24
_FU_A = 28
_START_CODE = b"\0\0\0\1"
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_CHROMA_444 = 3


def nals_of(payloads: list[bytes]) -> list[bytes]:
    """Return the NAL units of one access unit's payloads; what is cut short is left out."""
    nals: list[bytes] = []
    fragments: list[bytes] = []
    for payload in payloads:
        kind = payload[0] & 0x1F
        if 0 < kind <= _SINGLE_MAX:
            nals.append(payload)
        elif kind == _STAP_A:
            nals += _aggregated(payload)
        elif kind == _FU_A and len(payload) > 2:  # noqa: PLR2004  indicator and header, then data
            if payload[1] & 0x80:
                fragments = [bytes([payload[0] & 0xE0 | payload[1] & 0x1F])]
            if fragments:
                fragments.append(payload[2:])
                if payload[1] & 0x40:
                    nals.append(b"".join(fragments))
                    fragments = []
    return nals


def _aggregated(payload: bytes) -> list[bytes]:
    nals = []
    offset = 1
    while offset + 2 < len(payload):
        size = int.from_bytes(payload[offset : offset + 2], "big")
        nal = payload[offset + 2 : offset + 2 + size]
        if not nal or len(nal) != size:
            break
        nals.append(nal)
        offset += 2 + size
    return nals


def join_nals(nals: list[bytes]) -> bytes:
    """Return the units as an Annex B byte stream."""
    return b"".join(_START_CODE + nal for nal in nals)


class _Bits:
    """Reads an RBSP bit by bit; past its end everything is 0."""

    def __init__(self, nal: bytes) -> None:
        self._data = nal[1:].replace(b"\0\0\3", b"\0\0")
        self._at = 0

    def take(self, count: int) -> int:
        value = 0
        for _ in range(count):
            byte = self._data[self._at >> 3] if self._at >> 3 < len(self._data) else 0
            value = value << 1 | byte >> (7 - (self._at & 7)) & 1
            self._at += 1
        return value

    def golomb(self) -> int:
        """Unsigned Exp-Golomb, ue(v)."""
        zeros = 0
        while not self.take(1) and zeros < 32:  # noqa: PLR2004  no legal value is longer
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed_golomb(self) -> int:
        """Signed Exp-Golomb, se(v)."""
        value = self.golomb()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def sps_size(sps: bytes) -> tuple[int, int]:
    """Return (width, height) of the pictures an SPS NAL unit describes, cropping applied."""
    bits = _Bits(sps)
    profile = bits.take(8)
    bits.take(16)  # constraint flags, level
    bits.golomb()  # id
    chroma = _skip_high(bits) if profile in _HIGH_PROFILES else 1
    bits.golomb()  # log2_max_frame_num
    _skip_order_count(bits)
    bits.golomb()  # max_num_ref_frames
    bits.take(1)
    width = 16 * (bits.golomb() + 1)
    map_units = bits.golomb() + 1
    frames_only = bits.take(1)
    height = 16 * map_units * (2 - frames_only)
    if not frames_only:
        bits.take(1)
    bits.take(1)  # direct_8x8_inference
    if bits.take(1):
        left, right, top, bottom = (bits.golomb() for _ in range(4))
        unit_x = 2 if chroma in {1, 2} else 1
        unit_y = (2 if chroma == 1 else 1) * (2 - frames_only)
        width -= unit_x * (left + right)
        height -= unit_y * (top + bottom)
    return max(0, width), max(0, height)


def _skip_high(bits: _Bits) -> int:
    """Step over the fields of the high profiles; return chroma_format_idc."""
    chroma = bits.golomb()
    if chroma == _CHROMA_444:
        bits.take(1)
    bits.golomb()
    bits.golomb()
    bits.take(1)
    if bits.take(1):
        for index in range(12 if chroma == _CHROMA_444 else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)  # noqa: PLR2004  six 4x4 lists, then 8x8
    return chroma


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed_golomb() + 256) % 256
        last = following or last


def _skip_order_count(bits: _Bits) -> None:
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.take(1)
        bits.signed_golomb()
        bits.signed_golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.signed_golomb()
