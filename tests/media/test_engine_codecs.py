"""Every codec through an engine: key frames open lines, numbers stay whole, RED is carried or taken off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from media.facts import TrackStarted
from media.ids import Kind, PeerId, TrackId
from media.plan import RoutePlan, Subscription
from media.taps import TapPacket
from tests.media import rig
from tests.media.rig import Ear, Rig, Source, read_vp8, read_vp9, red_payload

pytestmark = pytest.mark.pure

A, B, V, W = PeerId("a"), PeerId("b"), PeerId("v"), PeerId("w")
EAR = PeerId("ear")
CODECS = ("vp8", "vp9", "h264", "av1")
VIDEO = tuple(rig.VIDEO.values())
TALK = (rig.OPUS, rig.RED)


def looks(*publishers: PeerId) -> RoutePlan:
    wanted = tuple(Subscription(one, audio=True, video=True, width_px=1280) for one in publishers)
    return RoutePlan({A: rig.BOTH, B: rig.BOTH}, {V: wanted, W: wanted, EAR: wanted})


def house(engine: str) -> tuple[Rig, Ear]:
    """a and b send anything; v takes any codec, w only VP8 and plain Opus; an ear."""
    world, ear = Rig(engine), Ear()
    world.join("a", rig.negotiated(1, video=VIDEO, audio=TALK))
    world.join("b", rig.negotiated(2, video=VIDEO, audio=TALK))
    world.join("v", rig.negotiated(3, slots=1, down_video=VIDEO, down_audio=TALK))
    world.join("w", rig.negotiated(4, slots=1, down_video=(rig.VP8,)))
    world.plane.add_tap(EAR, ear)
    world.apply(looks(A))
    return world, ear


@pytest.mark.parametrize("codec", CODECS)
def test_a_line_opens_at_a_key_frame_and_goes_on(engine: str, codec: str) -> None:
    world, ear = house(engine)
    camera = Source("a", Kind.VIDEO, 6, codec=codec)
    world.send("a", *camera.frame(2), *camera.frame(3, key=True), *camera.frame(2))
    got = world.take("v")
    assert [one.payload.rsplit(b":", 1)[1] for one in got] == [b"3", b"4", b"5", b"6", b"7"]
    assert {one.payload_type for one in got} == {rig.VIDEO[codec].number}
    assert [one.marker for one in got] == [False, False, True, False, True]
    assert bool(world.take("w")) == (codec == "vp8")
    heard = [item for item in ear.items if isinstance(item, TapPacket)]
    assert [item.keyframe for item in heard] == [True, False, False, False, False]
    assert {item.codec for item in heard} == {codec}
    assert world.facts == [TrackStarted(TrackId(A, Kind.VIDEO), codec)]


@pytest.mark.parametrize("codec", ["vp9", "av1"])
def test_the_width_is_read_where_the_codec_tells_it(engine: str, codec: str) -> None:
    world, _ = house(engine)
    world.send("a", *Source("a", Kind.VIDEO, 6, codec=codec).frame(key=True))
    found = world.engine.figures(A, world.now)
    assert found is not None
    assert [one.width_px for one in found.streams] == [640]


@pytest.mark.parametrize("codec", ["h264", "av1"])
def test_payloads_without_numbers_go_untouched(engine: str, codec: str) -> None:
    world, _ = house(engine)
    packets = Source("a", Kind.VIDEO, 6, codec=codec).frame(3, key=True)
    world.send("a", *packets)
    assert [one.payload for one in world.take("v")] == [rig.Got.read(one).payload for one in packets]


def test_vp9_keeps_everything_but_its_numbers(engine: str) -> None:
    """Flexible mode with references and a structure; layers without a picture id; nothing at all."""
    world, _ = house(engine)

    def send(number: int, payload: bytes) -> bytes:
        world.send("a", rig.rtp(98, number, number * 3000, 6, payload, extensions={4: b"1"}))
        (got,) = world.take("v")
        return got.payload

    structure = b"\x18\x02\x80\x01\x68\x01\x04\x01"
    opened = send(1, b"\xba\x85\x10\x10" + structure + b"\x82key")
    assert (opened[:1], opened[1] & 0x80, opened[3:]) == (b"\xba", 0x80, b"\x10" + structure + b"\x82key")
    first = int.from_bytes(opened[1:3], "big")
    # References of flexible mode: 1 and 2 pictures back.
    follows = send(2, b"\xfc\x85\x11\x22\x03\x04\x86next")
    assert follows == b"\xfc" + (first + 1).to_bytes(2, "big") + b"\x22\x03\x04\x86next"
    narrow = send(3, b"\xfc\x12\x22\x02\x86last")
    assert narrow == b"\xfc" + (first + 2).to_bytes(2, "big") + b"\x22\x02\x86last"
    assert send(4, b"\x4c\x86bare") == b"\x4c\x86bare"
    tl0 = send(5, b"\x6c\x22\x07\x86x")
    assert (tl0[:2], tl0[3:]) == (b"\x6c\x22", b"\x86x")
    assert send(6, b"\x6c\x22\x08\x86y")[2] == (tl0[2] + 1) & 0xFF
    assert send(7, b"\xec\x85") == b"\xec\x85", "cut short: as it came"


def test_the_source_of_a_slot_may_change_its_codec(engine: str) -> None:
    """Numbers go on over VP8, VP9 and back; each under its own payload type."""
    world, _ = house(engine)
    cameras = {
        "a": Source("a", Kind.VIDEO, 6, codec="vp8", first=40),
        "b": Source("b", Kind.VIDEO, 6, codec="vp9", first=9000),
    }
    got = []
    for turn in ("a", "b", "a"):
        world.apply(looks(PeerId(turn)))
        world.now += 0.1
        world.send(turn, *cameras[turn].frame(2, key=True), *cameras[turn].frame(1))
        got += world.take("v")
    assert [one.payload_type for one in got] == [96] * 3 + [98] * 3 + [96] * 3
    assert [(one.sequence - got[0].sequence) & 0xFFFF for one in got] == list(range(9))
    read = [(read_vp8 if one.payload_type == 96 else read_vp9)(one.payload) for one in got]
    assert [(one[0] - read[0][0]) & 0x7FFF for one in read] == [0, 0, 1, 2, 2, 3, 4, 4, 5]
    assert [(one[1] - read[0][1]) & 0xFF for one in read] == [0, 0, 1, 2, 2, 3, 4, 4, 5]


def test_a_stream_that_changes_its_codec_waits_for_a_key_frame(engine: str) -> None:
    world, _ = house(engine)
    before = Source("a", Kind.VIDEO, 6, codec="vp9")
    world.send("a", *before.frame(2, key=True))
    world.take("v")
    after = Source("a", Kind.VIDEO, 6, codec="av1", first=before.sequence)
    world.send("a", *after.frame(2))
    assert world.take("v") == []
    world.send("a", *after.frame(2, key=True))
    assert {one.payload_type for one in world.take("v")} == {45}


# -- RED ---------------------------------------------------------------------------------------------------

LEVEL = {1: bytes((0x80 | 33,)), 4: b"0"}


def talk(number: int, payload: bytes, payload_type: int = 63, marker: bool = False) -> bytes:
    return rig.rtp(payload_type, number, number * 960, 5, payload, marker=marker, extensions=LEVEL, padding=3)


def test_red_goes_whole_to_whom_agreed_and_plain_to_the_others(engine: str) -> None:
    world, ear = house(engine)
    payload = red_payload(b"now", b"long ago", b"before")
    world.send("a", talk(1, payload, marker=True), talk(2, red_payload(b"alone")), talk(3, b"plain", 111))
    red = world.take("v")
    assert [(one.payload_type, one.payload, one.marker) for one in red] == [
        (63, payload, True),
        (63, red_payload(b"alone"), False),
        (111, b"plain", False),
    ]
    plain = world.take("w")
    assert [(one.payload_type, one.payload) for one in plain] == [
        (111, b"now"),
        (111, b"alone"),
        (111, b"plain"),
    ]
    for got in (red, plain):
        assert [(one.sequence - got[0].sequence) & 0xFFFF for one in got] == [0, 1, 2]
        assert [(one.timestamp - got[0].timestamp) & 0xFFFFFFFF for one in got] == [0, 960, 1920]
    heard = [item for item in ear.items if isinstance(item, TapPacket)]
    assert [(item.codec, item.payload, item.audio_level_db) for item in heard] == [
        ("opus", b"now", -33),
        ("opus", b"alone", -33),
        ("opus", b"plain", -33),
    ]
    assert [(item.sequence, item.timestamp, item.marker) for item in heard] == [
        (1, 960, True),
        (2, 1920, False),
        (3, 2880, False),
    ]
    unwrapped = heard[0].rtp
    assert unwrapped[1] & 0x7F == 111
    assert rig.read_elements(unwrapped)[0] == LEVEL
    assert not unwrapped[0] & 0x20
    assert world.facts == [TrackStarted(TrackId(A, Kind.AUDIO), "opus")]
    assert world.engine.take_levels() == {A: -33}


def test_red_speaks_of_the_receivers_own_opus(engine: str) -> None:
    world, _ = house(engine)
    theirs = (replace(rig.OPUS, number=109), replace(rig.RED, number=120))
    world.join("v", rig.negotiated(3, slots=1, down_audio=theirs))
    world.send("a", talk(1, red_payload(b"now", b"long ago", b"before")), talk(2, b"plain", 111))
    assert [(one.payload_type, one.payload) for one in world.take("v")] == [
        (120, red_payload(b"now", b"long ago", b"before", inner=109)),
        (109, b"plain"),
    ]


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x6f", b"\xef\x00\x00", b"\xef\x00\x00\x09\x6fabcd", b"\x70word", b"\xf0\x00\x00\x01\x6fabc"],
)
def test_malformed_red_is_dropped_and_counted(engine: str, payload: bytes) -> None:
    world, ear = house(engine)
    world.send("a", talk(1, red_payload(b"good")), talk(2, payload), talk(3, red_payload(b"good", b"x")))
    assert world.count("malformed") == 1
    assert world.count("packets_in") == 2
    got = world.take("w")
    assert [one.payload for one in got] == [b"good", b"good"]
    assert got[1].sequence == (got[0].sequence + 2) & 0xFFFF
    assert len(ear.items) == len(world.take("v")) == 2


def test_red_where_it_was_not_agreed_is_nothing(engine: str) -> None:
    world = Rig(engine)
    world.join("a", rig.negotiated(1))
    world.join("v", rig.negotiated(3, down_audio=TALK))
    world.apply(looks(A))
    world.send("a", talk(1, b"plain", 111), talk(2, red_payload(b"now")))
    assert [one.payload for one in world.take("v")] == [b"plain"]
    assert world.count("unknown_payload_type") == 1


def test_opus_of_any_size_goes_untouched(engine: str) -> None:
    """In-band FEC and DTX are the codec's own: a packet of one byte is as good as any."""
    world, _ = house(engine)
    packets = [b"\x08", b"\x0b\x01\x02", bytes(range(256)) * 4]
    world.send("a", *(talk(number, one, 111) for number, one in enumerate(packets)))
    assert [one.payload for one in world.take("v")] == packets
