"""How full the rings were at the worst, from the one who writes them to the book of all workers."""

from __future__ import annotations

import pytest

from media import rtcp
from media.fleet_book import Book
from media.fleet_messages import Report
from media.ids import Kind, PeerId
from media.plan import RoutePlan, Subscription
from media.tee import TAPE, WORDS, TeeReader, TeeRing
from tests.media.engines import ENGINES
from tests.media.rig import Ear, Rig, Source
from tests.media.tee_writing import EAR, SPEAKER, listening

pytestmark = pytest.mark.pure

ROOM = 1 << 12
NAMES = 2 * 64  # a record of each of the two names, filled up to eight
PACKET = 8 + 864  # length, then the fixed part and 812 bytes of RTP, filled up to eight


def sound(source: Source) -> bytes:
    whole = source.sound()
    return whole[:12] + whole[12:].ljust(800, b"x")


def test_the_worst_since_the_last_look_is_told_once(engine: str) -> None:
    ring, words = TeeRing.create(TAPE, ROOM), TeeRing.create(WORDS, ROOM)
    reader = TeeReader(ring.memory_fd, ring.wake_fd)
    world = Rig(engine, tees={TAPE: ring, WORDS: words})
    source = listening(world, EAR)
    assert fills(world) == {TAPE: 0.0, WORDS: 0.0}
    world.send(SPEAKER, sound(source), sound(source))
    reader.read(100)
    assert fills(world) == {TAPE: (NAMES + 2 * PACKET) / ROOM, WORDS: 0.0}, "though it is empty now"
    assert fills(world)[TAPE] == 0.0
    world.send(SPEAKER, sound(source))
    one = fills(world)[TAPE]
    assert fills(world)[TAPE] == one > 0, "what still waits counts again"
    world.send(SPEAKER, *(sound(source) for _ in range(9)))
    assert reader.dropped > 0
    reader.read(100)
    assert fills(world)[TAPE] == 1.0, "a packet found no room"
    assert fills(world)[TAPE] == 0.0
    reader.close()
    ring.close()
    words.close()


def fills(world: Rig) -> dict[str, float]:
    """Of the shared rings."""
    return {ring: share for (_, ring), share in world.plane.take_fills().items() if ring in (TAPE, WORDS)}


@pytest.mark.skipif("native" not in ENGINES, reason="no C compiler")
def test_the_rings_of_the_engine_in_c_are_told_too() -> None:
    world = Rig("native")
    world.join(SPEAKER)
    world.plane.take_fills()
    assert world.plane.take_fills() == {(0, "up"): 0.0, (0, "ears"): 0.0}
    world.send(SPEAKER, rtcp.build_remb(500_000, (3002,)))
    found = world.plane.take_fills()
    assert 0 < found[0, "up"] < 1
    assert found[0, "ears"] == 0
    near, source = Ear(), Source(SPEAKER, Kind.AUDIO, 5)
    listening(world)
    world.plane.add_tap(PeerId("near"), near)
    world.apply(one_ear("near"))
    world.send(SPEAKER, sound(source))
    assert near.items
    assert 0 < world.plane.take_fills()[0, "ears"] < 1


def one_ear(name: str) -> RoutePlan:
    wanted = (Subscription(SPEAKER, audio=True, video=False),)
    return RoutePlan({SPEAKER: frozenset({Kind.AUDIO})}, {PeerId(name): wanted})


def report(**fills_of: float) -> Report:
    return Report({}, {}, {}, fills_of)


def test_the_worst_of_several_reports_is_kept_until_it_is_asked_for() -> None:
    book = Book()
    assert book.take_fills() == {}
    for share in (0.1, 0.75, 0.2):
        book.take(0, report(tape=share, up=0.0), 1.0)
    book.take(1, report(tape=0.5), 1.0)
    assert book.take_fills() == {(0, "tape"): 0.75, (0, "up"): 0.0, (1, "tape"): 0.5}
    assert book.take_fills() == {(0, "tape"): 0.2, (0, "up"): 0.0, (1, "tape"): 0.5}, "the newest report"
    book.take(0, report(tape=1.0), 2.0)
    book.worker_ended(0, 2.0)
    assert book.take_fills()[0, "tape"] == 1.0, "how full it was when its worker died"
    assert book.take_fills() == {(1, "tape"): 0.5}
