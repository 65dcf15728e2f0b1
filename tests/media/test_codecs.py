"""VP9, AV1 and RED: read as written, from real encoders too; no bytes raise anything but what is said."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import pytest
from av.video.codeccontext import VideoCodecContext
from hypothesis import example, given
from hypothesis import strategies as st

from media import codecs, rtp
from tests.media import rig

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.pure

PACKET_BYTES = 400  # small, so that frames take several packets


# -- VP9 ---------------------------------------------------------------------------------------------------


@st.composite
def descriptors(draw: st.DrawFn) -> tuple[bytes, dict[str, int]]:
    """A VP9 payload descriptor of any shape (RFC 9628 §4.2), and what it says."""
    said = {"picture": -1, "layer": -1, "tl0": -1, "width": 0}
    inter, flexible, begin, end = (draw(st.booleans()) for _ in range(4))
    first = inter << 6 | flexible << 4 | begin << 3 | end << 2
    body = b""
    if draw(st.booleans()):
        first |= 0x80
        wide = draw(st.booleans())
        said["picture"] = draw(st.integers(0, 0x7FFF if wide else 0x7F))
        body += (0x8000 | said["picture"]).to_bytes(2, "big") if wide else bytes((said["picture"],))
        said["narrow"] = not wide
    if draw(st.booleans()):
        first |= 0x20
        said["layer"] = draw(st.integers(0, 255))
        body += bytes((said["layer"],))
        if not flexible:
            said["tl0"] = draw(st.integers(0, 255))
            body += bytes((said["tl0"],))
    said["cut"] = 1 + len(body)
    if flexible and inter:
        count = draw(st.integers(1, 3))
        body += bytes(
            draw(st.integers(0, 127)) << 1 | (index < count - 1 or count < index) for index in range(count)
        )
        if count == 3:
            body = body[:-1] + bytes((body[-1] | draw(st.integers(0, 1)),))
    if draw(st.booleans()):
        first |= 2
        sizes = draw(st.lists(st.integers(1, 0xFFFF), min_size=1, max_size=8))
        shown, groups = draw(st.booleans()), draw(st.none() | st.lists(st.integers(0, 3), max_size=9))
        body += bytes((len(sizes) - 1 << 5 | shown << 4 | (groups is not None) << 3,))
        if shown:
            body += b"".join(size.to_bytes(2, "big") + b"\x00\x90" for size in sizes)
            said["width"] = max(sizes)
        if groups is not None:
            body += bytes((len(groups),)) + b"".join(bytes((one << 2,)) + bytes(one) for one in groups)
    said["key"] = begin and not inter and (said["layer"] < 0 or not said["layer"] & 0x0E)
    return bytes((first,)) + body, said


@given(descriptors(), st.sampled_from([rig.VP9_KEY, rig.VP9_INTER, 0xB0, 0xB8, 0x88, 0x00]))
def test_vp9_of_any_shape(made: tuple[bytes, dict[str, int]], frame: int) -> None:
    head, said = made
    packet = rig.rtp(98, 1, 1, 1, head + bytes((frame,)) + b"rest")
    found = codecs.vp9(packet, 12, len(packet))
    assert found is not None
    key, first, layer, picture, tl0, cut, narrow = found
    assert (first, layer, picture, tl0) == (head[0], said["layer"], said["picture"], said["tl0"])
    assert cut == 12 + said["cut"]
    assert narrow == bool(said.get("narrow"))
    assert key == (bool(said["key"]) and frame in (rig.VP9_KEY, 0xB0))
    assert codecs.vp9_width(packet, 12, len(packet)) == said["width"]
    for size in range(12, 12 + len(head) + 1):
        assert codecs.vp9(packet[:size], 12, size) is None, "nothing follows"


def test_vp9_padding_is_no_part_of_a_descriptor() -> None:
    packet = rig.rtp(98, 1, 1, 1, b"\xa8\x81", padding=20)
    start, end, _ = rtp.bounds(packet)
    assert codecs.vp9(packet, start, end) is None


# -- AV1 ---------------------------------------------------------------------------------------------------


def leb128(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


SEQUENCE = rig.AV1_SEQUENCE
BARE = b"\x08" + SEQUENCE[2:]  # the same without its size field, as RFC-like packetisers send it


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (b"\x28" + leb128(len(SEQUENCE)) + SEQUENCE + b"\x30frame", (True, 640)),
        (b"\x20" + leb128(len(BARE)) + BARE + b"\x30frame", (True, 640)),
        (b"\x00" + leb128(len(BARE)) + BARE + leb128(6) + b"\x30frame", (True, 640)),
        (b"\x18" + BARE, (True, 640)),
        (b"\x10" + b"\x0c\x00" + BARE[1:], (True, 640)),  # with an OBU extension
        (b"\x18\x30frame", (True, 0)),  # N says so
        (b"\x20" + leb128(2) + b"\x12\x00" + BARE, (True, 640)),  # after a temporal delimiter
        (b"\x20\x7f" + BARE, (False, 0)),  # an element longer than the packet
        (b"\x20" + b"\xff" * 9 + BARE, (False, 0)),
        (b"\x90" + BARE, (False, 0)),  # the rest of an OBU that looks like a sequence header
        (b"\x98" + BARE, (False, 0)),
        (b"\x10\x30frame", (False, 0)),
        (b"\x10" + BARE[:4], (True, 0)),
        (b"\x18", (False, 0)),
        (b"", (False, 0)),
    ],
)
def test_av1(payload: bytes, found: tuple[bool, int]) -> None:
    packet = rig.rtp(45, 1, 1, 1, payload)
    assert codecs.av1(packet, 12, len(packet)) == found


def sequence_header(
    width: int,
    *,
    reduced: bool = False,
    timing: bool = False,
    levels: Sequence[int] = (5,),
    delay: bool = False,
) -> bytes:
    """The bits of AV1 §5.5.1 up to the largest frame width."""
    bits = "000" + "1" + "01"[reduced]
    if reduced:
        bits += "00101"
    else:
        bits += "01"[timing] + "01"[delay] + f"{len(levels) - 1:05b}"
        for level in levels:
            bits += "0" * 12 + f"{level:05b}" + ("1" if level > 7 else "") + ("10101" if delay else "")
    size = max(1, (width - 1).bit_length())
    bits += f"{size - 1:04b}" + "1001" + f"{width - 1:0{size}b}" + "0" * 20
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


@given(
    st.integers(1, 65536),
    st.booleans(),
    st.lists(st.integers(0, 31), min_size=1, max_size=32),
    st.booleans(),
)
def test_av1_width_of_any_sequence_header(width: int, reduced: bool, levels: list[int], delay: bool) -> None:
    header = b"\x08" + sequence_header(width, reduced=reduced, levels=levels, delay=delay)
    packet = rig.rtp(45, 1, 1, 1, b"\x18" + header)
    assert codecs.av1(packet, 12, len(packet)) == (True, width)


def test_av1_width_is_not_told_where_there_is_timing_information() -> None:
    packet = rig.rtp(45, 1, 1, 1, b"\x18\x08" + sequence_header(640, timing=True))
    assert codecs.av1(packet, 12, len(packet)) == (True, 0)


# -- RED ---------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=40), max_size=5), st.binary(min_size=1, max_size=60), st.integers(0, 127))
def test_red_gives_the_primary_block(before: list[bytes], primary: bytes, inner: int) -> None:
    payload = rig.red_payload(primary, *before, inner=inner)
    packet = rig.rtp(63, 1, 1, 1, payload, padding=9)
    start, end, _ = rtp.bounds(packet)
    blocks, at = codecs.red(packet, start, end, inner)
    assert blocks == len(before)
    assert packet[at:end] == primary
    other = codecs.red_renumbered(payload, blocks, 100)
    assert other == rig.red_payload(primary, *before, inner=100)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x6f",  # no primary block
        b"\xef",
        b"\xef\x00\x00",
        b"\xef\x00\x00\x04",
        b"\xef\x00\x00\x04\x6fabcd",  # nothing left for the primary
        b"\xef\x00\x00\x09\x6fabcd",
        b"\xef\x00\x03\xff\x6fabcd",
        b"\x70word",  # another payload type
        b"\xf0\x00\x00\x01\x6fabc",
        b"\xef\x00\x00\x01\x70abc",
        b"\xef\x00\x00\x01" * 3,
    ],
)
def test_red_that_does_not_add_up(payload: bytes) -> None:
    packet = rig.rtp(63, 1, 1, 1, payload)
    with pytest.raises(ValueError, match="RED"):
        codecs.red(packet, 12, len(packet), 111)


# -- anything ----------------------------------------------------------------------------------------------


@given(st.binary(max_size=80), st.integers(0, 3))
@example(b"\x8a\x81\x00\x18", 0)
@example(b"\x02\x08\xff", 0)
def test_any_payload(payload: bytes, padding: int) -> None:
    packet = rig.rtp(98, 1, 1, 1, payload, padding=padding)
    start, end, _ = rtp.bounds(packet)
    found = codecs.vp9(packet, start, end)
    assert found is None or start < found[5] < end
    assert 0 <= codecs.vp9_width(packet, start, end) <= 0xFFFF
    key, width = codecs.av1(packet, start, end)
    assert key or not width
    assert 0 <= width <= 0x10000
    with suppress(ValueError):
        _, primary = codecs.red(packet, start, end, payload[0] & 0x7F if payload else 0)
        assert start < primary < end


# -- real encoders -----------------------------------------------------------------------------------------


def encoded(name: str, width: int, options: dict[str, str]) -> list[tuple[bytes, bool]]:
    """Frames of a real encoder, each with whether it is a key frame."""
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, width // 2, "yuv420p"
    context.time_base, context.gop_size, context.options = Fraction(1, 30), 4, options
    out = []
    for number in range(10):
        frame = av.VideoFrame(width, width // 2, "yuv420p")
        for index, plane in enumerate(frame.planes):
            plane.update(
                bytes((number * 20 + index * 9 + at * (at >> 8)) & 0xFF for at in range(plane.buffer_size))
            )
        frame.pts = number
        out += context.encode(frame)
    out += context.encode(None)
    return [(bytes(packet), packet.is_keyframe) for packet in out]


def vp9_packets(frame: bytes, key: bool, number: int) -> list[bytes]:
    """Packetise one VP9 frame by RFC 9628 in non-flexible mode, the way browsers do."""
    parts = [frame[at : at + PACKET_BYTES] for at in range(0, len(frame), PACKET_BYTES)]
    out = []
    for index, part in enumerate(parts):
        structure = key and index == 0
        first = 0xA0 | (not key) << 6 | (index == 0) << 3 | (index == len(parts) - 1) << 2 | structure << 1
        head = bytes((first,)) + (0x8000 | number).to_bytes(2, "big") + bytes((0, number & 0xFF))
        if structure:
            head += b"\x10" + (320).to_bytes(2, "big") + (160).to_bytes(2, "big")
        out.append(rig.rtp(98, number, number, 1, head + part))
    return out


def test_vp9_of_libvpx() -> None:
    frames = encoded("libvpx-vp9", 320, {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"})
    assert len(frames) == 10
    assert [key for _, key in frames].count(True) >= 2
    for number, (frame, key) in enumerate(frames):
        packets = vp9_packets(frame, key, number)
        found = [codecs.vp9(one, 12, len(one)) for one in packets]
        assert [one is not None and one[0] for one in found] == [key] + [False] * (len(packets) - 1)
        assert {(one[3], one[4]) for one in found if one is not None} == {(number, number)}
        widths = [codecs.vp9_width(one, 12, len(one)) for one in packets]
        assert widths == [320 if key else 0] + [0] * (len(packets) - 1)
        # The frame header alone tells it too: a descriptor that lies of "no inter-prediction" makes no key frame.
        lied = bytearray(packets[0])
        lied[12] &= ~0x40 & 0xFF
        again = codecs.vp9(bytes(lied), 12, len(lied))
        assert again is not None
        assert again[0] == key


def obus(unit: bytes) -> list[bytes]:
    """The OBUs of a temporal unit without their size fields, temporal delimiters left out (AV1 RTP §5)."""
    out, at = [], 0
    while at < len(unit):
        head, size, shift = unit[at], 0, 0
        assert head & 0x02
        assert not head & 0x04
        at += 1
        while True:
            byte = unit[at]
            size |= (byte & 127) << shift
            shift += 7
            at += 1
            if not byte & 128:
                break
        if head >> 3 & 15 != 2:
            out.append(bytes((head & ~2,)) + unit[at : at + size])
        at += size
    return out


def av1_packets(unit: bytes, key: bool, number: int) -> list[bytes]:
    """Packetise one temporal unit by the AV1 RTP format: an element each OBU, long ones in fragments."""
    out = []
    new = key
    for obu in obus(unit):
        parts = [obu[at : at + PACKET_BYTES] for at in range(0, len(obu), PACKET_BYTES)]
        for index, part in enumerate(parts):
            head = (index > 0) << 7 | (index < len(parts) - 1) << 6 | 1 << 4 | new << 3
            out.append(rig.rtp(45, number, number, 1, bytes((head,)) + part))
            new = False
    return out


def test_av1_of_svt() -> None:
    frames = encoded("libsvtav1", 320, {"preset": "12", "svtav1-params": "pred-struct=1"})
    assert [key for _, key in frames].count(True) >= 2
    assert [key for _, key in frames].count(False) >= 5
    for number, (unit, key) in enumerate(frames):
        packets = av1_packets(unit, key, number)
        assert packets
        expected = [(key, 320 if key else 0)] + [(False, 0)] * (len(packets) - 1)
        assert [codecs.av1(one, 12, len(one)) for one in packets] == expected
        # Without the N bit the sequence header tells it.
        silent = packets[0][:12] + bytes((packets[0][12] & ~8,)) + packets[0][13:]
        assert codecs.av1(silent, 12, len(silent)) == expected[0]
