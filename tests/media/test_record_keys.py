"""A record is searched through: what an ear keeps has a key frame every few seconds, on every engine."""

from __future__ import annotations

import pytest
from aiortc.rtp import RtcpPacket, RtcpPsfbPacket

from media.ids import Kind, PeerId
from media.plan import RoutePlan, Subscription
from tests.media import rig
from tests.media.rig import Ear, Rig, Source

pytestmark = pytest.mark.pure

EAR, SPEAKER = PeerId("ear"), PeerId("a")
EVERY_S = 20.0  # MediaSettings.taped_keyframe_interval_s


def kept_house(engine: str, *, kept: bool = True) -> Rig:
    world = Rig(engine)
    world.join("a", rig.negotiated(1))
    world.join("b", rig.negotiated(2))
    world.plane.add_tap(EAR, Ear())
    wanted = (Subscription(SPEAKER, audio=True, video=True, width_px=1280),)
    world.apply(RoutePlan({SPEAKER: rig.BOTH}, {PeerId("b"): wanted} | ({EAR: wanted} if kept else {})))
    return world


def asked(world: Rig, camera: Source, seconds: float, *, heeded: bool = True) -> list[float]:
    """Send pictures for so long; when a key frame was asked for, which the camera gives if the asking is heeded."""
    began, times = world.now, []
    wanted = False
    while world.now - began < seconds:
        world.send("a", *camera.frame(key=wanted and heeded))
        world.wait(0.1)
        parts = [part for one in world.rtcp("a") for part in RtcpPacket.parse(one)]
        wanted = any(isinstance(part, RtcpPsfbPacket) and part.fmt == 1 for part in parts)
        if wanted:
            times.append(world.now - began)
    return times


def test_a_kept_picture_is_asked_for_a_key_frame_when_the_last_is_old(engine: str) -> None:
    world, camera = kept_house(engine), Source("a", Kind.VIDEO, 6)
    world.send("a", *camera.frame(key=True))
    times = asked(world, camera, 3.5 * EVERY_S)
    assert [round(one / EVERY_S) for one in times] == [1, 2, 3]


def test_one_that_does_not_heed_is_not_pressed(engine: str) -> None:
    world, camera = kept_house(engine), Source("a", Kind.VIDEO, 6)
    world.send("a", *camera.frame(key=True))
    assert len(asked(world, camera, 3.5 * EVERY_S, heeded=False)) == 3


def test_nothing_is_asked_of_a_picture_that_nobody_keeps_or_that_rests(engine: str) -> None:
    world, camera = kept_house(engine, kept=False), Source("a", Kind.VIDEO, 6)
    world.send("a", *camera.frame(key=True))
    assert asked(world, camera, 2.5 * EVERY_S) == []
    world, camera = kept_house(engine), Source("a", Kind.VIDEO, 6)
    world.send("a", *camera.frame(key=True))
    world.wait(2.5 * EVERY_S)
    assert [
        part
        for one in world.rtcp("a")
        for part in RtcpPacket.parse(one)
        if isinstance(part, RtcpPsfbPacket) and part.fmt == 1
    ] == []
