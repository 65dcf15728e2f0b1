"""Slot lines: continuous numbers over any change of source or layer; repeats; sender reports."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from aiortc.rtp import RtcpPacket, RtcpRtpfbPacket, RtcpSrPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from media import rtcp
from media.engine.feedback import ntp_of
from media.ids import Kind, PeerId
from media.plan import RoutePlan, Subscription
from media.settings import MediaSettings
from tests.media import rig
from tests.media.rig import Rig, Source, read_vp8, read_vp9

pytestmark = pytest.mark.pure

A, B, V = PeerId("a"), PeerId("b"), PeerId("v")


def looks_at(*publishers: str, width_px: int = 320) -> RoutePlan:
    wanted = tuple(Subscription(PeerId(one), audio=True, video=True, width_px=width_px) for one in publishers)
    return RoutePlan(publish={A: rig.BOTH, B: rig.BOTH}, receive={V: wanted})


VIDEO = tuple(rig.VIDEO.values())


def house(engine: str, rids: tuple[str, ...] = (), rtx: bool = True) -> Rig:
    made = Rig(engine)
    made.join("a", rig.negotiated(1, rids=rids, video=VIDEO))
    made.join("b", rig.negotiated(2, rids=rids, video=VIDEO))
    made.join("v", rig.negotiated(3, slots=1, rtx=rtx, down_video=VIDEO))
    return made


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 25), st.integers(0, 3), st.booleans()),
    min_size=2,
    max_size=12,
)


@settings(max_examples=60)
@given(
    ACTIONS, st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.booleans(), st.sampled_from(["vp8", "vp9"])
)
def test_a_slot_shows_no_seam_when_its_source_changes(
    engine: str,
    actions: list[tuple[str, int, int, bool]],
    first_a: int,
    first_b: int,
    wide: bool,
    codec: str,
) -> None:
    """Sequence strictly +1, timestamps never back, picture ids and tl0 +1 a frame, whoever is in the slot."""
    world = house(engine)
    sounds = {"a": Source("a", Kind.AUDIO, 5, first=first_a), "b": Source("b", Kind.AUDIO, 5, first=first_b)}
    cameras = {
        "a": Source("a", Kind.VIDEO, 6, first=first_b, codec=codec),
        "b": Source("b", Kind.VIDEO, 6, first=first_a, codec=codec),
    }
    read = read_vp8 if codec == "vp8" else read_vp9
    got = []
    for source, frames, size, empty_between in actions:
        if empty_between:
            world.apply(looks_at())
        world.apply(looks_at(source))
        for number in range(frames):
            world.now += 0.02
            for name in ("a", "b"):
                world.send(name, sounds[name].sound())
                world.send(name, *cameras[name].frame(1 + size, key=number % 5 == 2, wide=wide))
            heard = world.take("v")
            assert all(one.payload.find(source.encode() + b":") >= 0 for one in heard)
            got += heard
    for ssrc in (3001, 3002):
        line = [one for one in got if one.ssrc == ssrc]
        for before, after in pairwise(line):
            assert after.sequence == (before.sequence + 1) & 0xFFFF
            assert (after.timestamp - before.timestamp) & 0xFFFFFFFF < 1 << 31
    pictures = [(one.timestamp, *read(one.payload)) for one in got if one.ssrc == 3002]
    if pictures:
        assert pictures[0][3], "begins with a key frame"
    for before_, after_ in pairwise(pictures):
        step = (after_[1] - before_[1]) & 0x7FFF
        assert step == (0 if before_[0] == after_[0] else 1)
        assert (after_[2] - before_[2]) & 0xFF == step


def test_layers_change_at_a_key_frame_only_and_without_a_seam(engine: str) -> None:
    world = house(engine, rids=("q", "h"))
    low, high = Source("a", Kind.VIDEO, 6, "q"), Source("a", Kind.VIDEO, 7, "h", first=40000)
    world.apply(looks_at("a"))
    for number in range(10):
        world.send("a", *low.frame(key=number == 0), *high.frame(key=number == 0))
        world.wait(0.04)
    assert {read_vp8(one.payload)[3].split(b":")[2] for one in world.take("v")} == {b"q"}
    world.apply(looks_at("a", width_px=1280))
    world.send("a", *low.frame(), *high.frame())
    world.wait(1.0)
    asked = [packet for one in world.rtcp("a") for packet in RtcpPacket.parse(one)]
    assert rtcp.build_pli(7) in [bytes(packet) for packet in asked]
    world.send("a", *low.frame(), *high.frame(key=True), *low.frame(), *high.frame())
    layers = [read_vp8(one.payload)[3].split(b":")[2] for one in world.take("v")]
    assert layers == [b"q"] * 4 + [b"h"] * 4


def test_a_layer_that_stops_gives_way_to_the_best_live_one(engine: str) -> None:
    world = house(engine, rids=("q", "h"))
    low, high = Source("a", Kind.VIDEO, 6, "q"), Source("a", Kind.VIDEO, 7, "h")
    world.apply(looks_at("a", width_px=1280))
    for _ in range(20):
        world.send("a", *low.frame(key=True), *high.frame(key=True))
        world.wait(0.04)
    assert read_vp8(world.take("v")[-1].payload)[3].startswith(b"a:video:h:")
    for _ in range(50):
        world.send("a", *low.frame(key=True))
        world.wait(0.04)
    assert read_vp8(world.take("v")[-1].payload)[3].startswith(b"a:video:q:")


def nack(ssrc: int, *sequences: int) -> bytes:
    return bytes(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=ssrc, lost=list(sequences)))


def test_nack_is_answered_by_rtx(engine: str) -> None:
    world = house(engine)
    camera = Source("a", Kind.VIDEO, 6)
    world.apply(looks_at("a"))
    world.send("a", *camera.frame(3, key=True))
    sent = world.take("v")
    world.send("v", nack(3002, sent[1].sequence, (sent[2].sequence + 9) & 0xFFFF))
    (again,) = world.take("v")
    assert (again.ssrc, again.payload_type, again.timestamp) == (3003, 97, sent[1].timestamp)
    assert again.payload == sent[1].sequence.to_bytes(2, "big") + sent[1].payload
    world.send("v", nack(3001, 1), nack(12345, 1))
    assert world.take("v") == []


def test_without_rtx_the_same_protected_bytes_are_repeated(engine: str) -> None:
    world = house(engine, rtx=False)
    camera = Source("a", Kind.VIDEO, 6)
    world.apply(looks_at("a"))
    world.send("a", *camera.frame(3, key=True))
    sent = world.raw("v")
    world.send("v", nack(3002, int.from_bytes(sent[1][2:4], "big")))
    assert world.raw("v") == [sent[1]]


def test_after_a_change_of_source_nothing_of_the_old_one_is_repeated(engine: str) -> None:
    world = house(engine)
    camera = Source("a", Kind.VIDEO, 6)
    world.apply(looks_at("a"))
    world.send("a", *camera.frame(3, key=True))
    sequences = [one.sequence for one in world.take("v")]
    for later in (looks_at(), looks_at("a"), looks_at("b")):
        world.apply(later)
        world.send("v", nack(3002, *sequences))
        assert world.take("v") == []
    world.send("b", *Source("b", Kind.VIDEO, 6).frame(2, key=True))
    fresh = world.take("v")
    world.send("v", nack(3002, *sequences, *[one.sequence for one in fresh]))
    assert [one.payload[2:] for one in world.take("v")] == [one.payload for one in fresh]


def test_a_codec_the_receiver_lacks_is_not_sent(engine: str) -> None:
    world = Rig(engine)
    world.join("a", rig.negotiated(1, video=(replace(rig.H264, number=96, rtx=97),)))
    world.join("v", rig.negotiated(3, slots=1, down_video=(rig.VP8,)))
    world.apply(looks_at("a"))
    world.send("a", rig.rtp(96, 1, 1, 6, b"\x65idr", extensions={4: b"1"}))
    assert world.take("v") == []


def test_h264_is_sent_under_the_receivers_payload_type(engine: str) -> None:
    world = Rig(engine)
    world.join("a", rig.negotiated(1, video=(replace(rig.H264, number=96, rtx=97),)))
    world.join("v", rig.negotiated(3, slots=1))
    world.apply(looks_at("a"))
    for number, payload in enumerate((b"\x41late", b"\x67sps", b"\x65idr", b"\x41next")):
        world.send("a", rig.rtp(96, number, 1 if number < 3 else 2, 6, payload, extensions={4: b"1"}))
    assert [(one.payload_type, one.payload) for one in world.take("v")] == [
        (102, b"\x67sps"),
        (102, b"\x65idr"),
        (102, b"\x41next"),
    ]


def test_late_packets_keep_their_place_and_those_from_before_the_switch_stay_out(engine: str) -> None:
    world = house(engine)
    camera = Source("a", Kind.VIDEO, 6)
    world.apply(looks_at("a"))
    early = camera.frame(2)
    world.send("a", early[0])
    first, second, third = camera.frame(3, key=True)
    world.send("a", first, third, early[1], second)
    got = world.take("v")
    assert [one.payload[-1:] for one in got] == [b"3", b"5", b"4"]
    assert [(one.sequence - got[0].sequence) & 0xFFFF for one in got] == [0, 2, 1]


def test_sender_reports_move_with_their_lines(engine: str) -> None:
    world = house(engine)
    sound, camera = Source("a", Kind.AUDIO, 5), Source("a", Kind.VIDEO, 6)
    world.apply(looks_at("a"))
    world.send("a", sound.sound(), *camera.frame(2, key=True))
    sent = {one.ssrc: one for one in world.take("v")}
    shift = 5 << 32
    ntp = ntp_of(world.wall_ns()) - shift
    for ssrc, source in ((5, sound), (6, camera)):
        report = rtcp.SenderReport(ssrc, ntp, source.timestamp, 9, 9)
        world.send("a", rtcp.build_sender_report(report))
    reports = [RtcpPacket.parse(one)[0] for one in world.rtcp("v")]
    assert len(reports) == 2
    for theirs in reports:
        assert isinstance(theirs, RtcpSrPacket)
        info = theirs.sender_info
        assert info.ntp_timestamp == ntp + shift, "on the server's clock"
        assert info.rtp_timestamp == sent[theirs.ssrc].timestamp
        assert info.packet_count == (1 if theirs.ssrc == 3001 else 2)
        assert info.octet_count > 0


def test_a_remb_below_what_is_sent_brings_a_lower_layer(engine: str) -> None:
    world = house(engine, rids=("q", "h"))
    low, high = Source("a", Kind.VIDEO, 6, "q"), Source("a", Kind.VIDEO, 7, "h")
    world.apply(looks_at("a", width_px=1280))

    def run(frames: int) -> bytes:
        for _ in range(frames):
            world.send("a", *low.frame(1, key=True), *high.frame(20, key=True))
            world.wait(0.04)
        return read_vp8(world.take("v")[-1].payload)[3].split(b":")[2]

    assert run(60) == b"h"
    world.send("v", rtcp.build_remb(500_000, (3002,)), rtcp.build_remb(20_000, (3002,)))
    assert run(20) == b"q"
    assert run(300) == b"h", "tried again after a while"


def test_settings_limit_the_history(engine: str) -> None:
    world = Rig(engine, MediaSettings(history_packets=4))
    world.join("a")
    world.join("c")
    world.apply(RoutePlan({A: rig.BOTH}, {PeerId("c"): looks_at("a").receive[V]}))
    camera = Source("a", Kind.VIDEO, 6)
    world.send("a", *camera.frame(10, key=True))
    sequences = [one.sequence for one in world.take("c")]
    world.send("c", bytes(RtcpRtpfbPacket(1, 1, 2002, sequences)))
    again = world.take("c")
    assert [int.from_bytes(one.payload[:2], "big") for one in again] == sequences[-4:]


def test_a_packet_of_some_seconds_ago_is_not_sent_again(engine: str) -> None:
    world = house(engine)
    world.apply(looks_at("a"))
    camera = Source("a", Kind.VIDEO, 6)
    world.send("a", *camera.frame(2, key=True))
    old = [one.sequence for one in world.take("v")]
    for _ in range(5):
        world.wait(0.5)
        world.send("a", *camera.frame(1))
    new = [one.sequence for one in world.take("v")][-1:]
    world.send("v", bytes(RtcpRtpfbPacket(1, 1, 3002, [*old, *new])))
    assert [int.from_bytes(one.payload[:2], "big") for one in world.take("v")] == new
