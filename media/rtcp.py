"""RTCP: reading what clients send, building what the server answers (pure).

Knows packet shapes only, no peers and no policy; malformed input ends in ValueError.
Sources: RFC 3550 §6, RFC 4585 §6 (NACK, PLI), RFC 5104 §4.3.1 (FIR), draft-alvestrand-rmcat-remb-03.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
FMT_NACK = 1
FMT_PLI, FMT_FIR, FMT_REMB = 1, 4, 15
SERVER_SSRC = 1  # sender of our feedback; never the SSRC of a media stream
REPORT_BLOCKS_MAX = 31

_HEAD = struct.Struct("!BBH")
_U32 = struct.Struct("!I")
_SENDER = struct.Struct("!IQIII")
_BLOCK = struct.Struct("!IIIIII")
_FEEDBACK = struct.Struct("!II")
_NACK_ITEM = struct.Struct("!HH")


class SenderReport(NamedTuple):
    """RFC 3550 §6.4.1. ntp: 64 bit NTP time of the instant `rtp` (media clock) names."""

    ssrc: int
    ntp: int
    rtp: int
    packets: int
    octets: int


class ReportBlock(NamedTuple):
    """One reception report; fraction_lost in 1/256, last_sr and delay in 1/65536 s."""

    ssrc: int
    fraction_lost: int
    lost: int
    highest: int
    jitter: int
    last_sr: int
    delay: int


class Part(NamedTuple):
    """One packet of a compound: format (or count) field, packet type, body without the four byte header."""

    form: int
    kind: int
    body: bytes


def parts(data: bytes) -> Iterator[Part]:
    """Split a compound. Raises ValueError at the first part whose lengths do not add up."""
    at, size = 0, len(data)
    while at < size:
        if size - at < _HEAD.size:
            raise ValueError("RTCP header cut short")
        first, kind, words = _HEAD.unpack_from(data, at)
        if first >> 6 != 2:  # noqa: PLR2004  RTP version
            raise ValueError("not RTCP version 2")
        end = at + 4 + 4 * words
        if end > size:
            raise ValueError("RTCP part longer than the datagram")
        stop = end
        if first & 0x20:
            if not words or not data[end - 1] or data[end - 1] > 4 * words:
                raise ValueError("RTCP padding does not fit")
            stop -= data[end - 1]
        yield Part(first & 0x1F, kind, data[at + 4 : stop])
        at = end


def sender_report(body: bytes) -> SenderReport:
    """Read a sender report's sender part; raises ValueError when short."""
    if len(body) < _SENDER.size:
        raise ValueError("sender report cut short")
    return SenderReport(*_SENDER.unpack_from(body))


def report_blocks(part: Part) -> list[ReportBlock]:
    """Read the reception reports of an SR or RR; raises ValueError when fewer than it counts."""
    at = _SENDER.size if part.kind == SR else 4
    if len(part.body) < at + part.form * _BLOCK.size:
        raise ValueError("report blocks cut short")
    found = []
    for _ in range(part.form):
        ssrc, loss, highest, jitter, last_sr, delay = _BLOCK.unpack_from(part.body, at)
        found.append(ReportBlock(ssrc, loss >> 24, loss & 0xFFFFFF, highest, jitter, last_sr, delay))
        at += _BLOCK.size
    return found


def feedback_target(body: bytes) -> int:
    """Read the media source SSRC of a feedback packet (RFC 4585 §6.1)."""
    if len(body) < _FEEDBACK.size:
        raise ValueError("feedback cut short")
    return int(_FEEDBACK.unpack_from(body)[1])


def nack_sequences(body: bytes) -> list[int]:
    """Sequence numbers a generic NACK asks for (RFC 4585 §6.2.1), in its order."""
    wanted = []
    for at in range(_FEEDBACK.size, len(body) - 3, _NACK_ITEM.size):
        first, mask = _NACK_ITEM.unpack_from(body, at)
        wanted.append(first)
        while mask:
            low = mask & -mask
            wanted.append((first + low.bit_length()) & 0xFFFF)
            mask ^= low
    return wanted


def fir_targets(body: bytes) -> list[int]:
    """SSRCs a full intra request names (RFC 5104 §4.3.1.1)."""
    return [_U32.unpack_from(body, at)[0] for at in range(_FEEDBACK.size, len(body) - 7, 8)]


def remb_bitrate(body: bytes) -> int | None:
    """Bits a second a REMB allows; None if the packet is another application's feedback."""
    if len(body) < 16 or body[8:12] != b"REMB":  # noqa: PLR2004  fixed part of REMB
        return None
    value = int.from_bytes(body[13:16], "big")
    return (value & 0x3FFFF) << (value >> 18)


def _part(count: int, kind: int, body: bytes) -> bytes:
    return _HEAD.pack(0x80 | count, kind, len(body) // 4) + body


def build_report_block(block: ReportBlock) -> bytes:
    """24 bytes of one reception report; `lost` is clamped to 24 bit."""
    loss = block.fraction_lost << 24 | min(max(block.lost, 0), 0x7FFFFF)
    return _BLOCK.pack(block.ssrc, loss, block.highest, block.jitter, block.last_sr, block.delay)


def build_receiver_report(blocks: Sequence[bytes], sender: int = SERVER_SSRC) -> bytes:
    """Build a receiver report of at most 31 blocks (the rest is left out)."""
    kept = blocks[:REPORT_BLOCKS_MAX]
    return _part(len(kept), RR, _U32.pack(sender) + b"".join(kept))


def build_sender_report(report: SenderReport) -> bytes:
    """Build a sender report without reception blocks."""
    return _part(0, SR, _SENDER.pack(*report))


def build_cname(ssrc: int, cname: str) -> bytes:
    """Build an SDES packet with one CNAME (RFC 3550 §6.5.1)."""
    name = cname.encode()[:255]
    item = _U32.pack(ssrc) + bytes((1, len(name))) + name + b"\0"
    return _part(1, SDES, item + bytes(-len(item) % 4))


def build_pli(media_ssrc: int, sender: int = SERVER_SSRC) -> bytes:
    """Ask for a key frame (RFC 4585 §6.3.1)."""
    return _part(FMT_PLI, PSFB, _FEEDBACK.pack(sender, media_ssrc))


def build_nack(media_ssrc: int, sequences: Sequence[int], sender: int = SERVER_SSRC) -> bytes:
    """Ask for packets again; `sequences` oldest first (RFC 4585 §6.2.1)."""
    items = bytearray(_FEEDBACK.pack(sender, media_ssrc))
    at = 0
    while at < len(sequences):
        first, mask = sequences[at], 0
        at += 1
        while at < len(sequences) and 0 < (ahead := (sequences[at] - first) & 0xFFFF) <= 16:  # noqa: PLR2004  bits in the mask
            mask |= 1 << (ahead - 1)
            at += 1
        items += _NACK_ITEM.pack(first, mask)
    return _part(FMT_NACK, RTPFB, bytes(items))


def build_remb(bitrate_bps: int, ssrcs: Sequence[int], sender: int = SERVER_SSRC) -> bytes:
    """Tell a sender how many bits a second it may send in all on `ssrcs` (at most 255 of them)."""
    exponent = max(0, bitrate_bps.bit_length() - 18)
    kept = ssrcs[:255]
    body = _FEEDBACK.pack(sender, 0) + b"REMB"
    body += (len(kept) << 24 | exponent << 18 | bitrate_bps >> exponent).to_bytes(4, "big")
    return _part(FMT_REMB, PSFB, body + struct.pack(f"!{len(kept)}I", *kept))
