"""Peers that come back, and peers that add slots: what was granted holds, what flows goes on."""

from __future__ import annotations

import pytest

from media import rtcp
from media.engine.port import COUNTERS, PEER_COUNTERS
from media.ids import Kind, PeerId
from media.plan import RoutePlan, Subscription
from tests.media import rig
from tests.media.rig import Ear, Rig, Source
from tests.media.test_engine import EAR, NAMES, full, house, origin

pytestmark = pytest.mark.pure


def test_rights_and_routes_hold_for_a_peer_that_comes_back(engine: str) -> None:
    world = house(engine)
    world.apply(full("c"))
    world.send("a", Source("a", Kind.AUDIO, 5).sound())
    assert len(world.take("c")) == 1
    world.join("a", rig.negotiated(1))
    world.send("a", Source("a", Kind.AUDIO, 77).sound())
    assert len(world.take("c")) == 1
    world.engine.remove_peer(PeerId("c"))
    world.send("a", Source("a", Kind.AUDIO, 77, first=101).sound())
    assert world.take("c") == []
    assert world.engine.peer_counters(PeerId("c")) == {}


def test_the_names_of_the_figures_are_the_contract(engine: str) -> None:
    world = house(engine)
    world.plane.add_tap(EAR, Ear())
    world.apply(full())
    camera = Source("a", Kind.VIDEO, 6)
    world.send("a", Source("a", Kind.AUDIO, 5).sound(), *camera.frame(key=True), b"", bytes(40), b"\x80" * 40)
    world.send("b", *Source("b", Kind.VIDEO, 6).frame(), rtcp.build_pli(2002))
    world.send("nobody", bytes(40))
    world.wait(1.0)
    assert world.engine.name == engine
    assert set(world.engine.counters()) <= set(COUNTERS)
    assert set(world.engine.peer_counters(PeerId("a"))) == set(PEER_COUNTERS)
    assert all(isinstance(value, int) for value in world.engine.peer_counters(PeerId("b")).values())


def test_more_slots_come_while_everything_else_goes_on(engine: str) -> None:
    world = Rig(engine)
    for number, name in enumerate(NAMES):
        world.join(name, rig.negotiated(number + 1, slots=1))
    wanted = tuple(Subscription(PeerId(one), audio=True, video=False) for one in "ab")
    plan = RoutePlan({PeerId(one): rig.BOTH for one in NAMES}, {PeerId("c"): wanted})
    world.apply(plan)
    first, second = Source("a", Kind.AUDIO, 5), Source("b", Kind.AUDIO, 5)
    world.send("a", first.sound())
    world.send("b", second.sound())
    assert [origin(one)[0] for one in world.take("c")] == ["a"]
    world.extend("c", rig.negotiated(3, slots=2))
    world.send("a", first.sound())
    world.send("b", second.sound())
    got = world.take("c")
    assert [(origin(one)[0], one.ssrc) for one in got] == [("a", 3001), ("b", 3011)]
    assert got[0].sequence == 3001 + 1, "the line that was there goes on with its numbers"
