"""Header extensions on the way down, and transport-wide feedback to those who send."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import rtcp
from media.engine.feedback import ntp_of
from media.ids import Kind, PeerId
from media.negotiated import EXT_ABS_SEND_TIME, EXT_AUDIO_LEVEL, EXT_MID, EXT_RID, EXT_TRANSPORT_CC
from media.plan import RoutePlan, Subscription
from media.transport_cc import parse
from tests.media import rig
from tests.media.rig import Got, Rig, Source

pytestmark = pytest.mark.pure

A, V, W = PeerId("a"), PeerId("v"), PeerId("w")
DOWN = {3: EXT_TRANSPORT_CC, 9: EXT_MID, 14: EXT_ABS_SEND_TIME}
PLAN = RoutePlan(
    {A: rig.BOTH}, {one: (Subscription(A, audio=True, video=True, width_px=1280),) for one in (V, W)}
)


def house(engine: str, down: dict[int, str] | None = None) -> Rig:
    """v with these extensions, w with none; both get a."""
    world = Rig(engine)
    world.join("a", rig.negotiated(1))
    world.join("v", rig.negotiated(2, slot_extensions=DOWN if down is None else down))
    world.join("w", rig.negotiated(3))
    world.apply(PLAN)
    return world


def nack(ssrc: int, *sequences: int) -> bytes:
    return rtcp.build_nack(ssrc, sequences, 7)


def numbers(got: list[Got]) -> list[int]:
    return [int.from_bytes(one.elements[3], "big") for one in got]


def test_each_line_says_its_mid_the_time_and_the_number(engine: str) -> None:
    world = house(engine)
    sound, camera = Source("a", Kind.AUDIO, 5), Source("a", Kind.VIDEO, 6)
    world.now += 41.3
    world.send("a", sound.sound(), *camera.frame(2, key=True))
    first = world.take("v")
    world.now += 30.0
    world.send("a", sound.sound())
    got = first + world.take("v")
    assert [one.elements[9] for one in got] == [b"2", b"3", b"3", b"2"]
    assert numbers(got) == [(numbers(got)[0] + step) & 0xFFFF for step in range(4)]
    # 6.18 fixed seconds are the middle of NTP time, down to the 2^-18 s.
    now = ntp_of(world.wall_ns()) >> 14 & 0xFFFFFF
    assert int.from_bytes(got[-1].elements[14], "big") == now
    before = int.from_bytes(got[0].elements[14], "big")
    assert abs((now - before) % (1 << 24) - (30 << 18)) <= 1
    assert all(set(one.elements) == {3, 9, 14} for one in got)
    plain = world.take("w")
    assert [one.payload for one in plain] == [one.payload for one in got]
    assert all(not one.elements for one in plain)


@pytest.mark.parametrize(
    ("down", "found"),
    [
        ({}, set()),
        ({9: EXT_MID}, {9}),
        ({1: EXT_ABS_SEND_TIME}, {1}),
        ({14: EXT_TRANSPORT_CC}, {14}),
        ({1: EXT_ABS_SEND_TIME, 2: EXT_TRANSPORT_CC}, {1, 2}),
        ({1: EXT_AUDIO_LEVEL, 2: EXT_RID}, set()),
        ({1: EXT_AUDIO_LEVEL, 2: EXT_MID}, {2}),
        ({15: EXT_MID, 16: EXT_ABS_SEND_TIME}, set()),
        ({200: EXT_TRANSPORT_CC, 5: EXT_MID}, {5}),
    ],
)
def test_only_what_was_agreed_and_can_be_written_is(
    engine: str, down: dict[int, str], found: set[int]
) -> None:
    world = house(engine, down)
    world.send("a", Source("a", Kind.AUDIO, 5).sound())
    (got,) = world.take("v")
    assert set(got.elements) == found
    assert got.payload == b"a:audio::1"


def test_repeats_carry_them_too_and_count(engine: str) -> None:
    world = house(engine)
    camera = Source("a", Kind.VIDEO, 6)
    world.send("a", *camera.frame(3, key=True))
    sent = world.take("v")
    world.now += 0.5
    world.send("v", nack(2002, sent[0].sequence, sent[2].sequence))
    again = world.take("v")
    world.send("a", *camera.frame(1))
    assert [(one.ssrc, one.payload[2:]) for one in again] == [
        (2003, sent[0].payload),
        (2003, sent[2].payload),
    ]
    assert [one.elements[9] for one in again] == [b"3", b"3"]
    assert again[0].elements[14] != sent[0].elements[14]
    assert numbers(sent + again + world.take("v")) == [
        (numbers(sent)[0] + step) & 0xFFFF for step in range(6)
    ]


def test_without_rtx_the_same_bytes_are_repeated(engine: str) -> None:
    world = house(engine)
    world.join("v", rig.negotiated(2, slot_extensions=DOWN, rtx=False))
    camera = Source("a", Kind.VIDEO, 6)
    world.send("a", *camera.frame(3, key=True))
    sent = world.raw("v")
    world.send("v", nack(2002, int.from_bytes(sent[1][2:4], "big")))
    assert world.raw("v") == [sent[1]]


def test_each_receiver_counts_its_own(engine: str) -> None:
    world = house(engine)
    sound = Source("a", Kind.AUDIO, 5)
    world.send("a", sound.sound(), sound.sound())
    first = numbers(world.take("v"))
    world.take("w")
    world.join("w", rig.negotiated(3, slot_extensions=DOWN))
    world.send("a", sound.sound())
    assert numbers(world.take("v")) == [(first[0] + 2) & 0xFFFF]
    assert numbers(world.take("w")) == [first[0]]


def test_the_number_wraps(engine: str) -> None:
    world = house(engine)
    sound = Source("a", Kind.AUDIO, 5)
    world.send("a", *(sound.sound() for _ in range(65_530)))
    before = numbers(world.take("v"))[-1]
    world.send("a", *(sound.sound() for _ in range(10)))
    assert numbers(world.take("v")) == [(before + 1 + step) & 0xFFFF for step in range(10)]


# -- feedback to publishers --------------------------------------------------------------------------------

UP = {**rig.EXTENSIONS, 3: EXT_TRANSPORT_CC}


def packet(number: int, sequence: int, *, ssrc: int = 5, payload_type: int = 111, mid: bytes = b"0") -> bytes:
    """A packet with the transport-wide number as its last element."""
    elements = {1: b"\x94", 4: mid, 3: (number & 0xFFFF).to_bytes(2, "big")}
    return rig.rtp(payload_type, sequence, sequence * 960, ssrc, b"word", extensions=elements)


def feedback(world: Rig, peer: str) -> list[tuple[int, float]]:
    """What transport-wide feedback told a peer: number, seconds (16 s is long enough to tell apart)."""
    found = []
    for data in world.rtcp(peer):
        for part in rtcp.parts(data):
            assert (part.kind, part.form) != (rtcp.PSFB, rtcp.FMT_REMB)
            if (part.kind, part.form) == (rtcp.RTPFB, 15):
                found += [(number, ticks / 4000) for number, ticks in parse(part.body).arrivals]
    return found


def publishing(engine: str) -> Rig:
    world = Rig(engine)
    world.join("a", rig.negotiated(1, extensions=UP))
    world.apply(PLAN)
    return world


def test_a_publisher_is_told_when_each_packet_came_and_gets_no_remb(engine: str) -> None:
    world = publishing(engine)
    came = {}
    for number in (65533, 65534, 65535, 0, 2, 1, 5):
        world.now += 0.003
        world.send("a", packet(number, number + 10))
        came[number] = world.now
    world.wait(0.12)
    told = feedback(world, "a")
    assert sorted(number for number, _ in told) == sorted(came)
    for number, at in told:
        assert at == pytest.approx(came[number], abs=0.0003)
    world.wait(1.0)
    assert feedback(world, "a") == [], "each once, and no REMB"
    assert world.count("transport_cc_out") >= 1


def test_feedback_comes_every_fifty_to_hundred_milliseconds(engine: str) -> None:
    world = publishing(engine)
    for number in range(100):
        world.send("a", packet(number, number))
        world.wait(0.02)
    assert 20 <= world.count("transport_cc_out") <= 40


def test_what_is_refused_or_a_repeat_or_nobodys_is_told_of_too(engine: str) -> None:
    world = publishing(engine)
    world.apply(RoutePlan({A: frozenset({Kind.VIDEO})}, PLAN.receive))
    world.send(
        "a",
        packet(1, 1),  # refused
        packet(2, 1, ssrc=6, payload_type=96, mid=b"1"),
        packet(3, 1, ssrc=6, payload_type=96, mid=b"1"),  # a duplicate
        packet(4, 1, ssrc=60, payload_type=97, mid=b"1"),  # RTX
        packet(5, 1, ssrc=99, payload_type=120),  # nobody's
    )
    world.wait(0.12)
    assert [number for number, _ in feedback(world, "a")] == [1, 2, 3, 4, 5]


def test_without_the_extension_there_is_remb_and_no_feedback(engine: str) -> None:
    world = house(engine)
    world.send("a", packet(1, 1))
    world.wait(1.0)
    kinds = {(part.kind, part.form) for data in world.rtcp("a") for part in rtcp.parts(data)}
    assert (rtcp.PSFB, rtcp.FMT_REMB) in kinds
    assert (rtcp.RTPFB, 15) not in kinds


def test_packets_without_the_number_are_forwarded_all_the_same(engine: str) -> None:
    world = publishing(engine)
    world.join("v", rig.negotiated(2))
    world.send("a", Source("a", Kind.AUDIO, 5).sound())
    assert len(world.take("v")) == 1
    world.wait(1.0)
    assert feedback(world, "a") == []


def test_feedback_from_receivers_is_counted_only(engine: str) -> None:
    world = house(engine)
    body = bytes.fromhex("00000001 000007d2 000a 0003 000002 09 d200 04 0190")
    world.send("v", bytes((0x8F, 205)) + (len(body) // 4).to_bytes(2, "big") + body)
    assert world.count("transport_cc_in") == 1
    assert world.raw("v") == []


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 6)), max_size=40))
def test_no_numbers_disturb_anything(engine: str, rows: list[tuple[int, int]]) -> None:
    world = publishing(engine)
    world.join("v", rig.negotiated(2))
    for sequence, (number, ticks) in enumerate(rows):
        world.send("a", packet(number, sequence))
        if ticks:
            world.wait(ticks * 0.02)
    world.wait(0.12)
    assert {number for number, _ in feedback(world, "a")} <= {number for number, _ in rows}
    assert len(world.take("v")) == len(rows)
