"""Figures of streams and lines: what was sent, what stood still, what was switched and asked for again."""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING

import pytest

from media import rtcp
from media.ids import Kind, PeerId, TrackId
from media.plan import RoutePlan, Subscription
from tests.media import rig
from tests.media.rig import Rig, Source

if TYPE_CHECKING:
    from media.figures import LineFigures, StreamFigures

pytestmark = pytest.mark.pure

A, B, V = PeerId("a"), PeerId("b"), PeerId("v")


def looks(*publishers: PeerId, width_px: int = 320) -> RoutePlan:
    wanted = tuple(Subscription(one, audio=True, video=True, width_px=width_px) for one in publishers)
    return RoutePlan({A: rig.BOTH, B: rig.BOTH}, {V: wanted})


def house(engine: str, rids: tuple[str, ...] = ()) -> Rig:
    world = Rig(engine)
    world.join("a", rig.negotiated(1, rids=rids))
    world.join("b", rig.negotiated(2))
    world.join("v", rig.negotiated(3, slots=2))
    world.apply(looks(A))
    return world


def streams(world: Rig, peer: str) -> list[StreamFigures]:
    found = world.engine.figures(PeerId(peer), world.now)
    assert found is not None
    return list(found.streams)


def line(world: Rig, slot: int = 0, kind: Kind = Kind.VIDEO) -> LineFigures:
    found = world.engine.figures(V, world.now)
    assert found is not None
    assert [(one.slot, one.kind) for one in found.lines] == [
        (0, Kind.AUDIO),
        (0, Kind.VIDEO),
        (1, Kind.AUDIO),
        (1, Kind.VIDEO),
    ]
    return found.lines[2 * slot + (kind is Kind.VIDEO)]


def play(world: Rig, camera: Source, seconds: float, *, key: bool = False) -> None:
    """Twenty-five frames a second of two packets."""
    for number in range(round(seconds * 25)):
        world.send(camera.peer, *camera.frame(2, key=key and number == 0))
        world.wait(0.04)


def test_a_stranger_and_a_newcomer(engine: str) -> None:
    world = house(engine)
    assert world.engine.figures(PeerId("nobody"), world.now) is None
    assert streams(world, "a") == []
    idle = line(world)
    assert (idle.packets, idle.octets, idle.source, idle.layer, idle.rtt_s) == (0, 0, A, None, None)
    assert line(world, 1).source is None
    world.engine.remove_peer(V)
    assert world.engine.figures(V, world.now) is None


def test_a_stream_counts_what_came(engine: str) -> None:
    world = house(engine)
    sound, camera = Source("a", Kind.AUDIO, 5), Source("a", Kind.VIDEO, 6)
    size = 0
    for number in range(75):
        packets = [sound.sound(), *camera.frame(2, key=number % 25 == 0)]
        size += sum(map(len, packets[1:]))
        if number == 30:
            camera.frame(3)  # lost on the way
        world.send("a", *packets)
        world.wait(0.04)
    heard, seen = streams(world, "a")
    assert (heard.track, heard.layer, heard.codec) == (TrackId(A, Kind.AUDIO), "", "opus")
    assert (heard.packets, heard.lost, heard.keyframes, heard.width_px) == (75, 0, 0, 0)
    assert (seen.track.kind, seen.codec, seen.packets, seen.bytes) == (Kind.VIDEO, "vp8", 150, size)
    assert (seen.lost, seen.keyframes, seen.permitted) == (3, 3, True)
    assert seen.bitrate_bps == pytest.approx(size * 8 / 3, rel=0.05)
    assert seen.seen_at == pytest.approx(world.now - 0.04)
    assert seen.jitter_s < 0.05
    world.wait(3)
    assert streams(world, "a")[1].bitrate_bps == 0
    world.apply(RoutePlan({}, looks(A).receive))
    locked = streams(world, "a")[1]
    assert (locked.permitted, locked.seen_at, locked.packets) == (False, None, 150)


def test_layers_are_told_lowest_first(engine: str) -> None:
    world = house(engine, rids=("q", "h"))
    high, low = Source("a", Kind.VIDEO, 7, "h"), Source("a", Kind.VIDEO, 6, "q")
    world.send("a", *high.frame(2, key=True), *low.frame(3, key=True))
    assert [(one.layer, one.packets, one.width_px) for one in streams(world, "a")] == [
        ("q", 3, 640),
        ("h", 2, 1280),
    ]


def test_a_line_counts_what_was_sent_and_which_layer_flows(engine: str) -> None:
    world = house(engine, rids=("q", "h"))
    low, high = Source("a", Kind.VIDEO, 6, "q"), Source("a", Kind.VIDEO, 7, "h")

    def run(seconds: float) -> None:
        for _ in range(round(seconds * 25)):
            world.send("a", *low.frame(2, key=True), *high.frame(2, key=True))
            world.wait(0.04)

    run(1)
    got = world.take("v")
    found = line(world)
    assert (found.source, found.layer, found.switches, found.freezes) == (A, "q", 0, 0)
    assert (found.packets, found.octets) == (len(got), sum(len(one.payload) for one in got))
    world.apply(looks(A, width_px=1280))
    run(1)
    assert (line(world).layer, line(world).switches) == ("h", 1)
    world.apply(looks(A, width_px=100))
    run(1)
    assert (line(world).layer, line(world).switches) == ("q", 2)
    world.apply(looks())
    assert (line(world).layer, line(world).source, line(world).switches) == (None, None, 2)
    world.apply(looks(B))
    world.send("b", *Source("b", Kind.VIDEO, 6).frame(2, key=True))
    assert (line(world).layer, line(world).source) == ("", B)
    assert line(world).switches == 2, "another source is no other layer"


def test_what_was_asked_for_again(engine: str) -> None:
    world = house(engine)
    world.send("a", *Source("a", Kind.VIDEO, 6).frame(4, key=True))
    sent = [one.sequence for one in world.take("v")]
    world.send("v", rtcp.build_nack(3002, sent[:3], 7), rtcp.build_nack(3002, [(sent[3] + 50) & 0xFFFF], 7))
    world.send("v", rtcp.build_nack(3012, [1], 7))
    found = line(world)
    assert (found.nacks, found.repeats, found.packets) == (2, 3, 4)
    assert (line(world, 1).nacks, line(world, 1).repeats) == (1, 0)
    totals = world.engine.peer_counters(V)
    assert (totals["nacks"], totals["repeats"], totals["packets_out"]) == (3, 3, 4)


def test_loss_and_round_trip_are_the_receivers_own_word(engine: str) -> None:
    world = house(engine)
    world.send("a", Source("a", Kind.AUDIO, 5).sound())
    world.raw("v")
    world.send("a", rtcp.build_sender_report(rtcp.SenderReport(5, 0x1234_5678_9ABC_DEF0, 1000, 1, 10)))
    (compound,) = world.rtcp("v")
    middle = rtcp.sender_report(next(rtcp.parts(compound)).body).ntp >> 16 & 0xFFFFFFFF
    world.now += 0.5
    blocks = [
        pack("!IIIIII", 3001, 64 << 24 | 3, 9, 0, middle, round(0.4 * 65536)),
        pack("!IIIIII", 3012, 128 << 24 | 3, 9, 0, 0, 0),
    ]
    world.send("v", rtcp.build_receiver_report(blocks, 7))
    assert line(world, 0, Kind.AUDIO).fraction_lost == 0.25
    assert line(world, 1).fraction_lost == 0.5
    assert line(world).fraction_lost == 0
    assert line(world, 0, Kind.AUDIO).rtt_s == pytest.approx(0.1, abs=0.001)


# -- freezes -----------------------------------------------------------------------------------------------


def test_a_picture_that_stands_still_is_one_freeze(engine: str) -> None:
    world = house(engine)
    camera = Source("a", Kind.VIDEO, 6)
    play(world, camera, 1.0, key=True)
    world.wait(0.4)
    play(world, camera, 0.5)
    assert line(world).freezes == 0, "0.4 s is none"
    world.wait(0.9)
    play(world, camera, 0.5)
    assert line(world).freezes == 1
    world.wait(0.9)
    assert line(world).freezes == 2
    world.wait(5)
    assert line(world).freezes == 2, "and one that never ends is one"
    assert line(world, 0, Kind.AUDIO).freezes == 0
    assert world.engine.peer_counters(V)["freezes"] == 2


def test_nobodys_slot_and_a_source_that_may_not_send_do_not_freeze(engine: str) -> None:
    world = house(engine)
    camera = Source("a", Kind.VIDEO, 6)
    play(world, camera, 1.0, key=True)
    world.apply(RoutePlan({}, looks(A).receive))
    world.wait(2)
    world.apply(looks())
    world.wait(2)
    assert (line(world).freezes, line(world, 1).freezes) == (0, 0)
    world.apply(looks(A))
    play(world, camera, 0.4, key=True)
    assert line(world).freezes == 0, "what was before it might send does not count"


def test_waiting_long_for_a_key_frame_is_a_freeze(engine: str) -> None:
    world = house(engine)
    camera = Source("a", Kind.VIDEO, 6)
    play(world, camera, 0.4)
    assert line(world).freezes == 0
    play(world, camera, 1.0)
    assert line(world).freezes == 1
    play(world, camera, 1.0, key=True)
    assert line(world).freezes == 1


def test_a_layer_that_dies_while_another_lives_is_a_freeze(engine: str) -> None:
    world = house(engine, rids=("q", "h"))
    low, high = Source("a", Kind.VIDEO, 6, "q"), Source("a", Kind.VIDEO, 7, "h")
    world.apply(looks(A, width_px=1280))
    for _ in range(25):
        world.send("a", *low.frame(key=True), *high.frame(key=True))
        world.wait(0.04)
    assert line(world).layer == "h"
    for _ in range(60):
        world.send("a", *low.frame(key=True))
        world.wait(0.04)
    found = line(world)
    assert (found.layer, found.freezes, found.switches) == ("q", 1, 2), "up at the start, down at the end"
