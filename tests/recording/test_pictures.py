"""Whole frames out of packets, and none that a decoder could not take."""

from __future__ import annotations

import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ids import Kind, PeerId, TrackId
from media.taps import TapPacket
from recording.clocks import ClockMap
from recording.h264 import nals_of, sps_size
from recording.pictures import Picture, pictures
from recording.rtp import in_order

pytestmark = pytest.mark.pure

SPS = bytes.fromhex("6742c00cda0507e8400000030040000007a3c50aa8")


def key_frame(fill: int, size: int = 40) -> bytes:
    return b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", 320, 240) + bytes([fill]) * size


def delta_frame(fill: int, size: int = 40) -> bytes:
    return b"\x11\x02\x00" + bytes([fill]) * size


class Camera:
    """Makes packets of frames, three payload pieces each."""

    def __init__(self, ssrc: int = 5, codec: str = "vp8") -> None:
        self.ssrc, self.codec = ssrc, codec
        self.sequence, self.frames = 65_500, 0

    def packets(self, payloads: list[bytes], *, marked: bool = True) -> list[TapPacket]:
        out = []
        for n, payload in enumerate(payloads):
            last = n == len(payloads) - 1
            out.append(
                TapPacket(
                    TrackId(PeerId("p"), Kind.VIDEO),
                    self.codec,
                    90_000,
                    self.ssrc,
                    self.sequence & 0xFFFF,
                    6000 * self.frames,
                    marked and last,
                    False,
                    payload,
                    0,
                    len(payload),
                    self.frames * 66_666_667 + n,
                )
            )
            self.sequence += 1
        self.frames += 1
        return out

    def vp8(self, frame: bytes) -> list[TapPacket]:
        third = len(frame) // 3 + 1
        pieces = [frame[at : at + third] for at in range(0, len(frame), third)]
        descriptor = bytes([0x80, 0x80 | self.frames >> 8, self.frames & 0xFF])
        return self.packets(
            [bytes([0x90 if n == 0 else 0x80]) + descriptor + p for n, p in enumerate(pieces)]
        )

    def padding(self) -> list[TapPacket]:
        packets = self.packets([b""], marked=False)
        self.frames -= 1
        return packets


def seen(packets: list[TapPacket]) -> list[Picture]:
    return list(pictures(in_order(packets), ClockMap.learn(packets)))


def film() -> tuple[list[bytes], list[list[TapPacket]]]:
    camera = Camera()
    frames = [
        key_frame(0),
        *(delta_frame(n) for n in range(1, 5)),
        key_frame(5),
        *(delta_frame(n) for n in (6, 7)),
    ]
    return frames, [camera.vp8(frame) for frame in frames]


def test_frames_come_out_as_they_went_in() -> None:
    frames, packets = film()
    out = seen(list(itertools.chain.from_iterable(packets)))
    assert [picture.data for picture in out] == frames
    assert [picture.keyframe for picture in out] == [n in {0, 5} for n in range(8)]
    assert (out[0].width, out[0].height) == (320, 240)


@given(st.sets(st.integers(0, 23), min_size=1, max_size=6))
def test_after_any_loss_only_frames_a_decoder_can_take_come_out(lost: set[int]) -> None:
    frames, packets = film()
    flat = list(itertools.chain.from_iterable(packets))
    out = seen([packet for n, packet in enumerate(flat) if n not in lost])
    hurt = {n // 3 for n in lost}
    expected = []
    whole = False
    for n, frame in enumerate(frames):
        whole = n not in hurt and (whole or n in {0, 5})
        if whole:
            expected.append(frame)
    assert [picture.data for picture in out] == expected


def test_padding_lost_or_not_loses_no_picture() -> None:
    camera = Camera()
    first, pads, second = (
        camera.vp8(key_frame(0)),
        camera.padding() + camera.padding(),
        camera.vp8(delta_frame(1)),
    )
    assert len(seen(first + pads + second)) == 2
    assert len(seen(first + pads[:1] + second)) == 2
    assert len(seen(first + second)) == 2


def test_a_lost_frame_behind_padding_is_noticed() -> None:
    camera = Camera()
    first, lost = camera.vp8(key_frame(0)), camera.vp8(delta_frame(1))
    pad, third = camera.padding(), camera.vp8(delta_frame(2))
    assert lost
    assert len(seen(first + pad + third)) == 1


def test_another_stream_takes_over_only_with_a_key_frame() -> None:
    one, two = Camera(5), Camera(6)
    packets = []
    for second, (camera, frame) in enumerate(
        [
            (one, key_frame(0)),
            (two, delta_frame(1)),
            (two, key_frame(2)),
            (one, delta_frame(3)),
            (one, key_frame(4)),
        ]
    ):
        camera.frames = 15 * second
        packets += camera.vp8(frame)
    assert [picture.data for picture in seen(packets)] == [key_frame(0), key_frame(2), key_frame(4)]


@given(st.lists(st.binary(max_size=40), max_size=20), st.sampled_from(["vp8", "h264"]))
def test_no_bytes_of_a_sender_break_it(payloads: list[bytes], codec: str) -> None:
    camera = Camera(codec=codec)
    packets = [packet for payload in payloads for packet in camera.packets([payload])]
    assert len(seen(packets)) <= len(payloads)


def test_h264_units_single_aggregated_and_fragmented() -> None:
    pps, idr = b"\x68\xce\x3c\x80", b"\x65" + bytes(range(1, 60))
    sets = b"\x78" + b"".join(len(n).to_bytes(2, "big") + n for n in (SPS, pps))
    pieces = [b"\x7c\x85" + idr[1:20], b"\x7c\x05" + idr[20:40], b"\x7c\x45" + idr[40:]]
    assert nals_of([sets, *pieces]) == [SPS, pps, idr]
    camera = Camera(codec="h264")
    first = camera.packets([sets, *pieces])
    second, third = camera.packets([b"\x41one"]), camera.packets([b"\x41two"])
    again = camera.packets([idr])  # without its sets: the known ones are put before it
    out = seen(first + second + third + again)
    assert [picture.keyframe for picture in out] == [True, False, False, True]
    assert out[0].data == b"".join(b"\0\0\0\1" + n for n in (SPS, pps, idr)) == out[3].data
    assert (out[0].width, out[0].height) == (320, 240)
    assert [p.keyframe for p in seen(first + third + again)] == [True, True]
    assert seen(first[:2] + first[3:] + second) == []


@pytest.mark.parametrize(
    ("sps", "size"),
    [
        ("67640028acb200f0044fcb08000003000800000300f478c19240", (1920, 1080)),
        ("674d401edb0360f79b840000030004000003007a3c58bb80", (854, 480)),
        (SPS.hex(), (320, 240)),
    ],
)
def test_the_size_in_an_sps(sps: str, size: tuple[int, int]) -> None:
    assert sps_size(bytes.fromhex(sps)) == size
