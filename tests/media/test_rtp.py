"""RTP: what is read is what was written, and no bytes raise anything but ValueError."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtp import HeaderExtensionsMap, RtpPacket, wrap_rtx
from hypothesis import example, given
from hypothesis import strategies as st

from media import rtp
from tests.media import rig

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.pure

PACKET = rig.rtp(96, 7, 9, 5, b"payload", extensions={1: b"\x85", 4: b"mid"}, padding=5)


def test_bounds_leave_out_extensions_and_padding() -> None:
    start, end, extension = rtp.bounds(PACKET)
    assert PACKET[start:end] == b"payload"
    assert rtp.extensions(PACKET, extension) == {1: b"\x85", 4: b"mid"}
    assert rtp.audio_level_db(PACKET, extension, 1) == -5
    assert rtp.audio_level_db(PACKET, extension, 2) is None
    assert rtp.audio_level_db(PACKET, 0, 1) is None


def test_bounds_skip_contributing_sources() -> None:
    packet = bytes((0x82,)) + PACKET[1:12] + bytes(8) + b"x"
    assert rtp.bounds(packet) == (20, 21, 0)


def test_two_byte_extensions() -> None:
    block = b"\x01\x02ab\x00\x10\x00\x05\x03xyz"
    block += bytes(-len(block) % 4)
    packet = bytes((0x90,)) + PACKET[1:12] + b"\x10\x00" + bytes((0, len(block) // 4)) + block + b"p"
    start, end, extension = rtp.bounds(packet)
    assert packet[start:end] == b"p"
    assert rtp.extensions(packet, extension) == {1: b"ab", 16: b"", 5: b"xyz"}


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        PACKET[:11],
        bytes((0x40,)) + PACKET[1:],
        bytes((0x9F,)) + PACKET[1:14],
        bytes((0x90,)) + PACKET[1:12],
        bytes((0x90,)) + PACKET[1:12] + b"\xbe\xde\xff\xff",
        bytes((0xA0,)) + PACKET[1:12] + b"\x00",
        bytes((0xA0,)) + PACKET[1:12] + b"\x02",
        bytes((0xA0,)) + PACKET[1:12] + b"\xff",
    ],
)
def test_malformed_headers_are_refused(packet: bytes) -> None:
    with pytest.raises(ValueError, match=r"RTP|short|padding|longer"):
        rtp.bounds(packet)


def fuzz_all(packet: bytes) -> None:
    bound = rtp.bounds(packet)
    start, end, extension = bound
    assert 12 <= start <= end <= len(packet)
    for value in rtp.extensions(packet, extension).values():
        assert len(value) <= 255
    rtp.audio_level_db(packet, extension, 1)
    for wanted in (1, 15, 200):
        value = rtp.extensions(packet, extension).get(wanted, b"")
        number = int.from_bytes(value, "big") if len(value) == 2 else -1
        assert rtp.transport_sequence(packet, extension, wanted) in (number, -1)
    rtp.rtx_original(packet, bound, 1, 96)
    for read in (rtp.vp8, rtp.h264_key, rtp.vp8_width):
        reader: Callable[[bytes, int, int], object] = read
        reader(packet, start, end)
    descriptor = rtp.vp8(packet, start, end)
    assert descriptor is None or start < descriptor[5] <= end


@given(st.binary(max_size=120))
@example(bytes((0x90, 96)) + bytes(10) + b"\xbe\xde\x00\x00")
@example(bytes((0x90, 96)) + bytes(10) + b"\xbe\xde\x00\x01\x1f\x00\x00\x00")
def test_any_bytes(data: bytes) -> None:
    with suppress(ValueError):
        fuzz_all(data)


@given(st.binary(max_size=60), st.integers(0x80, 0xBF))
def test_any_bytes_that_look_like_rtp(data: bytes, first: int) -> None:
    with suppress(ValueError):
        fuzz_all(bytes((first, 96)) + bytes(10) + data)


@given(st.binary(max_size=40))
def test_any_vp8_payload(payload: bytes) -> None:
    packet = bytes((0x80, 96)) + bytes(10) + payload
    fuzz_all(packet)


@given(
    st.integers(0, 0x7FFF), st.integers(0, 255), st.booleans(), st.booleans(), st.booleans(), st.booleans()
)
def test_vp8_descriptor_of_another_writer(
    picture: int, tl0: int, start: bool, key: bool, has_picture: bool, has_tl0: bool
) -> None:
    descriptor = VpxPayloadDescriptor(
        partition_start=int(start),
        partition_id=0,
        picture_id=picture if has_picture else None,
        tl0picidx=tl0 if has_tl0 else None,
        tid=(0, 1) if has_tl0 else None,
        keyidx=None,
    )
    payload = bytes(descriptor) + (b"\x00" if key else b"\x01") + b"frame"
    packet = rig.rtp(96, 1, 1, 1, payload)
    found = rtp.vp8(packet, 12, len(packet))
    assert found is not None
    assert found[0] == (start and key)
    assert found[3] == (picture if has_picture else -1)
    assert found[4] == (tl0 if has_tl0 else -1)
    assert not found[6], "it always writes fifteen bits"


@given(st.integers(0, 0x7FFF), st.integers(-63, 63))
def test_a_narrow_picture_id_is_the_nearest_to_the_newest(newest: int, ahead: int) -> None:
    whole = (newest + ahead) & 0x7FFF
    found = rtp.widened((False, 0x90, 0x80, whole & 0x7F, -1, 14, True), newest)
    assert (found[3], found[6]) == (whole, False)


@given(st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16)), st.integers(1, 14))
def test_the_transport_wide_number_wherever_it_stands(elements: dict[int, bytes], wanted: int) -> None:
    elements = {**elements, wanted: elements.get(wanted, b"\x12")[:1] * 2}
    packet = rig.rtp(96, 7, 9, 5, b"payload", extensions=elements)
    expected = int.from_bytes(elements[wanted], "big")
    assert rtp.transport_sequence(packet, 12, wanted) == expected
    two = b"".join(bytes((number, len(value))) + value for number, value in elements.items())
    two += bytes(-len(two) % 4)
    head = bytes((0x90,)) + packet[1:12] + b"\x10\x00" + (len(two) // 4).to_bytes(2, "big")
    assert rtp.transport_sequence(head + two + b"payload", 12, wanted) == expected
    assert rtp.transport_sequence(packet, 0, wanted) == -1


def test_vp8_width_of_a_key_frame() -> None:
    payload = rig.vp8_payload(b"\x00\x00\x9d\x01\x2a\x80\x42\xe0\x01", start=True, key=True, picture=1, tl0=1)
    packet = rig.rtp(96, 1, 1, 1, payload)
    assert rtp.vp8_width(packet, 12, len(packet)) == 640
    assert rtp.vp8_width(packet[:-3], 12, len(packet) - 3) == 0


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        (b"\x67sps", True),
        (b"\x65idr", True),
        (b"\x41slice", False),
        (b"\x7c\x85start of a cut IDR", True),
        (b"\x7c\x05middle", False),
        (b"\x7c", False),
        (b"\x78\x00\x01\x09\x00\x02\x67x", True),
        (b"\x78\x00\x01\x09\x00\x02\x41x", False),
        (b"\x78\xff", False),
        (b"", False),
    ],
)
def test_h264_key_frames(payload: bytes, key: bool) -> None:
    packet = rig.rtp(102, 1, 1, 1, payload)
    assert rtp.h264_key(packet, 12, len(packet)) is key


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.booleans(), st.binary(min_size=1, max_size=50))
def test_rtx_there_and_back_with_another_writer(
    sequence: int, timestamp: int, marker: bool, payload: bytes
) -> None:
    original = rig.rtp(96, sequence, timestamp, 5, payload, marker=marker)
    again = rtp.rtx_packet(original, 6, 97, 44)
    theirs = wrap_rtx(RtpPacket.parse(original), payload_type=97, sequence_number=44, ssrc=6)
    assert again == theirs.serialize(HeaderExtensionsMap())
    assert rtp.rtx_original(again, rtp.bounds(again), 5, 96) == original


def test_a_padding_probe_repeats_nothing() -> None:
    probe = rig.rtp(97, 1, 1, 6, b"", padding=200)
    assert rtp.rtx_original(probe, rtp.bounds(probe), 5, 96) is None
