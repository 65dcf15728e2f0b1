"""The laws of routing, against everything peers may send; rate limits; taps."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpRtpfbPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from media import rtcp
from media.facts import TrackStarted
from media.ids import Kind, PeerId, TrackId
from media.plan import RoutePlan, Subscription
from media.srtp import SrtpError
from media.taps import TapPacket, TapReport
from tests.media import rig
from tests.media.engines import PYTHON_ONLY, WALL_NS
from tests.media.rig import Clear, Ear, Rig, Source, read_vp8

if TYPE_CHECKING:
    from tests.media.rig import Got

pytestmark = pytest.mark.pure

NAMES = ("a", "b", "c")
EAR = PeerId("ear")
KINDS = st.frozensets(st.sampled_from([Kind.AUDIO, Kind.VIDEO]))
SUBSCRIPTIONS = st.lists(
    st.builds(
        Subscription,
        st.sampled_from([PeerId(one) for one in NAMES]),
        st.booleans(),
        st.booleans(),
        st.sampled_from([100, 640, 1280]),
        st.integers(0, 2),
    ),
    max_size=4,
).map(tuple)
PLANS = st.builds(
    RoutePlan,
    st.dictionaries(st.sampled_from([PeerId(one) for one in NAMES]), KINDS),
    st.dictionaries(st.sampled_from([PeerId(one) for one in (*NAMES, "ear")]), SUBSCRIPTIONS),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("plan"), PLANS),
        st.tuples(st.just("media"), st.sampled_from(NAMES)),
        st.tuples(st.just("nack"), st.sampled_from(NAMES)),
        st.tuples(st.just("wait"), st.floats(0.02, 2.0)),
        st.tuples(st.just("rejoin"), st.sampled_from(NAMES)),
    ),
    max_size=40,
)


def origin(got: Got) -> tuple[str, Kind]:
    """Whose packet it is, by the tag its maker wrote into it."""
    marks = got.payload.split(b":")
    return chr(marks[0][-1]), Kind(marks[1].decode())


def allowed(plan: RoutePlan, receiver: str) -> set[tuple[str, Kind]]:
    out = set()
    seen = set()
    for one in plan.receive.get(PeerId(receiver), ()):
        if one.publisher in seen:
            continue
        seen.add(one.publisher)
        may = plan.publish.get(one.publisher, frozenset())
        out |= {
            (str(one.publisher), kind)
            for kind, yes in ((Kind.AUDIO, one.audio), (Kind.VIDEO, one.video))
            if yes and kind in may
        }
    return out


@settings(max_examples=100)
@given(STEPS)
def test_nothing_flows_but_what_the_present_plan_says(engine: str, steps: list[tuple[str, object]]) -> None:
    world = Rig(engine)
    ear = Ear()
    sources: dict[str, list[Source]] = {}
    for number, name in enumerate(NAMES):
        world.join(name, rig.negotiated(number + 1, rids=("q", "h")))
        sources[name] = [
            Source(name, Kind.AUDIO, 5),
            Source(name, Kind.VIDEO, 6, "q"),
            Source(name, Kind.VIDEO, 7, "h"),
        ]
    world.plane.add_tap(EAR, ear)
    plan = RoutePlan()
    for action, value in steps:
        if action == "plan":
            assert isinstance(value, RoutePlan)
            plan = value
            world.apply(plan)
        elif action == "media":
            sound, *cameras = sources[str(value)]
            world.send(str(value), sound.sound())
            for camera in cameras:
                world.send(str(value), *camera.frame(2, key=camera.count % 4 == 0))
        elif action == "nack":
            number = world.number(str(value))
            for slot in (0, 1):
                first = (1000 * number + 10 * slot + 2) & 0x7FFF
                asked = RtcpRtpfbPacket(1, 1, 1000 * number + 10 * slot + 2, list(range(first, first + 60)))
                world.send(str(value), bytes(asked))
        elif action == "wait":
            assert isinstance(value, float)
            world.wait(value)
        else:
            world.join(str(value), rig.negotiated(world.number(str(value)), rids=("q", "h")))
        for name in NAMES:
            assert {origin(one) for one in world.take(name)} <= allowed(plan, name)
        assert {(str(one.track.peer), one.track.kind) for one in ear.items} <= allowed(plan, "ear")
        ear.items.clear()
    assert world.count("malformed") == 0


def full(receivers: str = "bc") -> RoutePlan:
    wanted = (Subscription(PeerId("a"), audio=True, video=True, width_px=1280),)
    return RoutePlan(
        publish={PeerId(one): rig.BOTH for one in NAMES},
        receive={**{PeerId(one): wanted for one in receivers}, EAR: wanted},
    )


def house(engine: str) -> Rig:
    world = Rig(engine)
    for number, name in enumerate(NAMES):
        world.join(name, rig.negotiated(number + 1))
    return world


def test_what_was_heard_before_a_right_was_taken_is_no_loudness_of_later(engine: str) -> None:
    world = house(engine)
    plan = full()
    world.apply(plan)
    sound = Source("a", Kind.AUDIO, 5)
    world.send("a", sound.sound())
    world.apply(RoutePlan({}, plan.receive))
    world.apply(plan)
    assert PeerId("a") not in world.engine.take_levels()
    world.send("a", sound.sound())
    assert PeerId("a") in world.engine.take_levels()


def test_a_packet_without_right_touches_nothing(engine: str) -> None:
    world, ear = house(engine), Ear()
    world.plane.add_tap(EAR, ear)
    plan = full()
    world.apply(RoutePlan({PeerId("a"): frozenset({Kind.VIDEO})}, plan.receive))
    sound, camera = Source("a", Kind.AUDIO, 5), Source("a", Kind.VIDEO, 6)
    world.send("a", sound.sound(), sound.sound())
    assert (world.take("b"), ear.items, world.facts) == ([], [], [])
    assert world.count("refused_publish") == 2
    assert world.engine.take_levels() == {}
    world.send("a", *camera.frame(key=True))
    assert {origin(one)[1] for one in world.take("b")} == {Kind.VIDEO}
    world.apply(plan)
    world.send("a", sound.sound())
    assert {origin(one)[1] for one in world.take("b")} == {Kind.AUDIO}
    assert world.facts == [
        TrackStarted(TrackId(PeerId("a"), kind), codec)
        for kind, codec in ((Kind.VIDEO, "vp8"), (Kind.AUDIO, "opus"))
    ]


def test_a_sender_report_without_right_touches_nothing(engine: str) -> None:
    world, ear = house(engine), Ear()
    world.plane.add_tap(EAR, ear)
    world.apply(full())
    sound = Source("a", Kind.AUDIO, 5)
    world.send("a", sound.sound())
    world.raw("b")
    world.apply(RoutePlan({}, full().receive))
    ear.items.clear()
    world.send("a", rtcp.build_sender_report(rtcp.SenderReport(5, 1 << 63, 1, 1, 1)), sound.sound())
    assert (world.raw("b"), ear.items) == ([], [])


def test_anothers_ssrc_never_gets_into_its_stream(engine: str) -> None:
    """B sends A's SSRC, with every header extension A uses: it stays B's own."""
    world, ear = house(engine), Ear()
    world.plane.add_tap(EAR, ear)
    world.apply(full("c"))
    mine, forged = Source("a", Kind.AUDIO, 5), Source("b", Kind.AUDIO, 5)
    for _ in range(5):
        world.send("a", mine.sound())
        world.send("b", forged.sound())
    got = world.take("c")
    assert len(got) == 5
    assert {origin(one)[0] for one in got} == {"a"}
    assert {item.track.peer for item in ear.items} == {"a"}
    assert [item.sequence for item in ear.items if isinstance(item, TapPacket)] == [101, 102, 103, 104, 105]


def test_a_second_ssrc_for_a_track_is_nobodys(engine: str) -> None:
    world = house(engine)
    world.apply(full("c"))
    world.send("a", Source("a", Kind.AUDIO, 5).sound(), Source("a", Kind.AUDIO, 99).sound())
    assert len(world.take("c")) == 1
    assert world.count("unknown_ssrc") == 1


def test_a_lock_cuts_the_history_too_and_unlocking_begins_at_a_key_frame(engine: str) -> None:
    world = house(engine)
    world.apply(full("c"))
    camera = Source("a", Kind.VIDEO, 6)
    world.send("a", *camera.frame(4, key=True))
    sequences = [one.sequence for one in world.take("c")]
    world.apply(RoutePlan({}, full("c").receive))
    world.send("c", bytes(RtcpRtpfbPacket(1, 1, 3002, sequences)))
    world.send("a", *camera.frame(4, key=True))
    assert world.take("c") == []
    world.apply(full("c"))
    world.send("c", bytes(RtcpRtpfbPacket(1, 1, 3002, sequences)))
    world.send("a", *camera.frame(2))
    assert world.take("c") == []
    world.send("a", *camera.frame(2, key=True))
    got = world.take("c")
    assert [one.sequence for one in got] == [(sequences[-1] + step) & 0xFFFF for step in (1, 2)]


def test_lost_packets_are_asked_for_and_let_in_by_rtx(engine: str) -> None:
    world, ear = house(engine), Ear()
    world.plane.add_tap(EAR, ear)
    world.apply(full("c"))
    camera = Source("a", Kind.VIDEO, 6)
    first, lost, third = camera.frame(3, key=True)
    world.send("a", first, third)
    world.wait(0.02)
    asked = [one for data in world.rtcp("a") for one in RtcpPacket.parse(data)]
    (nack,) = [one for one in asked if isinstance(one, RtcpRtpfbPacket)]
    assert (nack.media_ssrc, nack.lost) == (6, [102])
    start = 12 + 4 + 4 * int.from_bytes(lost[14:16], "big")
    again = rig.rtp(97, 1, camera.timestamp, 60, lost[2:4] + lost[start:], extensions={4: b"1"})
    world.send("a", again, again, lost)
    got = world.take("c")
    assert [(one.sequence - got[0].sequence) & 0xFFFF for one in got] == [0, 2, 1]
    taken = [item for item in ear.items if isinstance(item, TapPacket)]
    assert [item.sequence for item in taken] == [101, 103, 102]
    assert all(item.ssrc == 6 for item in taken)
    assert [read_vp8(item.payload)[3] for item in taken] == [b"a:video::1", b"a:video::3", b"a:video::2"]
    assert (world.count("late"), world.count("duplicates")) == (1, 2)


def plis(world: Rig, peer: str) -> list[int]:
    parts = [one for data in world.rtcp(peer) for one in RtcpPacket.parse(data)]
    return [one.media_ssrc for one in parts if isinstance(one, RtcpPsfbPacket) and one.fmt == 1]


def test_a_flood_of_key_frame_requests_goes_up_once_a_second(engine: str) -> None:
    world = house(engine)
    world.apply(full())
    camera = Source("a", Kind.VIDEO, 6)
    world.send("a", *camera.frame(key=True))
    world.wait(1.5)
    plis(world, "a")
    fir = RtcpPsfbPacket(fmt=4, ssrc=1, media_ssrc=0, fci=(2002).to_bytes(4, "big") + bytes(4))
    for tick in range(150):
        for _ in range(40):
            world.send("b", bytes(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=2002)), bytes(fir))
            world.send("b", bytes(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=3002)))
        world.send("a", *camera.frame(key=tick % 10 == 5))
        world.wait(0.02)
    assert 2 <= len(plis(world, "a")) <= 4
    assert world.count("rtcp_flood") > 10_000


def test_somebody_waiting_keeps_asking(engine: str) -> None:
    world = house(engine)
    world.apply(full("c"))
    camera = Source("a", Kind.VIDEO, 6)
    for _ in range(160):
        world.send("a", *camera.frame())
        world.wait(0.02)
    assert plis(world, "a") == [6] * 4
    assert world.take("c") == []


def test_taps_get_the_whole_packet_and_reports(engine: str) -> None:
    world, ear = house(engine), Ear()
    world.plane.add_tap(EAR, ear)
    world.apply(full(""))
    sound, camera = Source("a", Kind.AUDIO, 5), Source("a", Kind.VIDEO, 6)
    whole = sound.sound(level=33)
    world.send("a", whole, *camera.frame(2), *camera.frame(2, key=True))
    world.send("a", rtcp.build_sender_report(rtcp.SenderReport(5, 12, 34, 1, 1)))
    heard, start, rest, report = ear.items
    assert isinstance(heard, TapPacket)
    assert (heard.rtp, heard.payload, heard.audio_level_db, heard.codec) == (
        whole,
        b"a:audio::1",
        -33,
        "opus",
    )
    assert (heard.clock_rate, heard.ssrc, heard.sequence, heard.timestamp) == (48000, 5, 101, sound.timestamp)
    assert heard.arrival_ns == WALL_NS
    assert isinstance(start, TapPacket)
    assert isinstance(rest, TapPacket)
    assert (start.keyframe, start.marker, rest.keyframe, rest.marker) == (True, False, False, True)
    assert isinstance(report, TapReport)
    assert (report.track, report.ntp_time, report.rtp_timestamp) == (TrackId(PeerId("a"), Kind.AUDIO), 12, 34)


def test_a_full_tap_is_counted_and_a_removed_one_hears_nothing(engine: str) -> None:
    world, ear = house(engine), Ear()
    world.plane.add_tap(EAR, ear)
    world.apply(full(""))
    ear.full = True
    sound = Source("a", Kind.AUDIO, 5)
    world.send("a", sound.sound())
    assert world.count("tap_dropped") == 1
    ear.full = False
    world.plane.remove_tap(EAR)
    world.send("a", sound.sound())
    assert ear.items == []
    world.plane.add_tap(EAR, ear)
    world.send("a", sound.sound())
    assert len(ear.items) == 1


class Broken(Clear):
    """Keys that fit nothing."""

    def unprotect(self, srtp: bytes) -> bytes:
        del srtp
        raise SrtpError("unprotect")

    def protect(self, rtp: bytes) -> bytes:
        del rtp
        raise SrtpError("protect")


@PYTHON_ONLY  # the other engine does its own SRTP, with keys that always protect
def test_one_receivers_broken_keys_harm_no_other(engine: str) -> None:
    world = house(engine)
    world.join("b", linked=False)
    world.engine.link(PeerId("b"), Broken(), ("b", 1), world.now)
    world.apply(full())
    sound = Source("a", Kind.AUDIO, 5)
    world.send("a", sound.sound())
    world.send("b", sound.sound())
    assert len(world.take("c")) == 1
    assert world.take("b") == []
    assert world.count("srtp") == 1
    assert world.engine.peer_counters(PeerId("b"))["failed"] == 1


@cache
def listening_house(engine: str) -> tuple[Rig, Ear]:
    """One house for all the examples of a test that must change nothing in it."""
    world, ear = house(engine), Ear()
    world.plane.add_tap(EAR, ear)
    world.apply(full())
    return world, ear


@settings(max_examples=300)
@given(
    st.binary(max_size=100),
    st.sampled_from([b"", b"\x80\x60", b"\x90\xef", b"\xb0\x61", b"\x81\xc8", b"\x8f\xce", b"\x81\xcd"]),
)
def test_no_bytes_raise_or_get_out(engine: str, data: bytes, head: bytes) -> None:
    world, ear = listening_house(engine)
    world.send("a", head + data)
    assert world.take("b") == []
    assert ear.items == []
    world.raw("a")


@settings(max_examples=200)
@given(st.binary(max_size=60), st.booleans(), st.binary(min_size=1, max_size=4))
def test_no_payload_raises(engine: str, payload: bytes, video: bool, extension: bytes) -> None:
    world, _ = listening_house(engine)
    world.join("a", rig.negotiated(1))
    taken = world.count("packets_in")
    elements = {1: extension, 4: b"1" if video else b"0"}
    for number in range(3):
        world.send(
            "a",
            rig.rtp(96 if video else 111, number, number, 6, payload, extensions=elements, padding=number),
        )
    assert world.count("packets_in") == taken + 3
